//! E-mail: addresses, the tokens that prove them, and what is written to their owners.

mod change;

use std::fmt::Display;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use http::StatusCode;
use store::{Account, EmailToken, Purpose, Tx};
use syntax::Uri;
use thiserror::Error;

pub(crate) use crate::email::change::{AddressError, confirm, set_address, set_factor};
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;

/// How long a token is good for.
const TOKEN_TIME: Duration = Duration::from_secs(15 * 60);
/// The most bytes of an address, by the rules of SMTP.
const ADDRESS_BYTES_MAX: usize = 254;
/// The most bytes of what is before the at sign.
const LOCAL_BYTES_MAX: usize = 64;

/// Says why a mailed token is not taken. `Display` is the message for the client.
#[derive(Debug, Error)]
pub(crate) enum TokenError {
    /// It is not the one that was mailed.
    #[error("Token is invalid")]
    Invalid,
    /// It was mailed too long ago.
    #[error("Token is expired")]
    Expired,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Refuses what is not an address that mail can be sent to.
pub(crate) fn check(address: Option<&str>) -> Result<(), Refusal> {
    match address {
        Some(address) if is_address(address) => Ok(()),
        Some(_) => Err(Refusal::invalid_request(
            "This email address is not supported, please use a different email.",
        )),
        None => Err(Refusal::invalid_request("Email is required")),
    }
}

/// Refuses what is not an address that mail can be sent to, or one that the operator does not want.
pub(crate) fn check_new(pds: &Pds, address: Option<&str>) -> Result<(), Refusal> {
    let refused = &pds.config.refused_email_domains;
    let domain = address.and_then(|address| address.rsplit_once('@')).map(|(_, domain)| domain);
    let is_refused = domain.is_some_and(|domain| {
        let domain = domain.to_lowercase();
        let is_under = |refused: &String| {
            let before = domain.strip_suffix(&refused.to_lowercase());
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        };
        refused.iter().any(is_under)
    });
    check(if is_refused { Some("") } else { address })
}

fn is_address(address: &str) -> bool {
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    let is_local = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_label = |label: &str| {
        !label.is_empty()
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    address.len() <= ADDRESS_BYTES_MAX
        && (1..=LOCAL_BYTES_MAX).contains(&local.len())
        && local.chars().all(is_local)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.contains('.')
        && domain.split('.').all(is_label)
}

/// Makes a token for a purpose and mails it to the account's owner.
pub(crate) async fn send_token(
    pds: &Pds,
    account: &Account,
    purpose: Purpose,
) -> Result<(), Fault> {
    let Some(email) = account.email.clone() else {
        return Err(Refusal::invalid_request("account does not have an email address").into());
    };
    let mut bytes = [0; 7];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    let text = BASE32_NOPAD.encode(&bytes);
    let token = format!("{}-{}", &text[..5], &text[5..10]);
    let (subject, what) = words(purpose);
    let text = format!(
        "{what} Your code:\n\n    {token}\n\nIt is good for fifteen minutes. If you did not ask for \
         it, ignore this mail, and tell nobody the code."
    );
    let body = letter(pds, &who(account), &text);
    let id = account.id;
    pds.store
        .write(move |tx| {
            tx.put_email_token(id, purpose, &token)?;
            tx.post_mail(&email, subject, &body)?;
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}

/// Tells an account's owner what has happened to it, at the address that it had until then. Who has
/// none is not told.
///
/// # Errors
///
/// [`store::Error`] if the database failed.
pub(crate) fn tell(
    pds: &Pds,
    tx: &mut Tx<'_>,
    account: &Account,
    subject: &str,
    text: &str,
) -> Result<(), store::Error> {
    let Some(email) = &account.email else { return Ok(()) };
    let text = format!(
        "{text}\n\nIf that was not you, set a new password, and write to the operator of the server."
    );
    tx.post_mail(email, subject, &letter(pds, &who(account), &text))?;
    Ok(())
}

/// Returns what an account's owner is called.
fn who(account: &Account) -> &str {
    account.handle.as_ref().map_or(account.did.as_str(), |handle| handle.as_str())
}

/// Returns a text as a letter to somebody from this server.
pub(crate) fn letter(pds: &Pds, who: &dyn Display, text: &str) -> String {
    let branding = &pds.config.branding;
    let name = branding.name.iter().map(|name| format!("{name}\n")).collect::<String>();
    let home = branding.home_url.as_ref().map_or_else(|| pds.url.to_string(), Uri::to_string);
    let help = branding.support_url.iter().map(|url| format!("\nHelp:\n{url}\n"));
    format!("Hello {who},\n\n{text}\n\n{name}{home}\n{}", help.collect::<String>())
}

/// Refuses a token that is not the one which the owner of an account was mailed for a purpose.
///
/// It stays until it is deleted.
///
/// # Errors
///
/// [`TokenError`] if it is another one, or too old.
pub(crate) fn check_token(
    tx: &mut Tx<'_>,
    account: &Account,
    purpose: Purpose,
    given: &str,
) -> Result<(), TokenError> {
    let found = tx.email_token(account.id, purpose)?;
    let given = normal(given);
    judge(found.filter(|found| found.token == given), tx.now_ms())?;
    Ok(())
}

/// Takes a token that the owner of an account was mailed for a purpose: it is good once.
///
/// # Errors
///
/// [`TokenError`] if it is another one, or too old.
pub(crate) async fn spend_token(
    pds: &Pds,
    account: &Account,
    purpose: Purpose,
    given: String,
) -> Result<(), TokenError> {
    let account = account.clone();
    pds.store
        .write(move |tx| {
            check_token(tx, &account, purpose, &given)?;
            Ok(tx.delete_email_token(account.id, purpose)?)
        })
        .await
}

/// Finds whose a token is that was mailed for a purpose, or refuses it.
///
/// # Errors
///
/// [`TokenError`] if it is nobody's, or too old.
pub(crate) fn find_token(
    tx: &mut Tx<'_>,
    purpose: Purpose,
    given: &str,
) -> Result<EmailToken, TokenError> {
    let found = tx.find_email_token(purpose, &normal(given))?;
    judge(found, tx.now_ms())
}

/// People type codes in small letters, and copy spaces along.
fn normal(given: &str) -> String {
    given.trim().to_uppercase()
}

fn judge(found: Option<EmailToken>, now_ms: u64) -> Result<EmailToken, TokenError> {
    let found = found.ok_or(TokenError::Invalid)?;
    let age = Duration::from_millis(now_ms.saturating_sub(found.created_at));
    if age > TOKEN_TIME { Err(TokenError::Expired) } else { Ok(found) }
}

impl From<TokenError> for Fault {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid => Refusal::invalid_token(error.to_string()).into(),
            TokenError::Expired => {
                let (status, name) = (StatusCode::BAD_REQUEST, "ExpiredToken");
                Refusal::new(status, name, error.to_string()).into()
            }
            TokenError::Store(error) => error.into(),
        }
    }
}

impl<E> From<TokenError> for Failure<E> {
    fn from(error: TokenError) -> Self {
        Self::Fault(error.into())
    }
}

/// Returns the subject of a mail, and what it says the code is for.
fn words(purpose: Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::ConfirmEmail => {
            ("Email Confirmation", "Please confirm that this is your address.")
        }
        Purpose::UpdateEmail => {
            ("Email Update Requested", "Somebody wants to use another address for your account.")
        }
        Purpose::ResetPassword => {
            ("Password Reset Requested", "Somebody wants to set a new password for your account.")
        }
        Purpose::DeleteAccount => {
            ("Account Deletion Requested", "Somebody wants to delete your account for good.")
        }
        Purpose::PlcOperation => (
            "PLC Update Operation Requested",
            "Somebody wants to change the identity of your account, as one does to move it.",
        ),
        Purpose::SignIn => (
            "Sign-in Code",
            "Somebody who knows your password wants to sign in. If that is not you, set another one.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_texts() {
        for address in ["alice@example.com", "a.b+c@mail.example.co", "jürgen@bücher.example"] {
            assert!(check(Some(address)).is_ok(), "{address}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        for text in [
            "",
            "alice",
            "@example.com",
            "alice@",
            "alice@example",
            "a b@example.com",
            "alice@-example.com",
            ".alice@example.com",
            "alice@example..com",
            "alice@example.com\nBcc: bob@example.com",
            "<alice@example.com>",
            &long,
        ] {
            assert!(check(Some(text)).is_err(), "{text}");
        }
        assert!(check(None).is_err());
    }
}
