//! `com.atproto.server.createAppPassword`: makes a password for an app, which may do less.
//!
//! Lexicon: `lexicons/com/atproto/server/createAppPassword.json`.

use lexicon::com::atproto::server::create_app_password::{Error, Input, Output};
use store::AccountId;
use syntax::{Datetime, Did};
use thiserror::Error;

use crate::caller::{Account, Full, NotTakenDown};
use crate::failure::{Failure, Fault, Refusal};
use crate::password;
use crate::pds::Pds;

/// An app password that was made, in clear.
pub(crate) struct Made {
    /// What is kept of it.
    pub(crate) kept: store::AppPassword,
    /// The password.
    pub(crate) password: String,
}

/// Says why no app password was made. `Display` is the message for the client.
#[derive(Debug, Error)]
pub(crate) enum MakeError {
    /// The account has one with the name.
    #[error("App password named \"{0}\" already exists")]
    NameTaken(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Answers with the password, which nobody is shown again.
pub(super) async fn create_app_password(
    pds: Pds,
    caller: Account<NotTakenDown<Full>>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let account = caller.row(&pds).await?;
    let is_privileged = input.privileged.unwrap_or_default();
    let made = make(&pds, account.id, &account.did, input.name, is_privileged).await;
    let Made { kept, password } = made.map_err(Fault::from)?;
    Ok(Output {
        name: kept.name,
        password,
        created_at: Datetime::from_unix_ms(kept.created_at),
        privileged: Some(kept.privileged),
    })
}

/// Makes an app password with a name.
///
/// # Errors
///
/// [`MakeError`] if there is one with the name.
pub(crate) async fn make(
    pds: &Pds,
    account: AccountId,
    did: &Did,
    name: String,
    is_privileged: bool,
) -> Result<Made, MakeError> {
    let password = password::new_app_password();
    let kept = store::AppPassword {
        name,
        password: password::hash_app_password(did, &password),
        privileged: is_privileged,
        created_at: pds.clock.now_ms(),
    };
    let row = kept.clone();
    match pds.store.write(move |tx| tx.create_app_password(account, &row)).await {
        Ok(()) => Ok(Made { kept, password }),
        Err(store::Error::Conflict(_)) => Err(MakeError::NameTaken(kept.name)),
        Err(error) => Err(error.into()),
    }
}

impl From<MakeError> for Fault {
    fn from(error: MakeError) -> Self {
        match error {
            MakeError::NameTaken(_) => Refusal::invalid_request(error.to_string()).into(),
            MakeError::Store(error) => error.into(),
        }
    }
}
