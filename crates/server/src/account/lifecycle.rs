//! Coming back, leaving, and going for good.

use store::{AccountState, Status};
use syntax::Did;

use crate::failure::Fault;
use crate::pds::Pds;
use crate::write::{account_frame, deletion_frame, identity_frame, sync_frame};

/// Activates an account. Its repository gets a new commit of the same tree, signed with the key
/// that it has now, so that followers can check what they find. One that is active already is told of
/// again, as a relay may have missed it, unless it was not so a moment ago: `status` is what whoever
/// asks has seen.
///
/// # Errors
///
/// [`Fault`] if the account is gone or the database failed.
pub(crate) async fn activate(pds: &Pds, did: &Did, status: Status) -> Result<(), Fault> {
    let _lease = pds.writers.lease(did).await.map_err(internal)?;
    let now = pds.store.account(did).await?;
    if !status.is_active() && now.is_some_and(|account| account.state.status().is_active()) {
        return Ok(());
    }
    let open = pds.writers.open(did).await.map_err(internal)?;
    let rev = pds.clock.tid_after(open.rev);
    let commit = open.sign_anew(rev);
    let (did, time) = (did.clone(), pds.clock.now());
    pds.store
        .write(move |tx| {
            let account = tx.account(&did)?.ok_or(store::Error::Missing)?;
            let state =
                AccountState { deactivated_at: None, delete_after: None, ..account.state.clone() };
            tx.set_state(account.id, &state)?;
            let head = tx.head(account.id)?.ok_or(store::Error::Missing)?;
            let cid = tx.replace_commit(&head, &commit)?;
            tx.append(account.id, account_frame(&did, state.status(), &time))?;
            tx.append(account.id, identity_frame(&did, account.handle.as_ref(), &time))?;
            tx.append(account.id, sync_frame(&did, rev, &cid, &commit.encode(), &time))?;
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}

/// Changes what decides an account's status, and tells the world of it, even if it is the same.
///
/// # Errors
///
/// [`Fault`] if the account is gone or the database failed.
pub(crate) async fn set_state(
    pds: &Pds,
    did: &Did,
    change: impl FnOnce(AccountState, u64) -> AccountState + Send + 'static,
) -> Result<(), Fault> {
    let (did, time) = (did.clone(), pds.clock.now());
    pds.store
        .write(move |tx| {
            let account = tx.account(&did)?.ok_or(store::Error::Missing)?;
            let state = change(account.state, tx.now_ms());
            tx.set_state(account.id, &state)?;
            tx.append(account.id, account_frame(&did, state.status(), &time))?;
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}

/// Deletes an account for good. Of its events the last stays: that it is gone.
///
/// # Errors
///
/// [`Fault`] if the database failed.
pub(crate) async fn delete(pds: &Pds, did: &Did) -> Result<(), Fault> {
    let _lease = pds.writers.lease(did).await.map_err(internal)?;
    let (did, time) = (did.clone(), pds.clock.now());
    pds.store
        .write(move |tx| {
            let Some(account) = tx.account(&did)? else {
                return Ok(());
            };
            tx.delete_account(account.id)?;
            tx.append(account.id, deletion_frame(&did, &time))?;
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}

fn internal(error: crate::write::Error) -> Fault {
    Fault::Internal(error.into())
}
