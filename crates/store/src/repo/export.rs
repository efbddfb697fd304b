//! A repository as a CAR file.
//!
//! Scans that go side by side, one over the records and one over each tier of nodes, are the file: a
//! record comes before the nodes that stand right of it, and high nodes before low ones. Nothing else
//! is looked up.

use std::collections::HashSet;

use repo::car;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator as _;
use rusqlite::{Row, Rows};
use syntax::{Cid, Tid};
use thiserror::Error;

use super::Head;
use super::nodes::tier;
use crate::error::Error;
use crate::tx::{Tx, int};

/// How many bytes are passed on at once: so many that waking who takes them costs next to nothing.
const PIECE_BYTES: usize = 256 << 10;
/// For how many records it is remembered that they were written, so that those with the same
/// content are written once. Beyond that they may be in the file twice, which is allowed.
const DISTINCT_RECORDS_MAX: usize = 1_000_000;

const RECORDS: &str =
    "SELECT path, cid, bytes FROM record WHERE repo = ?1 AND rev > ?2 ORDER BY path";
const NODES_OF_TIER: &str = "SELECT lo, cid, bytes FROM node
     WHERE repo = ?1 AND tier = ?3 AND rev > ?2 ORDER BY lo, layer DESC";

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
        self.export_tree(head, since, &mut out)?;
        out.end()
    }

    fn export_tree<E, F: FnMut(Vec<u8>) -> Result<(), E>>(
        &self,
        head: &Head,
        since: Option<Tid>,
        out: &mut Pieces<F>,
    ) -> Result<(), ExportError<E>> {
        let (repo, since) = (head.repo.0, since.map_or(-1, |since| int(since.to_u64())));
        let prepare = |sql| self.connection.prepare_cached(sql).map_err(Error::from);
        let mut records = prepare(RECORDS)?;
        let tiers = (0..=tier(head.layer)).rev();
        let mut nodes: Vec<_> =
            tiers.map(|tier| Ok((tier, prepare(NODES_OF_TIER)?))).collect::<Result<_, Error>>()?;
        // Where two are at the same place, the first in here comes first: right of a record are the
        // nodes that have its path as what is left of them, and under a high node are the low ones.
        let mut scans = vec![Scan::begin(records.query((repo, since)))?];
        for (tier, statement) in &mut nodes {
            scans.push(Scan::begin(statement.query((repo, since, *tier)))?);
        }
        let mut written: HashSet<[u8; 16]> = HashSet::new();
        loop {
            let waiting = scans.iter().enumerate().filter(|(_, scan)| scan.rows.get().is_some());
            let first = waiting.min_by(|(_, a), (_, b)| a.place.cmp(&b.place));
            let Some((index, _)) = first else { return Ok(()) };
            let (is_node, scan) = (index > 0, &mut scans[index]);
            let (cid, bytes) = block(scan.rows.get().expect("it has a row"))?;
            let mark = *cid.digest().first_chunk().expect("a digest has 32 bytes");
            if is_node || written.len() >= DISTINCT_RECORDS_MAX || written.insert(mark) {
                out.block(&cid, bytes)?;
            }
            scan.advance()?;
        }
    }
}

/// Rows in the order of the tree.
struct Scan<'a> {
    rows: Rows<'a>,
    /// Where the row is that comes next.
    place: String,
}

impl<'a> Scan<'a> {
    fn begin(rows: rusqlite::Result<Rows<'a>>) -> Result<Self, Error> {
        let mut scan = Self { rows: rows?, place: String::new() };
        scan.advance()?;
        Ok(scan)
    }

    fn advance(&mut self) -> Result<(), Error> {
        self.rows.advance()?;
        let Some(row) = self.rows.get() else { return Ok(()) };
        let place = row.get_ref(0)?.as_str().map_err(|_| Error::Malformed("path"))?;
        self.place.clear();
        self.place.push_str(place);
        Ok(())
    }
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
