//! The first commit of an account.

use repo::commit::Commit;
use repo::draft::Signed;
use repo::event::Frame;
use repo::mst::{Builder, NodeRow, Position};
use syntax::{Cid, Tid};

use super::commit::put_node_rows;
use super::{Head, RepoId};
use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// A repository that is to be made, with its first commit.
#[derive(Debug)]
pub struct FirstCommit {
    /// The commit.
    pub signed: Signed,
    /// The events that tell of it, in their order; none for an account that begins deactivated.
    pub frames: Vec<Frame>,
    /// Whether the account may write.
    pub active: bool,
}

impl Tx<'_> {
    /// Makes the repository of a new account and appends its events, one right after the other.
    ///
    /// # Errors
    ///
    /// [`Error::Conflict`] if the account has a repository.
    pub fn create_repo(&mut self, account: AccountId, first: FirstCommit) -> Result<Head, Error> {
        let Signed { commit, cid, block, puts, tree, .. } = &first.signed;
        let repo = self.query_one(
            "INSERT INTO repo (account, current, active, rev, head, block, data, layer, records,
                               record_bytes)
             VALUES ($1, 1, $2, $3, $4, $5, $6, $7, 0, 0) RETURNING id",
            &[
                Value::Int(account.0),
                first.active.into(),
                Value::Int(int(commit.rev.to_u64())),
                Value::Blob(&cid.to_bytes()),
                Value::Blob(block),
                Value::Blob(&commit.data.to_bytes()),
                Value::Int(i64::from(tree.layer())),
            ],
            |row| Ok(RepoId(row.int(0)?)),
        )?;
        put_node_rows(self.connection, repo, commit.rev, puts)?;
        if tree.is_empty() {
            self.put_empty_root(repo, commit.rev)?;
        }
        for frame in first.frames {
            self.append(account, frame)?;
        }
        self.head(account)?.ok_or(Error::Missing)
    }

    /// Writes the one node of a tree without entries, which nothing had to change to be.
    fn put_empty_root(&mut self, repo: RepoId, rev: Tid) -> Result<(), Error> {
        let mut rows = Vec::new();
        Builder::new(|at: Position<'_>, cid: &Cid, bytes: Vec<u8>| {
            let (layer, lo) = (at.layer, at.lo.cloned());
            rows.push(NodeRow { layer, lo, cid: *cid, bytes: bytes.into() });
        })
        .finish();
        put_node_rows(self.connection, repo, rev, &rows)
    }

    /// Puts another commit of the same tree at the head of a repository, such as one with the key
    /// that the account has now. Events are for the caller to append.
    ///
    /// # Errors
    ///
    /// [`Error::Missing`] if the repository is not at `head` any more.
    pub fn replace_commit(&mut self, head: &Head, commit: &Commit) -> Result<Cid, Error> {
        let block = commit.encode();
        let cid = Cid::of_cbor(&block);
        let changed = self.execute(
            "UPDATE repo SET rev = $1, head = $2, block = $3 WHERE id = $4 AND rev = $5 AND data = $6",
            &[
                Value::Int(int(commit.rev.to_u64())),
                Value::Blob(&cid.to_bytes()),
                Value::Blob(&block),
                Value::Int(head.repo.0),
                Value::Int(int(head.rev.to_u64())),
                Value::Blob(&commit.data.to_bytes()),
            ],
        )?;
        if changed == 1 { Ok(cid) } else { Err(Error::Missing) }
    }
}
