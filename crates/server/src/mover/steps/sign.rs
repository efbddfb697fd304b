//! The change of the identity: agreed to, signed, sent, seen.

use std::time::Duration;

use identity::plc::{Operation, is_plc};
use identity::resolve::PlcError;
use migrate::host::{HostError, Owner};
use migrate::job::{Need, Planned, State};
use migrate::switch::Switch;
use syntax::Cid;

use super::fetch::{newer, warn};
use crate::account::points_here;
use crate::clock::millis;
use crate::failure::{Fault, chain};
use crate::identity_watch;
use crate::mover::Live;
use crate::mover::did_document::{destination, keys_of_old_host};
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// How long codes last that hosts mail, as most of them have it.
const CODE_TIME: Duration = Duration::from_secs(15 * 60);
/// How often a document is looked at that its owner publishes.
pub(super) const DOCUMENT_PAUSE: Duration = Duration::from_secs(5);
/// How often an operation is sent before it is waited.
const SUBMISSIONS_MAX: usize = 3;

/// Plans the change, and waits until the owner agrees to it and to what is lost.
pub(super) async fn ready(pds: &Pds, job: &mut Job, live: &Live) -> Result<Turn, Trouble> {
    let owner = job.owner(pds)?;
    plan(pds, job, &owner).await?;
    let Some(approval) = job.journal.approval.clone() else {
        return Ok(Turn::Wait(Need::Review));
    };
    let id = job.row.id;
    let lost = pds.store.read(|tx| tx.lost_blobs(id)).await?;
    let lost: Vec<Cid> = lost.into_iter().map(|blob| blob.cid).collect();
    if let Err(error) = job.journal.check_approval(&approval, &lost) {
        job.journal.approval = None;
        warn(job, format!("what you had agreed to has changed: {error}"));
        return Ok(Turn::Wait(Need::Review));
    }
    // The owner may have taken their time. What has come since may lack blobs in turn.
    let is_newer = newer(pds, job, &owner, live).await?;
    if is_newer {
        return Ok(Turn::Next(State::Blobs, "what was written meanwhile is here".to_owned()));
    }
    job.journal.code_asked_at_ms = None;
    Ok(Turn::Next(State::Sign, "you have agreed".to_owned()))
}

/// Notes what will change, as the directory has it now.
async fn plan(pds: &Pds, job: &mut Job, owner: &Owner) -> Result<(), Trouble> {
    if !is_plc(job.did()) {
        return Ok(());
    }
    let to = destination(pds, &*job.account(pds).await?)?;
    let last = pds.plc.last_operation(job.did()).await?;
    if job.journal.switch.as_ref().is_some_and(|planned| planned.head == last.cid()) {
        return Ok(());
    }
    let old = keys_of_old_host(owner).await?;
    let switch = Switch::plan(&last, &old, &to, job.journal.own_key.clone())?;
    switch.after.check_limits()?;
    job.journal.switch = Some(Planned::of(&switch, &last));
    Ok(())
}

/// Gets the change signed: by the old host, with the code that it mails, which is asked for only now.
pub(super) async fn sign(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    if !is_plc(job.did()) {
        return document(pds, job).await;
    }
    let Some(planned) = job.journal.switch.clone() else {
        return Ok(Turn::Next(State::Ready, "the change is planned anew".to_owned()));
    };
    let last = pds.plc.last_operation(job.did()).await?;
    if last.cid() != planned.head {
        return Ok(replan(job));
    }
    let owner = job.owner(pds)?;
    let Some(asked_at_ms) = job.journal.code_asked_at_ms else {
        return ask(pds, job, &owner).await;
    };
    let Some(code) = job.secrets.as_mut().and_then(|secrets| secrets.code.take()) else {
        return Ok(Turn::Wait(code_needed(asked_at_ms)));
    };
    // A code is spent when it is tried. Whoever goes on after a crash asks for another.
    job.journal.code_asked_at_ms = None;
    job.save(pds, None).await?;
    let signed = match owner.sign(code.trim(), &planned.after).await {
        Ok(signed) => signed,
        Err(HostError::SessionEnded) => return Err(HostError::SessionEnded.into()),
        Err(HostError::Refused { name, message, .. }) => {
            let message = match &*name {
                "ExpiredToken" => "the code has expired".to_owned(),
                "InvalidToken" => "the code is not the one that was mailed".to_owned(),
                _ => format!("the old host does not sign: {name}: {message}"),
            };
            return Err(Trouble::Person(Need::NewCode { message }));
        }
        Err(error) => {
            let message = format!("the old host did not sign: {}", chain(&error));
            return Err(Trouble::Person(Need::NewCode { message }));
        }
    };
    accept(job, &planned, signed, &last)
}

