//! Moving pages from the log to their places, beside the thread that writes.
//!
//! That takes a tenth of a second for 32 MiB, for which no commit has to wait. Only the last few
//! pages are moved by the thread that writes: the log can begin anew only at a moment when nothing is
//! left in it.

use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rusqlite::Connection;

use crate::error::Error;

/// After how many pages of log they are moved: 32 MiB.
const BEGIN_PAGES: u32 = 4096;
/// How many pages are few enough for the thread that writes.
const REST_PAGES_MAX: u32 = 128;
/// How often the other thread tries to come down to that, before a log that grows faster has to wait.
const ROUNDS_MAX: u32 = 8;
/// With how many pages of log the thread that writes waits for the other: 128 MiB.
const WAIT_PAGES: u32 = 16_384;

/// Whose turn it is.
enum State {
    /// Nobody's: the log is short.
    Idle,
    /// The other thread's.
    Wanted,
    /// That of the thread that writes.
    Done(Result<(), Error>),
    /// Nobody's any more.
    Closed,
}

struct Shared {
    /// Changed by the thread whose turn it is, and to `Closed` by the one that writes.
    state: Mutex<State>,
    changed: Condvar,
    /// The length of the log after the last commit. Written to by the thread that writes.
    log_pages: AtomicU32,
}

/// The thread that moves pages, as the thread that writes has it.
pub(crate) struct Checkpoints {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// How long the log was when all of it had been moved. A shorter one has begun anew since.
    moved_pages: u32,
}

impl Checkpoints {
    /// Starts the thread with a connection of its own. The one that writes moves no pages by itself
    /// any more.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if there can be no thread.
    pub(crate) fn start(writing: &mut Connection, own: Connection) -> io::Result<Self> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State::Idle),
            changed: Condvar::new(),
            log_pages: AtomicU32::new(0),
        });
        let theirs = Arc::clone(&shared);
        let hook = move |_: &mut _, pages| {
            theirs.log_pages.store(u32::try_from(pages).unwrap_or_default(), Ordering::Relaxed);
            Ok(())
        };
        writing.wal_hook(Some(hook)).map_err(io::Error::other)?;
        let theirs = Arc::clone(&shared);
        let builder = thread::Builder::new().name("store-checkpoint".into());
        let thread = builder.spawn(move || theirs.until_closed(&own))?;
        Ok(Self { shared, thread: Some(thread), moved_pages: 0 })
    }

    /// Does what is due after a commit. An error means that the disk cannot be trusted.
    pub(crate) fn after_commit(&mut self, writing: &Connection) -> Result<(), Error> {
        let pages = self.shared.log_pages.load(Ordering::Relaxed);
        if pages < self.moved_pages {
            self.moved_pages = 0;
        }
        if pages < self.moved_pages + BEGIN_PAGES {
            return Ok(());
        }
        let mut state = self.shared.lock();
        if matches!(*state, State::Idle) {
            *state = State::Wanted;
            self.shared.changed.notify_all();
        }
        if pages >= self.moved_pages + WAIT_PAGES {
            state = self.shared.wait_while(state, |state| matches!(state, State::Wanted));
        }
        if matches!(*state, State::Wanted) {
            return Ok(());
        }
        let outcome = std::mem::replace(&mut *state, State::Idle);
        drop(state);
        if let State::Done(Err(error)) = outcome {
            return Err(error);
        }
        self.moved_pages = move_pages(writing)?;
        Ok(())
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        *self.shared.lock() = State::Closed;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of checkpoints panicked");
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Each change is one assignment, so a panic elsewhere does not spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_while<'a>(
        &self,
        state: MutexGuard<'a, State>,
        mut condition: impl FnMut(&State) -> bool,
    ) -> MutexGuard<'a, State> {
        let waited = self.changed.wait_while(state, |state| condition(state));
        waited.unwrap_or_else(PoisonError::into_inner)
    }

    fn until_closed(&self, own: &Connection) {
        loop {
            let idle = |state: &State| matches!(state, State::Idle | State::Done(_));
            if matches!(*self.wait_while(self.lock(), idle), State::Closed) {
                return;
            }
            let outcome = self.move_most(own);
            let mut state = self.lock();
            if matches!(*state, State::Closed) {
                return;
            }
            *state = State::Done(outcome);
            self.changed.notify_all();
        }
    }

    /// Moves pages until few are left.
    fn move_most(&self, own: &Connection) -> Result<(), Error> {
        for _ in 0..ROUNDS_MAX {
            let moved = move_pages(own)?;
            if self.log_pages.load(Ordering::Relaxed).saturating_sub(moved) <= REST_PAGES_MAX {
                break;
            }
        }
        Ok(())
    }
}

/// Moves what no reader needs in the log, and returns the log's length at that moment; 0 if somebody
/// else is at it.
fn move_pages(connection: &Connection) -> Result<u32, Error> {
    let mut statement = connection.prepare_cached("PRAGMA wal_checkpoint(PASSIVE)")?;
    let pages: i64 = statement.query_row((), |row| row.get(1))?;
    Ok(u32::try_from(pages).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn open(path: &Path) -> Connection {
        let connection = Connection::open(path).unwrap();
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).unwrap();
        connection.pragma_update(None, "synchronous", "OFF").unwrap();
        connection
    }

    /// Commits about so many pages, some at a time, and returns the longest and the last log.
    fn fill(writing: &Connection, checkpoints: &mut Checkpoints, pages: u32) -> (u32, u32) {
        let (mut longest, mut last) = (0, 0);
        for _ in 0..pages / 64 {
            writing.execute("INSERT INTO filling VALUES (zeroblob(64 * 4096))", ()).unwrap();
            checkpoints.after_commit(writing).unwrap();
            last = checkpoints.shared.log_pages.load(Ordering::Relaxed);
            longest = longest.max(last);
        }
        (longest, last)
    }

    #[test]
    fn the_log_begins_anew_unless_somebody_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.sqlite");
        let mut writing = open(&path);
        writing.execute("CREATE TABLE filling (bytes BLOB)", ()).unwrap();
        let mut checkpoints = Checkpoints::start(&mut writing, open(&path)).unwrap();

        let (longest, last) = fill(&writing, &mut checkpoints, 2 * WAIT_PAGES);
        assert!(longest <= WAIT_PAGES + 100, "{longest}");
        assert!(last < longest, "{last} of {longest}");

        // A snapshot keeps all that is written after it in the log; writing goes on.
        let reading = open(&path);
        reading.execute_batch("BEGIN").unwrap();
        let count = |connection: &Connection| {
            connection.query_row("SELECT count(*) FROM filling", (), |row| row.get(0)).unwrap()
        };
        let before: u32 = count(&reading);
        let (longest, _) = fill(&writing, &mut checkpoints, 2 * WAIT_PAGES);
        assert!(longest > WAIT_PAGES + 100, "{longest}");
        assert_eq!(count(&reading), before);

        reading.execute_batch("COMMIT").unwrap();
        let (_, last) = fill(&writing, &mut checkpoints, 2 * WAIT_PAGES);
        assert!(last <= WAIT_PAGES + 100, "{last}");
    }
}
