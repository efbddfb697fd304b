//! The firehose: what happened to all accounts, to whoever wants to know.
//!
//! One task reads new events from the store when there are some, into a ring that all subscribers
//! share. A subscriber takes from the ring what comes after what it has; one that is further behind
//! reads from the store instead, until it has caught up. There is no hand-over between the two that
//! could lose or repeat anything: both are asked for "after this number".
//!
//! Nobody waits for a slow subscriber. One that takes nothing for too long, or stays behind, is
//! closed with `ConsumerTooSlow`; it may come back with a cursor.
//!
//! Specs: <https://atproto.com/specs/event-stream>, <https://atproto.com/specs/sync>

mod ring;
mod socket;
mod subscriber;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::Body;
use http::Response;
use http::request::Parts;
use store::{Store, StoredEvent};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::firehose::ring::Ring;
use crate::pds::Pds;
use crate::tasks::Tasks;

/// How many events are read from the store at once.
const READ_EVENTS: usize = 1000;
/// About how many bytes are read from the store at once.
const READ_BYTES: usize = 256 << 10;
/// How long to wait after the store could not be read.
const PAUSE: Duration = Duration::from_secs(1);

/// The server's firehose. Clones are the same.
#[derive(Clone)]
pub(crate) struct Firehose(Arc<Shared>);

struct Shared {
    store: Store,
    /// Written by the one task that reads new events, read by subscribers, each for a moment.
    ring: RwLock<Ring>,
    /// The number of the newest event in the store.
    durable: watch::Receiver<u64>,
    /// The number of the newest event in the ring.
    newest: watch::Receiver<u64>,
    subscribers: AtomicUsize,
}

impl Firehose {
    /// Starts reading events that are written from now on, into a ring of so many bytes.
    pub(crate) fn start(store: Store, tasks: &Tasks, ring_bytes_max: usize) -> Self {
        let grown = store.grown();
        let last = *grown.borrow();
        let (sender, newest) = watch::channel(last);
        let ring = RwLock::new(Ring::new(last, ring_bytes_max));
        let (durable, subscribers) = (grown.clone(), AtomicUsize::new(0));
        let firehose = Self(Arc::new(Shared { store, ring, durable, newest, subscribers }));
        tasks.spawn_until_stop(firehose.clone().follow(grown, sender, last));
        firehose
    }

    /// Returns the number of the newest event that is durable, which the ring may not have yet.
    pub(crate) fn newest(&self) -> u64 {
        *self.0.durable.borrow()
    }

    /// Answers a request to subscribe: upgrades the connection and feeds it from then on.
    pub(crate) fn subscribe(&self, pds: &Pds, head: Parts) -> Response<Body> {
        subscriber::accept(self.clone(), pds, head)
    }

    /// Reads what is new whenever the store says that there is something.
    async fn follow(
        self,
        mut grown: watch::Receiver<u64>,
        sender: watch::Sender<u64>,
        mut last: u64,
    ) {
        while grown.changed().await.is_ok() {
            loop {
                let read = self.0.store.read(|tx| tx.events_after(last, READ_EVENTS, READ_BYTES));
                match read.await {
                    Ok(events) => {
                        let Some(newest) = events.last() else { break };
                        last = newest.seq;
                        self.0.ring.write().unwrap_or_else(PoisonError::into_inner).extend(events);
                        sender.send_replace(last);
                    }
                    Err(error) => {
                        tracing::error!(%error, "events cannot be read");
                        sleep(PAUSE).await;
                    }
                }
            }
        }
    }

    /// Returns events after a number: from the ring, or `None` if they are not in there any more.
    fn recent(&self, seq: u64) -> Option<Vec<StoredEvent>> {
        self.0.ring.read().unwrap_or_else(PoisonError::into_inner).after(
            seq,
            READ_EVENTS,
            READ_BYTES,
        )
    }

    /// Returns events after a number from the store.
    async fn stored(&self, seq: u64) -> Result<Vec<StoredEvent>, store::Error> {
        self.0.store.read(|tx| tx.events_after(seq, READ_EVENTS, READ_BYTES)).await
    }

    fn count(&self) -> Counted {
        let count = self.0.subscribers.fetch_add(1, Ordering::Relaxed) + 1;
        gauge(count);
        Counted(self.clone())
    }
}

/// A subscriber that is counted until this is dropped.
struct Counted(Firehose);

impl Drop for Counted {
    fn drop(&mut self) {
        gauge(self.0.0.subscribers.fetch_sub(1, Ordering::Relaxed) - 1);
    }
}

fn gauge(subscribers: usize) {
    let subscribers = u32::try_from(subscribers).unwrap_or(u32::MAX);
    metrics::gauge!("pagurus_firehose_subscribers").set(f64::from(subscribers));
}
