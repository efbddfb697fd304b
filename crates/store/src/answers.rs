//! Bringing outcomes from the thread that writes to those who wait for them.
//!
//! To wake a task from a thread of its own costs a runtime more than to wake it from one of the runtime's:
//! it wakes a thread that sleeps, and that one another. So outcomes go to one task of the runtime, which a
//! byte in a socket wakes as a byte from the network would, and which wakes the others.

use std::io::{self, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream as Signals;

use crate::error::Error;

/// Tells a transaction's outcome, once it is known whether the batch was committed.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What came of a batch.
struct Batch {
    answers: Vec<Answer>,
    outcome: Result<(), Error>,
}

impl Batch {
    fn tell(self) {
        for answer in self.answers {
            answer(self.outcome.clone());
        }
    }
}

/// What the task has yet to tell.
struct Waiting {
    batches: Vec<Batch>,
    /// Wakes the task.
    signal: Arc<UnixStream>,
}

/// Where outcomes wait for the task, if there is one.
#[derive(Default)]
pub(crate) struct Answers(Mutex<Option<Waiting>>);

impl Answers {
    fn lock(&self) -> MutexGuard<'_, Option<Waiting>> {
        // Each change is one push or one assignment, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what came of a batch: by the task if there is one, or else here.
    pub(crate) fn tell(&self, answers: Vec<Answer>, outcome: Result<(), Error>) {
        let batch = Batch { answers, outcome };
        let mut waiting = self.lock();
        let Some(open) = &mut *waiting else {
            drop(waiting);
            return batch.tell();
        };
        open.batches.push(batch);
        let signal = Arc::clone(&open.signal);
        // Before the task is woken, which wants it at once.
        drop(waiting);
        // A socket that takes no more has bytes in it that wake the task all the same.
        if let Err(error) = (&*signal).write(&[0])
            && error.kind() != io::ErrorKind::WouldBlock
        {
            self.end();
        }
    }

    /// Tells what waits for the task, if there is one, which will tell no more.
    fn end(&self) {
        let waiting = self.lock().take();
        waiting.into_iter().flat_map(|waiting| waiting.batches).for_each(Batch::tell);
    }

    /// Returns the task that tells outcomes from now on, until it is dropped. There should be one at a time.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if there can be no socket, or there is no runtime.
    pub(crate) fn carry(self: &Arc<Self>) -> io::Result<impl Future<Output = ()> + Send + 'static> {
        let (signal, signals) = UnixStream::pair()?;
        signal.set_nonblocking(true)?;
        signals.set_nonblocking(true)?;
        let mut signals = Signals::from_std(signals)?;
        self.end();
        *self.lock() = Some(Waiting { batches: Vec::new(), signal: Arc::new(signal) });
        let carrier = Carrier(Arc::clone(self));
        Ok(async move {
            let mut bytes = [0; 64];
            // It has no end of its own: whoever runs it drops it.
            while signals.read(&mut bytes).await.is_ok_and(|count| count > 0) {
                carrier.tell();
            }
        })
    }
}

/// The task, as the answers know it.
struct Carrier(Arc<Answers>);

impl Carrier {
    fn tell(&self) {
        let batches = match &mut *self.0.lock() {
            Some(open) => std::mem::take(&mut open.batches),
            None => return,
        };
        batches.into_iter().for_each(Batch::tell);
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};
    use std::thread;

    use super::*;

    /// Has some batches of two told, and returns what says of each who was told of it that it is durable.
    fn told(answers: &Answers, batches: usize) -> Receiver<bool> {
        let (sender, receiver) = channel();
        for _ in 0..batches {
            let answer = |sender: std::sync::mpsc::Sender<bool>| -> Answer {
                Box::new(move |outcome| sender.send(outcome.is_ok()).unwrap())
            };
            answers.tell(vec![answer(sender.clone()), answer(sender.clone())], Ok(()));
        }
        receiver
    }

    #[test]
    fn without_the_task_outcomes_are_told_at_once() {
        let told = told(&Answers::default(), 3);
        assert_eq!(told.try_iter().filter(|is_durable| *is_durable).count(), 6);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_task_tells_what_other_threads_hand_over() {
        let answers = Arc::new(Answers::default());
        let task = tokio::spawn(answers.carry().unwrap());
        let theirs = Arc::clone(&answers);
        let others = thread::spawn(move || told(&theirs, 10_000).iter().count());
        assert_eq!(tokio::task::spawn_blocking(|| others.join().unwrap()).await.unwrap(), 20_000);
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        assert_eq!(told(&answers, 1).try_iter().count(), 2);
    }

    #[tokio::test]
    async fn more_than_a_socket_holds_is_told_as_well() {
        let answers = Arc::new(Answers::default());
        let task = answers.carry().unwrap();
        let told = told(&answers, 100_000);
        assert_eq!(told.try_iter().count(), 0);
        let task = tokio::spawn(task);
        let told = tokio::task::spawn_blocking(move || told.iter().count());
        assert_eq!(told.await.unwrap(), 200_000);
        task.abort();
    }

    #[tokio::test]
    async fn what_waits_for_a_task_that_goes_is_told() {
        let answers = Arc::new(Answers::default());
        let task = answers.carry().unwrap();
        let waiting = told(&answers, 2);
        assert_eq!(waiting.try_iter().count(), 0);
        drop(task);
        assert_eq!(waiting.try_iter().count(), 4);
        assert_eq!(told(&answers, 1).try_iter().count(), 2);
    }
}
