//! Giving an account another handle.

use http::StatusCode;
use identity::plc::State;
use store::{Account, AccountId};
use syntax::Handle;
use thiserror::Error;
use tokio::sync::oneshot;

use super::taken;
use crate::did_plc;
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;
use crate::write::{self, identity_frame};

/// What clients are told of a did:web that does not claim a handle.
const NOT_CLAIMED: &str = "DID is not properly configured for handle";

/// Says why an account is not given a handle.
#[derive(Debug, Error)]
pub(crate) enum GiveError {
    /// Another account has it.
    #[error("another account has the handle {0}")]
    Taken(Handle),
    /// The identity is a did:web, whose owner has not let it claim the handle.
    #[error("{NOT_CLAIMED}")]
    NotClaimed,
    /// The identity cannot be changed.
    #[error(transparent)]
    Identity(#[from] did_plc::ChangeError),
    /// The repository cannot be had.
    #[error("repository cannot be had")]
    Writer(#[from] write::Error),
    /// The change broke off.
    #[error("change broke off")]
    Broken(#[from] oneshot::error::RecvError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Gives an account a handle that was checked: changes the identity first, and the account, with the
/// event that says so, second. To give the handle that the account has announces it again.
///
/// # Errors
///
/// [`GiveError`] if another account has it, or the identity cannot be changed.
pub(crate) async fn give(pds: &Pds, id: AccountId, handle: Handle) -> Result<(), GiveError> {
    let (answer, changed) = oneshot::channel();
    let pds = pds.clone();
    // It goes on if the client does not wait: half of it is a handle that only one side knows.
    pds.tasks.clone().spawn(async move {
        let outcome = change(&pds, id, &handle).await;
        if let Err(Err(error)) = answer.send(outcome) {
            let error = crate::failure::chain(&error);
            tracing::warn!(error, "handle was not changed, and nobody waits to hear it");
        }
    });
    changed.await?
}

async fn change(pds: &Pds, id: AccountId, handle: &Handle) -> Result<(), GiveError> {
    let holder = pds.store.read(|tx| tx.account_by_handle(handle)).await?;
    if holder.is_some_and(|holder| holder.id != id) {
        return Err(GiveError::Taken(handle.clone()));
    }
    let did = pds.store.read(|tx| tx.account_by_id(id)).await?.did;
    // Of two changes at once, the directory must not end up with one and the database with the other.
    let _lease = pds.writers.lease(&did).await?;
    let account = pds.store.read(|tx| tx.account_by_id(id)).await?;
    claim(pds, &account, handle).await?;
    match set(pds, &account, handle).await {
        Err(store::Error::Conflict(_)) => {
            // Another account took it since: the identity must not claim it.
            if let Some(before) = &account.handle {
                claim(pds, &account, before).await?;
            }
            Err(GiveError::Taken(handle.clone()))
        }
        outcome => Ok(outcome?),
    }
}

/// Lets the identity claim a handle. Who has a did:web has to have done it.
async fn claim(pds: &Pds, account: &Account, handle: &Handle) -> Result<(), GiveError> {
    if account.did.method() == "plc" {
        let with_handle = |mut state: State| {
            state.set_handle(handle);
            state
        };
        return Ok(did_plc::change(pds, &account.did, with_handle).await?);
    }
    let document = pds.resolver.document_anew(&account.did).await;
    let claimed = document.ok().and_then(|document| document.handle());
    if claimed.as_ref() == Some(handle) { Ok(()) } else { Err(GiveError::NotClaimed) }
}

/// Sets the account's handle and announces it, or neither.
async fn set(pds: &Pds, account: &Account, handle: &Handle) -> Result<(), store::Error> {
    let (id, did, new) = (account.id, account.did.clone(), handle.clone());
    let time = pds.clock.now();
    pds.store
        .write(move |tx| -> Result<(), store::Error> {
            tx.set_handle(id, &new)?;
            tx.append(id, identity_frame(&did, Some(&new), &time))?;
            Ok(())
        })
        .await?;
    pds.resolver.forget_handle(handle);
    if let Some(before) = &account.handle {
        pds.resolver.forget_handle(before);
    }
    Ok(())
}

impl From<GiveError> for Fault {
    fn from(error: GiveError) -> Self {
        match error {
            GiveError::Taken(handle) => {
                // Who makes an account is told it by another name.
                let message = taken(&handle).message().to_owned();
                Refusal::new(StatusCode::BAD_REQUEST, "HandleNotAvailable", message).into()
            }
            GiveError::NotClaimed => Refusal::invalid_request(NOT_CLAIMED).into(),
            GiveError::Identity(error) => error.into(),
            GiveError::Writer(error) => Self::Internal(error.into()),
            GiveError::Broken(error) => Self::Internal(error.into()),
            GiveError::Store(error) => error.into(),
        }
    }
}

impl<E> From<GiveError> for Failure<E> {
    fn from(error: GiveError) -> Self {
        Self::Fault(error.into())
    }
}
