//! Replacing the repository of a deactivated account with one that comes from elsewhere.
//!
//! The repository is received whole and checked before anything is changed: whose it is, who signed
//! it, and, from the commit down to each record, that it is the tree that its commit names. What it
//! lacks is taken from the repository that the account has, so that an archive of what is newer than
//! a revision will do. Records are kept as they came to the byte, those that cannot be read, too.

mod addition;
mod load;
mod signer;

use std::collections::VecDeque;
use std::fs::File;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use crypto::{PublicKey, SigningKeyError};
use http::StatusCode;
use repo::archive::{AnyCommit, Archive, ArchiveError, ArchiveReader};
use repo::car::Spool;
use repo::commit::Commit;
use repo::mst::Key;
use store::repo::{Head, ImportHead, RepoId, SwitchError};
use store::{Status, Store};
use syntax::{Cid, Did, Tid};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use crate::account::IdentityError;
use crate::failure::{Fault, Refusal, quota};
pub(crate) use crate::import::addition::addition;
use crate::import::load::{Load, Tally};
use crate::pds::Pds;
use crate::write;

/// How much of a repository stays in memory until it is checked; more goes to a file.
const MEMORY_BYTES_MAX: usize = 8 << 20;
/// How many pieces of a body wait to be put aside.
const PIECES_WAITING_MAX: usize = 4;
/// How many pieces of rows are on their way to the database.
const PIECES_ON_THE_WAY_MAX: usize = 16;
/// How far a revision may be ahead of the clock: others refuse what is further, in microseconds.
const AHEAD_US_MAX: u64 = 5 * 60 * 1_000_000;

/// Makes the file for what does not stay in memory.
pub(crate) type OpenFile = Box<dyn FnMut() -> io::Result<File> + Send>;
/// A repository that has been received.
pub(crate) type Received = Archive<File, OpenFile>;

/// A piece of rows that is on its way to the database.
type PieceWrite = Pin<Box<dyn Future<Output = Result<(), store::Error>> + Send>>;

/// Receives a repository in pieces.
pub(crate) struct Receiver {
    pieces: mpsc::Sender<Bytes>,
    outcome: tokio::task::JoinHandle<Result<Received, ArchiveError>>,
}

/// How far an import is. Clones are the same import's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

/// What was imported.
#[derive(Debug)]
pub(crate) struct Imported {
    /// The commit that the account is at now.
    pub(crate) commit: Cid,
    /// Its revision.
    pub(crate) rev: Tid,
    /// How many records there are, and how many bytes they have.
    pub(crate) records: u64,
    /// How many records cannot be read.
    pub(crate) unreadable: u64,
    /// Some of them.
    pub(crate) examples: Vec<Key>,
    /// Whether all records were looked at: not if they are those that were here, or were only added.
    pub(crate) is_walked: bool,
}

