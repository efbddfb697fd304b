//! The one way to change a repository.
//!
//! Whatever creates, replaces or deletes a record passes through [`Writers::apply`]. Writes that
//! wait for the same repository are made in order, as many in one commit as can be; the next commit
//! is prepared while the one before is being made durable; each write is answered when the commit
//! that holds it is on disk. Nothing in here decides whether a write is allowed or well formed: that
//! has been done by then.
//!
//! What needs a repository for itself (activation, a new key, deletion) takes a [`Lease`].

mod batch;
mod first;
mod head;
mod queue;
mod run;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use bytes::Bytes;
use crypto::SigningKeyError;
use repo::mst::Key;
use store::Store;
use store::repo::{BlobFault, BlobUse};
use syntax::{Cid, Did, Nsid, Tid};
use thiserror::Error;
use tokio::sync::oneshot;

use crate::clock::Clock;
use crate::config::Limits;
use crate::keys::Keys;
use crate::lexicons::SCHEMA_COLLECTION;
use crate::tasks::Tasks;
pub(crate) use crate::write::first::{
    account_frame, deletion_frame, first_commit, identity_frame, sync_frame,
};
pub(crate) use crate::write::head::OpenRepo;
pub(crate) use crate::write::queue::Lease;
use crate::write::queue::{Queues, Request, Wish};

/// What to do to one record.
#[derive(Debug, Clone)]
pub(crate) struct Op {
    /// Where the record is.
    pub(crate) path: Key,
    /// What to do.
    pub(crate) change: Change,
}

/// What to do to a record.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Adds a record where there is none. With `only`, other records of the collection that are
    /// about the same subject go.
    Create {
        /// The record.
        record: Content,
        /// Whether it should be the only one about its subject.
        only: bool,
    },
    /// Adds or replaces a record.
    Put {
        /// The record.
        record: Content,
        /// What has to be there.
        swap: Swap,
    },
    /// Replaces a record that has to be there.
    Update {
        /// The record.
        record: Content,
    },
    /// Deletes a record, if there is one.
    Delete {
        /// What has to be there.
        swap: Swap,
    },
    /// Deletes a record that has to be there.
    Remove,
}

/// What a caller expects to be at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Swap {
    /// Whatever there is.
    Any,
    /// No record, or the one with this CID.
    Was(Option<Cid>),
}

/// A record that may be written.
#[derive(Debug, Clone)]
pub(crate) struct Content {
    /// The CID of its block.
    pub(crate) cid: Cid,
    /// Its block.
    pub(crate) block: Bytes,
    /// The blobs that it refers to.
    pub(crate) blobs: Vec<BlobUse>,
    /// A hash of its collection and of what it is about, if that counts.
    pub(crate) subject: Option<i64>,
}

/// What came of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Applied {
    /// The commit that holds it; `None` if there was nothing to change.
    pub(crate) commit: Option<CommitMeta>,
}

/// A commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CommitMeta {
    /// Its CID.
    pub(crate) cid: Cid,
    /// Its revision.
    pub(crate) rev: Tid,
}

