//! A stored repository as what an archive of newer parts is read over.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use repo::archive::{Absent, Base};
use repo::mst::{Key, Position, RawNode, SourceError};
use rusqlite::{Connection, Params};
use syntax::{Cid, Tid};

use super::RepoId;
use super::nodes::tier;
use crate::error::Error;
use crate::readers::Reader;
use crate::store::Store;

/// A repository that does not change meanwhile. It keeps a connection.
pub struct FormerRepo<'a> {
    reader: Reader<'a>,
    repo: RepoId,
    /// Where nodes are whose places in the new tree may be other ones.
    nodes: HashMap<Cid, Place>,
    /// Where records are that the archive lacks.
    records: HashMap<Cid, String>,
}

/// The key just left of a node, empty at the left edge, and the node's layer.
type Place = (String, u8);

impl Store {
    /// Returns a repository to read an archive over. Whoever does so has seen to it that nobody
    /// writes to it.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if no connection can be had.
    pub fn former_repo(&self, repo: RepoId) -> Result<FormerRepo<'_>, Error> {
        let reader = self.reader_now()?;
        Ok(FormerRepo { reader, repo, nodes: HashMap::new(), records: HashMap::new() })
    }
}

impl Base for FormerRepo<'_> {
    /// Finds out where everything is, by scans: there is no index by CID.
    fn prepare(&mut self, absent: &Absent) -> Result<(), SourceError> {
        let connection = self.reader.connection();
        self.nodes = nodes(connection, self.repo, &absent.nodes).map_err(boxed)?;
        // Most records are where they were, and need not be looked for.
        let (mut there, mut moved) = (HashMap::new(), HashSet::new());
        for (cid, key) in &absent.records {
            if self.cid(key).map_err(boxed)? == Some(*cid) {
                there.insert(*cid, key.as_str().to_owned());
            } else {
                moved.insert(*cid);
            }
        }
        there.extend(records(connection, self.repo, &moved).map_err(boxed)?);
        self.records = there;
        Ok(())
    }

    fn node(&mut self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
        let lo = at.lo.map_or("", Key::as_str);
        let place = self.nodes.remove(cid).unwrap_or_else(|| (lo.to_owned(), at.layer));
        let block = self.node_at(&place).map_err(boxed)?;
        // Its leftmost child begins where it does: there, and not where the new tree has it.
        if place.0 != lo
            && let Some(left) = block.as_ref().and_then(|block| RawNode::decode(block).ok()?.left)
        {
            self.nodes.insert(left, (place.0, place.1.saturating_sub(1)));
        }
        Ok(block)
    }

    fn record(&mut self, key: &Key, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
        let own = self.record_at(key.as_str()).map_err(boxed)?;
        if let Some(own) = own.filter(|own| cid.is_of(own)) {
            return Ok(Some(own));
        }
        let Some(path) = self.records.get(cid) else { return Ok(None) };
        self.record_at(path).map_err(boxed)
    }
}

impl FormerRepo<'_> {
    /// Returns the CID of a record, if it is there.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn cid(&self, key: &Key) -> Result<Option<Cid>, Error> {
        let sql = "SELECT cid FROM record WHERE repo = ?1 AND path = ?2";
        let mut statement = self.reader.connection().prepare_cached(sql)?;
        let mut rows = statement.query((self.repo.0, key.as_str()))?;
        rows.next()?.map(cid).transpose()
    }

    /// Lists the records after a path, in order, each with the revision that it is of.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the database failed.
    pub fn records_after(
        &self,
        after: &str,
        count_max: u32,
    ) -> Result<Vec<(Key, Cid, Tid)>, Error> {
        let sql = "SELECT cid, path, rev FROM record WHERE repo = ?1 AND path > ?2
                   ORDER BY path LIMIT ?3";
        let mut statement = self.reader.connection().prepare_cached(sql)?;
        let mut rows = statement.query((self.repo.0, after, count_max))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let path = row.get_ref(1)?.as_str().map_err(|_| Error::Malformed("path"))?;
            let key = Key::parse(path).map_err(|_| Error::Malformed("path"))?;
            let rev = u64::try_from(row.get::<_, i64>(2)?);
            let rev = rev.map_err(|_| Error::Malformed("revision"))?;
            found.push((key, cid(row)?, Tid::from_u64(rev)));
        }
        Ok(found)
    }

    fn node_at(&self, (lo, layer): &Place) -> Result<Option<Bytes>, Error> {
        let sql = "SELECT bytes FROM node WHERE repo = ?1 AND tier = ?2 AND lo = ?3 AND layer = ?4";
        self.block(sql, (self.repo.0, tier(*layer), lo, layer))
    }

    fn record_at(&self, path: &str) -> Result<Option<Bytes>, Error> {
        self.block("SELECT bytes FROM record WHERE repo = ?1 AND path = ?2", (self.repo.0, path))
    }

    fn block(&self, sql: &str, params: impl Params) -> Result<Option<Bytes>, Error> {
        let mut statement = self.reader.connection().prepare_cached(sql)?;
        let mut rows = statement.query(params)?;
        let bytes = rows.next()?.map(|row| row.get::<_, Vec<u8>>(0)).transpose()?;
        Ok(bytes.map(Bytes::from))
    }
}

fn boxed(error: Error) -> SourceError {
    SourceError(Box::new(error))
}

fn nodes(
    connection: &Connection,
    repo: RepoId,
    wanted: &HashSet<Cid>,
) -> Result<HashMap<Cid, Place>, Error> {
    let mut found = HashMap::new();
    let sql = "SELECT cid, lo, layer FROM node WHERE repo = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((repo.0,))?;
    while found.len() < wanted.len()
        && let Some(row) = rows.next()?
    {
        let cid = cid(row)?;
        if wanted.contains(&cid) {
            found.insert(cid, (row.get(1)?, row.get(2)?));
        }
    }
    Ok(found)
}

fn records(
    connection: &Connection,
    repo: RepoId,
    wanted: &HashSet<Cid>,
) -> Result<HashMap<Cid, String>, Error> {
    let mut found = HashMap::new();
    let sql = "SELECT cid, path FROM record WHERE repo = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query((repo.0,))?;
    while found.len() < wanted.len()
        && let Some(row) = rows.next()?
    {
        let cid = cid(row)?;
        if wanted.contains(&cid) {
            found.insert(cid, row.get(1)?);
        }
    }
    Ok(found)
}

fn cid(row: &rusqlite::Row<'_>) -> Result<Cid, Error> {
    let cid = row.get_ref(0)?.as_blob().map_err(|_| Error::Malformed("CID"))?;
    Cid::decode(cid).map_err(|_| Error::Malformed("CID"))
}
