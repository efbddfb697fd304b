//! What owners change about their address: which one it is, that it is theirs, what it is used for.

use store::{Account, Purpose, Tx};
use thiserror::Error;

use super::{TokenError, check_token, tell};
use crate::failure::{Fault, Refusal};
use crate::pds::Pds;
use crate::session::{self, But};

/// Says why an account does not get another address. `Display` is the message for the client.
#[derive(Debug, Error)]
pub(crate) enum AddressError {
    /// Another account has it.
    #[error("This email address is already in use, please use a different email.")]
    Taken,
    /// The token that was mailed to the one before does not come along.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Notes that an account's address is its owner's, who has the token that was mailed there.
///
/// # Errors
///
/// [`TokenError`] if the token is not good.
pub(crate) async fn confirm(pds: &Pds, account: &Account, token: String) -> Result<(), TokenError> {
    let account = account.clone();
    pds.store
        .write(move |tx| {
            check_token(tx, &account, Purpose::ConfirmEmail, &token)?;
            tx.delete_email_token(account.id, Purpose::ConfirmEmail)?;
            tx.confirm_email(account.id)?;
            Ok(())
        })
        .await
}

/// Sets another address, which is not confirmed by that, and ends sessions and all tokens mailed to the
/// one before, which is told.
///
/// # Errors
///
/// [`AddressError`] if another account has it.
pub(crate) fn set_address(
    pds: &Pds,
    tx: &mut Tx<'_>,
    account: &Account,
    address: &str,
    but: But<'_>,
) -> Result<(), AddressError> {
    match tx.set_email(account.id, address) {
        Err(store::Error::Conflict(_)) => return Err(AddressError::Taken),
        outcome => outcome?,
    }
    tx.delete_email_tokens(account.id)?;
    session::end_all(tx, account.id, but)?;
    let text =
        format!("Your account has another address now: {address}. Other sessions have ended.");
    Ok(tell(pds, tx, account, "Email Changed", &text)?)
}

/// Sets whether a mailed code is asked for at sign-in, and tells the owner.
///
/// # Errors
///
/// [`store::Error`] if the database failed.
pub(crate) fn set_factor(
    pds: &Pds,
    tx: &mut Tx<'_>,
    account: &Account,
    on: bool,
) -> Result<(), store::Error> {
    tx.set_email_auth_factor(account.id, on)?;
    let text = match on {
        true => {
            "Whoever signs in to your account is asked for a code from now on that is mailed to you."
        }
        false => "Codes that are mailed to you are no longer asked for when somebody signs in.",
    };
    tell(pds, tx, account, "Sign-in Codes", text)
}

impl From<AddressError> for Fault {
    fn from(error: AddressError) -> Self {
        match error {
            AddressError::Taken => Refusal::invalid_request(error.to_string()).into(),
            AddressError::Token(error) => error.into(),
            AddressError::Store(error) => error.into(),
        }
    }
}
