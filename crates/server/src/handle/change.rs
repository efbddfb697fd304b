//! Giving an account another handle.

use http::StatusCode;
use identity::plc::State;
use store::{Account, AccountId};
use syntax::Handle;
use tokio::sync::oneshot;

use super::taken;
use crate::did_plc;
use crate::failure::{Failure, Refusal};
use crate::pds::Pds;
use crate::write::identity_frame;

/// Gives an account a handle that was checked: changes the identity first, and the account, with the
/// event that says so, second. To give the handle that the account has announces it again.
///
/// # Errors
///
/// [`Failure`] if another account has it, or the identity cannot be changed.
pub(crate) async fn give(pds: &Pds, id: AccountId, handle: Handle) -> Result<(), Failure> {
    let (answer, changed) = oneshot::channel();
    let pds = pds.clone();
    // It goes on if the client does not wait: half of it is a handle that only one side knows.
    pds.tasks.clone().spawn(async move {
        let outcome = change(&pds, id, &handle).await;
        if let Err(Err(failure)) = answer.send(outcome) {
            tracing::warn!(?failure, "handle was not changed, and nobody waits to hear it");
        }
    });
    changed.await.map_err(Failure::internal)?
}

async fn change(pds: &Pds, id: AccountId, handle: &Handle) -> Result<(), Failure> {
    let holder = pds.store.read(|tx| tx.account_by_handle(handle)).await?;
    if holder.is_some_and(|holder| holder.id != id) {
        return Err(not_available(handle).into());
    }
    let did = pds.store.read(|tx| tx.account_by_id(id)).await?.did;
    // Of two changes at once, the directory must not end up with one and the database with the other.
    let _lease = pds.writers.lease(&did).await.map_err(Failure::internal)?;
    let account = pds.store.read(|tx| tx.account_by_id(id)).await?;
    claim(pds, &account, handle).await?;
    match set(pds, &account, handle).await {
        Err(store::Error::Conflict(_)) => {
            // Another account took it since: the identity must not claim it.
            if let Some(before) = &account.handle {
                claim(pds, &account, before).await?;
            }
            Err(not_available(handle).into())
        }
        outcome => Ok(outcome?),
    }
}

/// Lets the identity claim a handle. Who has a did:web has to have done it.
async fn claim(pds: &Pds, account: &Account, handle: &Handle) -> Result<(), Failure> {
    if account.did.method() == "plc" {
        let with_handle = |mut state: State| {
            state.set_handle(handle);
            state
        };
        return Ok(did_plc::change(pds, &account.did, with_handle).await?);
    }
    let document = pds.resolver.document_anew(&account.did).await;
    if document.is_ok_and(|document| document.handle().is_some_and(|claimed| claimed == *handle)) {
        return Ok(());
    }
    let message = "DID is not properly configured for handle";
    Err(Refusal::invalid_request(message).into())
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

/// Refuses a handle that another account has. Who makes an account is told it by another name.
fn not_available(handle: &Handle) -> Refusal {
    let message = taken(handle).message().to_owned();
    Refusal::new(StatusCode::BAD_REQUEST, "HandleNotAvailable", message)
}
