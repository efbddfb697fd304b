//! The one thread that writes.
//!
//! It takes the transactions that wait, runs them in one database transaction so that each can be
//! undone alone, and answers all after one `COMMIT`, which is one `fsync`. While that runs, the next
//! ones gather.
//!
//! Work that has time, such as an import, waits apart. While others write it gets a part of the
//! thread's time and of the disk's, so that they hardly notice it.

mod queue;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::{oneshot, watch};

use crate::answers::{Answer, Answers};
use crate::checkpoint::Checkpoints;
use crate::clock::Clock;
use crate::error::Error;
use crate::event::Sequence;
use crate::fault::{FaultPoint, Faults};
use crate::known::Known;
use crate::recent::Recent;
use crate::tx::Tx;
use crate::writer::queue::{Body, Job, Queue};

/// The most transactions that share one `COMMIT`.
const BATCH_JOBS_MAX: usize = 256;
/// About how long the transactions that share one `COMMIT` may take together.
const BATCH_TIME_MAX: Duration = Duration::from_millis(5);

/// What a transaction is about, so that none takes all the room: an account's number, 0 for others.
pub(crate) type Topic = i64;

/// The way to the thread that writes.
pub(crate) struct Writer {
    queue: Arc<Queue>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn start(mut run: Run) -> std::io::Result<Self> {
        let queue = Arc::clone(&run.queue);
        let thread =
            thread::Builder::new().name("store-writer".into()).spawn(move || run.until_closed())?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    /// Queues a transaction; its outcome comes after it is durable, whether or not it is awaited.
    pub(crate) fn submit<T, E>(
        &self,
        topic: Topic,
        is_background: bool,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, E>>, Error>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let body: Body = Box::new(move |tx| {
            let outcome = tx.map_err(E::from).and_then(body);
            let keep = outcome.is_ok();
            let answer: Answer = Box::new(move |committed| {
                let outcome = match committed {
                    Err(error) if keep => Err(error.into()),
                    _ => outcome,
                };
                // Whoever asked may have gone; what was done stays done.
                let _ = sender.send(outcome);
            });
            (keep, answer)
        });
        self.queue.push(Job { topic, body, is_background })?;
        Ok(receiver)
    }

    /// Tells whether writing has stopped after a failure.
    pub(crate) fn has_stopped(&self) -> bool {
        self.queue.has_stopped()
    }

    /// Returns how many transactions wait.
    pub(crate) fn waiting(&self) -> usize {
        self.queue.count()
    }

    /// Finishes what waits and ends the thread.
    pub(crate) fn close(&self) {
        self.queue.close();
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writing thread panicked");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

/// What the thread works with.
pub(crate) struct Run {
    queue: Arc<Queue>,
    connection: Connection,
    checkpoints: Checkpoints,
    sequence: Sequence,
    clock: Clock,
    faults: Faults,
    followers: Followers,
    /// Whether the batch has changed or deleted accounts.
    has_changed_accounts: bool,
}

/// Those who are told what was written.
pub(crate) struct Followers {
    /// The newest events. Written to by the thread and nobody else, for a moment.
    pub(crate) recent: Arc<RwLock<Recent>>,
    /// The number of the newest event.
    pub(crate) grown: watch::Sender<u64>,
    /// Accounts that were read.
    pub(crate) known: Arc<Known>,
    /// Those who wait for outcomes.
    pub(crate) answers: Arc<Answers>,
}

impl Run {
    pub(crate) fn new(
        connection: Connection,
        checkpoints: Checkpoints,
        sequence: Sequence,
        clock: Clock,
        faults: Faults,
        followers: Followers,
    ) -> Self {
        let (queue, has_changed_accounts) = (Arc::default(), false);
        Self {
            queue,
            connection,
            checkpoints,
            sequence,
            clock,
            faults,
            followers,
            has_changed_accounts,
        }
    }

    fn until_closed(&mut self) {
        while let Some(first) = self.queue.wait() {
            let (began, is_background) = (Instant::now(), first.is_background);
            let mut answers = Vec::new();
            let outcome = self.batch(first, &mut answers);
            if let Err(error) = &outcome {
                self.roll_back(error);
            }
            // Before the answers: whoever has one finds the event that it is about.
            self.tell(outcome.is_ok());
            self.followers.answers.tell(answers, outcome.clone());
            if outcome.is_ok()
                && let Err(error) = self.checkpoints.after_commit(&self.connection)
            {
                self.without_checkpoint(&error);
            }
            if is_background {
                self.queue.rest(began.elapsed());
            }
        }
    }

    /// Tells those who follow what a batch has changed and appended.
    fn tell(&mut self, is_committed: bool) {
        if std::mem::take(&mut self.has_changed_accounts) {
            self.followers.known.forget();
        }
        let events = self.sequence.commit();
        let Some(newest) = events.last().map(|event| event.seq) else { return };
        let mut recent = self.followers.recent.write().unwrap_or_else(PoisonError::into_inner);
        if is_committed {
            recent.extend(events);
            drop(recent);
            self.followers.grown.send_replace(newest);
        } else {
            // It may be durable all the same; then those who follow find it in the table.
            recent.forget(self.sequence.last());
        }
    }

    /// Runs a transaction and those that wait behind it, and commits them together.
    fn batch(&mut self, first: Job, answers: &mut Vec<Answer>) -> Result<(), Error> {
        let began = Instant::now();
        if let Err(error) = self.begin() {
            answers.push((first.body)(Err(error.clone())).1);
            return Err(error);
        }
        let mut taken = HashMap::new();
        let mut next = Some(first);
        while let Some(job) = next {
            *taken.entry(job.topic).or_default() += 1;
            self.job(job.body, answers)?;
            let room = answers.len() < BATCH_JOBS_MAX && began.elapsed() < BATCH_TIME_MAX;
            next = if room { self.queue.next(&taken) } else { None };
        }
        let written = Instant::now();
        self.faults.at(FaultPoint::BeforeCommit)?;
        self.statement("COMMIT")?;
        self.faults.at(FaultPoint::AfterCommit)?;
        metrics::histogram!("pagurus_store_batch_jobs").record(count(answers.len()));
        metrics::histogram!("pagurus_store_commit_seconds").record(written.elapsed().as_secs_f64());
        Ok(())
    }

    fn begin(&self) -> Result<(), Error> {
        self.faults.at(FaultPoint::BeforeBegin)?;
        self.statement("BEGIN IMMEDIATE")
    }

    /// Runs one transaction so that it can be undone. An error means that the whole batch is lost.
    ///
    /// The first of a batch needs no savepoint, for which the database would copy each page that it
    /// changes: before it there is nothing to go back to but the beginning.
    fn job(&mut self, body: Body, answers: &mut Vec<Answer>) -> Result<(), Error> {
        let is_first = answers.is_empty();
        if !is_first {
            self.statement("SAVEPOINT job")?;
        }
        let appended = self.sequence.appended();
        let mut tx = Tx {
            connection: &self.connection,
            sequence: Some(&mut self.sequence),
            faults: Some(&self.faults),
            now_us: self.clock.now_us(),
            has_changed_accounts: false,
        };
        let (keep, answer) = body(Ok(&mut tx));
        self.has_changed_accounts |= tx.has_changed_accounts;
        answers.push(answer);
        // After a full disk, for one, the database has already undone everything by itself.
        if self.connection.is_autocommit() {
            return Err(Error::RolledBack);
        }
        if !keep {
            self.sequence.truncate(appended);
        }
        match (is_first, keep) {
            (true, true) => Ok(()),
            (true, false) => {
                self.statement("ROLLBACK")?;
                self.statement("BEGIN IMMEDIATE")
            }
            (false, true) => self.statement("RELEASE job"),
            (false, false) => {
                self.statement("ROLLBACK TO job")?;
                self.statement("RELEASE job")
            }
        }
    }

    fn statement(&self, sql: &str) -> Result<(), Error> {
        Ok(self.connection.prepare_cached(sql)?.raw_execute().map(|_| ())?)
    }

    /// Makes sure that nothing of a batch stays, and stops if the disk cannot be trusted.
    fn roll_back(&mut self, error: &Error) {
        if !self.connection.is_autocommit()
            && let Err(second) = self.statement("ROLLBACK")
        {
            tracing::error!(error = %second, "a failed transaction could not be rolled back");
        }
        match error {
            Error::Full => tracing::error!("disk is full: writes are refused until there is room"),
            Error::RolledBack => tracing::error!("the database gave a batch of writes up"),
            _ => self.stop(error),
        }
    }

    /// Goes on without having moved pages of the log, or stops if the disk cannot be trusted.
    fn without_checkpoint(&self, error: &Error) {
        match error {
            Error::Full => tracing::error!("disk is full: the log cannot be shortened"),
            _ => self.stop(error),
        }
    }

    fn stop(&self, error: &Error) {
        tracing::error!(%error, source = ?error, "writing has stopped");
        self.queue.stop();
    }
}

/// Counts of jobs are small; floating-point numbers hold them exactly.
fn count(jobs: usize) -> f64 {
    f64::from(u32::try_from(jobs).unwrap_or(u32::MAX))
}
