//! Opening, reading, writing, closing.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use syntax::Did;
use thiserror::Error;
use tokio::sync::{oneshot, watch};

use crate::account::Account;
use crate::answers::Answers;
use crate::blobs::Blobs;
use crate::checkpoint::Checkpoints;
use crate::clock::Clock;
use crate::error::Error;
use crate::event::{Sequence, StoredEvent};
use crate::fault::Faults;
use crate::known::Known;
use crate::readers::{Reader, Readers};
use crate::recent::Recent;
use crate::repo::abandon_imports;
use crate::schema::{self, SchemaError};
use crate::tx::Tx;
use crate::writer::{Followers, Run, Topic, Writer};

/// The name of the database in the data directory.
pub(crate) const DATABASE: &str = "pagurus.sqlite";
/// The name of the file that says that a program uses the directory.
const LOCK: &str = "pagurus.lock";
/// The size of the database's pages: twice the export speed of the usual 4 KiB, at no cost to writes.
const PAGE_BYTES: i64 = 8192;
/// Memory for pages of the connection that writes, in KiB.
const CACHE_KIB: i64 = 16_384;
/// How far the newest sequence number may be ahead of the clock.
const SEQ_AHEAD_MAX: Duration = Duration::from_secs(60);

/// Where a store is and how it works.
#[derive(Debug, Clone)]
pub struct Options {
    /// The data directory. It is made if it is not there.
    pub directory: PathBuf,
    /// What time it is.
    pub clock: Clock,
    /// Whether to go on with sequence numbers that are ahead of the clock.
    pub accept_future_seq: bool,
    /// How many bytes of new events are kept in memory.
    pub recent_bytes_max: usize,
    /// What fails in tests.
    pub faults: Faults,
}

/// Says why a store cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The directory or a file in it cannot be used.
    #[error("{path}")]
    Io {
        /// The directory or file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// Another program uses the directory.
    #[error("{0} is in use by another program")]
    InUse(PathBuf),
    /// The tables cannot be used.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The database cannot be used.
    #[error("database cannot be opened")]
    Database(#[from] rusqlite::Error),
    /// The newest event has a number that the clock has not reached.
    #[error(
        "the newest event was made {ahead_s} seconds from now: set the clock, or accept the \
         sequence numbers as they are"
    )]
    FutureSeq {
        /// How far it is ahead, in seconds.
        ahead_s: u64,
    },
}

/// The database and the blobs of a server. Clones are the same store.
#[derive(Clone)]
pub struct Store(Arc<Inner>);

struct Inner {
    writer: Writer,
    readers: Readers,
    blobs: Blobs,
    clock: Clock,
    recent: Arc<RwLock<Recent>>,
    grown: watch::Receiver<u64>,
    known: Arc<Known>,
    answers: Arc<Answers>,
    directory: PathBuf,
    /// Held as long as the store is open.
    _lock: File,
}

impl Store {
    /// Opens a store, or makes an empty one.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if the directory is in use or not usable, or the database is of a newer
    /// version, of another program, or ahead of its time.
    pub fn open(options: Options) -> Result<Self, OpenError> {
        let Options { directory, clock, accept_future_seq, recent_bytes_max, faults } = options;
        std::fs::create_dir_all(&directory).map_err(at(&directory))?;
        let lock = take_lock(&directory)?;
        let path = directory.join(DATABASE);
        let mut connection = open_writer(&path)?;
        schema::migrate(&mut connection, &path)?;
        abandon_imports(&connection)?;
        // So that the file is still there if the power goes now.
        File::open(&directory).and_then(|folder| folder.sync_all()).map_err(at(&directory))?;

        let last_seq: Option<i64> =
            connection.query_row("SELECT max(seq) FROM event", (), |row| row.get(0))?;
        let last_seq = last_seq.and_then(|seq| u64::try_from(seq).ok()).unwrap_or_default();
        let ahead = Duration::from_micros(last_seq.saturating_sub(clock.now_us()));
        if ahead > SEQ_AHEAD_MAX && !accept_future_seq {
            return Err(OpenError::FutureSeq { ahead_s: ahead.as_secs() });
        }
        let (sender, grown) = watch::channel(last_seq);
        let sequence = Sequence::new(last_seq);
        let recent = Arc::new(RwLock::new(Recent::new(last_seq, recent_bytes_max)));
        let known = Arc::new(Known::new());
        let answers = Arc::new(Answers::default());
        let followers = Followers {
            recent: Arc::clone(&recent),
            grown: sender,
            known: Arc::clone(&known),
            answers: Arc::clone(&answers),
        };
        let checkpoints =
            Checkpoints::start(&mut connection, open_writer(&path)?).map_err(at(&directory))?;
        let run = Run::new(connection, checkpoints, sequence, clock.clone(), faults, followers);
        let writer = Writer::start(run).map_err(at(&directory))?;
        let readers = Readers::new(&path, clock.clone());
        let blobs = Blobs::open(&directory).map_err(at(&directory))?;
        let inner = Inner {
            writer,
            readers,
            blobs,
            clock,
            recent,
            grown,
            known,
            answers,
            directory,
            _lock: lock,
        };
        Ok(Self(Arc::new(inner)))
    }

