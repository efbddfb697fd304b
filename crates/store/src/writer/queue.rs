//! Where transactions wait for the thread that writes, and whose turn it is.

use std::collections::{HashMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::Topic;
use crate::answers::Answer;
use crate::error::Error;
use crate::tx::Tx;

/// The most transactions of one account in a batch, while others wait.
const BATCH_JOBS_OF_ONE_MAX: usize = 16;
/// While others write, background work gets one part in so many of the time.
const BACKGROUND_SHARE: u32 = 4;
/// How long after a transaction it is taken that more will come.
const BUSY_TIME: Duration = Duration::from_millis(100);
/// How long background work whose turn it is lets others pass that do not end.
const BACKGROUND_PATIENCE: Duration = Duration::from_millis(10);
/// The most transactions that may wait.
const WAITING_JOBS_MAX: usize = 8192;

/// Runs a transaction, tells whether to keep it, and returns what tells its outcome. Without a
/// transaction to run in, it tells why.
pub(super) type Body = Box<dyn FnOnce(Result<&mut Tx<'_>, Error>) -> (bool, Answer) + Send>;

/// A transaction that waits.
pub(super) struct Job {
    pub(super) topic: Topic,
    pub(super) body: Body,
    pub(super) is_background: bool,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    /// Those that have time.
    background: VecDeque<Job>,
    /// When the last one came that has not.
    pushed_at: Option<Instant>,
    /// When it is background work's turn again.
    background_from: Option<Instant>,
    closed: bool,
    stopped: bool,
}

/// Where transactions wait. Callers push and the thread pops; nobody holds the lock for long.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    wake: Condvar,
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Nothing in here leaves the queue half changed, so a panic elsewhere does not spoil it.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a transaction.
    pub(super) fn push(&self, job: Job) -> Result<(), Error> {
        let mut waiting = self.lock();
        if waiting.stopped || waiting.closed {
            return Err(Error::Stopped);
        }
        if waiting.count() >= WAITING_JOBS_MAX {
            return Err(Error::Overloaded);
        }
        waiting.push(job, Instant::now());
        drop(waiting);
        self.wake.notify_one();
        Ok(())
    }

    /// Waits for a transaction; `None` if there will be no more.
    pub(super) fn wait(&self) -> Option<Job> {
        let mut waiting = self.lock();
        loop {
            let now = Instant::now();
            if let Some(job) = waiting.take(now) {
                return Some(job);
            }
            if waiting.closed {
                return None;
            }
            waiting = match waiting.background_from.filter(|_| !waiting.background.is_empty()) {
                Some(from) => {
                    let rest = from.saturating_duration_since(now);
                    let waited = self.wake.wait_timeout(waiting, rest);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.wake.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    /// Takes a transaction that shares the `COMMIT` of others.
    pub(super) fn next(&self, taken: &HashMap<Topic, usize>) -> Option<Job> {
        self.lock().take_more(taken, Instant::now())
    }

    /// Tells whether nothing is taken any more since a failure.
    pub(super) fn has_stopped(&self) -> bool {
        self.lock().stopped
    }

    /// Returns how many transactions wait.
    pub(super) fn count(&self) -> usize {
        self.lock().count()
    }

    /// Takes nothing more; what waits is done.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.wake.notify_all();
    }

    /// Takes nothing more, and gives up what waits.
    pub(super) fn stop(&self) {
        let mut waiting = self.lock();
        waiting.stopped = true;
        waiting.jobs.clear();
        waiting.background.clear();
    }

    /// Notes that a transaction in the background took so long with its `COMMIT`.
    pub(super) fn rest(&self, took: Duration) {
        self.lock().rest(Instant::now(), took);
    }
}

impl Waiting {
    fn count(&self) -> usize {
        self.jobs.len() + self.background.len()
    }

    fn push(&mut self, job: Job, now: Instant) {
        if job.is_background {
            self.background_from.get_or_insert(now);
            self.background.push_back(job);
        } else {
            self.pushed_at = Some(now);
            self.jobs.push_back(job);
        }
    }

    /// Takes the transaction whose turn it is.
    fn take(&mut self, now: Instant) -> Option<Job> {
        let from = self.background_from.filter(|_| !self.closed).unwrap_or(now);
        let is_turn =
            if self.jobs.is_empty() { now >= from } else { now >= from + BACKGROUND_PATIENCE };
        if is_turn && let Some(job) = self.background.pop_front() {
            return Some(job);
        }
        self.jobs.pop_front()
    }

    /// Takes one more: one whose topic has not had its share, or work in the background if nobody
    /// else writes.
    fn take_more(&mut self, taken: &HashMap<Topic, usize>, now: Instant) -> Option<Job> {
        let has_room = |job: &Job| {
            job.topic == 0
                || taken.get(&job.topic).is_none_or(|count| *count < BATCH_JOBS_OF_ONE_MAX)
        };
        match self.jobs.iter().position(has_room) {
            Some(index) => self.jobs.remove(index),
            None if self.is_busy(now) => None,
            None => self.background.pop_front(),
        }
    }

    /// Tells whether others than those in the background write.
    fn is_busy(&self, now: Instant) -> bool {
        self.pushed_at.is_some_and(|at| now < at + BUSY_TIME)
    }

    /// Notes that a transaction in the background took so long with its `COMMIT`.
    fn rest(&mut self, now: Instant, took: Duration) {
        self.background_from = self.is_busy(now).then(|| now + took * (BACKGROUND_SHARE - 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn push(waiting: &mut Waiting, is_background: bool, now: Instant) {
        let body: Body = Box::new(|_| (true, Box::new(|_| ())));
        waiting.push(Job { topic: 0, body, is_background }, now);
    }

    fn take(waiting: &mut Waiting, now: Instant) -> Option<bool> {
        waiting.take(now).map(|job| job.is_background)
    }

    #[test]
    fn background_work_goes_on_at_once_while_nobody_else_writes() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        push(&mut waiting, false, now);
        assert_eq!(take(&mut waiting, now), Some(false));
        let now = now + BUSY_TIME;
        for _ in 0..3 {
            push(&mut waiting, true, now);
            assert_eq!(take(&mut waiting, now), Some(true));
            waiting.rest(now, Duration::from_millis(5));
        }
        assert_eq!(take(&mut waiting, now), None);
    }

    #[test]
    fn background_work_rests_while_others_write() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let took = Duration::from_millis(2);
        push(&mut waiting, false, now);
        assert_eq!(take(&mut waiting, now), Some(false));
        push(&mut waiting, true, now);
        assert_eq!(take(&mut waiting, now), Some(true));
        waiting.rest(now, took);
        push(&mut waiting, true, now);
        assert_eq!(take(&mut waiting, now), None);
        push(&mut waiting, false, now);
        assert_eq!(take(&mut waiting, now), Some(false));
        let now = now + took * (BACKGROUND_SHARE - 1);
        assert_eq!(take(&mut waiting, now), Some(true));
    }

    #[test]
    fn background_work_has_its_turn_though_others_never_end() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        push(&mut waiting, false, now);
        push(&mut waiting, true, now);
        push(&mut waiting, false, now);
        assert_eq!(take(&mut waiting, now), Some(false));
        assert_eq!(take(&mut waiting, now + BACKGROUND_PATIENCE), Some(true));
        assert_eq!(take(&mut waiting, now + BACKGROUND_PATIENCE), Some(false));
    }

    #[test]
    fn background_work_shares_a_commit_unless_others_write() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        let more = |waiting: &mut Waiting, now| {
            waiting.take_more(&HashMap::new(), now).map(|job| job.is_background)
        };
        push(&mut waiting, true, now);
        push(&mut waiting, true, now);
        push(&mut waiting, false, now);
        assert_eq!(more(&mut waiting, now), Some(false));
        assert_eq!(more(&mut waiting, now), None);
        let now = now + BUSY_TIME;
        assert_eq!(more(&mut waiting, now), Some(true));
        assert_eq!(more(&mut waiting, now), Some(true));
        assert_eq!(more(&mut waiting, now), None);
    }

    #[test]
    fn closing_leaves_nothing_undone() {
        let (mut waiting, now) = (Waiting::default(), Instant::now());
        push(&mut waiting, false, now);
        waiting.rest(now, Duration::from_secs(1));
        push(&mut waiting, true, now);
        assert_eq!(take(&mut waiting, now), Some(false));
        assert_eq!(take(&mut waiting, now), None);
        waiting.closed = true;
        assert_eq!(take(&mut waiting, now), Some(true));
    }
}
