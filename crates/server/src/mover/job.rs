//! A move as the task that carries it out has it: read, changed, written.

use std::sync::{Arc, OnceLock};

use crypto::SealingKeys;
use identity::plc::Operation;
use migrate::host::{Keeper, Kept, Owner, Session, TimeSource};
use migrate::job::{Approval, Journal, Need, State};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use store::{Account, MoveJob, Tx};
use syntax::Did;
use thiserror::Error;

use super::trouble::Trouble;
use crate::failure::chain;
use crate::pds::Pds;

/// A session at the old host. It is sealed when it is written.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Secrets {
    #[serde(flatten)]
    session: Kept,
    /// The hash of the password that the account gets here, until it has it.
    pub(super) password: Option<String>,
    /// The code that the old host has mailed, until it is tried.
    #[serde(default)]
    pub(super) code: Option<String>,
}

/// What the owner wants. It is sealed when it is written, as there may be a code in it.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Orders {
    pub(super) approval: Option<Approval>,
    pub(super) code: Option<String>,
    pub(super) operation: Option<Operation>,
    pub(super) secrets: Option<Secrets>,
    /// To try again at once.
    pub(super) retry: bool,
    /// To have another code mailed.
    pub(super) new_code: bool,
    /// To ask again for blobs that did not come.
    pub(super) lost_blobs: bool,
    pub(super) cancel: bool,
    pub(super) undo: bool,
}

/// Says why a move cannot be read.
#[derive(Debug, Error)]
pub(crate) enum JobError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// Its secrets were sealed with a key that is not here.
    #[error("secrets of the move cannot be opened")]
    Sealed(#[from] crypto::UnsealError),
    /// Its journal was written by a newer version.
    #[error("journal of the move cannot be read")]
    Journal(#[from] serde_json::Error),
    /// It is in a state that this version does not know.
    #[error("state {0} of the move is not known")]
    State(String),
}

/// A move.
pub(super) struct Job {
    pub(super) row: MoveJob,
    pub(super) state: State,
    pub(super) journal: Journal,
    pub(super) secrets: Option<Secrets>,
    pub(super) orders: Orders,
    /// Who was asked for to speak to the old host. It has the session as it is now.
    owner: OnceLock<Arc<Owner>>,
}

impl Secrets {
    /// Tells whether the owner has let this server in on the pages of the old host.
    pub(super) fn is_let_in(&self) -> bool {
        self.session.is_bound()
    }

    pub(super) fn new(session: &Session, password: Option<&str>) -> Self {
        Self { session: session.keep(), password: password.map(str::to_owned), code: None }
    }
}

/// Returns the server's time, as proofs of possession need it.
pub(super) fn time(pds: &Pds) -> TimeSource {
    let clock = pds.clock.clone();
    Arc::new(move || clock.now_s())
}

fn purpose(did: &Did) -> Vec<u8> {
    format!("move of {did}").into_bytes()
}

/// Seals what nobody else should read.
pub(super) fn seal(keys: &SealingKeys, did: &Did, value: &impl Serialize) -> Vec<u8> {
    let json = serde_json::to_vec(value).expect("texts and flags can be written");
    keys.seal(&purpose(did), &json)
}

/// Opens what was sealed.
pub(super) fn unseal<T: DeserializeOwned>(
    keys: &SealingKeys,
    did: &Did,
    sealed: &[u8],
) -> Result<T, JobError> {
    Ok(serde_json::from_slice(&keys.unseal(&purpose(did), sealed)?)?)
}

/// Ends a session at the old host that is of no more use. If that fails, it ends by itself.
pub(super) async fn end_session(owner: &Owner) {
    if let Err(error) = owner.sign_out().await {
        tracing::info!(error = chain(&error), "a session at an old host ends by itself");
    }
}

impl Job {
    /// Reads a move.
    pub(super) async fn load(pds: &Pds, id: i64) -> Result<Self, JobError> {
        let row: MoveJob = pds.store.read(|tx| tx.move_job(id)).await?;
        Self::of(pds, row)
    }

    /// Reads what a row says.
    pub(super) fn of(pds: &Pds, row: MoveJob) -> Result<Self, JobError> {
        let keys = &pds.keys.sealing;
        let state = State::parse(&row.state).ok_or_else(|| JobError::State(row.state.clone()))?;
        let journal = serde_json::from_str(&row.journal)?;
        let secrets = row.secrets.as_deref();
        let secrets = secrets.map(|sealed| unseal(keys, &row.did, sealed)).transpose()?;
        let orders = row.orders.as_deref();
        let orders: Option<Orders> =
            orders.map(|sealed| unseal(keys, &row.did, sealed)).transpose()?;
        let (orders, owner) = (orders.unwrap_or_default(), OnceLock::new());
        Ok(Self { state, journal, secrets, orders, owner, row })
    }

    pub(super) fn did(&self) -> &Did {
        &self.row.did
    }

    /// Writes the move as it is now, with a sentence about what was done. The session goes along: it may
    /// have been renewed, whatever has become of the step.
    pub(super) async fn save(&mut self, pds: &Pds, note: Option<&str>) -> Result<(), store::Error> {
        if let (Some(owner), Some(secrets)) = (self.owner.get(), &mut self.secrets) {
            secrets.session = owner.session().await.keep();
        }
        let row = self.row(pds);
        let note = note.map(str::to_owned);
        let write = move |tx: &mut Tx<'_>| {
            tx.save_move(&row, note.as_deref())?;
            Ok::<_, store::Error>(row)
        };
        self.row = pds.store.write(write).await?;
        Ok(())
    }

    /// Returns the row that the move has come to.
    pub(super) fn row(&self, pds: &Pds) -> MoveJob {
        let mut row = self.row.clone();
        row.state = self.state.as_str().to_owned();
        row.is_live = !self.state.has_ended();
        row.journal =
            serde_json::to_string(&self.journal).expect("texts and numbers can be written");
        row.secrets =
            self.secrets.as_ref().map(|secrets| seal(&pds.keys.sealing, &row.did, secrets));
        row
    }

    /// Returns the account's owner at the old host.
    pub(super) fn owner(&self, pds: &Pds) -> Result<Arc<Owner>, Trouble> {
        let secrets = self.secrets.as_ref();
        let secrets = secrets.ok_or_else(|| Trouble::sign_in("there is no session"))?;
        if let Some(owner) = self.owner.get() {
            return Ok(Arc::clone(owner));
        }
        let session = Session::of(&secrets.session, &time(pds));
        let session = session.ok_or_else(|| Trouble::sign_in("the session cannot be read"))?;
        let host = pds.mover.host(self.journal.from.clone());
        let owner = Owner::new(host, self.did().clone(), session).keeping(keeper(pds, self.row.id));
        Ok(Arc::clone(self.owner.get_or_init(|| Arc::new(owner))))
    }

    /// Says why the move does not go on, if it does not.
    pub(super) fn trouble(&self) -> Option<String> {
        let message = self.journal.need.as_ref().and_then(Need::message);
        message.or(self.row.last_error.as_deref()).map(str::to_owned)
    }

    /// Returns the account here.
    pub(super) async fn account(&self, pds: &Pds) -> Result<Arc<Account>, Trouble> {
        let account = pds.store.account(self.did()).await?;
        account.ok_or_else(|| Trouble::decide("the account is not here any more"))
    }
}