/// Says why a write was not made. Nothing of it was.
#[derive(Debug, Clone, Error)]
pub(crate) enum Error {
    /// The repository is at another commit than the caller expected.
    #[error("Commit was at {0}")]
    SwapCommit(Cid),
    /// There is another record, or none, where the caller expected one.
    #[error("Record was at {}", .0.map_or_else(|| "null".to_owned(), |cid| cid.to_string()))]
    SwapRecord(Option<Cid>),
    /// There is a record where one should be added.
    #[error("Record already exists: {0}")]
    Exists(Key),
    /// There is no record where one should be replaced or deleted.
    #[error("Could not locate record: {0}")]
    Absent(Key),
    /// There are more operations than a commit may have.
    #[error("Too many writes. Max: {}", repo::draft::OPS_MAX)]
    TooMany,
    /// The operations take more bytes than a commit may have.
    #[error("Too many writes. Max event size: 2MB")]
    TooLarge,
    /// The account would have more records than it may.
    #[error("The account has as many records as it may have: {max}")]
    TooManyRecords {
        /// How many it may have.
        max: u64,
    },
    /// A record refers to a blob that is not as it says.
    #[error("blob {cid} {fault}")]
    Blob {
        /// The blob.
        cid: Cid,
        /// What is wrong.
        fault: BlobFault,
    },
    /// The account may not write now.
    #[error("account is not active")]
    Inactive,
    /// There is no such account, or it has no repository.
    #[error("account has no repository")]
    Missing,
    /// Others keep changing the repository.
    #[error("repository is being changed elsewhere")]
    Contended,
    /// The store failed.
    #[error("store failed")]
    Store(#[source] store::Error),
    /// The account's key cannot be used.
    #[error("signing key cannot be used")]
    Key(#[source] Arc<SigningKeyError>),
    /// The tree could not be read, or the commit does not undo to the one before.
    #[error("commit could not be made")]
    Draft(#[source] Arc<repo::draft::DraftError>),
}

/// Everybody's way to the repositories. Clones are the same.
#[derive(Clone)]
pub(crate) struct Writers(Arc<Shared>);

/// What all repositories' writers use.
pub(crate) struct Shared {
    pub(crate) store: Store,
    pub(crate) keys: Arc<Keys>,
    pub(crate) clock: Clock,
    tasks: Tasks,
    queues: Queues,
    /// How many records each account may have.
    records_max: Option<u64>,
    /// Is told which schemas were published here, changed or taken back.
    on_schema: OnSchema,
}

impl Writers {
    /// Makes writers, which keep trees between writes.
    pub(crate) fn new(
        store: Store,
        keys: Arc<Keys>,
        clock: Clock,
        tasks: Tasks,
        limits: &Limits,
        on_schema: impl Fn(&Did, &Nsid) + Send + Sync + 'static,
    ) -> Self {
        let queues = Queues::new(limits.tree_cache_bytes);
        let records_max = limits.account_records;
        let on_schema = Box::new(on_schema);
        Self(Arc::new(Shared { store, keys, clock, tasks, queues, records_max, on_schema }))
    }

    /// Makes some changes to a repository, all or none, and returns when they are durable.
    ///
    /// They are made even if the caller stops waiting.
    pub(crate) async fn apply(
        &self,
        did: &Did,
        ops: Vec<Op>,
        swap_commit: Option<Cid>,
    ) -> Result<Applied, Error> {
        if ops.len() > repo::draft::OPS_MAX {
            return Err(Error::TooMany);
        }
        let schemas: Vec<Nsid> = ops.iter().filter_map(|op| schema_at(&op.path)).collect();
        let (answer, outcome) = oneshot::channel();
        self.ask(did, Wish::Write(Request::new(ops, swap_commit, answer)));
        let outcome = match schemas.is_empty() {
            true => outcome,
            false => self.tell_of_schemas(did, schemas, outcome),
        };
        // The task that writes answers everybody, unless the program ends.
        outcome.await.unwrap_or(Err(Error::Store(store::Error::Stopped)))
    }

    /// Sees to it that what was remembered of schemas is forgotten when a write of them is durable, and
    /// before the caller is told of it, even if the caller stops waiting.
    fn tell_of_schemas(&self, did: &Did, schemas: Vec<Nsid>, outcome: Answered) -> Answered {
        let (answer, told) = oneshot::channel();
        let (shared, did) = (Arc::clone(&self.0), did.clone());
        self.0.tasks.spawn(async move {
            let Ok(outcome) = outcome.await else { return };
            if outcome.is_ok() {
                schemas.iter().for_each(|nsid| (shared.on_schema)(&did, nsid));
            }
            // The caller may have left.
            let _ = answer.send(outcome);
        });
        told
    }

    /// Waits until nothing is written to a repository any more, and until the lease is dropped
    /// nothing will be. What is remembered of it is forgotten.
    pub(crate) async fn lease(&self, did: &Did) -> Result<Lease, Error> {
        let (answer, lease) = oneshot::channel();
        self.ask(did, Wish::Lease(answer));
        lease.await.map_err(|_| Error::Store(store::Error::Stopped))
    }

    /// Reads an account's repository from the store, to sign for it. Whoever does so has a lease.
    pub(crate) async fn open(&self, did: &Did) -> Result<OpenRepo, Error> {
        OpenRepo::load(&self.0, did).await
    }

    fn ask(&self, did: &Did, wish: Wish) {
        let queue = self.0.queues.queue(did);
        if let Some(start) = self.0.queues.push(&queue, wish) {
            let shared = Arc::clone(&self.0);
            self.0.tasks.spawn(run::until_idle(shared, queue, start));
        }
    }
}

/// Is told whose schema it is, and its name.
type OnSchema = Box<dyn Fn(&Did, &Nsid) + Send + Sync>;
/// What a write comes to, once that is known.
type Answered = oneshot::Receiver<Result<Applied, Error>>;

/// Returns the name of the schema that is published at a path, if one can be.
fn schema_at(path: &Key) -> Option<Nsid> {
    let is_schema = path.collection() == SCHEMA_COLLECTION;
    is_schema.then(|| Nsid::parse(path.rkey()).ok()).flatten()
}

impl From<CommitMeta> for lexicon::com::atproto::repo::defs::CommitMeta {
    fn from(commit: CommitMeta) -> Self {
        Self { cid: commit.cid, rev: commit.rev }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Self::Store(error)
    }
}
