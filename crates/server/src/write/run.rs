//! The task that writes to one repository, as long as there is something to write.
//!
//! Up to two commits are on their way to the disk. If one fails, those made on it fail too: the
//! store compares revisions. All their writes are then prepared again from what is durable.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;

use store::repo::{CommitError, Committed};
use tokio::task::spawn_blocking;

use super::batch::{self, Outcome, Ready};
use super::head::OpenRepo;
use super::queue::{Lease, Next, Queue, Request, Start};
use super::{Error, Shared};

/// How many commits of a repository may be on their way.
const FLIGHTS_MAX: usize = 2;
/// How many operations are worked out where they are; more go to a thread that may take its time.
const OPS_INLINE_MAX: usize = 16;
/// How often a write is tried while others move the repository.
const ATTEMPTS_MAX: u8 = 3;

type Pending = Pin<Box<dyn Future<Output = Result<Committed, CommitError>> + Send>>;

/// A commit on its way to the disk.
struct Flight {
    pending: Pending,
    ready: Ready,
}

struct Run {
    shared: Arc<Shared>,
    queue: Arc<Queue>,
    /// The repository at its newest commit, on its way or not; `None` if it has to be read.
    open: Option<Box<OpenRepo>>,
    flights: VecDeque<Flight>,
    /// Whether the queue was left in good order.
    is_done: bool,
}

/// Makes the writes that wait for a repository until there are none.
pub(super) async fn until_idle(shared: Arc<Shared>, queue: Arc<Queue>, start: Start) {
    let mut run = Run { shared, queue, open: start.rest, flights: VecDeque::new(), is_done: false };
    loop {
        while run.flights.len() < FLIGHTS_MAX {
            match run.queue.next(run.flights.is_empty()) {
                Next::Batch(requests) => run.prepare(requests).await,
                Next::Lease(answer) => run.lend(answer).await,
                Next::Nothing => break,
            }
        }
        let has_room = run.flights.len() < FLIGHTS_MAX;
        let Some(flight) = run.flights.front_mut() else {
            match run.shared.queues.rest(&run.queue, run.open.take()) {
                Ok(()) => break run.is_done = true,
                Err(start) => run.open = start.rest,
            }
            continue;
        };
        tokio::select! {
            outcome = &mut flight.pending => run.settle(outcome).await,
            () = run.queue.arrived(), if has_room => {}
        }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // Not so if something panicked, or the program ends.
        if !self.is_done {
            self.queue.abandon();
        }
    }
}

impl Run {
    /// Makes a commit of some writes and sends it on its way.
    async fn prepare(&mut self, requests: Vec<Request>) {
        let open = match self.open.take() {
            Some(open) => open,
            None => match OpenRepo::load(&self.shared, &self.queue.did).await {
                Ok(open) => Box::new(open),
                Err(error) => return fail(requests, &error),
            },
        };
        let (open, outcome) = Self::work_out(Arc::clone(&self.shared), open, requests).await;
        match outcome {
            Ok(Outcome::Commit(commit, ready)) => {
                self.open = Some(open);
                // From here on the store decides, whether or not anybody waits for it.
                match self.shared.store.commit_repo(*commit) {
                    Ok(pending) => {
                        let pending: Pending = Box::pin(pending);
                        self.flights.push_back(Flight { pending, ready });
                    }
                    Err(error) => {
                        self.open = None;
                        ready.fail(&error.into());
                    }
                }
            }
            Ok(Outcome::Nothing(mut ready)) => {
                self.open = Some(open);
                // That nothing had to be done is true once what was done before is durable.
                match self.flights.back_mut() {
                    Some(flight) => flight.ready.0.append(&mut ready.0),
                    None => ready.answer(),
                }
            }
            Ok(Outcome::Split(requests)) => {
                self.open = Some(open);
                self.queue.put_back(alone(requests));
            }
            Err((error, requests)) => fail(requests, &error),
        }
    }

    async fn work_out(
        shared: Arc<Shared>,
        mut open: Box<OpenRepo>,
        requests: Vec<Request>,
    ) -> (Box<OpenRepo>, Result<Outcome, (Error, Vec<Request>)>) {
        let ops: usize = requests.iter().map(|request| request.ops.len()).sum();
        if ops <= OPS_INLINE_MAX {
            let outcome = batch::prepare(&shared, &mut open, requests);
            return (open, outcome);
        }
        let task = spawn_blocking(move || {
            let outcome = batch::prepare(&shared, &mut open, requests);
            (open, outcome)
        });
        task.await.expect("preparing a commit does not panic, and nobody aborts the task")
    }

    /// Takes note of what came of the first commit that is on its way.
    async fn settle(&mut self, outcome: Result<Committed, CommitError>) {
        let Some(flight) = self.flights.pop_front() else { return };
        let Err(error) = outcome else {
            if let (Some(open), Some(rev)) = (&mut self.open, flight.ready.rev()) {
                open.subjects.retain(|(since, ..)| *since > rev);
            }
            return flight.ready.answer();
        };
        // What was made on it fails as well, and has to be made again.
        let mut again = Vec::new();
        for mut later in self.flights.drain(..) {
            if let Ok(committed) = (&mut later.pending).await {
                // The store compares revisions; one cannot be made on one that was not.
                tracing::error!(seq = committed.seq, did = %self.queue.did, "a commit without its predecessor");
            }
            again.append(&mut later.ready.into_requests());
        }
        self.open = None;
        let mut first = self.judge(flight.ready, error);
        first.append(&mut again);
        self.queue.put_back(first);
    }

    /// Answers writes whose commit failed, or returns those that are to be tried again.
    fn judge(&self, ready: Ready, error: CommitError) -> Vec<Request> {
        match error {
            CommitError::Stale | CommitError::Store(store::Error::RolledBack) => {
                let mut requests = ready.into_requests();
                for request in &mut requests {
                    request.attempts += 1;
                }
                let (spent, again) =
                    requests.into_iter().partition(|request| request.attempts > ATTEMPTS_MAX);
                fail(spent, &Error::Contended);
                again
            }
            CommitError::Blob { cid, fault } => {
                if ready.0.len() > 1 {
                    return alone(ready.into_requests());
                }
                ready.fail(&Error::Blob { cid, fault });
                Vec::new()
            }
            CommitError::TooManyRecords { max } => {
                if ready.0.len() > 1 {
                    return alone(ready.into_requests());
                }
                ready.fail(&Error::TooManyRecords { max });
                Vec::new()
            }
            CommitError::Inactive => {
                ready.fail(&Error::Inactive);
                Vec::new()
            }
            CommitError::Store(error) => {
                ready.fail(&Error::Store(error));
                Vec::new()
            }
        }
    }

    /// Gives the repository away until the lease ends.
    async fn lend(&mut self, answer: tokio::sync::oneshot::Sender<Lease>) {
        self.open = None;
        let (lease, ended) = Lease::new();
        if answer.send(lease).is_ok() {
            // Ends with an error, as nothing is ever sent.
            let _ = ended.await;
        }
    }
}

fn alone(mut requests: Vec<Request>) -> Vec<Request> {
    for request in &mut requests {
        request.alone = true;
    }
    requests
}

fn fail(requests: Vec<Request>, error: &Error) {
    for request in requests {
        request.answer(Err(error.clone()));
    }
}
