//! Where writes wait for their repository.

use std::collections::{HashSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use repo::draft::OPS_MAX;
use repo::mst::Key;
use syntax::{Cid, Did};
use tokio::sync::{Notify, oneshot};

use super::head::OpenRepo;
use super::{Applied, Change, Error, Op};

/// The most bytes of records that share a commit, if they are of different writes.
const BATCH_BYTES_MAX: usize = 1_000_000;

/// About how many bytes a queue takes by itself.
const QUEUE_BYTES: usize = 512;
/// How many queues in use are looked at in search of one that is not.
const BUSY_MAX: usize = 64;

/// What somebody wants of a repository.
pub(super) enum Wish {
    Write(Request),
    Lease(oneshot::Sender<Lease>),
}

/// Changes that are made together or not at all.
pub(super) struct Request {
    pub(super) ops: Vec<Op>,
    pub(super) swap_commit: Option<Cid>,
    /// Whether it has to be a commit of its own, as it may be what made a shared one fail.
    pub(super) alone: bool,
    /// How often its commit was refused because the repository had moved.
    pub(super) attempts: u8,
    answer: oneshot::Sender<Result<Applied, Error>>,
}

/// A repository that nobody writes to until this is dropped.
pub(crate) struct Lease(
    #[expect(dead_code, reason = "dropping it is what counts")] oneshot::Sender<()>,
);

/// The queues of all repositories that were used lately.
pub(super) struct Queues {
    /// Held for a moment, to find a queue or to let some go.
    known: Mutex<LruCache<Did, Arc<Queue>>>,
    /// How many bytes rest in all queues.
    rest_bytes: AtomicUsize,
    rest_bytes_max: usize,
}

/// The queue of one repository.
pub(super) struct Queue {
    pub(super) did: Did,
    state: Mutex<State>,
    arrived: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Wish>,
    /// Whether a task takes from the queue.
    is_running: bool,
    /// What is known of the repository while nobody writes to it.
    rest: Option<Box<OpenRepo>>,
    rest_bytes: usize,
}

/// What a task that takes from a queue begins with.
pub(super) struct Start {
    pub(super) rest: Option<Box<OpenRepo>>,
}

/// What comes next.
pub(super) enum Next {
    /// Writes that can share a commit.
    Batch(Vec<Request>),
    /// Somebody who wants the repository for itself.
    Lease(oneshot::Sender<Lease>),
    /// Nothing.
    Nothing,
}

impl Request {
    pub(super) fn new(
        ops: Vec<Op>,
        swap_commit: Option<Cid>,
        answer: oneshot::Sender<Result<Applied, Error>>,
    ) -> Self {
        Self { ops, swap_commit, alone: false, attempts: 0, answer }
    }

    pub(super) fn answer(self, outcome: Result<Applied, Error>) {
        // Whoever asked may have gone; what was written stays.
        let _ = self.answer.send(outcome);
    }

    fn touches(&self, touched: &HashSet<Touched>) -> bool {
        let is_touched = |op: &Op| {
            touched.contains(&Touched::Path(op.path.clone()))
                || op.subject().is_some_and(|subject| touched.contains(&Touched::Subject(subject)))
        };
        self.ops.iter().any(is_touched)
    }

    fn touch(&self, touched: &mut HashSet<Touched>) {
        for op in &self.ops {
            touched.insert(Touched::Path(op.path.clone()));
            touched.extend(op.subject().map(Touched::Subject));
        }
    }

    fn record_bytes(&self) -> usize {
        self.ops.iter().filter_map(Op::record).map(|record| record.block.len()).sum()
    }
}

/// What a write is about.
#[derive(PartialEq, Eq, Hash)]
enum Touched {
    Path(Key),
    Subject(i64),
}

impl Op {
    fn subject(&self) -> Option<i64> {
        self.record().and_then(|record| record.subject)
    }

    pub(super) fn record(&self) -> Option<&super::Content> {
        match &self.change {
            Change::Create { record, .. }
            | Change::Put { record, .. }
            | Change::Update { record } => Some(record),
            Change::Delete { .. } | Change::Remove => None,
        }
    }
}

impl Lease {
    /// Makes a lease, and what ends when it is dropped.
    pub(super) fn new() -> (Self, oneshot::Receiver<()>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), receiver)
    }
}

impl Queues {
    pub(super) fn new(rest_bytes_max: usize) -> Self {
        let known = Mutex::new(LruCache::unbounded());
        Self { known, rest_bytes: AtomicUsize::new(0), rest_bytes_max }
    }

