//! Bytes that one thread makes as fast as it can, and a client takes as fast as it will.
//!
//! The maker never waits for the client: it holds a snapshot of the database, which must end soon.
//! What the client is behind by lies in memory up to a bound, and beyond that in a temporary file.
//! A client that takes next to nothing is given up.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body::{Body, Frame};
use thiserror::Error;
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::time::timeout;

use super::{Piece, Reading, count, read};
use crate::failure::Refusal;

/// How many bytes of one outflow may be in memory.
const MEMORY_BYTES_MAX: usize = 2 << 20;
/// How many bytes of all outflows together may be in files before there are no new ones.
const FILE_BYTES_MAX: u64 = 4 << 30;
/// How many threads may make bytes at the same time: half of the connections that read.
const MAKERS: usize = 4;
/// After how long it is looked whether a client has taken something.
const LOOK_INTERVAL: Duration = Duration::from_secs(30);
/// What a client has to take between two looks: what the slowest lines bring over.
const TAKEN_BYTES_MIN: u64 = 128 << 10;

/// All outflows of a server.
pub(crate) struct Outflows {
    directory: PathBuf,
    makers: Semaphore,
    /// How many bytes are in files.
    file_bytes: Arc<AtomicU64>,
}

/// The end where bytes come in. Dropped before [`Outflow::finish`], it breaks the body off.
pub(crate) struct Outflow {
    shared: Arc<Shared>,
    directory: PathBuf,
}

/// The end where they come out.
pub(crate) struct OutflowBody {
    shared: Arc<Shared>,
    reading: Option<Reading>,
    /// Dropped with the body, which tells the watch.
    _gone: oneshot::Sender<()>,
}

/// What gives a client up that takes next to nothing.
pub(crate) struct Watch {
    shared: Arc<Shared>,
    gone: oneshot::Receiver<()>,
}

/// Says why bytes are not taken.
#[derive(Debug, Error)]
pub(crate) enum PushError {
    /// Nobody wants them any more.
    #[error("the client has gone")]
    Gone,
    /// The temporary file failed.
    #[error("temporary file failed")]
    File(#[from] io::Error),
}

struct Shared {
    state: Mutex<State>,
    file_bytes: Arc<AtomicU64>,
}

/// What is in memory is always older than what is in the file and not taken yet.
#[derive(Default)]
struct State {
    queue: VecDeque<Bytes>,
    queued_bytes: usize,
    file: Option<Arc<File>>,
    written: u64,
    read: u64,
    /// How many bytes the client has taken.
    taken: u64,
    end: Option<End>,
    waker: Option<Waker>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// All bytes have come in.
    Whole,
    /// There will be no more, though there should be.
    Broken,
    /// Nobody takes them any more.
    Gone,
}

impl Outflows {
    /// Keeps temporary files in a directory.
    pub(crate) fn new(directory: PathBuf) -> Self {
        Self { directory, makers: Semaphore::new(MAKERS), file_bytes: Arc::default() }
    }

    /// Waits until there may be one more thread that makes bytes.
    pub(crate) async fn maker(&self) -> SemaphorePermit<'_> {
        self.makers.acquire().await.expect("nobody closes the semaphore")
    }

    /// Begins an outflow.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if too much waits for slow clients.
    pub(crate) fn begin(&self) -> Result<(Outflow, OutflowBody, Watch), Refusal> {
        if self.file_bytes.load(Ordering::Relaxed) > FILE_BYTES_MAX {
            let message = "Too many downloads at the moment";
            return Err(Refusal::of_status(StatusCode::SERVICE_UNAVAILABLE, message));
        }
        let file_bytes = Arc::clone(&self.file_bytes);
        let shared = Arc::new(Shared { state: Mutex::default(), file_bytes });
        let (sender, gone) = oneshot::channel();
        let body = OutflowBody { shared: Arc::clone(&shared), reading: None, _gone: sender };
        let watch = Watch { shared: Arc::clone(&shared), gone };
        Ok((Outflow { shared, directory: self.directory.clone() }, body, watch))
    }
}

impl Outflow {
    /// Takes a piece. It may write to a file, and is for threads that may wait for the disk.
    ///
    /// # Errors
    ///
    /// [`PushError`] if there is no more use in that.
    pub(crate) fn push(&mut self, piece: Vec<u8>) -> Result<(), PushError> {
        let file = {
            let mut state = self.shared.lock();
            if state.end.is_some() {
                return Err(PushError::Gone);
            }
            let fits = state.queued_bytes + piece.len() <= MEMORY_BYTES_MAX;
            if fits && state.read == state.written {
                state.queued_bytes += piece.len();
                state.queue.push_back(piece.into());
                state.wake();
                return Ok(());
            }
            state.file.clone()
        };
        let file = match file {
            Some(file) => file,
            None => Arc::new(tempfile::tempfile_in(&self.directory)?),
        };
        (&*file).write_all(&piece)?;
        let mut state = self.shared.lock();
        if state.end.is_some() {
            return Err(PushError::Gone);
        }
        state.file = Some(file);
        state.written += count(&piece);
        self.shared.file_bytes.fetch_add(count(&piece), Ordering::Relaxed);
        state.wake();
        Ok(())
    }

    /// Says that this was all.
    pub(crate) fn finish(self) {
        self.shared.end(End::Whole);
    }
}

