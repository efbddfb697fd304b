//! The one change of the identity: planned, agreed to, written down, sent, and found again.

use identity::document;
use identity::plc::log::AuditedLog;
use identity::plc::{Content, DidKey, Difference, Operation, State};
use syntax::Cid;

use super::keys::Sorted;
use super::source::Source;
use super::{OwnerKey, Rescue, RescueError, Standing, Step, doing};
use crate::host::Owner;
use crate::reading::patiently;
use crate::switch::{Destination, Switch};

/// How an identity is to be changed.
#[derive(Debug, Clone)]
pub enum Plan {
    /// A did:plc, by one operation.
    Operation {
        /// Whose its rotation keys are.
        keys: Sorted,
        /// What changes. There is more to it than this if there is no account yet at the new host: its
        /// signing key, and the host's rotation keys.
        differences: Vec<Difference>,
        /// Whether the new host has said what it adds.
        is_whole: bool,
        /// The key that signs it.
        signer: DidKey,
        /// Those who could take it back within 72 hours.
        may_undo: Vec<DidKey>,
    },
    /// A did:web, whose owner has to put this document in its place. There is none to show if there is
    /// no account yet at the new host.
    Document(Option<String>),
    /// It points to the new host already.
    Done,
}

/// How far a change has come.
enum Progress {
    /// The directory has it. It follows this operation.
    Done(Option<Cid>),
    /// It was signed, and the directory does not have it.
    Signed(Operation),
    /// Nothing was done.
    Open,
}

impl Standing {
    /// Tells whether the identity says that the account is at a host.
    pub(super) fn points_to(&self, to: &Destination) -> bool {
        self.host.as_ref() == Some(&to.host) && self.signing_key == Some(to.signing_key)
    }
}

