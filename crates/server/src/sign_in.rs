//! Signing in: from a name and a password to an account. The one place that knows which factors an
//! account asks for, whatever the session is for.

use std::time::Duration;

use http::StatusCode;
use store::{Account, AppPassword, Purpose};
use syntax::{AtIdentifier, Did};

use crate::clock::millis;
use crate::email;
use crate::failure::{Fault, Refusal};
use crate::password::{self, Check};
use crate::pds::Pds;
use crate::rate::{self, Key};

/// The name of the error by which clients know that they have to ask for the mailed code.
const FACTOR_REQUIRED: &str = "AuthFactorTokenRequired";
/// How long a mailed code is not sent again: clients ask twice, and people are impatient.
const CODE_PAUSE: Duration = Duration::from_secs(60);

/// What somebody says to sign in.
pub(crate) struct Given<'a> {
    /// An e-mail address, a handle or a DID, as people type it.
    pub(crate) identifier: &'a str,
    pub(crate) password: &'a str,
    /// The mailed code, if they have one.
    pub(crate) code: Option<&'a str>,
}

/// Somebody who has proved that an account is theirs.
pub(crate) struct SignedIn {
    pub(crate) account: Account,
    /// Which app password it was; `None` if it was the account's own.
    pub(crate) app_password: Option<AppPassword>,
}

/// Finds the account, and checks the password and the further factor that the account asks for.
/// Which of name and password is wrong, nobody is told.
///
/// App passwords are for programs, who read no mail: they are not asked for a further factor.
///
/// # Errors
///
/// [`Fault`] with 401 `AuthenticationRequired` if name or password are wrong, 401
/// `AuthFactorTokenRequired` if a code was mailed that has to come along, and what is said of codes
/// that are not good.
pub(crate) async fn sign_in(pds: &Pds, given: Given<'_>) -> Result<SignedIn, Fault> {
    let account = find(pds, given.identifier).await?;
    let Some(signed_in) = authenticate(pds, account, given.password).await? else {
        return Err(Refusal::unauthenticated("Invalid identifier or password").into());
    };
    let account = &signed_in.account;
    if is_asked_for_code(account) && signed_in.app_password.is_none() {
        // Clients send an empty one along before they know that they have to ask for it.
        match given.code.map(str::trim).filter(|code| !code.is_empty()) {
            Some(code) => spend_code(pds, account, code).await?,
            None => {
                mail_code(pds, account).await?;
                let message = "A sign in code has been sent to your email address";
                return Err(Refusal::new(StatusCode::UNAUTHORIZED, FACTOR_REQUIRED, message).into());
            }
        }
    }
    Ok(signed_in)
}

/// Somebody at a browser whose password was right.
pub(crate) enum Entered {
    /// That was all.
    In(Account),
    /// A code was mailed that has to come along.
    Waiting(Account),
}

/// Finds the account, and checks its own password: what somebody at a browser types first. Passwords of
/// apps are for apps.
///
/// # Errors
///
/// [`Fault`] with 401 `AuthenticationRequired` if name or password are wrong.
pub(crate) async fn enter(pds: &Pds, identifier: &str, password: &str) -> Result<Entered, Fault> {
    let account = find(pds, identifier).await?;
    let signed_in = authenticate(pds, account, password).await?;
    let Some(signed_in) = signed_in.filter(|signed_in| signed_in.app_password.is_none()) else {
        return Err(Refusal::unauthenticated("Invalid identifier or password").into());
    };
    let account = signed_in.account;
    if !is_asked_for_code(&account) {
        return Ok(Entered::In(account));
    }
    mail_code(pds, &account).await?;
    Ok(Entered::Waiting(account))
}

/// Tells whether an account asks for a mailed code beside its password.
fn is_asked_for_code(account: &Account) -> bool {
    account.email_auth_factor && account.email_confirmed_at.is_some()
}

/// Takes the mailed code, which is good once.
///
/// # Errors
///
/// [`Fault`] with what is said of codes that are not good.
pub(crate) async fn spend_code(pds: &Pds, account: &Account, code: &str) -> Result<(), Fault> {
    let (account, code) = (account.clone(), code.to_owned());
    pds.store
        .write(move |tx| {
            email::check_token(tx, &account, Purpose::SignIn, &code)?;
            Ok(tx.delete_email_token(account.id, Purpose::SignIn)?)
        })
        .await
}

/// Mails a code in place of the one before it, unless that has just been sent.
///
/// # Errors
///
/// [`Fault`] if too many were sent.
pub(crate) async fn mail_code(pds: &Pds, account: &Account) -> Result<(), Fault> {
    let sent = pds.store.read(|tx| tx.email_token(account.id, Purpose::SignIn)).await;
    let sent = sent.map_err(|error: store::Error| Fault::from(error))?;
    let now_ms = pds.clock.now_ms();
    if sent.is_some_and(|sent| now_ms < sent.created_at + millis(CODE_PAUSE)) {
        return Ok(());
    }
    let key = Key::Text(account.did.to_string());
    let taken = pds.rates.take(&rate::SIGN_IN_CODE, &key, 1, now_ms);
    taken.map_err(|(refusal, _)| refusal)?;
    email::send_token(pds, account, Purpose::SignIn).await
}

/// Finds the account that somebody means: by e-mail address, handle or DID.
async fn find(pds: &Pds, identifier: &str) -> Result<Option<Account>, store::Error> {
    let identifier = identifier.trim().trim_start_matches('@');
    // People type as they like, and yet some DIDs have capital letters.
    if let Ok(did) = Did::parse(identifier)
        && let Some(account) = pds.store.account(&did).await?
    {
        return Ok(Some(Account::clone(&account)));
    }
    let identifier = identifier.to_lowercase();
    pds.store
        .read(|tx| match AtIdentifier::parse(&identifier) {
            _ if identifier.contains('@') => tx.account_by_email(&identifier),
            Ok(AtIdentifier::Did(did)) => tx.account(&did),
            Ok(AtIdentifier::Handle(handle)) => tx.account_by_handle(&handle),
            Err(_) => Ok(None),
        })
        .await
}

/// Checks a password, and tells whether it was one for apps.
async fn authenticate(
    pds: &Pds,
    account: Option<Account>,
    password: &str,
) -> Result<Option<SignedIn>, Fault> {
    if let Some(account) = &account
        && password::is_app_password(password)
    {
        let hash = password::hash_app_password(&account.did, password);
        let found = pds.store.read(|tx| tx.app_passwords(account.id)).await;
        let mut found = found.map_err(|error: store::Error| Fault::from(error))?.into_iter();
        let is_it = |found: &AppPassword| password::is_same_hash(&found.password, &hash);
        if let Some(found) = found.find(is_it) {
            let (account, app_password) = (account.clone(), Some(found));
            return Ok(Some(SignedIn { account, app_password }));
        }
    }
    let hash = account.as_ref().and_then(|account| account.password.as_deref());
    let check = pds.passwords.check(hash, password).await?;
    let Some(account) = account.filter(|_| check != Check::Wrong) else {
        return Ok(None);
    };
    if check == Check::RightButOutdated {
        let (id, hash) = (account.id, pds.passwords.hash(password).await?);
        let set = pds.store.write(move |tx| tx.set_password(id, &hash)).await;
        set.map_err(|error: store::Error| Fault::from(error))?;
    }
    Ok(Some(SignedIn { account, app_password: None }))
}
