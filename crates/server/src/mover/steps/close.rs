//! Opening the account here, seeing that others know, and closing it at the old host.

use std::sync::Arc;
use std::time::Duration;

use migrate::host::{HostError, Owner};
use migrate::job::{Opened, State};
use syntax::Datetime;

use super::fetch::{is_behind, warn};
use super::{late, report};
use crate::account;
use crate::failure::chain;
use crate::mover::Live;
use crate::mover::job::{Job, end_session};
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// How often relays are asked, and how long apart.
const LOOKS_MAX: u64 = 60;
const LOOK_PAUSE: Duration = Duration::from_secs(2);
/// After how many looks the account is told of again, as relays may have dropped the events.
const LOOKS_BEFORE_AGAIN: u64 = 15;
/// How often the old host is asked to close the account, before its owner has to do it.
const CLOSINGS_MAX: u64 = 5;
/// How often what was written late is looked for.
const ROUNDS_MAX: usize = 5;

/// Opens the account here.
pub(super) async fn activate(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let account = job.account(pds).await?;
    // Done before if a crash came between: nobody should hear of it twice.
    if !account.state.status().is_active() {
        account::activate(pds, job.did()).await?;
    }
    if job.journal.opened.is_none() {
        let head = pds.store.read(|tx| tx.head(account.id)).await?;
        job.journal.opened =
            head.map(|head| Opened { commit: head.commit, rev: head.rev, data: head.data });
    }
    Ok(Turn::Next(State::Network, "the account is open here".to_owned()))
}

/// Waits until the relays that are told of events know where the account is.
pub(super) async fn network(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let mut unaware = Vec::new();
    let opened = job.journal.opened.as_ref().map(|opened| opened.rev);
    for origin in &pds.config.crawlers {
        let host = pds.mover.relay(origin.clone());
        match host.repo_status(job.did()).await {
            // Of an account that it knows from the old host it says that it is active, too. Not all say
            // which revision they have.
            Ok(status) if status.active && status.rev.is_some() && status.rev < opened => {
                unaware.push(format!("{origin} has not heard of the account here"));
            }
            Ok(status) if status.active => {}
            Ok(_) => unaware.push(format!("{origin} holds the account for inactive")),
            Err(error) => unaware.push(format!("{origin}: {}", chain(&error))),
        }
    }
    if unaware.is_empty() {
        let text = match pds.config.crawlers.len() {
            0 => "no relay is configured to be asked".to_owned(),
            1 => "the relay knows the account as active".to_owned(),
            count => format!("{count} relays know the account as active"),
        };
        return Ok(Turn::Next(State::Retire, text));
    }
    if job.row.attempts >= LOOKS_MAX {
        let text = format!("not all relays know the account: {}", unaware.join("; "));
        warn(job, text.clone());
        return Ok(Turn::Next(State::Retire, text));
    }
    if job.row.attempts > 0 && job.row.attempts.is_multiple_of(LOOKS_BEFORE_AGAIN) {
        account::activate(pds, job.did()).await?;
    }
    Err(Trouble::Later { error: unaware.join("; "), after: Some(LOOK_PAUSE) })
}

/// Closes the account at the old host, after what was written there late is here. It does not fail
/// the move if that cannot be done.
pub(super) async fn retire(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    let closed = |job: &mut Job| {
        job.journal.is_left_to_do = false;
        Ok(Turn::Next(State::Report, "the account is closed at the old host".to_owned()))
    };
    match close(pds, job, live).await {
        Ok(Closing::Closed) => closed(job),
        Ok(Closing::NotAllowed) => {
            let host = &job.journal.from;
            let text = format!(
                "the account is still open at {host}, which does not let us close it: sign in there \
                 and deactivate it"
            );
            warn(job, text.clone());
            job.journal.is_left_to_do = true;
            Ok(Turn::Next(State::Report, text))
        }
        Err(Trouble::Later { error, after }) if job.row.attempts + 1 < CLOSINGS_MAX => {
            Err(Trouble::Later { error, after })
        }
        Err(Trouble::Doubtful(error)) if job.row.attempts + 1 < CLOSINGS_MAX => {
            Err(Trouble::later(error))
        }
        // An answer was lost, or its owner has closed it meanwhile.
        Err(trouble) if is_closed_there(pds, job).await => {
            if let Trouble::Later { error, .. } | Trouble::Doubtful(error) = trouble {
                let text =
                    format!("what was written last at the old host may have stayed there: {error}");
                warn(job, text);
            }
            closed(job)
        }
        Err(trouble) => {
            let why = match trouble {
                Trouble::Later { error, .. } | Trouble::Doubtful(error) => error,
                Trouble::Person(_) | Trouble::Cancelled => "the session there has ended".to_owned(),
            };
            let text = format!("close the account at the old host yourself: {why}");
            warn(job, text.clone());
            job.journal.is_left_to_do = true;
            Ok(Turn::Next(State::Report, text))
        }
    }
}