/// Writes a session down as soon as it is renewed: with the tokens of before, a host may end it. What a
/// crash leaves in between, the owner has to mend by signing in again.
fn keeper(pds: &Pds, id: i64) -> Keeper {
    let pds = pds.clone();
    Arc::new(move |session| {
        let pds = pds.clone();
        Box::pin(async move {
            let keys = Arc::clone(&pds.keys);
            let write = move |tx: &mut Tx<'_>| keep(tx, &keys.sealing, id, session);
            if let Err(error) = pds.store.write(write).await {
                tracing::error!(error = chain(&error), id, "a session of a move is not kept");
            }
        })
    })
}

fn keep(tx: &mut Tx<'_>, keys: &SealingKeys, id: i64, session: Kept) -> Result<(), JobError> {
    let row = tx.move_job(id)?;
    let Some(sealed) = row.secrets.as_deref() else { return Ok(()) };
    let secrets: Secrets = unseal(keys, &row.did, sealed)?;
    Ok(tx.keep_move_secrets(id, &seal(keys, &row.did, &Secrets { session, ..secrets }))?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn secrets_of_before_there_was_another_way_to_sign_in_are_still_read() {
        let old = json!({ "access": "a", "refresh": "b", "password": "c" });
        let secrets: Secrets = serde_json::from_value(old).unwrap();
        assert_eq!((secrets.password.as_deref(), secrets.code.as_deref()), (Some("c"), None));
        let time: TimeSource = Arc::new(|| 0);
        let session = Session::of(&secrets.session, &time).unwrap();
        assert!(session.bound().is_none());
        assert_eq!(session.reveal(), ("a", "b"));
        let written = serde_json::to_value(&secrets).unwrap();
        assert_eq!(
            written,
            json!({ "access": "a", "refresh": "b", "password": "c", "code": null })
        );
    }
}
