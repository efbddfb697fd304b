//! The nodes of a stored tree, by their places.

use std::cell::RefCell;

use bytes::Bytes;
use repo::mst::{Builder, Key, NodeSource, Position, SourceError};
use rusqlite::Connection;
use syntax::Cid;

use super::RepoId;
use crate::error::Error;
use crate::readers::Reader;
use crate::store::Store;
use crate::tx::{Tx, Value};

/// How many layers of nodes lie together. It is in the tables, and cannot change without them.
const TIER_LAYERS: u8 = 3;

/// The nodes of a repository. It takes a connection when the first is asked for, and keeps it.
pub struct Nodes<'a> {
    store: &'a Store,
    repo: RepoId,
    reader: RefCell<Option<Reader<'a>>>,
}

impl Store {
    /// Returns the nodes of a repository, to read and change its tree with.
    pub fn nodes(&self, repo: RepoId) -> Nodes<'_> {
        Nodes { store: self, repo, reader: RefCell::new(None) }
    }
}

impl NodeSource for &Nodes<'_> {
    fn node(&self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
        let mut reader = self.reader.borrow_mut();
        let reader = match &mut *reader {
            Some(reader) => reader,
            none => none.insert(self.store.reader_now().map_err(boxed)?),
        };
        node(reader.connection(), self.repo, at, cid).map_err(boxed)
    }
}

impl Tx<'_> {
    /// Returns how many nodes of a repository's tree are kept.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn count_nodes(&mut self, repo: RepoId) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM node WHERE repo = $1";
        self.query_one(sql, &[Value::Int(repo.0)], |row| row.uint(0))
    }
}

fn boxed(error: Error) -> SourceError {
    SourceError(Box::new(error))
}

/// Returns with which nodes those of a layer lie together.
///
/// A commit changes a node of every layer. The higher one is, the farther is its place from that of the
/// next lower one, so that in the order of the tree nearly each would be in a page of its own.
pub(super) fn tier(layer: u8) -> u8 {
    layer / TIER_LAYERS
}

/// Returns the node that is at a place, if it is the one with the CID.
///
/// Rows of nodes only save work. If one is missing or wrong, the node is made anew from the records;
/// if that has another CID, the caller knows an older tree than the one that is stored.
pub(super) fn node(
    connection: &Connection,
    repo: RepoId,
    at: Position<'_>,
    cid: &Cid,
) -> Result<Option<Bytes>, Error> {
    let lo = at.lo.map_or("", Key::as_str);
    let mut statement = connection.prepare_cached(
        "SELECT bytes FROM node WHERE repo = ?1 AND tier = ?2 AND lo = ?3 AND layer = ?4",
    )?;
    let mut rows = statement.query((repo.0, tier(at.layer), lo, at.layer))?;
    if let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        if cid.is_of(&bytes) {
            return Ok(Some(bytes.into()));
        }
    }
    let made = rebuild(connection, repo, at)?.filter(|(made, _)| made == cid);
    if made.is_some() {
        tracing::warn!(repo = repo.0, layer = at.layer, lo, "a node was missing and made anew");
    }
    Ok(made.map(|(_, bytes)| bytes))
}

/// Makes the node at a place from the records right of it.
pub(super) fn rebuild(
    connection: &Connection,
    repo: RepoId,
    at: Position<'_>,
) -> Result<Option<(Cid, Bytes)>, Error> {
    let mut top = None;
    let mut builder = Builder::right_of(at.lo.cloned(), |place: Position<'_>, cid: &Cid, block| {
        if place == at {
            top = Some((*cid, Bytes::from(block)));
        }
    });
    let mut statement = connection.prepare_cached(
        "SELECT path, cid FROM record WHERE repo = ?1 AND path > ?2 ORDER BY path",
    )?;
    let mut rows = statement.query((repo.0, at.lo.map_or("", Key::as_str)))?;
    while let Some(row) = rows.next()? {
        let path = row.get_ref(0)?.as_str().map_err(|_| Error::Malformed("path"))?;
        let key = Key::parse(path).map_err(|_| Error::Malformed("path"))?;
        if key.height() > at.layer {
            break;
        }
        let cid = row.get_ref(1)?.as_blob().map_err(|_| Error::Malformed("CID"))?;
        let cid = Cid::decode(cid).map_err(|_| Error::Malformed("CID"))?;
        builder.push(&key, cid).map_err(|_| Error::Malformed("order of paths"))?;
    }
    builder.finish_at(at.layer);
    Ok(top)
}
