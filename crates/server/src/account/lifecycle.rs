//! Coming back, leaving, and going for good.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use store::{AccountState, Status};
use syntax::Did;

use crate::failure::Fault;
use crate::pds::Pds;
use crate::session::{self, But};
use crate::write::{account_frame, deletion_frame, identity_frame, sync_frame};

/// For how long a second activation is taken for the first one, in milliseconds.
const JUST_NOW_MS: u64 = 10_000;

/// Which accounts were activated a moment ago.
#[derive(Default)]
pub(crate) struct Activations(Mutex<HashMap<Did, u64>>);

impl Activations {
    fn was_just_now(&self, did: &Did, now_ms: u64) -> bool {
        self.lock().get(did).is_some_and(|at| now_ms < at + JUST_NOW_MS)
    }

    fn note(&self, did: &Did, now_ms: u64) {
        let mut times = self.lock();
        times.retain(|_, at| now_ms < *at + JUST_NOW_MS);
        times.insert(did.clone(), now_ms);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Did, u64>> {
        // Nothing in here leaves it half changed, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Activates an account. Its repository gets a new commit of the same tree, signed with the key
/// that it has now, so that followers can check what they find. One that is active already is told of
/// again, as a relay may have missed it, unless it was activated a moment ago: clients press twice.
///
/// # Errors
///
/// [`Fault`] if the account is gone or the database failed.
pub(crate) async fn activate(pds: &Pds, did: &Did) -> Result<(), Fault> {
    let _lease = pds.writers.lease(did).await.map_err(internal)?;
    let now = pds.store.account(did).await?;
    let is_active = now.is_some_and(|account| account.state.status().is_active());
    if is_active && pds.activations.was_just_now(did, pds.clock.now_ms()) {
        return Ok(());
    }
    let open = pds.writers.open(did).await.map_err(internal)?;
    let rev = pds.clock.tid_after(open.rev);
    let commit = open.sign_anew(rev);
    let (owned, time) = (did.clone(), pds.clock.now());
    pds.store
        .write(move |tx| {
            let did = owned;
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
    pds.activations.note(did, pds.clock.now_ms());
    Ok(())
}

/// Changes what decides an account's status, and tells the world of it, even if it is the same. An
/// account that the host has closed has no sessions any more; one that its owner has closed, none of
/// apps.
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
            match state.status() {
                Status::TakenDown | Status::Suspended => {
                    session::end_all(tx, account.id, But::Nothing)?;
                }
                // The owner's own go on: they may want to move away, or to come back.
                Status::Deactivated => tx.delete_oauth_sessions(account.id)?,
                Status::Active => {}
            }
            tx.append(account.id, account_frame(&did, state.status(), &time))?;
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}

/// Deletes an account for good. Of its events the last stays: that it is gone. The invite codes that
/// were its to give let nobody in any more.
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
            tx.disable_invite_codes_for(did.as_str())?;
            tx.append(account.id, deletion_frame(&did, &time))?;
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}

/// Deletes an account that nobody has heard of: one whose move here was cancelled.
///
/// # Errors
///
/// [`Fault`] if the database failed.
pub(crate) async fn discard(pds: &Pds, did: &Did) -> Result<(), Fault> {
    let _lease = pds.writers.lease(did).await.map_err(internal)?;
    let did = did.clone();
    pds.store
        .write(move |tx| match tx.account(&did)? {
            Some(account) => tx.delete_account(account.id),
            None => Ok(()),
        })
        .await?;
    Ok(())
}

fn internal(error: crate::write::Error) -> Fault {
    Fault::Internal(error.into())
}
