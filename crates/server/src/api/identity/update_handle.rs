//! `com.atproto.identity.updateHandle`: gives the caller's account another handle.
//!
//! Lexicon: `lexicons/com/atproto/identity/updateHandle.json`.

use identity::plc::State;
use lexicon::com::atproto::identity::update_handle::Input;
use store::{Account as Row, AccountId};
use syntax::Handle;
use tokio::sync::oneshot;

use crate::caller::{Account, NotTakenDown, Standard};
use crate::did_plc;
use crate::failure::{Failure, Refusal};
use crate::handle::{self, Domain};
use crate::pds::Pds;
use crate::write::identity_frame;

/// Refuses what can be refused, and then changes the identity first, the account with the event that
/// says so second. To set the handle that the account has announces it again.
pub(super) async fn update_handle(
    pds: Pds,
    caller: Account<NotTakenDown<Standard>>,
    input: Input,
) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    let id = account.id;
    let handle = input.handle;
    if handle::check(&pds, &handle)? == Domain::Other {
        handle::check_leads_to(&pds, &handle, caller.did()).await?;
    }
    if account.handle.as_ref() != Some(&handle) {
        handle::check_kept_back(&pds, &handle).await?;
    }
    let (answer, changed) = oneshot::channel();
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
        return Err(handle::taken(handle).into());
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
            Err(handle::taken(handle).into())
        }
        outcome => Ok(outcome?),
    }
}

/// Lets the identity claim a handle. Who has a did:web has to have done it.
async fn claim(pds: &Pds, account: &Row, handle: &Handle) -> Result<(), Failure> {
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
async fn set(pds: &Pds, account: &Row, handle: &Handle) -> Result<(), store::Error> {
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