impl Drop for Outflow {
    fn drop(&mut self) {
        self.shared.end(End::Broken);
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics between two changes that belong together.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says how it ends, unless that is settled.
    fn end(&self, end: End) {
        let mut state = self.lock();
        state.end.get_or_insert(end);
        state.wake();
    }

    /// Lets go of what nobody takes any more.
    fn give_up(&self, state: &mut State) {
        state.end = Some(End::Gone);
        self.file_bytes.fetch_sub(state.written, Ordering::Relaxed);
        (state.queue, state.file) = (VecDeque::new(), None);
        (state.written, state.read) = (0, 0);
    }
}

impl State {
    /// Tells whether there is something that the client could take.
    fn is_waiting(&self) -> bool {
        !self.queue.is_empty() || self.read < self.written
    }

    fn note_read(&mut self, piece: &Bytes) {
        if self.end != Some(End::Gone) {
            self.read += count(piece);
            self.taken += count(piece);
        }
    }

    fn wake(&mut self) {
        if let Some(waker) = self.waker.take() {
            waker.wake();
        }
    }
}

impl Watch {
    /// Runs until the body is gone, or gives it up.
    pub(crate) async fn run(self) {
        let Self { shared, mut gone } = self;
        let mut taken = 0;
        while timeout(LOOK_INTERVAL, &mut gone).await.is_err() {
            let mut state = shared.lock();
            if state.is_waiting() && state.taken < taken + TAKEN_BYTES_MIN {
                tracing::info!(taken = state.taken, "a client takes too little and is given up");
                shared.give_up(&mut state);
                state.wake();
                return;
            }
            taken = state.taken;
        }
    }
}

impl Body for OutflowBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        loop {
            if let Some(reading) = &mut self.reading {
                let Poll::Ready(piece) = reading.poll(cx) else {
                    return Poll::Pending;
                };
                self.reading = None;
                let piece = piece?;
                self.shared.lock().note_read(&piece);
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            let mut state = self.shared.lock();
            if let Some(piece) = state.queue.pop_front() {
                state.queued_bytes -= piece.len();
                state.taken += count(&piece);
                return Poll::Ready(Some(Ok(Frame::data(piece))));
            }
            if let Some(file) = state.file.as_ref().filter(|_| state.read < state.written) {
                match read(file, state.read, state.written - state.read) {
                    Piece::Here(piece) => {
                        state.note_read(&piece);
                        return Poll::Ready(Some(Ok(Frame::data(piece))));
                    }
                    Piece::OnItsWay(reading) => {
                        drop(state);
                        self.reading = Some(reading);
                        continue;
                    }
                }
            }
            return match state.end {
                Some(End::Whole) => Poll::Ready(None),
                Some(End::Broken | End::Gone) => {
                    Poll::Ready(Some(Err(io::ErrorKind::BrokenPipe.into())))
                }
                None => {
                    state.waker = Some(cx.waker().clone());
                    Poll::Pending
                }
            };
        }
    }
}

impl Drop for OutflowBody {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        self.shared.give_up(&mut state);
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn outflows() -> (tempfile::TempDir, Outflows) {
        let directory = tempfile::tempdir().unwrap();
        let outflows = Outflows::new(directory.path().to_owned());
        (directory, outflows)
    }

    /// Returns the piece with a number, whose size differs from that of its neighbours.
    fn piece(number: usize) -> Vec<u8> {
        let byte = u8::try_from(number % 251).unwrap();
        vec![byte; 60_000 + 97 * number]
    }

    #[tokio::test]
    async fn what_goes_in_comes_out_whoever_is_faster() {
        let (_directory, outflows) = outflows();
        for ahead in [1, 10, 100] {
            let (mut outflow, mut body, _watch) = outflows.begin().unwrap();
            let mut received = Vec::new();
            for number in 0..100 {
                outflow.push(piece(number)).unwrap();
                if number % ahead == ahead - 1 {
                    let frame = body.frame().await.unwrap().unwrap();
                    received.extend_from_slice(&frame.into_data().unwrap());
                }
            }
            outflow.finish();
            received.extend_from_slice(&body.collect().await.unwrap().to_bytes());
            assert!(received == (0..100).flat_map(piece).collect::<Vec<_>>(), "{ahead}");
        }
        assert_eq!(outflows.file_bytes.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn one_that_ends_early_is_no_whole_body() {
        let (_directory, outflows) = outflows();
        let (mut outflow, body, _watch) = outflows.begin().unwrap();
        outflow.push(piece(1)).unwrap();
        drop(outflow);
        assert!(body.collect().await.is_err());
    }

    #[tokio::test]
    async fn nothing_is_made_for_a_client_that_has_gone() {
        let (_directory, outflows) = outflows();
        let (mut outflow, body, watch) = outflows.begin().unwrap();
        for number in 0..100 {
            outflow.push(piece(number)).unwrap();
        }
        assert!(outflows.file_bytes.load(Ordering::Relaxed) > 0);
        drop(body);
        assert!(matches!(outflow.push(piece(0)), Err(PushError::Gone)));
        assert_eq!(outflows.file_bytes.load(Ordering::Relaxed), 0);
        watch.run().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_given_up() {
        let (_directory, outflows) = outflows();
        let (mut outflow, body, watch) = outflows.begin().unwrap();
        for number in 0..100 {
            outflow.push(piece(number)).unwrap();
        }
        outflow.finish();
        watch.run().await;
        assert_eq!(outflows.file_bytes.load(Ordering::Relaxed), 0);
        assert!(body.collect().await.is_err());
    }
}
