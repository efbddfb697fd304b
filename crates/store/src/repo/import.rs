//! Filling another repository for an account, which then takes the place of the one it has.
//!
//! Rows come in pieces, each in a transaction of its own, while the account is served as it was. The
//! change to the new repository is one small transaction. What a crash leaves half filled is cleared
//! away at the next start.

use bytes::Bytes;
use repo::mst::{Key, NodeRow};
use rusqlite::Connection;
use syntax::{Cid, Tid};
use thiserror::Error;

use super::commit::put_node_rows;
use super::{Head, RepoId};
use crate::account::{AccountId, Status};
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// What a repository will be at when it is filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportHead {
    /// The revision, which all rows get.
    pub rev: Tid,
    /// The commit's CID.
    pub commit: Cid,
    /// The commit's block.
    pub block: Bytes,
    /// The root of the tree.
    pub data: Cid,
}

/// A record that comes in, whether or not it can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRecord {
    /// Its path.
    pub path: Key,
    /// Its CID.
    pub cid: Cid,
    /// Its block.
    pub bytes: Bytes,
    /// The blobs that it refers to, each once. They need not be here.
    pub blobs: Vec<Cid>,
    /// What it is about: a hash of collection and subject.
    pub subject: Option<i64>,
}

/// Says why a repository did not take the place of another.
#[derive(Debug, Error)]
pub enum SwitchError {
    /// The account is active, was taken down, or its repository has changed meanwhile.
    #[error("account or its repository has changed meanwhile")]
    Changed,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
}

impl Tx<'_> {
    /// Makes an empty repository beside the one that an account has.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn begin_import(&mut self, account: AccountId, head: &ImportHead) -> Result<RepoId, Error> {
        self.query_one(
            "INSERT INTO repo (account, current, active, rev, head, block, data, layer, records,
                               record_bytes)
             VALUES ($1, 0, 0, $2, $3, $4, $5, 0, 0, 0) RETURNING id",
            &[
                Value::Int(account.0),
                Value::Int(int(head.rev.to_u64())),
                Value::Blob(&head.commit.to_bytes()),
                Value::Blob(&head.block),
                Value::Blob(&head.data.to_bytes()),
            ],
            |row| Ok(RepoId(row.int(0)?)),
        )
    }

    /// Adds rows to a repository that is being filled. Those of the nodes and those of the records
    /// should each come in the order of their places.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn import_rows(
        &mut self,
        repo: RepoId,
        rev: Tid,
        nodes: &[NodeRow],
        records: &[ImportRecord],
    ) -> Result<(), Error> {
        put_node_rows(self.connection, repo, rev, nodes)?;
        let mut insert = self.connection.prepare_cached(
            "INSERT INTO record (repo, path, cid, rev, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        let mut refer = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO record_blob (repo, cid, path) VALUES (?1, ?2, ?3)",
        )?;
        let mut about = self.connection.prepare_cached(
            "INSERT OR IGNORE INTO record_subject (repo, subject, path) VALUES (?1, ?2, ?3)",
        )?;
        for record in records {
            let (path, cid) = (record.path.as_str(), record.cid.to_bytes());
            insert.execute((repo.0, path, &cid[..], int(rev.to_u64()), &record.bytes[..]))?;
            for blob in &record.blobs {
                refer.execute((repo.0, &blob.to_bytes()[..], path))?;
            }
            if let Some(subject) = record.subject {
                about.execute((repo.0, subject, path))?;
            }
        }
        Ok(())
    }

    /// Gives an account the repository that was filled for it, instead of the one at `old`. Blobs
    /// that its records refer to stay from now on, and others expire.
    ///
    /// # Errors
    ///
    /// [`SwitchError`] if the account is not deactivated or not at `old` any more.
    pub fn switch_repo(
        &mut self,
        old: &Head,
        new: RepoId,
        layer: u8,
        records: u64,
        record_bytes: u64,
    ) -> Result<(), SwitchError> {
        let account = self.account_by_id(old.account)?;
        let is_as_was = self.head(old.account)?.is_some_and(|head| head == *old);
        if account.state.status() != Status::Deactivated || !is_as_was {
            return Err(SwitchError::Changed);
        }
        self.drop_repo(old.repo)?;
        self.execute(
            "UPDATE repo SET current = 1, layer = $1, records = $2, record_bytes = $3
             WHERE id = $4",
            &[
                Value::Int(i64::from(layer)),
                Value::Int(int(records)),
                Value::Int(int(record_bytes)),
                Value::Int(new.0),
            ],
        )?;
        Ok(self.mark_blobs(old.account, new)?)
    }

    /// Puts another commit at the head of a deactivated account's repository, whose tree is the
    /// same.
    ///
    /// # Errors
    ///
    /// [`SwitchError`] if the account is not deactivated or not at `old` any more.
    pub fn switch_commit(&mut self, old: &Head, new: &ImportHead) -> Result<(), SwitchError> {
        let account = self.account_by_id(old.account)?;
        let changed = self.execute(
            "UPDATE repo SET rev = $1, head = $2, block = $3
             WHERE id = $4 AND rev = $5 AND data = $6 AND current = 1",
            &[
                Value::Int(int(new.rev.to_u64())),
                Value::Blob(&new.commit.to_bytes()),
                Value::Blob(&new.block),
                Value::Int(old.repo.0),
                Value::Int(int(old.rev.to_u64())),
                Value::Blob(&new.data.to_bytes()),
            ],
        )?;
        let is_done = changed == 1 && account.state.status() == Status::Deactivated;
        if is_done { Ok(()) } else { Err(SwitchError::Changed) }
    }

    /// Gives up a repository that was being filled. Its rows go in pieces afterwards.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn abandon_import(&mut self, repo: RepoId) -> Result<(), Error> {
        self.drop_repo(repo)
    }

    fn drop_repo(&mut self, repo: RepoId) -> Result<(), Error> {
        let id = [Value::Int(repo.0)];
        self.execute("INSERT INTO leftover_repo (repo) VALUES ($1)", &id)?;
        self.execute("DELETE FROM repo WHERE id = $1", &id)?;
        Ok(())
    }
}

/// Gives up all repositories that were being filled when the program ended.
pub(crate) fn abandon_imports(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        "BEGIN IMMEDIATE;
         INSERT INTO leftover_repo (repo) SELECT id FROM repo WHERE current = 0;
         DELETE FROM repo WHERE current = 0;
         COMMIT;",
    )
}