/// What came of asking the old host to close the account.
enum Closing {
    Closed,
    /// It does not let apps do that.
    NotAllowed,
}

/// Tells whether the account is closed at the old host, as everybody can see.
async fn is_closed_there(pds: &Pds, job: &Job) -> bool {
    let host = pds.mover.host(job.journal.from.clone());
    host.repo_status(job.did()).await.is_ok_and(|status| !status.active)
}

async fn close(pds: &Pds, job: &mut Job, live: &Live) -> Result<Closing, Trouble> {
    let owner = job.owner(pds)?;
    if let Some(app) = owner.session().await.bound() {
        return close_as_app(pds, job, &owner, live, app.may_close()).await;
    }
    let mut is_closed = false;
    for _ in 0..ROUNDS_MAX {
        // What is written while this runs is found in the next round.
        let is_newer = bring(pds, job, &owner, live).await?;
        if is_closed && !is_newer {
            break;
        }
        if !is_closed {
            owner.deactivate(delete_after(pds, job)).await.map_err(Trouble::from)?;
            is_closed = true;
        }
    }
    Ok(Closing::Closed)
}

/// Closes the account as an app that was let in. Its session ends with that, so that all else comes before.
async fn close_as_app(
    pds: &Pds,
    job: &mut Job,
    owner: &Arc<Owner>,
    live: &Live,
    may_close: bool,
) -> Result<Closing, Trouble> {
    for _ in 0..ROUNDS_MAX {
        bring(pds, job, owner, live).await?;
        if may_close {
            note_theirs(pds, job, live).await?;
        }
        // That may have taken a while.
        if !is_behind(job, owner).await? {
            break;
        }
    }
    if !may_close {
        return Ok(Closing::NotAllowed);
    }
    match owner.deactivate(delete_after(pds, job)).await {
        Ok(()) => Ok(Closing::Closed),
        Err(HostError::Refused { status: 403, .. }) => Ok(Closing::NotAllowed),
        Err(error) => Err(error.into()),
    }
}

/// Notes what the old host has: whoever goes on after a crash cannot look there any more.
async fn note_theirs(pds: &Pds, job: &mut Job, live: &Live) -> Result<(), Trouble> {
    match report::note_theirs(pds, job, live).await {
        Err(Trouble::Doubtful(error)) => {
            warn(job, format!("the repository at the old host cannot be compared: {error}"));
        }
        outcome => outcome?,
    }
    Ok(job.save(pds, None).await?)
}

/// Brings what was written late, and tells whether something was. What cannot be read stays there.
async fn bring(pds: &Pds, job: &mut Job, owner: &Arc<Owner>, live: &Live) -> Result<bool, Trouble> {
    match late::bring(pds, job, owner, live).await {
        Err(Trouble::Doubtful(error)) => {
            let text = format!("what was written late at the old host stays there: {error}");
            warn(job, text);
            Ok(false)
        }
        outcome => outcome,
    }
}

fn delete_after(pds: &Pds, job: &Job) -> Option<Datetime> {
    let days = u64::from(job.journal.delete_after_days?);
    Some(Datetime::from_unix_ms(pds.clock.now_ms() + days * 24 * 60 * 60 * 1000))
}

/// Ends the session at the old host. Whatever comes of it, it is forgotten here.
pub(super) async fn sign_out(pds: &Pds, job: &mut Job) {
    if let Ok(owner) = job.owner(pds) {
        end_session(&owner).await;
    }
    job.secrets = None;
}
