//! A repository as a CAR file.
//!
//! Two scans that go side by side, one over the nodes and one over the records, are the file: a
//! record comes before the nodes that stand right of it. Nothing else is looked up.

use std::collections::HashSet;

use repo::car;
use rusqlite::Row;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use syntax::{Cid, Tid};
use thiserror::Error;

use super::{Head, RepoId};
use crate::error::Error;
use crate::tx::{Tx, int};

/// How many bytes are passed on at once: so many that waking who takes them costs next to nothing.
const PIECE_BYTES: usize = 256 << 10;
/// For how many records it is remembered that they were written, so that those with the same
/// content are written once. Beyond that they may be in the file twice, which is allowed.
const DISTINCT_RECORDS_MAX: usize = 1_000_000;

/// Says why an export ended early.
#[derive(Debug, Error)]
pub enum ExportError<E> {
    /// The database failed.
    #[error(transparent)]
    Store(#[from] Error),
    /// Whoever takes the pieces does not want more.
    #[error("the file could not be passed on")]
    Sink(E),
}

struct Pieces<F> {
    buffer: Vec<u8>,
    sink: F,
}

impl Tx<'_> {
    /// Writes a repository as a CAR file: the commit, then nodes and records in the order of the
    /// tree. With `since`, only what is newer than that revision.
    ///
    /// # Errors
    ///
    /// [`ExportError`] if the database failed, or what `sink` returned.
    pub fn export_repo<E>(
        &mut self,
        head: &Head,
        since: Option<Tid>,
        sink: impl FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), ExportError<E>> {
        let mut out = Pieces { buffer: car::header(&[head.commit]), sink };
        out.block(&head.commit, &head.block)?;
        // A revision that is still to come is nobody's: who names it gets everything.
        let since = since.filter(|since| *since <= head.rev);
        self.export_tree(head.repo, since, &mut out)?;
        out.end()
    }

    fn export_tree<E, F: FnMut(Vec<u8>) -> Result<(), E>>(
        &self,
        repo: RepoId,
        since: Option<Tid>,
        out: &mut Pieces<F>,
    ) -> Result<(), ExportError<E>> {
        let since = since.map_or(-1, |since| int(since.to_u64()));
        let nodes = "SELECT lo, cid, bytes FROM node WHERE repo = ?1 AND rev > ?2
                     ORDER BY lo, layer DESC";
        let records =
            "SELECT path, cid, bytes FROM record WHERE repo = ?1 AND rev > ?2 ORDER BY path";
        let mut nodes = self.connection.prepare_cached(nodes).map_err(Error::from)?;
        let mut records = self.connection.prepare_cached(records).map_err(Error::from)?;
        let mut nodes = nodes.query((repo.0, since)).map_err(Error::from)?;
        let mut records = records.query((repo.0, since)).map_err(Error::from)?;

        let mut written: HashSet<[u8; 16]> = HashSet::new();
        nodes.advance().map_err(Error::from)?;
        records.advance().map_err(Error::from)?;
        loop {
            let is_node = match (nodes.get(), records.get()) {
                (None, None) => return Ok(()),
                // Right of a record are the nodes that have its path as what is left of them.
                (Some(node), Some(record)) => place(node)? < place(record)?,
                (node, _) => node.is_some(),
            };
            let scan = if is_node { &mut nodes } else { &mut records };
            let (cid, bytes) = block(scan.get().expect("one of the two has a row"))?;
            let mark = *cid.digest().first_chunk().expect("a digest has 32 bytes");
            if is_node || written.len() >= DISTINCT_RECORDS_MAX || written.insert(mark) {
                out.block(&cid, bytes)?;
            }
            scan.advance().map_err(Error::from)?;
        }
    }
}

/// Returns where a row is in the order of the tree.
fn place<'a>(row: &'a Row<'_>) -> Result<&'a str, Error> {
    row.get_ref(0)?.as_str().map_err(|_| Error::Malformed("path"))
}

/// Returns the block of a row as it lies in the database's memory.
fn block<'a>(row: &'a Row<'_>) -> Result<(Cid, &'a [u8]), Error> {
    let cid = row.get_ref(1)?.as_blob().map_err(|_| Error::Malformed("CID"))?;
    let cid = Cid::decode(cid).map_err(|_| Error::Malformed("CID"))?;
    Ok((cid, row.get_ref(2)?.as_blob().map_err(|_| Error::Malformed("block"))?))
}

impl<E, F: FnMut(Vec<u8>) -> Result<(), E>> Pieces<F> {
    fn block(&mut self, cid: &Cid, block: &[u8]) -> Result<(), ExportError<E>> {
        car::put_block(&mut self.buffer, cid, block);
        if self.buffer.len() < PIECE_BYTES {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.buffer, Vec::with_capacity(PIECE_BYTES + 4096));
        (self.sink)(full).map_err(ExportError::Sink)
    }

    fn end(mut self) -> Result<(), ExportError<E>> {
        (self.sink)(self.buffer).map_err(ExportError::Sink)
    }
}
