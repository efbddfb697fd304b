//! Making a commit durable: head, records, nodes, references and event, all or none.

use std::collections::BTreeSet;

use repo::data::{Limits, blob, cbor};
use repo::draft::Signed;
use repo::event::Frame;
use repo::mst::Key;
use rusqlite::{Connection, OptionalExtension as _};
use syntax::{Cid, Tid};
use thiserror::Error;

use super::RepoId;
use super::nodes::tier;
use crate::account::AccountId;
use crate::error::Error;
use crate::fault::FaultPoint;
use crate::store::Store;
use crate::tx::{Tx, int};

/// A commit, made on the head with the revision `expected`.
#[derive(Debug)]
pub struct RepoCommit {
    /// Whose repository it is.
    pub account: AccountId,
    /// The repository.
    pub repo: RepoId,
    /// The revision that the commit was made on.
    pub expected: Tid,
    /// The commit and what it changes.
    pub signed: Signed,
    /// The event that tells it.
    pub frame: Frame,
    /// Blobs that the new records refer to.
    pub blobs: Vec<BlobUse>,
    /// What the new records are about: a hash of collection and subject.
    pub subjects: Vec<(Key, i64)>,
    /// How many records the repository may have after it, if it adds some.
    pub records_max: Option<u64>,
    /// Tells what a record is about, for those that are replaced or deleted.
    pub subject_of: fn(&Key, &[u8]) -> Option<i64>,
}

/// What goes when records are replaced or deleted.
#[derive(Default)]
struct Old {
    records: i64,
    bytes: i64,
    blobs: Vec<(Key, Cid)>,
    subjects: Vec<(Key, i64)>,
}

/// A record's reference to a blob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobUse {
    /// The record.
    pub path: Key,
    /// The blob.
    pub cid: Cid,
    /// What the reference says of its type.
    pub mime_type: String,
    /// What the reference says of its size.
    pub size: u64,
}

/// What is known of a commit once it is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Committed {
    /// The sequence number of its event.
    pub seq: u64,
}

/// Says why a commit was not made. Nothing of it was.
#[derive(Debug, Clone, Error)]
pub enum CommitError {
    /// The repository is not at the revision that the commit was made on.
    #[error("repository has another head by now")]
    Stale,
    /// The account may not write, or is gone.
    #[error("account is not active")]
    Inactive,
    /// The account would have more records than it may.
    #[error("account may have {max} records")]
    TooManyRecords {
        /// How many it may have.
        max: u64,
    },
    /// A blob that a record refers to is not what the record says.
    #[error("blob {cid} {fault}")]
    Blob {
        /// The blob.
        cid: Cid,
        /// What is wrong with the reference.
        fault: BlobFault,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// What is wrong with a reference to a blob.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum BlobFault {
    /// There is no such blob, or it was taken down.
    #[error("was not uploaded")]
    Missing,
    /// The blob is of another type.
    #[error("is of type {0}")]
    MimeType(String),
    /// The blob has another size.
    #[error("has {0} bytes")]
    Size(u64),
}

impl Store {
    /// Queues a commit at once and returns what awaits that it is durable.
    ///
    /// Commits that are queued one after the other are made in that order, so that one can be made
    /// on another that is still on its way.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if nothing can be queued. The outcome may be a [`CommitError`].
    pub fn commit_repo(
        &self,
        commit: RepoCommit,
    ) -> Result<impl Future<Output = Result<Committed, CommitError>> + Send + 'static, Error> {
        self.submit(commit.account.0, move |tx| tx.commit_repo(commit))
    }
}