async fn ask(pds: &Pds, job: &mut Job, owner: &Owner) -> Result<Turn, Trouble> {
    match owner.request_code().await {
        Ok(()) => {}
        Err(HostError::SessionEnded) => return Err(HostError::SessionEnded.into()),
        Err(error) if error.is_passing() && job.row.attempts < 3 => return Err(error.into()),
        Err(error) => {
            let message = format!("the old host mails no code: {}", chain(&error));
            return Err(Trouble::Person(Need::OwnSignature { message }));
        }
    }
    let now_ms = pds.clock.now_ms();
    job.journal.code_asked_at_ms = Some(now_ms);
    if let Some(secrets) = &mut job.secrets {
        // One that was entered before is not the one that comes now.
        secrets.code = None;
    }
    Ok(Turn::Wait(code_needed(now_ms)))
}

fn code_needed(asked_at_ms: u64) -> Need {
    Need::Code { until_ms: asked_at_ms + millis(CODE_TIME) }
}

/// Keeps what was signed, if it is what was agreed to.
fn accept(
    job: &mut Job,
    planned: &Planned,
    signed: Operation,
    last: &Operation,
) -> Result<Turn, Trouble> {
    let signer = planned.switch().check(&signed, last)?;
    job.journal.operation = Some(signed);
    let text = format!("the change is signed by {}", signer.as_str());
    Ok(Turn::Next(State::Submit, text))
}

fn replan(job: &mut Job) -> Turn {
    (job.journal.approval, job.journal.operation) = (None, None);
    let text = "the identity was changed by somebody else meanwhile: look at the change again";
    warn(job, text.to_owned());
    Turn::Next(State::Ready, text.to_owned())
}

/// Waits for the document of a did:web to name this server.
async fn document(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let account = job.account(pds).await?;
    match points_here(pds, &account).await {
        Ok(()) => {
            job.journal.switched_at_ms = Some(pds.clock.now_ms());
            let text = "the document says that the account is here";
            Ok(Turn::Next(State::FinalCatchUp, text.to_owned()))
        }
        Err(Fault::Refused(_)) => Ok(Turn::Poll(Need::Document, DOCUMENT_PAUSE)),
        Err(error) => Err(error.into()),
    }
}

/// Sends the signed change to the directory, unless it has it already.
pub(super) async fn submit(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let (Some(operation), Some(planned)) =
        (job.journal.operation.clone(), job.journal.switch.clone())
    else {
        return Ok(Turn::Next(State::Sign, "the change is signed anew".to_owned()));
    };
    match send(pds, job, &operation).await? {
        Sent::Yes => {
            pds.resolver.forget(job.did());
            let text = format!("the directory has the change {}", operation.cid());
            Ok(Turn::Next(State::Confirm, text))
        }
        Sent::Overtaken => {
            debug_assert_eq!(operation.prev(), Some(planned.head));
            Ok(replan(job))
        }
        // It has not happened, so that there is a way back.
        Sent::Refused(message) => {
            (job.journal.approval, job.journal.operation) = (None, None);
            let text = format!("the directory refuses the change: {message}");
            warn(job, text.clone());
            Ok(Turn::Next(State::Ready, text))
        }
    }
}

/// What came of sending an operation.
pub(super) enum Sent {
    /// The directory has it.
    Yes,
    /// The directory has another one that follows the same, or has taken it back.
    Overtaken,
    /// The directory does not have it and says that it never will.
    Refused(String),
}

/// Sends an operation until the directory has it, or cannot have it.
pub(super) async fn send(pds: &Pds, job: &Job, operation: &Operation) -> Result<Sent, Trouble> {
    let did = job.did();
    let mut last = Err(PlcError::Conflict);
    for attempt in 0..=SUBMISSIONS_MAX {
        // The log, not what was answered: an answer may be lost, and to an operation that it has a
        // directory says that it is forged.
        let log = pds.plc.audited_log(did).await?;
        let found = log.entries().iter().find(|entry| entry.cid == operation.cid());
        if let Some(entry) = found {
            return Ok(if entry.nullified { Sent::Overtaken } else { Sent::Yes });
        }
        if operation.prev() != Some(log.last().cid) {
            return Ok(Sent::Overtaken);
        }
        if attempt < SUBMISSIONS_MAX {
            last = pds.plc.submit(did, operation).await;
        }
    }
    match last {
        Ok(()) | Err(PlcError::Conflict) => {
            Err(Trouble::later("the directory does not show the operation"))
        }
        Err(refused @ PlcError::Refused { .. }) => Ok(Sent::Refused(chain(&refused))),
        Err(failed) => Err(failed.into()),
    }
}

/// Looks at the identity from outside.
pub(super) async fn confirm(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let account = job.account(pds).await?;
    match points_here(pds, &account).await {
        Ok(()) => {}
        Err(Fault::Refused(refusal)) => return Err(Trouble::later(refusal.message())),
        Err(error) => return Err(error.into()),
    }
    pds.resolver.forget(job.did());
    // From now on somebody may take the change back.
    identity_watch::note(pds, account.id, &pds.plc.audited_log(job.did()).await?).await?;
    job.journal.switched_at_ms = Some(pds.clock.now_ms());
    Ok(Turn::Next(State::FinalCatchUp, "the identity says that the account is here".to_owned()))
}
