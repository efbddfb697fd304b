//! The task that carries a move out.

use std::sync::atomic::Ordering;
use std::time::Duration;

use migrate::job::{Need, State};
use tokio::time::sleep;

use super::Live;
use super::job::{Job, JobError, Orders};
use super::steps;
use super::trouble::{Trouble, Turn};
use crate::clock::millis;
use crate::failure::chain;
use crate::pds::Pds;

/// How long it is waited after a failure, and how long at most.
const PAUSE_MIN: Duration = Duration::from_millis(500);
const PAUSE_MAX: Duration = Duration::from_secs(5 * 60);
/// How long it is waited at most when a host has said how long.
const PAUSE_ASKED_MAX: Duration = Duration::from_secs(60 * 60);
/// How often what may be for good is tried before a person has to decide.
const DOUBTS_MAX: u64 = 3;
/// How long it is waited for the database.
const STORE_PAUSE: Duration = Duration::from_secs(2);
/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(500);

/// Carries a move out until it has ended, or the server has.
pub(super) async fn until_ended(pds: &Pds, id: i64, live: &Live) {
    loop {
        let outcome = match Job::load(pds, id).await {
            Ok(job) => next(pds, job, live).await,
            Err(error) => Err(error),
        };
        match outcome {
            Ok(true) => {}
            Ok(false) => return,
            Err(JobError::Store(error)) => {
                tracing::error!(error = chain(&error), id, "a move cannot be read or written");
                sleep(STORE_PAUSE).await;
            }
            Err(error) => {
                tracing::error!(error = chain(&error), id, "a move stays as it is");
                return;
            }
        }
    }
}

/// Tells whether a move that had ended is to go on.
pub(super) async fn is_wanted(pds: &Pds, id: i64) -> bool {
    match Job::load(pds, id).await {
        Ok(job) => job.state == State::Done && job.orders.undo,
        Err(error) => {
            tracing::error!(error = chain(&error), id, "a move cannot be read");
            false
        }
    }
}

/// Does what is due, or waits for it. Returns whether there is more to come.
async fn next(pds: &Pds, mut job: Job, live: &Live) -> Result<bool, JobError> {
    live.is_cancelled.store(false, Ordering::Relaxed);
    let has_session = job.orders.secrets.is_some();
    take_orders(&mut job);
    if job.state.has_ended() {
        return Ok(false);
    }
    // Now and not with the step: it may renew the session, which the ordered one must not replace again.
    if has_session {
        job.save(pds, None).await?;
    }
    let is_polling = job.row.run_at > 0 && job.journal.need == Some(Need::Document);
    if job.journal.need.is_some() && !is_polling {
        live.wake.notified().await;
        return Ok(true);
    }
    let now_ms = pds.clock.now_ms();
    if job.row.run_at > now_ms {
        // The clock, not the time that passes: it may be set, and tests move it.
        let left = Duration::from_millis(job.row.run_at - now_ms);
        tokio::select! {
            () = sleep(left.min(LOOK)) => {}
            () = live.wake.notified() => {}
        }
        return Ok(true);
    }
    let outcome = steps::step(pds, &mut job, live).await;
    let note = apply(&mut job, outcome, pds.clock.now_ms());
    job.save(pds, note.as_deref()).await?;
    Ok(true)
}

