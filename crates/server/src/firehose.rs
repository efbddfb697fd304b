//! The firehose: what happened to all accounts, to whoever wants to know.
//!
//! The store keeps the newest events in memory, once for all. A subscriber takes from there what comes
//! after what it has; one that is further behind reads the table instead, until it has caught up. There is no hand-over between the two that
//! could lose or repeat anything: both are asked for "after this number".
//!
//! Nobody waits for a slow subscriber. One that takes nothing for too long, or stays behind, is
//! closed with `ConsumerTooSlow`; it may come back with a cursor.
//!
//! Specs: <https://atproto.com/specs/event-stream>, <https://atproto.com/specs/sync>

mod socket;
mod subscriber;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::Body;
use http::Response;
use http::request::Parts;
use store::{Store, StoredEvent};
use tokio::sync::watch;

use crate::pds::Pds;

/// How many events are read from the store at once.
const READ_EVENTS: usize = 1000;
/// About how many bytes are read from the store at once.
const READ_BYTES: usize = 256 << 10;

/// The server's firehose. Clones are the same.
#[derive(Clone)]
pub(crate) struct Firehose(Arc<Shared>);

struct Shared {
    store: Store,
    /// The number of the newest event that is durable.
    newest: watch::Receiver<u64>,
    subscribers: AtomicUsize,
}

impl Firehose {
    /// Makes the firehose of what is in a store and comes into it.
    pub(crate) fn new(store: Store) -> Self {
        let newest = store.grown();
        Self(Arc::new(Shared { store, newest, subscribers: AtomicUsize::new(0) }))
    }

    /// Returns the number of the newest event.
    pub(crate) fn newest(&self) -> u64 {
        *self.0.newest.borrow()
    }

    /// Answers a request to subscribe: upgrades the connection and feeds it from then on.
    pub(crate) fn subscribe(&self, pds: &Pds, head: Parts) -> Response<Body> {
        subscriber::accept(self.clone(), pds, head)
    }

    /// Returns events after a number from memory, or `None` if they are not in there any more.
    fn recent(&self, seq: u64) -> Option<Vec<StoredEvent>> {
        self.0.store.recent_events(seq, READ_EVENTS, READ_BYTES)
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
