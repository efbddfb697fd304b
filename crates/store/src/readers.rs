//! Connections that read.
//!
//! A read runs where it is asked for, on a connection of its own with a snapshot of its own: most
//! take some microseconds, and handing them to another thread would cost more than they do.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Clock;
use crate::error::Error;
use crate::tx::Tx;

/// How many reads may go on at once.
const CONNECTIONS: usize = 8;
/// Memory for pages, for each connection, in KiB.
const CACHE_KIB: i32 = 2048;

/// The connections that read.
pub(crate) struct Readers {
    path: PathBuf,
    clock: Clock,
    /// Those that nobody uses now. A permit is taken first, so that there are never more than the
    /// permits; they are opened as they are needed.
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
}

/// A connection in use, which goes back when it is dropped.
pub(crate) struct Reader<'a> {
    readers: &'a Readers,
    connection: Option<Connection>,
    /// `None` for one beyond the pool.
    permit: Option<OwnedSemaphorePermit>,
}

impl Readers {
    pub(crate) fn new(path: &Path, clock: Clock) -> Self {
        let (path, permits) = (path.to_owned(), Arc::new(Semaphore::new(CONNECTIONS)));
        Self { path, clock, idle: Mutex::default(), permits }
    }

    /// Waits for a connection.
    pub(crate) async fn reader(&self) -> Result<Reader<'_>, Error> {
        let permit = Arc::clone(&self.permits).acquire_owned().await;
        // Nobody closes the semaphore; if somebody did, nothing could be read any more.
        self.with_permit(permit.map_err(|_| Error::Stopped)?)
    }

    /// Opens a connection beyond the pool's, which is closed afterwards.
    ///
    /// For where waiting is not possible: the tree is read on threads that compute.
    pub(crate) fn reader_now(&self) -> Result<Reader<'_>, Error> {
        match Arc::clone(&self.permits).try_acquire_owned() {
            Ok(permit) => self.with_permit(permit),
            Err(_) => {
                Ok(Reader { readers: self, connection: Some(open(&self.path)?), permit: None })
            }
        }
    }

    fn with_permit(&self, permit: OwnedSemaphorePermit) -> Result<Reader<'_>, Error> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => open(&self.path)?,
        };
        Ok(Reader { readers: self, connection: Some(connection), permit: Some(permit) })
    }
}

impl Reader<'_> {
    /// Returns the connection, for reading without a snapshot.
    pub(crate) fn connection(&self) -> &Connection {
        self.connection.as_ref().expect("it goes back only when dropped")
    }

    /// Runs a body in a snapshot: what it reads is of one moment.
    pub(crate) fn snapshot<T, E: From<Error>>(
        &mut self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let connection = self.connection();
        begin(connection)?;
        let _end = End(connection);
        let now_us = self.readers.clock.now_us();
        let mut tx =
            Tx { connection, sequence: None, faults: None, now_us, has_changed_accounts: false };
        body(&mut tx)
    }
}

fn begin(connection: &Connection) -> Result<(), Error> {
    Ok(connection.prepare_cached("BEGIN")?.raw_execute().map(|_| ())?)
}

/// Ends a snapshot, also where its body panics.
struct End<'a>(&'a Connection);

impl Drop for End<'_> {
    fn drop(&mut self) {
        let ended = self.0.prepare_cached("COMMIT").and_then(|mut end| end.raw_execute());
        if let Err(error) = ended {
            tracing::warn!(%error, "a snapshot did not end well");
        }
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        // One that is still in a transaction is closed instead.
        let connection = self.connection.take().filter(Connection::is_autocommit);
        if let (Some(connection), Some(_)) = (connection, &self.permit) {
            self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}

fn open(path: &Path) -> Result<Connection, Error> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(std::time::Duration::from_secs(5))?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.pragma_update(None, "query_only", true)?;
    // Else a statement is prepared anew whenever it gets other values, to plan by them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(128);
    Ok(connection)
}