    /// Returns a repository's queue.
    pub(super) fn queue(&self, did: &Did) -> Arc<Queue> {
        let mut known = self.lock();
        if let Some(queue) = known.get(did) {
            return Arc::clone(queue);
        }
        let queue = Arc::new(Queue::new(did.clone()));
        known.put(did.clone(), Arc::clone(&queue));
        queue
    }

    /// Adds a wish to a queue and tells whether somebody has to start taking from it, and with what.
    pub(super) fn push(&self, queue: &Queue, wish: Wish) -> Option<Start> {
        let mut state = queue.lock();
        state.waiting.push_back(wish);
        if state.is_running {
            drop(state);
            queue.arrived.notify_one();
            return None;
        }
        state.is_running = true;
        self.rest_bytes.fetch_sub(std::mem::take(&mut state.rest_bytes), Ordering::Relaxed);
        Some(Start { rest: state.rest.take() })
    }

    /// Leaves a queue, unless something has come meanwhile: then what was to rest is given back.
    pub(super) fn rest(&self, queue: &Queue, repo: Option<Box<OpenRepo>>) -> Result<(), Start> {
        let bytes = QUEUE_BYTES + repo.as_ref().map_or(0, |repo| repo.memory_bytes());
        let mut state = queue.lock();
        if !state.waiting.is_empty() {
            return Err(Start { rest: repo });
        }
        state.is_running = false;
        (state.rest, state.rest_bytes) = (repo, bytes);
        drop(state);
        if self.rest_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes > self.rest_bytes_max {
            self.shrink();
        }
        Ok(())
    }

    /// Lets go of what was not used for longest, until the rest is small enough.
    fn shrink(&self) {
        let mut known = self.lock();
        let mut busy = 0;
        while self.rest_bytes.load(Ordering::Relaxed) > self.rest_bytes_max && busy < BUSY_MAX {
            let Some((did, queue)) = known.pop_lru() else { return };
            // One that is in use is known to others, and has to stay the only one of its repository.
            if Arc::strong_count(&queue) > 1 {
                known.put(did, queue);
                busy += 1;
            } else {
                self.rest_bytes.fetch_sub(queue.lock().rest_bytes, Ordering::Relaxed);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, LruCache<Did, Arc<Queue>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn new(did: Did) -> Self {
        Self { did, state: Mutex::default(), arrived: Notify::new() }
    }

    /// Returns when something has come since the last time.
    pub(super) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Takes what comes next: writes that can share a commit, or a lease.
    ///
    /// Each path and each subject occurs in one of the writes at most, so that every write shows in
    /// the commit as it was meant. A lease is given only if `may_lease`.
    pub(super) fn next(&self, may_lease: bool) -> Next {
        let mut state = self.lock();
        let first = match state.waiting.pop_front() {
            None => return Next::Nothing,
            Some(Wish::Lease(answer)) if may_lease => return Next::Lease(answer),
            Some(lease @ Wish::Lease(_)) => {
                state.waiting.push_front(lease);
                return Next::Nothing;
            }
            Some(Wish::Write(first)) => first,
        };
        let mut touched = HashSet::new();
        let (mut ops, mut bytes) = (first.ops.len(), first.record_bytes());
        let is_alone = first.alone;
        first.touch(&mut touched);
        let mut batch = vec![first];
        while let Some(Wish::Write(next)) = state.waiting.front().filter(|_| !is_alone) {
            ops += next.ops.len();
            bytes += next.record_bytes();
            // The first of a commit is the only one that knows at which commit it is made.
            let fits = ops <= OPS_MAX && bytes <= BATCH_BYTES_MAX;
            if !fits || next.alone || next.swap_commit.is_some() || next.touches(&touched) {
                break;
            }
            next.touch(&mut touched);
            let Some(Wish::Write(next)) = state.waiting.pop_front() else { break };
            batch.push(next);
        }
        Next::Batch(batch)
    }

    /// Puts writes back to where they were taken from, in their order.
    pub(super) fn put_back(&self, requests: Vec<Request>) {
        let mut state = self.lock();
        for request in requests.into_iter().rev() {
            state.waiting.push_front(Wish::Write(request));
        }
    }

    /// Forgets everything: whoever still waits gets no answer, and the next finds a new beginning.
    pub(super) fn abandon(&self) {
        *self.lock() = State::default();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here leaves the queue half changed, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