impl Tx<'_> {
    fn commit_repo(&mut self, commit: RepoCommit) -> Result<Committed, CommitError> {
        let old = self.old(&commit)?;
        self.move_head(&commit, &old)?;
        self.fault(FaultPoint::AfterHead)?;
        put_records(self.connection, &commit)?;
        self.fault(FaultPoint::AfterRecords)?;
        put_nodes(self.connection, &commit)?;
        self.fault(FaultPoint::AfterNodes)?;
        self.put_references(&commit, &old)?;
        self.fault(FaultPoint::AfterReferences)?;
        // Last, so that the order of numbers is the order of commits.
        let seq = self.append(commit.account, commit.frame)?;
        self.fault(FaultPoint::AfterEvent)?;
        Ok(Committed { seq })
    }

    /// Reads what the commit replaces or deletes.
    ///
    /// It is read here because a record may have been written by a commit that is still on its way.
    fn old(&self, commit: &RepoCommit) -> Result<Old, Error> {
        let mut old = Old::default();
        let sql = "SELECT bytes FROM record WHERE repo = ?1 AND path = ?2";
        for op in commit.signed.ops.iter().filter(|op| op.prev.is_some()) {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query((commit.repo.0, op.path.as_str()))?;
            // Without the row, the commit is stale, which comparing the head will tell.
            let Some(row) = rows.next()? else { continue };
            let bytes = row.get_ref(0)?.as_blob().map_err(|_| Error::Malformed("record"))?;
            old.records += 1;
            old.bytes += i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            old.blobs.extend(blobs_in(bytes).map(|cid| (op.path.clone(), cid)));
            old.subjects
                .extend((commit.subject_of)(&op.path, bytes).map(|hash| (op.path.clone(), hash)));
        }
        Ok(old)
    }

    /// Compares the head and sets the new one.
    fn move_head(&mut self, commit: &RepoCommit, old: &Old) -> Result<(), CommitError> {
        let signed = &commit.signed;
        let records = i64::try_from(signed.records.len()).unwrap_or(i64::MAX);
        let bytes: usize = signed.records.iter().map(|(_, record)| record.bytes.len()).sum();
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let (more, more_bytes) = (records - old.records, bytes - old.bytes);
        let counted: Option<i64> = self
            .connection
            .prepare_cached(
                "UPDATE repo SET rev = ?1, head = ?2, block = ?3, data = ?4, layer = ?5,
                                 records = records + ?6, record_bytes = record_bytes + ?7
                 WHERE id = ?8 AND rev = ?9 AND active = 1 AND current = 1
                 RETURNING records",
            )
            .and_then(|mut update| {
                let values = (
                    int(signed.commit.rev.to_u64()),
                    &signed.cid.to_bytes()[..],
                    &signed.block[..],
                    &signed.commit.data.to_bytes()[..],
                    signed.tree.layer(),
                    more,
                    more_bytes,
                    commit.repo.0,
                    int(commit.expected.to_u64()),
                );
                update.query_row(values, |row| row.get(0)).optional()
            })
            .map_err(Error::from)?;
        match (counted, commit.records_max) {
            // What makes it smaller is never refused, nor what leaves its size as it is.
            (Some(counted), Some(max)) if counted > int(max) && more > 0 => {
                return Err(CommitError::TooManyRecords { max });
            }
            (Some(_), _) => return Ok(()),
            (None, _) => {}
        }
        match self.head(commit.account)? {
            Some(head) if head.active => Err(CommitError::Stale),
            _ => Err(CommitError::Inactive),
        }
    }

    fn put_references(&mut self, commit: &RepoCommit, old: &Old) -> Result<(), CommitError> {
        for (path, cid) in &old.blobs {
            self.drop_blob_use(commit.account, commit.repo, path, cid)?;
        }
        for usage in &commit.blobs {
            self.use_blob(commit.account, commit.repo, usage)?;
        }
        let sql = "DELETE FROM record_subject WHERE repo = ?1 AND subject = ?2 AND path = ?3";
        for (path, subject) in &old.subjects {
            let mut delete = self.connection.prepare_cached(sql).map_err(Error::from)?;
            delete.execute((commit.repo.0, subject, path.as_str())).map_err(Error::from)?;
        }
        let sql = "INSERT OR IGNORE INTO record_subject (repo, subject, path) VALUES (?1, ?2, ?3)";
        for (path, subject) in &commit.subjects {
            let mut insert = self.connection.prepare_cached(sql).map_err(Error::from)?;
            insert.execute((commit.repo.0, subject, path.as_str())).map_err(Error::from)?;
        }
        Ok(())
    }
}

/// Returns the blobs that a record refers to, each once.
pub(super) fn blobs_in(record: &[u8]) -> impl Iterator<Item = Cid> + use<> {
    let record = cbor::decode_lenient(record, &Limits::FOREIGN);
    let blobs = record.map(|record| blob::find(&record.value)).unwrap_or_default();
    let cids: BTreeSet<Cid> = blobs.into_iter().map(|blob| blob.cid).collect();
    cids.into_iter()
}

fn put_records(connection: &Connection, commit: &RepoCommit) -> Result<(), Error> {
    let rev = int(commit.signed.commit.rev.to_u64());
    let sql = "DELETE FROM record WHERE repo = ?1 AND path = ?2";
    for op in commit.signed.ops.iter().filter(|op| op.cid.is_none()) {
        connection.prepare_cached(sql)?.execute((commit.repo.0, op.path.as_str()))?;
    }
    let sql = "INSERT INTO record (repo, path, cid, rev, bytes) VALUES (?1, ?2, ?3, ?4, ?5)
               ON CONFLICT (repo, path) DO UPDATE SET
                 cid = excluded.cid, rev = excluded.rev, bytes = excluded.bytes";
    for (path, record) in &commit.signed.records {
        let cid = record.cid.to_bytes();
        connection.prepare_cached(sql)?.execute((
            commit.repo.0,
            path.as_str(),
            &cid[..],
            rev,
            &record.bytes[..],
        ))?;
    }
    Ok(())
}

pub(super) fn put_nodes(connection: &Connection, commit: &RepoCommit) -> Result<(), Error> {
    let sql = "DELETE FROM node WHERE repo = ?1 AND tier = ?2 AND lo = ?3 AND layer = ?4";
    for (layer, lo) in &commit.signed.drops {
        let lo = lo.as_ref().map_or("", Key::as_str);
        connection.prepare_cached(sql)?.execute((commit.repo.0, tier(*layer), lo, layer))?;
    }
    let rev = commit.signed.commit.rev;
    put_node_rows(connection, commit.repo, rev, &commit.signed.puts)
}

pub(super) fn put_node_rows(
    connection: &Connection,
    repo: RepoId,
    rev: Tid,
    rows: &[repo::mst::NodeRow],
) -> Result<(), Error> {
    let sql = "INSERT INTO node (repo, tier, lo, layer, cid, rev, bytes)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
               ON CONFLICT (repo, tier, lo, layer) DO UPDATE SET
                 cid = excluded.cid, rev = excluded.rev, bytes = excluded.bytes";
    for row in rows {
        let (lo, cid) = (row.lo.as_ref().map_or("", Key::as_str), row.cid.to_bytes());
        connection.prepare_cached(sql)?.execute((
            repo.0,
            tier(row.layer),
            lo,
            row.layer,
            &cid[..],
            int(rev.to_u64()),
            &row.bytes[..],
        ))?;
    }
    Ok(())
}