impl Rescue<'_> {
    /// Makes the identity point to the new host, unless it does. Returns the operation that it was at
    /// before.
    pub(super) async fn change(
        &self,
        owner: &Owner,
        to: &Destination,
        source: &Source,
    ) -> Result<Option<Cid>, RescueError> {
        // What it said when all of this began may be hours old.
        let standing = self.standing().await?;
        let Some(log) = &standing.log else {
            return self.await_document(&standing, to, source).map(|()| None);
        };
        let (operation, before) = match self.progress(log, to)? {
            Progress::Done(before) => return Ok(before),
            Progress::Signed(operation) => (operation, log.last().cid),
            Progress::Open => {
                let plan = self.plan(&standing, Some(to), source)?;
                self.step(Step::Planned(&plan))?;
                let (_, switch) = self.switch(log, to)?;
                let last = &log.last().operation;
                let signed = Content::update(last, switch.after.clone()).sign(self.key.private());
                let signed = signed.map_err(|error| RescueError::Switch(error.into()))?;
                switch.check(&signed, last)?;
                let entry = self.journal.write(self.did, &to.host, self.now(), signed)?;
                self.step(Step::Journaled(&entry))?;
                (entry.operation, log.last().cid)
            }
        };
        // The point of no return.
        self.submit(owner, &operation).await?;
        self.step(Step::Submitted(&operation.cid()))?;
        Ok(Some(before))
    }

    /// Says how the identity would be changed.
    pub(super) fn plan(
        &self,
        standing: &Standing,
        to: Option<&Destination>,
        source: &Source,
    ) -> Result<Plan, RescueError> {
        if to.is_some_and(|to| standing.points_to(to)) {
            return Ok(Plan::Done);
        }
        let Some(log) = &standing.log else {
            return Ok(Plan::Document(to.map(|to| self.document(to))));
        };
        let given = match to {
            Some(to) => to.clone(),
            None => self.imagined(log, source)?,
        };
        let (keys, switch) = self.switch(log, &given)?;
        let signer = DidKey::from(&self.key.private().public_key());
        Ok(Plan::Operation {
            differences: switch.differences(),
            is_whole: to.is_some(),
            may_undo: switch.may_undo(&signer).to_vec(),
            signer,
            keys,
        })
    }

    /// Sorts the keys and makes the change of them.
    fn switch(&self, log: &AuditedLog, to: &Destination) -> Result<(Sorted, Switch), RescueError> {
        let key = self.key.private().public_key();
        let mut own = vec![DidKey::from(&key)];
        own.extend_from_slice(self.others.own);
        // Keys of the new host stay with it, whoever brought them.
        let mut keys = Sorted::of(log, &own, self.others.host);
        keys.undecided.retain(|key| !to.rotation_keys.contains(key));
        if !keys.own.contains(&own[0]) && !to.rotation_keys.contains(&own[0]) {
            return Err(RescueError::NotRotationKey(key));
        }
        if !keys.undecided.is_empty() {
            return Err(RescueError::Undecided(keys.undecided));
        }
        let switch = Switch::plan(&log.last().operation, &keys.host, to, None)?;
        Ok((keys, switch))
    }

    /// Looks for what was done already: in the journal, and in what the identity says.
    fn progress(&self, log: &AuditedLog, to: &Destination) -> Result<Progress, RescueError> {
        let last = log.last();
        if let Some(entry) = self.journal.read(self.did, &to.host)? {
            let prev = entry.operation.prev();
            let found = log.entries().iter().find(|one| one.cid == entry.cid);
            match found {
                Some(found) if found.nullified => return Err(RescueError::TakenBack(entry.cid)),
                Some(_) if points_to(log.state(), to) => return Ok(Progress::Done(prev)),
                // The identity has moved on since, or the account was made anew at the host.
                Some(_) => {}
                None if prev == Some(last.cid) => {
                    let (_, switch) = self.switch(log, to)?;
                    if switch.check(&entry.operation, &last.operation).is_ok() {
                        return Ok(Progress::Signed(entry.operation));
                    }
                }
                None if !points_to(log.state(), to) => {
                    self.journal.set_aside()?;
                    return Err(RescueError::Overtaken(last.cid));
                }
                None => {}
            }
        }
        Ok(match points_to(log.state(), to) {
            true => Progress::Done(last.operation.prev()),
            false => Progress::Open,
        })
    }

    /// Sends the operation. That an answer is lost says nothing: the log tells.
    async fn submit(&self, owner: &Owner, operation: &Operation) -> Result<(), RescueError> {
        let sent = patiently(|| async move {
            match owner.submit(operation).await {
                Ok(()) => Ok(()),
                Err(error) => match self.plc.audited_log(self.did).await {
                    Ok(log) if has(&log, operation) => Ok(()),
                    _ => Err(error),
                },
            }
        });
        sent.await.map_err(doing("submitting the operation"))
    }

    /// Imagines what the new host will say, as far as that is known before there is an account.
    fn imagined(&self, log: &AuditedLog, source: &Source) -> Result<Destination, RescueError> {
        let handle = self.account.handle.or(source.handle.as_ref()).ok_or(RescueError::NoHandle)?;
        let key = log.state().and_then(|state| state.signing_key());
        Ok(Destination {
            host: self.host.origin().clone(),
            handle: handle.clone(),
            signing_key: key.unwrap_or_else(|| self.key.private().public_key()),
            rotation_keys: Vec::new(),
        })
    }

    /// Writes the document that a did:web has to have.
    fn document(&self, to: &Destination) -> String {
        let state = State::of_account(&to.handle, &to.signing_key, &to.host);
        document::write(self.did, &state)
    }

    fn await_document(
        &self,
        standing: &Standing,
        to: &Destination,
        source: &Source,
    ) -> Result<(), RescueError> {
        debug_assert!(matches!(self.key, OwnerKey::Signing(_)), "the kinds were compared before");
        if standing.points_to(to) {
            return Ok(());
        }
        self.step(Step::Planned(&self.plan(standing, Some(to), source)?))?;
        let (host, document) = (to.host.clone(), self.document(to));
        Err(RescueError::WaitsForDocument { host, document })
    }
}

fn points_to(state: Option<State>, to: &Destination) -> bool {
    let Some(state) = state else { return false };
    let is_there = state.pds().is_some_and(|pds| pds.endpoint == to.host.to_string());
    is_there && state.signing_key() == Some(to.signing_key)
}

fn has(log: &AuditedLog, operation: &Operation) -> bool {
    let cid = operation.cid();
    log.entries().iter().any(|entry| entry.cid == cid && !entry.nullified)
}
