//! Changing the did:plc identities of accounts, with the server's key or with one of theirs.

mod keys;
mod owner;
mod submission;

use http::StatusCode;
use identity::plc::{Content, DidKey, LimitError, Operation, State};
use identity::resolve::PlcError;
use syntax::Did;
use thiserror::Error;

pub(crate) use crate::did_plc::keys::{Holder, keys};
pub(crate) use crate::did_plc::owner::{SignError, Standing};
pub(crate) use crate::did_plc::submission::{SubmitError, submit_for};
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;

/// How often a change is made anew because another one came first.
const ATTEMPTS_MAX: u8 = 3;

/// Says why an identity is not changed.
#[derive(Debug, Error)]
pub(crate) enum ChangeError {
    /// The directory does not do it.
    #[error(transparent)]
    Plc(#[from] PlcError),
    /// No directory would take such a state.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// Returns the rotation keys of this server, the highest first.
pub(crate) fn own_keys(pds: &Pds) -> Vec<DidKey> {
    let recovery = pds.config.recovery_did_key.as_deref().map(DidKey::new);
    recovery.into_iter().chain([DidKey::from(&pds.keys.rotation.public_key())]).collect()
}

/// Changes an identity with the server's rotation key. Nothing is done if nothing would change.
///
/// # Errors
///
/// [`ChangeError`] if the directory does not take it.
pub(crate) async fn change(
    pds: &Pds,
    did: &Did,
    change: impl Fn(State) -> State,
) -> Result<(), ChangeError> {
    let mut attempt = 1;
    loop {
        let last = pds.plc.last_operation(did).await?;
        let before = last.state().ok_or(PlcError::Ended)?;
        let after = change(before.clone());
        if after == before {
            return Ok(());
        }
        let operation = Content::update(&last, after).sign(&pds.keys.rotation)?;
        match submit(pds, did, &operation).await {
            Err(PlcError::Conflict) if attempt < ATTEMPTS_MAX => attempt += 1,
            outcome => return Ok(outcome?),
        }
    }
}

/// Sends a signed operation to the directory. One that is in force already has been sent before.
///
/// # Errors
///
/// [`PlcError`] if the directory does not take it.
pub(crate) async fn submit(pds: &Pds, did: &Did, operation: &Operation) -> Result<(), PlcError> {
    let outcome = match pds.plc.submit(did, operation).await {
        Err(error) => {
            // The answer may be lost, and to the same operation again a directory says that it
            // is forged or late.
            let last = pds.plc.last_operation(did).await;
            let is_done = last.is_ok_and(|last| last.cid() == operation.cid());
            if is_done { Ok(()) } else { Err(error) }
        }
        done => done,
    };
    if outcome.is_ok() {
        pds.resolver.forget(did);
    }
    outcome
}

/// Says in the words that clients know what a directory did not do.
fn refusal(error: &PlcError) -> Refusal {
    let message = match error {
        PlcError::Refused { message } => message.clone(),
        _ => "Unable to perform PLC operation".to_owned(),
    };
    match error {
        PlcError::Refused { .. } | PlcError::NotFound | PlcError::Ended | PlcError::Conflict => {
            Refusal::invalid_request(message)
        }
        PlcError::Status(status) if *status < 500 => Refusal::invalid_request(message),
        PlcError::Status(_) | PlcError::Http(_) | PlcError::Malformed(_) | PlcError::Log(_) => {
            tracing::warn!(error = crate::failure::chain(error), "directory of did:plc failed");
            Refusal::of_status(StatusCode::BAD_GATEWAY, message)
        }
    }
}

impl From<PlcError> for Fault {
    fn from(error: PlcError) -> Self {
        refusal(&error).into()
    }
}

impl<E> From<PlcError> for Failure<E> {
    fn from(error: PlcError) -> Self {
        Self::Fault(error.into())
    }
}

impl From<ChangeError> for Fault {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::Plc(error) => error.into(),
            ChangeError::Limit(error) => Refusal::invalid_request(error.to_string()).into(),
        }
    }
}

impl<E> From<ChangeError> for Failure<E> {
    fn from(error: ChangeError) -> Self {
        Self::Fault(error.into())
    }
}

/// Ends an identity that was made for an account which could not be made.
///
/// It is nobody's: if the directory does not do it, no more is lost than an unused name.
pub(crate) async fn abandon(pds: &Pds, did: &Did) {
    let outcome: Result<(), ChangeError> = async {
        let last = pds.plc.last_operation(did).await?;
        let operation = Content::tombstone(&last).sign(&pds.keys.rotation)?;
        Ok(submit(pds, did, &operation).await?)
    }
    .await;
    if let Err(error) = outcome {
        tracing::warn!(%did, error = crate::failure::chain(&error), "unused DID was not ended");
    }
}
