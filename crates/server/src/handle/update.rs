//! The handle that an account's owner wants to have: refused, or given.

use store::Account;
use syntax::{Did, Handle};
use thiserror::Error;

use super::{Domain, GiveError, HandleError, NOT_RESOLVED, check, give, led_to};
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;

/// Says why an owner does not get a handle. `Display` is the message for the client.
#[derive(Debug, Error)]
pub(crate) enum UpdateError {
    /// No account may have it.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// It is a domain that leads nowhere.
    #[error("{NOT_RESOLVED}")]
    LeadsNowhere,
    /// It is a domain that leads to another identity.
    #[error("{NOT_RESOLVED}")]
    LeadsTo(Did),
    /// It cannot be given.
    #[error(transparent)]
    Give(#[from] GiveError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Gives an account the handle that its owner wants.
///
/// # Errors
///
/// [`UpdateError`] if it may not have it, it leads elsewhere, or it cannot be given.
pub(crate) async fn update(
    pds: &Pds,
    account: &Account,
    handle: Handle,
) -> Result<(), UpdateError> {
    if check(pds, &handle)? == Domain::Other {
        match led_to(pds, &handle).await {
            Some(did) if did == account.did => {}
            Some(did) => return Err(UpdateError::LeadsTo(did)),
            None => return Err(UpdateError::LeadsNowhere),
        }
    }
    if account.handle.as_ref() != Some(&handle)
        && pds.store.read(|tx| tx.is_handle_reserved(&handle)).await?
    {
        return Err(HandleError::Reserved.into());
    }
    Ok(give(pds, account.id, handle).await?)
}

impl<E> From<UpdateError> for Failure<E> {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Handle(error) => error.into(),
            UpdateError::LeadsNowhere | UpdateError::LeadsTo(_) => {
                Refusal::invalid_request(NOT_RESOLVED).into()
            }
            UpdateError::Give(error) => Fault::from(error).into(),
            UpdateError::Store(error) => error.into(),
        }
    }
}
