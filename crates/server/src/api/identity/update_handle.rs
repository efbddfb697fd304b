//! `com.atproto.identity.updateHandle`: gives the caller's account another handle.
//!
//! Lexicon: `lexicons/com/atproto/identity/updateHandle.json`.

use identity::plc::State;
use lexicon::com::atproto::identity::update_handle::Input;
use store::Account as Row;
use syntax::Handle;

use crate::caller::{Account, NotTakenDown, Standard};
use crate::did_plc;
use crate::failure::{Failure, Refusal};
use crate::handle::{self, Domain};
use crate::pds::Pds;
use crate::write::identity_frame;

/// Changes the identity first, then the account with the event that says so. To set the handle that
/// the account has announces it again.
pub(super) async fn update_handle(
    pds: Pds,
    caller: Account<NotTakenDown<Standard>>,
    input: Input,
) -> Result<(), Failure> {
    let account = caller.row(&pds).await?;
    let handle = input.handle;
    if handle::check(&pds, &handle)? == Domain::Other {
        handle::check_leads_to(&pds, &handle, &account.did).await?;
    }
    let holder = pds.store.read(|tx| tx.account_by_handle(&handle)).await?;
    if holder.is_some_and(|holder| holder.did != account.did) {
        return Err(handle::taken(&handle).into());
    }

    claim(&pds, &account, &handle).await?;
    match set(&pds, &account, &handle).await {
        Err(store::Error::Conflict(_)) => {
            // Another account took it since: the identity must not claim it.
            if let Some(before) = &account.handle {
                claim(&pds, &account, before).await?;
            }
            Err(handle::taken(&handle).into())
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
