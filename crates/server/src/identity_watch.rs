//! Noticing that an identity was changed by somebody else.
//!
//! A rotation key of a higher rank can take a move back for three days, and any rotation key can lead an
//! identity elsewhere. The owner is told, and an account whose identity has been led away is closed, so
//! that nobody speaks for it at two places; it opens again when the identity leads here again. Only
//! changes count that come after the identity was seen to lead here: a server that was given another URL
//! closes nothing.

mod mail;

use identity::plc::log::AuditedLog;
use migrate::reclaim::signer;
use migrate::switch::RECOVERY_TIME;
use store::{Account, AccountId, AccountState, IdentitySeen, Status, Watched};
use tokio::time::sleep;

use self::mail::Mail;
use crate::account;
use crate::clock::millis;
use crate::did_plc::own_keys;
use crate::failure::{Fault, chain};
use crate::pds::Pds;
use crate::write::account_frame;

/// How many identities are looked at in a round, besides those that have changed of late.
const ACCOUNTS: u64 = 60;
/// How many of those that have changed of late are looked at in every round.
const RECENT: u64 = 240;

/// What a change of an identity means for an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// Nothing that somebody has to be told.
    Nothing,
    /// Somebody else has changed something; the account is here.
    Changed,
    /// Somebody else has led the identity away.
    LedAway,
    /// The identity leads here again, and the account was closed because it did not.
    Back,
}

/// Looks at identities until the server stops.
pub(crate) fn start(pds: &Pds) {
    let owned = pds.clone();
    pds.tasks.spawn_until_stop(async move {
        let mut after = AccountId::default();
        loop {
            sleep(owned.config.retention.sweep_interval()).await;
            match round(&owned, after).await {
                Ok(last) => after = last,
                Err(error) => {
                    tracing::error!(error = chain(&error), "identities are not looked at");
                }
            }
        }
    });
}

/// Notes what an identity says at a moment at which it is known to be in order.
///
/// # Errors
///
/// [`store::Error`] if the database failed.
pub(crate) async fn note(
    pds: &Pds,
    account: AccountId,
    log: &AuditedLog,
) -> Result<(), store::Error> {
    let seen = seen(pds, log, false);
    pds.store.write(move |tx| tx.note_identity(account, &seen)).await
}

/// Looks at the identities that have changed of late, and at some of the others.
async fn round(pds: &Pds, after: AccountId) -> Result<AccountId, store::Error> {
    let since_ms = pds.clock.now_ms().saturating_sub(millis(RECOVERY_TIME));
    let recent = pds.store.read(|tx| tx.watched_since(since_ms, RECENT)).await?;
    let next = pds.store.read(|tx| tx.watched_after(after, ACCOUNTS)).await?;
    let last = next.last().map(|watched| watched.account).unwrap_or_default();
    let others = next
        .iter()
        .filter(|watched| !recent.iter().any(|recent: &Watched| recent.account == watched.account));
    for watched in recent.iter().chain(others) {
        match pds.plc.audited_log(&watched.did).await {
            Ok(log) => {
                let error = match look(pds, watched, &log).await {
                    Ok(()) => continue,
                    Err(Fault::Internal(error)) => chain(&*error),
                    Err(Fault::Refused(refusal)) => refusal.message().to_owned(),
                };
                tracing::error!(did = %watched.did, error, "a changed identity is looked at again");
            }
            Err(error) => {
                tracing::debug!(did = %watched.did, error = chain(&error), "no log of an identity");
            }
        }
    }
    Ok(last)
}

/// Does what follows from a log.
async fn look(pds: &Pds, watched: &Watched, log: &AuditedLog) -> Result<(), Fault> {
    let is_closed = !watched.is_active && watched.seen.as_ref().is_some_and(|seen| seen.is_closed);
    let now = seen(pds, log, is_closed);
    let Some(before) = &watched.seen else {
        let account = watched.account;
        return Ok(pds.store.write(move |tx| tx.note_identity(account, &now)).await?);
    };
    if before.operation == now.operation {
        return Ok(());
    }
    let Some(account) = pds.store.account(&watched.did).await? else { return Ok(()) };
    let is_ours = signer(log).is_some_and(|key| own_keys(pds).contains(&key));
    match meaning(before, &now, is_ours) {
        Meaning::Nothing => settle(pds, &account, now, None).await,
        Meaning::Changed => {
            settle(pds, &account, now, Some(mail::changed(pds, &account, before, log))).await
        }
        Meaning::LedAway => {
            tracing::warn!(did = %watched.did, "an identity was led away, and its account is closed");
            let now = IdentitySeen { is_closed: true, ..now };
            settle(pds, &account, now, Some(mail::led_away(pds, &account, log))).await
        }
        Meaning::Back => {
            pds.resolver.forget(&watched.did);
            match account::points_here(pds, &account).await {
                Ok(()) => {}
                Err(Fault::Refused(refusal)) => {
                    let why = refusal.message().to_owned();
                    tracing::warn!(did = %watched.did, why, "an identity leads here again, but its account stays closed");
                    return settle(pds, &account, now, None).await;
                }
                Err(error) => return Err(error),
            }
            tracing::info!(did = %watched.did, "an identity leads here again, and its account opens");
            account::activate(pds, &watched.did).await?;
            let now = IdentitySeen { is_closed: false, ..now };
            settle(pds, &account, now, Some(mail::back(pds, &account))).await
        }
    }
}

/// Notes what was seen, closes the account if it is to be closed, and tells its owner.
async fn settle(
    pds: &Pds,
    account: &Account,
    now: IdentitySeen,
    mail: Option<Mail>,
) -> Result<(), Fault> {
    let (id, did, time) = (account.id, account.did.clone(), pds.clock.now());
    pds.store
        .write(move |tx| {
            let Some(account) = tx.account(&did)?.filter(|account| account.id == id) else {
                return Ok(());
            };
            if now.is_closed && account.state.status() == Status::Active {
                let now_ms = tx.now_ms();
                let state = AccountState { deactivated_at: Some(now_ms), ..account.state };
                tx.set_state(id, &state)?;
                tx.append(id, account_frame(&did, state.status(), &time))?;
            }
            tx.note_identity(id, &now)?;
            if let (Some(email), Some((subject, text))) = (account.email, mail) {
                tx.post_mail(&email, subject, &text)?;
            }
            Ok::<_, store::Error>(())
        })
        .await?;
    Ok(())
}

fn seen(pds: &Pds, log: &AuditedLog, is_closed: bool) -> IdentitySeen {
    let last = log.last();
    let is_here = last.operation.state().is_some_and(|state| state.leads_to(&pds.url));
    let changed_at_ms = last.created_at.unix_ms();
    IdentitySeen { operation: last.cid, is_here, is_closed, changed_at_ms }
}

fn meaning(before: &IdentitySeen, now: &IdentitySeen, is_ours: bool) -> Meaning {
    match (before.is_here, now.is_here) {
        (_, true) if now.is_closed => Meaning::Back,
        // Whoever asks for a code here to move away knows of it, and so does who moves them.
        _ if is_ours => Meaning::Nothing,
        (true, false) => Meaning::LedAway,
        (true, true) => Meaning::Changed,
        (false, _) => Meaning::Nothing,
    }
}
