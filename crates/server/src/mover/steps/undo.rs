//! Bringing an account back to its old host: closed here first, so that it is never open at both.

use identity::plc::{Content, is_plc};
use migrate::host::{HostError, Owner};
use migrate::job::{Need, State};
use store::AccountState;

use super::close::sign_out;
use super::fetch::warn;
use super::sign::{DOCUMENT_PAUSE, Sent, send};
use crate::account::{self, points_here};
use crate::failure::Fault;
use crate::mover::job::Job;
use crate::mover::trouble::{Trouble, Turn};
use crate::pds::Pds;

/// Closes the account here. Its records stay.
pub(super) async fn close(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let account = job.account(pds).await?;
    if account.state.status().is_active() {
        let head = pds.store.read(|tx| tx.head(account.id)).await?;
        let data = job.journal.source.as_ref().map(|source| source.data);
        if head.is_some_and(|head| Some(head.data) != data) {
            let text = "what was written here since the move stays here: export it if you need it";
            warn(job, text.to_owned());
        }
        let change = |state: AccountState, now_ms| AccountState {
            deactivated_at: state.deactivated_at.or(Some(now_ms)),
            ..state
        };
        account::set_state(pds, job.did(), change).await?;
    }
    Ok(Turn::Next(State::UndoSubmit, "the account is closed here".to_owned()))
}

/// Changes the identity back.
pub(super) async fn submit(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    if !is_plc(job.did()) {
        return document(pds, job).await;
    }
    let Some(planned) = job.journal.switch.clone() else {
        return Err(Trouble::decide("it is not known what the identity was before"));
    };
    let operation = match job.journal.undo_operation.clone() {
        Some(operation) => operation,
        None => {
            let last = pds.plc.last_operation(job.did()).await?;
            let state = last.state().ok_or_else(|| Trouble::decide("the identity has ended"))?;
            if state == planned.before {
                let text = "the identity is as it was";
                return Ok(Turn::Next(State::UndoOpen, text.to_owned()));
            }
            let operation =
                Content::update(&last, planned.before.clone()).sign(&pds.keys.rotation)?;
            job.journal.undo_operation = Some(operation.clone());
            // Written before it is sent, so that it is known if the answer is lost.
            job.save(pds, None).await?;
            operation
        }
    };
    match send(pds, job, &operation).await? {
        Sent::Yes => {
            pds.resolver.forget(job.did());
            let text = format!("the directory has the change back {}", operation.cid());
            Ok(Turn::Next(State::UndoOpen, text))
        }
        Sent::Overtaken => {
            job.journal.undo_operation = None;
            Err(Trouble::later("the identity was changed by somebody else meanwhile"))
        }
        Sent::Refused(message) => {
            Err(Trouble::decide(format!("the directory refuses the change back: {message}")))
        }
    }
}

/// Waits for the document of a did:web to name another server.
async fn document(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let account = job.account(pds).await?;
    match points_here(pds, &account).await {
        Ok(()) => Ok(Turn::Poll(Need::Document, DOCUMENT_PAUSE)),
        Err(Fault::Refused(_)) => {
            let text = "the document does not say any more that the account is here";
            Ok(Turn::Next(State::UndoOpen, text.to_owned()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Opens the account at the old host.
pub(super) async fn open(pds: &Pds, job: &mut Job) -> Result<Turn, Trouble> {
    let owner = job.owner(pds)?;
    let is_open = match owner.is_let_in().await {
        true => open_as_app(&owner).await?,
        false => owner.activate().await.map(|()| true)?,
    };
    sign_out(pds, job).await;
    job.journal.is_left_to_do = !is_open;
    if is_open {
        return Ok(Turn::Next(State::RolledBack, "the account is open at its old host".to_owned()));
    }
    let host = &job.journal.from;
    let text =
        format!("{host} does not let us open the account: sign in there and activate it again");
    warn(job, text.clone());
    Ok(Turn::Next(State::RolledBack, text))
}

/// Opens the account as an app that was let in, which most hosts do not let do that. Tells whether it is
/// open then.
async fn open_as_app(owner: &Owner) -> Result<bool, HostError> {
    let is_said =
        |error: &HostError| matches!(error, HostError::Refused { .. } | HostError::SessionEnded);
    // It is, if it was never closed there, or its owner had to open it to sign in.
    match owner.signed_in().await {
        Ok(there) if there.active == Some(true) => return Ok(true),
        Err(error) if !is_said(&error) => return Err(error),
        _ => {}
    }
    match owner.activate().await {
        Ok(()) => Ok(true),
        Err(error) if is_said(&error) => Ok(false),
        Err(error) => Err(error),
    }
}
