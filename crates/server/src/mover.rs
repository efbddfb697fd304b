//! Accounts that move here: the moves that this server carries out.
//!
//! A move is a job in the database. One task carries it out, step after step, each of which can be
//! done again: whatever ends the server, the task that the next start begins goes on. What the owner
//! wants meanwhile is written down as an order, which the task looks at between steps.

mod arrival;
mod begin;
mod did_document;
mod elsewhere;
mod findings;
mod job;
mod orders;
mod run;
mod steps;
mod trouble;
mod view;

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use identity::Origin;
use identity::outbound::Client;
use migrate::host::Host;
use tokio::sync::{Notify, Semaphore};

use crate::pds::Pds;

pub(crate) use crate::mover::arrival::{Arrival, Arrivals, Door, Ticket, Waiting, named_host};
pub(crate) use crate::mover::begin::{BeginError, Wish, go_on, look, plan, settle, start};
pub(crate) use crate::mover::elsewhere::{
    Elsewhere, Purpose, ReturnError, has_pages, leave, own_client,
};
pub(crate) use crate::mover::job::JobError;
pub(crate) use crate::mover::orders::{
    OrderError, approve, cancel, confirm, current, report, resume, resume_with, undo, undo_with,
};
pub(crate) use crate::mover::view::{
    Change, Missing, Progress, Seen, finding, job as shown, seen, summary, uri,
};

/// How many moves fetch repositories or blobs at a time.
const FETCHING_MAX: usize = 4;

/// The moves of a server.
pub(crate) struct Mover {
    /// The client for hosts whose addresses strangers choose.
    client: Client,
    /// The client for relays, which the operator chooses.
    relays: Client,
    /// Those that a task carries out. Whoever begins or ends one changes it.
    live: Mutex<HashMap<i64, Arc<Live>>>,
    fetching: Semaphore,
    /// Those who have signed in at their old host, and whose move has not begun.
    pub(crate) arrivals: Arrivals,
    /// Those who were sent to the pages of their old host, and have not come back.
    pub(crate) elsewhere: Elsewhere,
}

/// A move that a task carries out.
#[derive(Default)]
pub(crate) struct Live {
    wake: Notify,
    /// Whether the step should end early, as the owner wants to cancel.
    is_cancelled: AtomicBool,
    repo_bytes: AtomicU64,
    blob_bytes: AtomicU64,
    records: crate::import::Progress,
}

impl Mover {
    pub(crate) fn new(client: Client, relays: Client) -> Self {
        Self {
            client,
            relays,
            live: Mutex::default(),
            fetching: Semaphore::new(FETCHING_MAX),
            arrivals: Arrivals::default(),
            elsewhere: Elsewhere::default(),
        }
    }

    /// Returns another host.
    fn host(&self, origin: Origin) -> Host {
        Host::new(self.client.clone(), origin)
    }

    /// Returns a relay that the operator has named.
    fn relay(&self, origin: Origin) -> Host {
        Host::new(self.relays.clone(), origin)
    }

    /// Returns what is known of a move beyond its journal, if a task carries it out.
    pub(crate) fn live(&self, id: i64) -> Option<Arc<Live>> {
        self.lock().get(&id).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, Arc<Live>>> {
        // Nothing in here leaves it half changed, so a panic elsewhere does not spoil it.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Live {
    fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }
}

/// Goes on with the moves that have not ended.
pub(crate) async fn start_all(pds: &Pds) {
    match pds.store.read(|tx| tx.live_moves()).await {
        Ok(ids) => ids.into_iter().for_each(|id| carry_out(pds, id)),
        Err(error) => {
            let error: store::Error = error;
            tracing::error!(%error, "moves that have not ended stay as they are");
        }
    }
}

/// Carries a move out, unless a task does already; if so, wakes it.
fn carry_out(pds: &Pds, id: i64) {
    let live = {
        let mut all = pds.mover.lock();
        if let Some(live) = all.get(&id) {
            live.wake.notify_one();
            return;
        }
        let live = Arc::new(Live::default());
        all.insert(id, Arc::clone(&live));
        live
    };
    let owned = pds.clone();
    pds.tasks.spawn_until_stop(async move {
        run::until_ended(&owned, id, &live).await;
        owned.mover.lock().remove(&id);
        // Somebody may have wanted something just then, and have taken this task for still at work.
        if run::is_wanted(&owned, id).await {
            carry_out(&owned, id);
        }
    });
}