/// Changes a move as its owner wants, if it is where they can.
pub(super) fn take_orders(job: &mut Job) {
    let Orders { approval, code, operation, secrets, retry, new_code, lost_blobs, cancel, undo } =
        job.orders.clone();
    if let Some(secrets) = secrets {
        job.journal.is_let_in |= secrets.is_let_in();
        job.secrets = Some(secrets);
    }
    if cancel && job.state.is_cancellable() {
        (job.state, job.journal.need) = (State::Cancel, None);
        (job.row.run_at, job.row.attempts) = (0, 0);
    }
    if undo && job.state.is_undoable() {
        (job.state, job.journal.need) = (State::UndoClose, None);
        (job.row.run_at, job.row.attempts) = (0, 0);
    }
    let need = job.journal.need.as_ref();
    let is_met = match need {
        Some(Need::Review) => approval.is_some(),
        Some(Need::Code { .. } | Need::NewCode { .. } | Need::OwnSignature { .. }) => {
            code.is_some() || operation.is_some() || retry
        }
        Some(Need::SignIn { .. } | Need::Decide { .. } | Need::Document) => retry,
        None => retry,
    };
    if is_met {
        let is_new = matches!(need, Some(Need::NewCode { .. })) || new_code;
        if is_new && code.is_none() {
            job.journal.code_asked_at_ms = None;
        }
        job.journal.need = None;
        (job.row.run_at, job.row.attempts) = (0, 0);
    }
    if let Some(approval) = approval.filter(|_| job.state == State::Ready) {
        job.journal.approval = Some(approval);
    }
    if lost_blobs && job.state == State::Ready {
        (job.state, job.journal.need) = (State::Blobs, None);
    }
    if let Some(operation) = operation.filter(|_| job.state == State::Sign) {
        (job.state, job.journal.operation) = (State::Submit, Some(operation));
    }
    if let Some(secrets) = job.secrets.as_mut().filter(|_| job.state == State::Sign) {
        secrets.code = code.or(secrets.code.take());
    }
}

/// Notes what came of a step, and returns a sentence for the owner.
fn apply(job: &mut Job, outcome: Result<Turn, Trouble>, now_ms: u64) -> Option<String> {
    (job.row.last_error, job.row.run_at) = (None, 0);
    match outcome {
        Ok(Turn::Next(state, note)) => {
            tracing::info!(did = %job.row.did, state = state.as_str(), note, "a move goes on");
            (job.state, job.journal.need, job.row.attempts) = (state, None, 0);
            job.journal.doubts = 0;
            Some(note)
        }
        Ok(Turn::Wait(need)) => {
            job.row.attempts = 0;
            job.journal.need = Some(need);
            None
        }
        Ok(Turn::Poll(need, pause)) => {
            job.row.attempts = 0;
            job.journal.need = Some(need);
            job.row.run_at = now_ms + millis(pause);
            None
        }
        Err(Trouble::Person(need)) => Some(ask(job, need)),
        // Hosts that were down for a while do not count: only what has come, and was wrong.
        Err(Trouble::Doubtful(error)) if job.journal.doubts + 1 >= DOUBTS_MAX => {
            Some(ask(job, Need::Decide { message: error }))
        }
        Err(Trouble::Doubtful(error)) => {
            job.journal.doubts += 1;
            postpone(job, error, None, now_ms);
            None
        }
        Err(Trouble::Later { error, after }) => {
            postpone(job, error, after, now_ms);
            None
        }
        // The next look at the orders tells.
        Err(Trouble::Cancelled) => None,
    }
}

fn ask(job: &mut Job, need: Need) -> String {
    let sentence = need.message().unwrap_or("you are needed").to_owned();
    tracing::warn!(did = %job.row.did, state = job.state.as_str(), sentence, "a move waits");
    (job.journal.need, job.journal.doubts, job.row.attempts) = (Some(need), 0, 0);
    sentence
}

fn postpone(job: &mut Job, error: String, after: Option<Duration>, now_ms: u64) {
    tracing::info!(did = %job.row.did, state = job.state.as_str(), error, "a step is tried again");
    let doubled = 1_u32 << job.row.attempts.min(16);
    // Some say "next year".
    let after = after.map(|after| after.min(PAUSE_ASKED_MAX));
    let pause = after.unwrap_or_else(|| PAUSE_MIN.saturating_mul(doubled).min(PAUSE_MAX));
    job.row.attempts += 1;
    job.row.run_at = now_ms + millis(pause);
    job.row.last_error = Some(error);
}
