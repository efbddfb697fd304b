//! What has to go with time: uploads that nobody used, old events, ended sessions, and what is left
//! of accounts that are gone.
//!
//! All of it goes in small steps, between which others write.

use std::time::Duration;

use store::{AccountId, BlobError, Error, Leftover};
use syntax::{Cid, Did};
use thiserror::Error as ThisError;
use tokio::time::sleep;

use crate::account::delete_departed;
use crate::clock::millis;
use crate::failure::{Fault, chain};
use crate::pds::Pds;
use crate::web;

/// For how long mail stays that nobody sends.
const MAIL_TIME: Duration = Duration::from_secs(3 * 24 * 60 * 60);
/// For how long a browser is kept in which nobody is signed in.
const BROWSER_TIME: Duration = Duration::from_secs(24 * 60 * 60);
/// How many requests of apps, sign-ins or browsers go in one step.
const SHORT_LIVED: u64 = 500;
/// How many events go in one step.
const EVENTS: u64 = 500;
/// How many blobs go in one step.
const BLOBS: u64 = 50;
/// How many accounts' sessions are looked at in one step.
const ACCOUNTS: u64 = 500;
/// How many rows of a repository go in one step.
const ROWS: u64 = 200;
/// How long others have the database to themselves after a step.
const BREATH: Duration = Duration::from_millis(20);
/// After how many sweeps that are looked for which take longer.
const RARELY: u64 = 60;

/// Says why something that should go is still there. It is tried again.
#[derive(Debug, ThisError)]
enum SweepError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
    /// A file failed.
    #[error(transparent)]
    Blob(#[from] BlobError),
}

/// Keeps house until the server stops.
pub(crate) fn start(pds: &Pds) {
    let owned = pds.clone();
    pds.tasks.spawn_until_stop(async move {
        for round in 0.. {
            sleep(owned.config.retention.sweep_interval()).await;
            sweep(&owned, round).await;
        }
    });
}

async fn sweep(pds: &Pds, round: u64) {
    let failed = |what: &str, outcome: Result<(), SweepError>| {
        if let Err(error) = outcome {
            tracing::error!(error = chain(&error), "{what} could not be cleared away");
        }
    };
    failed("unused blobs", unused_blobs(pds).await);
    failed("old events", old_events(pds).await);
    failed("what is left of deleted accounts", leftovers(pds).await);
    failed("what apps asked for", ended_requests(pds).await);
    if let Err(Fault::Internal(error)) = delete_departed(pds).await {
        tracing::error!(error = chain(&*error), "accounts that have moved could not be deleted");
    }
    if round.is_multiple_of(RARELY) {
        failed("old mail", old_mail(pds).await);
        failed("ended sessions", ended_sessions(pds).await);
        failed("browsers", idle_browsers(pds).await);
        failed("the quarantine", quarantine(pds).await);
    }
}

/// Clears away uploads that no record refers to in time.
async fn unused_blobs(pds: &Pds) -> Result<(), SweepError> {
    loop {
        let expired = pds.store.write(|tx| {
            let expired = tx.delete_expired_blobs(BLOBS)?;
            let owned =
                expired.into_iter().map(|(id, cid)| Ok((id, tx.account_by_id(id)?.did, cid)));
            owned.collect::<Result<Vec<_>, Error>>()
        });
        let expired = expired.await?;
        if expired.is_empty() {
            return Ok(());
        }
        tracing::info!(count = expired.len(), "blobs have expired that no record refers to");
        for (account, did, cid) in expired {
            remove_file(pds, account, &did, &cid).await?;
        }
        sleep(BREATH).await;
    }
}

/// Moves a blob's file away, unless the blob has been uploaded again meanwhile.
async fn remove_file(
    pds: &Pds,
    account: AccountId,
    did: &Did,
    cid: &Cid,
) -> Result<(), SweepError> {
    let _lock = pds.store.blobs().lock(did, cid).await;
    if pds.store.read(|tx| tx.blob(account, cid)).await?.is_none() {
        pds.store.blobs().remove(did, cid).await?;
    }
    Ok(())
}

