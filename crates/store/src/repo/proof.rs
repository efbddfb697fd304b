//! The proof of what a record is.

use bytes::Bytes;
use repo::mst::{Key, NodeSource, Position, SourceError, Tree, TreeError};
use repo::slice;
use rusqlite::Connection;
use syntax::Cid;
use thiserror::Error;

use super::nodes::node;
use super::{Head, RepoId};
use crate::error::Error;
use crate::tx::Tx;

/// Says why a proof cannot be made.
#[derive(Debug, Error)]
pub enum ProofError {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
    /// The tree could not be read.
    #[error("tree could not be read")]
    Tree(#[from] TreeError),
}

/// The nodes of a repository as a snapshot has them.
struct Snapshot<'a> {
    connection: &'a Connection,
    repo: RepoId,
}

impl NodeSource for Snapshot<'_> {
    fn node(&self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
        node(self.connection, self.repo, at, cid).map_err(|error| SourceError(Box::new(error)))
    }
}

impl Tx<'_> {
    /// Makes a CAR file that proves which record is at a path, or that there is none: the commit,
    /// the nodes on the way, and the record.
    ///
    /// # Errors
    ///
    /// [`ProofError`] if the database failed, or what it has is no tree.
    pub fn record_proof(&mut self, head: &Head, path: &Key) -> Result<Vec<u8>, ProofError> {
        let record = self.record(head.repo, path.as_str())?;
        let record = record.as_ref().map(|record| (&record.cid, &*record.bytes));
        let source = Snapshot { connection: self.connection, repo: head.repo };
        let empty = Tree::empty();
        let mut tree = if head.data == empty.root() {
            empty
        } else {
            let root = source.node(Position { layer: head.layer, lo: None }, &head.data);
            let missing = || TreeError::Missing { cid: head.data, layer: head.layer, lo: None };
            let root = root.map_err(TreeError::from)?.ok_or_else(missing)?;
            Tree::open(head.data, root)?
        };
        let commit = (&head.commit, &*head.block);
        Ok(slice::record_proof(commit, &mut tree, path, record, &source)?)
    }
}