/// Says why a repository was not imported. Nothing has changed.
#[derive(Debug, Error)]
pub(crate) enum ImportError {
    /// What was received is not a whole repository, not even with what is here.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// It is somebody else's.
    #[error("repository is that of {found}, not of {expected}")]
    OtherDid {
        /// Whose it is.
        found: Did,
        /// Whose it should be.
        expected: Did,
    },
    /// No key that the account has or had signed it.
    #[error("commit is not signed by a key that {0} has or had")]
    Signature(Did),
    /// It is not known which keys the account has and had.
    #[error("keys of the account cannot be found")]
    Signer(#[from] IdentityError),
    /// The host has closed the account.
    #[error("account has been taken down or suspended")]
    Closed,
    /// The account is active, and has another record at a path.
    #[error(
        "account is active and has another record {0}: deactivate it to replace its repository"
    )]
    Conflict(Key),
    /// The account is active, and has records that the repository does not have.
    #[error(
        "account is active and has {0} records that are not in the repository: deactivate it to \
         replace its repository"
    )]
    Deletes(u64),
    /// The account is active, and more would be added than ordinary commits are for.
    #[error("account is active: deactivate it to import so much")]
    TooManyAdditions,
    /// The account is active, and a record is not one that could be written.
    #[error("account is active, and record {0} cannot be written: deactivate it to import all")]
    NotWritable(Key),
    /// It has more records than an account may have here.
    #[error("repository has {found} records; accounts may have {max} here")]
    TooManyRecords {
        /// How many it has.
        found: u64,
        /// How many it may have.
        max: u64,
    },
    /// Something else changed the account meanwhile.
    #[error(transparent)]
    Changed(#[from] SwitchError),
    /// The repository could not be had for itself.
    #[error(transparent)]
    Write(#[from] write::Error),
    /// The account's key cannot be used.
    #[error("signing key cannot be used")]
    Key(#[from] SigningKeyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

/// Makes a reader of a repository, whose file is on the disk of the data directory.
pub(crate) fn reader(store: &Store) -> ArchiveReader<File, OpenFile> {
    let store = store.clone();
    let open: OpenFile = Box::new(move || store.scratch_file());
    ArchiveReader::new(Spool::new(MEMORY_BYTES_MAX, open))
}

impl Receiver {
    /// Begins to receive a repository.
    pub(crate) fn new(store: &Store) -> Self {
        let (pieces, mut incoming) = mpsc::channel::<Bytes>(PIECES_WAITING_MAX);
        let store = store.clone();
        // Hashing and writing to a file take their time.
        let outcome = spawn_blocking(move || {
            let mut reader = reader(&store);
            while let Some(piece) = incoming.blocking_recv() {
                reader.push(&piece)?;
            }
            reader.finish()
        });
        Self { pieces, outcome }
    }

    /// Adds the next bytes, and tells whether more are wanted. If not, [`Receiver::finish`] says why.
    pub(crate) async fn push(&self, piece: Bytes) -> bool {
        self.pieces.send(piece).await.is_ok()
    }

    /// Ends the repository.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if it is not a CAR file of one.
    pub(crate) async fn finish(self) -> Result<Received, ArchiveError> {
        drop(self.pieces);
        self.outcome.await.expect("reading an archive does not panic, and nobody aborts the task")
    }
}

impl Progress {
    /// Returns how many records are written.
    pub(crate) fn records(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Imported {
    /// Logs what was imported.
    pub(crate) fn tell(&self, did: &Did) {
        let Self { commit, rev, records, unreadable, examples, .. } = self;
        tracing::info!(%did, %commit, %rev, records, "a repository was imported");
        if *unreadable > 0 {
            let examples: Vec<&str> = examples.iter().map(Key::as_str).collect();
            tracing::warn!(%did, unreadable, ?examples, "records were imported that cannot be read");
        }
    }
}

/// Gives a deactivated account the repository that was received for it; to that of an active one,
/// what it lacks is added. Of `former` it is known that they were the account's keys, which the
/// identities do not say that keep no history.
///
/// # Errors
///
/// [`ImportError`] if it is not a repository of the account's, or would take records from an active
/// one.
pub(crate) async fn import(
    pds: &Pds,
    did: &Did,
    archive: Received,
    former: &[PublicKey],
    progress: &Progress,
) -> Result<Imported, ImportError> {
    let commit = archive.commit().clone();
    check(pds, did, &commit, former).await?;
    let lease = pds.writers.lease(did).await?;
    let open = pds.writers.open(did).await?;
    let (account, old) = pds
        .store
        .read(|tx| {
            let account = tx.account(did)?.ok_or(store::Error::Missing)?;
            let old = tx.head(account.id)?.ok_or(store::Error::Missing)?;
            Ok::<_, store::Error>((account, old))
        })
        .await?;
    match account.state.status() {
        Status::Deactivated => {}
        Status::Active => return addition::add(pds, did, archive, old, lease).await,
        Status::TakenDown | Status::Suspended => return Err(ImportError::Closed),
    }
    let new = head(pds, &archive, &old, |rev| open.sign(*archive.commit().data(), rev));
    let is_walked = new.data != old.data;
    let tally = if new.data == old.data {
        let unchanged = Tally { records: old.records, ..Tally::default() };
        if new.commit != old.commit {
            let (old, new) = (old, new.clone());
            pds.store.write(move |tx| tx.switch_commit(&old, &new)).await?;
        }
        unchanged
    } else {
        replace(pds, archive, old, new.clone(), progress).await?
    };
    let Tally { records, unreadable, examples, .. } = tally;
    Ok(Imported { commit: new.commit, rev: new.rev, records, unreadable, examples, is_walked })
}

/// Refuses the commit of a repository that is another account's, or that none of the account's keys has signed.
///
/// # Errors
///
/// [`ImportError`] if it is one.
pub(crate) async fn check(
    pds: &Pds,
    did: &Did,
    commit: &AnyCommit,
    former: &[PublicKey],
) -> Result<(), ImportError> {
    if commit.did() != did {
        let found = commit.did().clone();
        return Err(ImportError::OtherDid { found, expected: did.clone() });
    }
    signer::check(pds, did, commit, former).await
}

/// Returns the commit that an account will be at: the one that was received, or one of the same tree
/// that is signed here.
fn head(pds: &Pds, archive: &Received, old: &Head, sign: impl FnOnce(Tid) -> Commit) -> ImportHead {
    let data = *archive.commit().data();
    if let AnyCommit::V3(commit) = archive.commit() {
        let block = commit.encode();
        // One that comes before what followers have seen from here, or that they would take for one
        // from the future, is nothing to go on from.
        let is_next = commit.rev > old.rev || *archive.root() == old.commit;
        let is_past = commit.rev.timestamp_us() <= pds.clock.now_us() + AHEAD_US_MAX;
        if is_next && is_past && archive.root().is_of(&block) {
            return ImportHead { rev: commit.rev, commit: *archive.root(), block, data };
        }
    }
    let rev = pds.clock.tid_after(old.rev);
    let block = sign(rev).encode();
    ImportHead { rev, commit: Cid::of_cbor(&block), block, data }
}

/// Fills a repository beside the old one, and lets it take its place.
async fn replace(
    pds: &Pds,
    archive: Received,
    old: Head,
    new: ImportHead,
    progress: &Progress,
) -> Result<Tally, ImportError> {
    let (account, head) = (old.account, new.clone());
    let max = pds.config.limits.account_records;
    let repo = pds.store.write(move |tx| tx.begin_import(account, &head)).await?;
    let outcome = fill(pds, archive, old.repo, repo, new.rev, progress).await;
    let outcome = match outcome {
        Ok(Tally { records: found, .. }) if max.is_some_and(|max| found > max) => {
            Err(ImportError::TooManyRecords { found, max: max.unwrap_or_default() })
        }
        Ok(tally) => {
            let (layer, records, bytes) = (tally.layer, tally.records, tally.bytes);
            let switch =
                pds.store.write(move |tx| tx.switch_repo(&old, repo, layer, records, bytes));
            switch.await.map(|()| tally).map_err(ImportError::from)
        }
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        // If that fails as well, the next start clears it away.
        if let Err(error) = pds.store.write(move |tx| tx.abandon_import(repo)).await {
            tracing::error!(%error, "what was imported in vain stays until the next start");
        }
    }
    outcome
}

/// Writes the rows of a repository, while those that come next are read and checked.
async fn fill(
    pds: &Pds,
    mut archive: Received,
    old: RepoId,
    repo: RepoId,
    rev: Tid,
    progress: &Progress,
) -> Result<Tally, ImportError> {
    progress.0.store(0, Ordering::Relaxed);
    let (mut load, mut pieces) = Load::new();
    let store = pds.store.clone();
    let walk = spawn_blocking(move || {
        let mut former = store.former_repo(old)?;
        archive.walk_over(&mut former, |part| load.add(&part))?;
        load.finish()
    });
    let mut written = Ok(());
    let mut on_the_way = VecDeque::new();
    let settle = async |(records, write): (u64, PieceWrite)| {
        write.await?;
        progress.0.fetch_add(records, Ordering::Relaxed);
        Ok::<_, ImportError>(())
    };
    while written.is_ok()
        && let Some(piece) = pieces.recv().await
    {
        let records = u64::try_from(piece.records.len()).unwrap_or_default();
        let write: PieceWrite = Box::pin(pds.store.write_in_background(move |tx| {
            tx.import_rows(repo, rev, &piece.nodes, &piece.records)
        }));
        on_the_way.push_back((records, write));
        if on_the_way.len() >= PIECES_ON_THE_WAY_MAX
            && let Some(first) = on_the_way.pop_front()
        {
            written = settle(first).await;
        }
    }
    pieces.close();
    // Those that are queued are written in any case, so nothing else happens to the rows before.
    for piece in on_the_way {
        written = written.and(settle(piece).await);
    }
    let walked = walk.await.expect("walking an archive does not panic, and nobody aborts the task");
    written?;
    walked
}

impl From<ImportError> for Fault {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Archive(ArchiveError::Spool(error)) => Self::Internal(error.into()),
            ImportError::Archive(ArchiveError::Base(error)) => Self::Internal(error.into()),
            ImportError::Archive(_)
            | ImportError::OtherDid { .. }
            | ImportError::Signature(_)
            | ImportError::Closed
            | ImportError::Conflict(_)
            | ImportError::Deletes(_)
            | ImportError::TooManyAdditions
            | ImportError::NotWritable(_)
            | ImportError::Write(
                write::Error::Blob { .. }
                | write::Error::Exists(_)
                | write::Error::TooLarge
                | write::Error::TooMany
                | write::Error::Inactive,
            )
            | ImportError::Changed(SwitchError::Changed) => {
                Refusal::invalid_request(error.to_string()).into()
            }
            ImportError::TooManyRecords { .. }
            | ImportError::Write(write::Error::TooManyRecords { .. }) => {
                quota(error.to_string()).into()
            }
            ImportError::Signer(_) => {
                Refusal::of_status(StatusCode::BAD_GATEWAY, error.to_string()).into()
            }
            ImportError::Changed(SwitchError::Store(error)) | ImportError::Store(error) => {
                error.into()
            }
            ImportError::Write(write::Error::Store(error)) => error.into(),
            ImportError::Write(error) => Self::Internal(error.into()),
            ImportError::Key(error) => Self::Internal(error.into()),
        }
    }
}
