//! What the owner of an account wants of its move.

use std::sync::Arc;

use crypto::SealingKeys;
use identity::plc::Operation;
use migrate::host::{HostError, Session};
use migrate::job::{Approval, Need, NotAgreed, State};
use migrate::switch::{RECOVERY_TIME, SwitchError};
use store::{MoveJob, Tx};
use syntax::{Cid, Did};
use thiserror::Error;

use super::carry_out;
use super::job::{Job, JobError, Orders, Secrets, seal, unseal};
use crate::clock::millis;
use crate::pds::Pds;

/// Says why an order is not taken.
#[derive(Debug, Error)]
pub(crate) enum OrderError {
    /// There is no move.
    #[error("the account has not moved here by way of this server")]
    NotFound,
    /// The move does not wait for it.
    #[error("{0}")]
    NotWanted(&'static str),
    /// There is more than was agreed to.
    #[error(transparent)]
    NotAgreed(#[from] NotAgreed),
    /// What was signed is another change.
    #[error(transparent)]
    Switch(#[from] SwitchError),
    /// The old host does not let the owner in.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The session is another account's.
    #[error("the session is that of {0}")]
    OtherAccount(Did),
    /// The move cannot be read.
    #[error(transparent)]
    Job(#[from] JobError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The directory cannot be asked.
    #[error(transparent)]
    Plc(#[from] identity::resolve::PlcError),
}

/// Returns the move of an account that has not ended.
pub(super) async fn live(pds: &Pds, did: &Did) -> Result<Option<i64>, store::Error> {
    let last: Option<MoveJob> = pds.store.read(|tx| tx.last_move(did)).await?;
    Ok(last.filter(|job| job.is_live).map(|job| job.id))
}

/// Returns the last move of an account.
pub(crate) async fn current(pds: &Pds, did: &Did) -> Result<MoveJob, OrderError> {
    let last: Option<MoveJob> = pds.store.read(|tx| tx.last_move(did)).await?;
    last.ok_or(OrderError::NotFound)
}

/// Notes what the owner wants, beside what they wanted before, and wakes the move.
pub(super) async fn order(
    pds: &Pds,
    id: i64,
    change: impl FnOnce(&mut Orders) + Send + 'static,
) -> Result<(), JobError> {
    let keys = Arc::clone(&pds.keys);
    pds.store.write(move |tx: &mut Tx<'_>| note(tx, &keys.sealing, id, change)).await?;
    carry_out(pds, id);
    Ok(())
}

/// Notes what the owner wants.
fn note(
    tx: &mut Tx<'_>,
    keys: &SealingKeys,
    id: i64,
    change: impl FnOnce(&mut Orders),
) -> Result<(), JobError> {
    let row = tx.move_job(id)?;
    let orders = row.orders.as_deref();
    let orders = orders.map(|sealed| unseal(keys, &row.did, sealed)).transpose()?;
    let mut orders: Orders = orders.unwrap_or_default();
    change(&mut orders);
    Ok(tx.order_move(id, &seal(keys, &row.did, &orders))?)
}

async fn load(pds: &Pds, did: &Did) -> Result<Job, OrderError> {
    Ok(Job::of(pds, current(pds, did).await?)?)
}

/// Agrees to what changes and what is lost.
pub(crate) async fn approve(
    pds: &Pds,
    did: &Did,
    mut approval: Approval,
) -> Result<(), OrderError> {
    let job = load(pds, did).await?;
    if job.state != State::Ready || job.journal.need != Some(Need::Review) {
        // Whoever presses twice has agreed already.
        return match job.state > State::Ready || job.orders.approval.is_some() {
            true => Ok(()),
            false => Err(OrderError::NotWanted("the move is not ready to be agreed to yet")),
        };
    }
    let id = job.row.id;
    let lost = pds.store.read(|tx| tx.lost_blobs(id)).await?;
    let lost: Vec<Cid> = lost.into_iter().map(|blob: store::MoveBlob| blob.cid).collect();
    job.journal.check_approval(&approval, &lost)?;
    approval.at_ms = pds.clock.now_ms();
    Ok(order(pds, id, move |orders| orders.approval = Some(approval)).await?)
}

/// Takes the code that the old host has mailed, or the change as the owner has signed it.
pub(crate) async fn confirm(
    pds: &Pds,
    did: &Did,
    code: Option<String>,
    operation: Option<Operation>,
) -> Result<(), OrderError> {
    let job = load(pds, did).await?;
    if job.state > State::Sign {
        return Ok(());
    }
    let is_wanted = matches!(
        job.journal.need,
        Some(Need::Code { .. } | Need::NewCode { .. } | Need::OwnSignature { .. })
    );
    if job.state != State::Sign || !is_wanted {
        return Err(OrderError::NotWanted("the change of the identity is not to be signed yet"));
    }
    if let Some(signed) = &operation {
        let planned = job.journal.switch.as_ref();
        let planned = planned.ok_or(OrderError::NotWanted("no change is planned"))?;
        let last = pds.plc.last_operation(did).await?;
        planned.switch().check(signed, &last)?;
    } else if code.is_none() {
        return Err(OrderError::NotWanted("there is neither a code nor an operation"));
    } else if !matches!(job.journal.need, Some(Need::Code { .. })) {
        return Err(OrderError::NotWanted("the old host has mailed no code: ask for one first"));
    }
    let change = move |orders: &mut Orders| (orders.code, orders.operation) = (code, operation);
    Ok(order(pds, job.row.id, change).await?)
}

/// Goes on at once, with another session at the old host if there is a password.
pub(crate) async fn resume(
    pds: &Pds,
    did: &Did,
    password: Option<(String, Option<String>)>,
    lost_blobs: bool,
) -> Result<(), OrderError> {
    let job = load(pds, did).await?;
    if job.state.has_ended() {
        return Ok(());
    }
    let secrets = match password {
        Some((password, factor)) => {
            let session = sign_in(pds, &job, &password, factor.as_deref()).await?;
            Some(Secrets::new(&session, hash(&job)))
        }
        None => None,
    };
    go_on(pds, &job, secrets, lost_blobs).await
}

/// Goes on at once, with a session that the owner has begun on the pages of the old host. Tells whether
/// there was anything to go on with.
pub(crate) async fn resume_with(
    pds: &Pds,
    did: &Did,
    session: &Session,
) -> Result<bool, OrderError> {
    let job = load(pds, did).await?;
    if job.state.has_ended() {
        return Ok(false);
    }
    let secrets = Secrets::new(session, hash(&job));
    go_on(pds, &job, Some(secrets), false).await.map(|()| true)
}

/// Returns the hash of the password that the account is still to get here.
fn hash(job: &Job) -> Option<&str> {
    job.secrets.as_ref()?.password.as_deref()
}

async fn go_on(
    pds: &Pds,
    job: &Job,
    secrets: Option<Secrets>,
    lost_blobs: bool,
) -> Result<(), OrderError> {
    let is_code_lost = matches!(job.journal.need, Some(Need::Code { .. }));
    let change = move |orders: &mut Orders| {
        orders.retry = true;
        orders.new_code |= is_code_lost;
        orders.lost_blobs |= lost_blobs;
        orders.secrets = secrets.or(orders.secrets.take());
    };
    Ok(order(pds, job.row.id, change).await?)
}

/// Cancels, as long as the identity cannot have been changed.
pub(crate) async fn cancel(pds: &Pds, did: &Did) -> Result<(), OrderError> {
    let job = load(pds, did).await?;
    if matches!(job.state, State::Cancel | State::Cancelled) {
        return Ok(());
    }
    if !job.state.is_cancellable() {
        return Err(OrderError::NotWanted(
            "the change of the identity is on its way: undo the move instead",
        ));
    }
    order(pds, job.row.id, |orders| orders.cancel = true).await?;
    // After it is written down: a step that begins in between would not know what it is for.
    if let Some(live) = pds.mover.live(job.row.id) {
        live.is_cancelled.store(true, std::sync::atomic::Ordering::Relaxed);
    }
    Ok(())
}

/// Brings the account back.
pub(crate) async fn undo(
    pds: &Pds,
    did: &Did,
    password: &str,
    factor: Option<&str>,
) -> Result<(), OrderError> {
    let job = load(pds, did).await?;
    if is_undone(pds, &job)? {
        return Ok(());
    }
    let session = sign_in(pds, &job, password, factor).await?;
    go_back(pds, &job, &session).await
}

/// Brings the account back, with a session that the owner has begun on the pages of the old host. Tells
/// whether that session is used.
pub(crate) async fn undo_with(pds: &Pds, did: &Did, session: &Session) -> Result<bool, OrderError> {
    let job = load(pds, did).await?;
    if is_undone(pds, &job)? {
        return Ok(false);
    }
    go_back(pds, &job, session).await.map(|()| true)
}

/// Tells whether the account is on its way back already.
fn is_undone(pds: &Pds, job: &Job) -> Result<bool, OrderError> {
    if matches!(job.state, State::UndoClose | State::UndoSubmit | State::RolledBack) {
        return Ok(true);
    }
    if !job.state.is_undoable() && job.state != State::UndoOpen {
        return Err(OrderError::NotWanted("the move is not at a point where it can be undone"));
    }
    if undo_until_ms(job).is_some_and(|until| pds.clock.now_ms() > until) {
        let message = "more than 72 hours have passed: move the account back as you moved it here";
        return Err(OrderError::NotWanted(message));
    }
    Ok(false)
}

async fn go_back(pds: &Pds, job: &Job, session: &Session) -> Result<(), OrderError> {
    let secrets = Secrets::new(session, None);
    let change = move |orders: &mut Orders| {
        (orders.undo, orders.retry, orders.secrets) = (true, true, Some(secrets));
    };
    let (id, keys) = (job.row.id, Arc::clone(&pds.keys));
    let revive = move |tx: &mut Tx<'_>| {
        // As it is now: meanwhile another request may have begun the same.
        let row = tx.move_job(id)?;
        if row.state == State::Done.as_str() && !row.is_live {
            // Nobody carries it out any more.
            tx.save_move(&MoveJob { is_live: true, ..row }, Some("it is to be undone"))?;
        }
        note(tx, &keys.sealing, id, change)
    };
    pds.store.write(revive).await?;
    carry_out(pds, id);
    Ok(())
}

/// Returns the file of the report of the account's last move.
pub(crate) async fn report(pds: &Pds, did: &Did) -> Result<String, OrderError> {
    let job = load(pds, did).await?;
    job.journal.report.ok_or(OrderError::NotFound)
}

/// Returns until when a move can be undone, in milliseconds since 1970.
pub(super) fn undo_until_ms(job: &Job) -> Option<u64> {
    job.journal.switched_at_ms.map(|at| at + millis(RECOVERY_TIME))
}

async fn sign_in(
    pds: &Pds,
    job: &Job,
    password: &str,
    factor: Option<&str>,
) -> Result<Session, OrderError> {
    let host = pds.mover.host(job.journal.from.clone());
    let session = host.sign_in(job.did().as_str(), password, factor).await?;
    if session.did != *job.did() {
        return Err(OrderError::OtherAccount(session.did));
    }
    Ok(session.session)
}