/// Clears away events that are too old for followers to come back to.
async fn old_events(pds: &Pds) -> Result<(), SweepError> {
    let age_us = u64::try_from(pds.config.retention.events().as_micros()).unwrap_or(u64::MAX);
    // Numbers of events are the time at which they were written.
    let before = pds.clock.now_us().saturating_sub(age_us);
    while pds.store.write(move |tx| tx.prune_events(before, EVENTS)).await? > 0 {
        sleep(BREATH).await;
    }
    Ok(())
}

/// Clears away mail that was never sent.
async fn old_mail(pds: &Pds) -> Result<(), SweepError> {
    let before = pds.clock.now_ms().saturating_sub(millis(MAIL_TIME));
    pds.store.write(move |tx| tx.delete_old_mails(before)).await?;
    Ok(())
}

async fn ended_sessions(pds: &Pds) -> Result<(), SweepError> {
    let mut after = AccountId::default();
    let step = |after| pds.store.write(move |tx| tx.sweep_sessions(after, ACCOUNTS));
    while let Some(last) = step(after).await? {
        after = last;
        sleep(BREATH).await;
    }
    Ok(())
}

/// Clears away what apps have asked for and nobody has answered, and what they have proven themselves
/// with and cannot use again.
async fn ended_requests(pds: &Pds) -> Result<(), SweepError> {
    let step = || {
        pds.store.write(|tx| {
            let requests = tx.delete_ended_oauth_requests(SHORT_LIVED)?;
            Ok::<_, Error>(requests + tx.delete_ended_uses(SHORT_LIVED)?)
        })
    };
    while step().await? > 0 {
        sleep(BREATH).await;
    }
    Ok(())
}

/// Clears away sign-ins in browsers that have ended, and browsers in which nobody is signed in.
async fn idle_browsers(pds: &Pds) -> Result<(), SweepError> {
    let before = pds.clock.now_ms().saturating_sub(millis(BROWSER_TIME));
    let long_before = pds.clock.now_ms().saturating_sub(millis(web::COOKIE_TIME));
    let step = || {
        pds.store.write(move |tx| {
            let sign_ins = tx.delete_ended_sign_ins(SHORT_LIVED)?;
            let browsers = tx.delete_idle_devices(before, long_before, SHORT_LIVED)?;
            Ok::<_, Error>(sign_ins + browsers)
        })
    };
    while step().await? > 0 {
        sleep(BREATH).await;
    }
    Ok(())
}

async fn quarantine(pds: &Pds) -> Result<(), SweepError> {
    let deleted = pds.store.blobs().empty_quarantine(pds.config.retention.quarantine()).await?;
    if deleted > 0 {
        tracing::info!(count = deleted, "blobs in quarantine were deleted");
    }
    Ok(())
}

/// Clears away what is left of accounts that are gone.
async fn leftovers(pds: &Pds) -> Result<(), SweepError> {
    while pds.store.write_in_background(|tx| tx.delete_leftover_rows(ROWS)).await? > 0 {
        sleep(BREATH).await;
    }
    while let Some(Leftover { account, did }) = pds.store.read(|tx| tx.leftover()).await? {
        events_of(pds, account).await?;
        for cid in pds.store.blobs().files_of(&did).await? {
            // Somebody with the same DID may be here again.
            let owner = pds.store.read(|tx| tx.account(&did)).await?;
            remove_file(pds, owner.map_or(account, |owner| owner.id), &did, &cid).await?;
        }
        pds.store.write(move |tx| tx.forget_leftover(account)).await?;
        tracing::info!(%did, "nothing is left of an account that was deleted");
    }
    Ok(())
}

/// Clears away all events of an account but the last, which says that it is gone.
async fn events_of(pds: &Pds, account: AccountId) -> Result<(), SweepError> {
    let mut after = 0;
    loop {
        let read = pds.store.read_long(move |tx| tx.events_of(account, after, EVENTS + 1));
        let mut seqs = read.await?;
        let is_all = seqs.len() <= usize::try_from(EVENTS).unwrap_or(usize::MAX);
        // One more was read than goes now, so that the last of all is never among them.
        seqs.pop();
        let Some(last) = seqs.last() else { return Ok(()) };
        after = *last;
        pds.store.write(move |tx| tx.delete_events(&seqs)).await?;
        if is_all {
            return Ok(());
        }
        sleep(BREATH).await;
    }
}