    /// Returns what brings outcomes to those who wait for them, as a task of the runtime: it costs less
    /// than to have the thread that writes wake each of them. Without it, and once it is dropped, that
    /// thread does.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if there can be no socket.
    ///
    /// # Panics
    ///
    /// Panics outside of a runtime.
    pub fn carry_answers(&self) -> io::Result<impl Future<Output = ()> + Send + 'static> {
        self.0.answers.carry()
    }

    /// Runs a transaction and returns its outcome when it is durable.
    ///
    /// It is run and stays done even if the caller does not wait for it. An error of the body undoes
    /// what it did.
    ///
    /// # Errors
    ///
    /// What the body returned; [`enum@Error`] if the transaction could not be made durable.
    pub async fn write<T, E>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.submit(0, body)?.await
    }

    /// Queues one of many transactions that nobody waits for alone, and returns what awaits its
    /// outcome. They run in the order in which they were queued, and make way while others write.
    ///
    /// # Errors
    ///
    /// As [`Store::write`].
    pub fn write_in_background<T, E>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> impl Future<Output = Result<T, E>> + Send + 'static
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let queued = self.0.writer.submit(0, true, body);
        async move { answer(queued?).await }
    }

    /// Queues a transaction at once and returns what awaits its outcome.
    pub(crate) fn submit<T, E>(
        &self,
        topic: Topic,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<impl Future<Output = Result<T, E>> + Send + 'static, Error>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        Ok(answer(self.0.writer.submit(topic, false, body)?))
    }

    /// Runs a body on a snapshot, where it is called. It should be short.
    ///
    /// # Errors
    ///
    /// What the body returned; [`enum@Error`] if no connection could be had.
    pub async fn read<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.readers.reader().await?.snapshot(body)
    }

    /// Returns the account with a DID as it is now, from memory if it was read before.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub async fn account(&self, did: &Did) -> Result<Option<Arc<Account>>, Error> {
        let moment = match self.0.known.account(did) {
            Ok(account) => return Ok(Some(account)),
            Err(moment) => moment,
        };
        let Some(account) = self.read(|tx| tx.account(did)).await? else { return Ok(None) };
        let account = Arc::new(account);
        self.0.known.remember(&account, moment);
        Ok(Some(account))
    }

    /// Runs a body on a snapshot without waiting for a connection, for threads that compute.
    ///
    /// # Errors
    ///
    /// What the body returned; [`enum@Error`] if no connection could be had.
    pub fn read_now<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.reader_now()?.snapshot(body)
    }

    /// Takes a connection at once.
    pub(crate) fn reader_now(&self) -> Result<Reader<'_>, Error> {
        self.0.readers.reader_now()
    }

    /// Runs a body on a snapshot, on a thread where it may take its time.
    ///
    /// # Errors
    ///
    /// What the body returned; [`enum@Error`] if no connection could be had.
    ///
    /// # Panics
    ///
    /// Panics if the body did.
    pub async fn read_long<T, E>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let store = self.clone();
        let handle = tokio::runtime::Handle::current();
        let task = tokio::task::spawn_blocking(move || {
            let mut reader = handle.block_on(store.0.readers.reader())?;
            reader.snapshot(body)
        });
        task.await.expect("the body does not panic, and nobody aborts the task")
    }

    /// Returns what says the number of the newest durable event, and wakes when there are more.
    pub fn grown(&self) -> watch::Receiver<u64> {
        self.0.grown.clone()
    }

    /// Returns events after a number in their order, up to so many and about so many bytes, from
    /// memory; `None` if some of them are not there any more.
    pub fn recent_events(
        &self,
        seq: u64,
        count_max: usize,
        bytes_max: usize,
    ) -> Option<Vec<StoredEvent>> {
        let recent = self.0.recent.read().unwrap_or_else(PoisonError::into_inner);
        recent.after(seq, count_max, bytes_max)
    }

    /// Returns where the bytes of blobs are.
    pub fn blobs(&self) -> &Blobs {
        &self.0.blobs
    }

    /// Returns the store's clock.
    pub fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// Returns the data directory.
    pub fn directory(&self) -> &Path {
        &self.0.directory
    }

    /// Makes an empty file on the disk of the data directory, which is gone when it is closed.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if the file cannot be made.
    pub fn scratch_file(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.0.directory)
    }

    /// Tells whether writing has stopped after a failure of the disk.
    pub fn has_stopped(&self) -> bool {
        self.0.writer.has_stopped()
    }

    /// Returns how many transactions wait to be written.
    pub fn waiting_writes(&self) -> usize {
        self.0.writer.waiting()
    }

    /// Finishes what waits to be written; after that nothing more is.
    ///
    /// # Panics
    ///
    /// Panics if called where blocking is not allowed.
    pub async fn close(&self) {
        let store = self.clone();
        let closed = tokio::task::spawn_blocking(move || store.0.writer.close()).await;
        if closed.is_err() {
            tracing::error!("closing the store panicked");
        }
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.to_owned();
    move |source| OpenError::Io { path, source }
}

fn take_lock(directory: &Path) -> Result<File, OpenError> {
    let path = directory.join(LOCK);
    let file =
        File::options().write(true).create(true).truncate(false).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(OpenError::InUse(directory.to_owned())),
        Err(TryLockError::Error(source)) => Err(OpenError::Io { path, source }),
    }
}

fn open_writer(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    // Counts only as long as there are no tables.
    connection.pragma_update(None, "page_size", PAGE_BYTES)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "secure_delete", "FAST")?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(256);
    Ok(connection)
}

/// Awaits the outcome of a transaction.
async fn answer<T, E: From<Error>>(receiver: oneshot::Receiver<Result<T, E>>) -> Result<T, E> {
    // Without an answer, the thread dropped it: writing has stopped.
    receiver.await.unwrap_or_else(|_| Err(Error::Stopped.into()))
}
