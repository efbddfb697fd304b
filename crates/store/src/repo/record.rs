//! Reading records.

use bytes::Bytes;
use repo::mst::Key;
use syntax::{Cid, Nsid, RecordPath, Tid};

use super::RepoId;
use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its path.
    pub path: Key,
    /// Its CID.
    pub cid: Cid,
    /// The revision that it came with.
    pub rev: Tid,
    /// Its block.
    pub bytes: Bytes,
}

/// Which records of a collection to list.
#[derive(Debug, Clone)]
pub struct Range<'a> {
    /// The collection.
    pub collection: &'a Nsid,
    /// The record key after which to begin, in the order of the list.
    pub after: Option<&'a str>,
    /// Whether the order is that of the keys, and not the other way.
    pub ascending: bool,
    /// How many to list.
    pub count_max: u64,
}

impl Tx<'_> {
    /// Returns a record.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn record(&mut self, repo: RepoId, path: &str) -> Result<Option<StoredRecord>, Error> {
        let sql = "SELECT path, cid, rev, bytes FROM record WHERE repo = ?1 AND path = ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query((repo.0, path))?;
        rows.next()?.map(read).transpose()
    }

    /// Lists records of a collection. Those that the host took down are left out.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn records(
        &mut self,
        account: AccountId,
        repo: RepoId,
        range: &Range<'_>,
    ) -> Result<Vec<StoredRecord>, Error> {
        let collection = range.collection.as_str();
        // A slash comes just before a zero, so that this is the whole collection and nothing else.
        let (mut lo, mut hi) = (format!("{collection}/"), format!("{collection}0"));
        match range.after {
            Some(after) if range.ascending => lo.push_str(after),
            Some(after) => hi = format!("{collection}/{after}"),
            None => {}
        }
        let sql = if range.ascending {
            "SELECT path, cid, rev, bytes FROM record
             WHERE repo = ?1 AND path > ?2 AND path < ?3
               AND NOT EXISTS (SELECT 1 FROM record_takedown AS t
                               WHERE t.account = ?4 AND t.path = record.path)
             ORDER BY path LIMIT ?5"
        } else {
            "SELECT path, cid, rev, bytes FROM record
             WHERE repo = ?1 AND path > ?2 AND path < ?3
               AND NOT EXISTS (SELECT 1 FROM record_takedown AS t
                               WHERE t.account = ?4 AND t.path = record.path)
             ORDER BY path DESC LIMIT ?5"
        };
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query((repo.0, lo, hi, account.0, int(range.count_max)))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// Returns the collections of a repository, in the order of their names.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn collections(&mut self, repo: RepoId) -> Result<Vec<String>, Error> {
        // One look for each collection, however many records it has.
        let sql = "SELECT path FROM record WHERE repo = ?1 AND path > ?2 ORDER BY path LIMIT 1";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut found: Vec<String> = Vec::new();
        let mut from = String::new();
        loop {
            let mut rows = statement.query((repo.0, &from))?;
            let Some(row) = rows.next()? else { break };
            let path = row.get_ref(0)?.as_str().map_err(|_| Error::Malformed("path"))?;
            let (collection, _) = path.split_once('/').ok_or(Error::Malformed("path"))?;
            from = format!("{collection}0");
            found.push(collection.to_owned());
        }
        // By their records the order is that of `name/`, which differs where one name begins
        // another.
        found.sort_unstable();
        Ok(found)
    }

    /// Returns the paths of records that are about a subject: a hash of collection and subject.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn records_about(&mut self, repo: RepoId, subject: i64) -> Result<Vec<Key>, Error> {
        self.query_all(
            "SELECT path FROM record_subject WHERE repo = $1 AND subject = $2",
            &[Value::Int(repo.0), Value::Int(subject)],
            |row| Key::parse(&row.text(0)?).map_err(|_| Error::Malformed("path")),
        )
    }

    /// Returns why the host took a record down, if it did.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn record_takedown(
        &mut self,
        account: AccountId,
        path: &RecordPath,
    ) -> Result<Option<String>, Error> {
        self.query_opt(
            "SELECT takedown_ref FROM record_takedown WHERE account = $1 AND path = $2",
            &[Value::Int(account.0), Value::Text(&path.to_string())],
            |row| row.text(0),
        )
    }

    /// Takes a record down, or puts it up again.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn set_record_takedown(
        &mut self,
        account: AccountId,
        path: &RecordPath,
        takedown_ref: Option<&str>,
    ) -> Result<(), Error> {
        let path = path.to_string();
        let values = [Value::Int(account.0), Value::Text(&path)];
        self.execute("DELETE FROM record_takedown WHERE account = $1 AND path = $2", &values)?;
        if let Some(takedown_ref) = takedown_ref {
            self.execute(
                "INSERT INTO record_takedown (account, path, takedown_ref) VALUES ($1, $2, $3)",
                &[Value::Int(account.0), Value::Text(&path), Value::Text(takedown_ref)],
            )?;
        }
        Ok(())
    }
}

fn read(row: &rusqlite::Row<'_>) -> Result<StoredRecord, Error> {
    let path = row.get_ref(0)?.as_str().map_err(|_| Error::Malformed("path"))?;
    let cid = row.get_ref(1)?.as_blob().map_err(|_| Error::Malformed("CID"))?;
    let rev: i64 = row.get(2)?;
    let bytes: Vec<u8> = row.get(3)?;
    Ok(StoredRecord {
        path: Key::parse(path).map_err(|_| Error::Malformed("path"))?,
        cid: Cid::decode(cid).map_err(|_| Error::Malformed("CID"))?,
        rev: Tid::from_u64(u64::try_from(rev).map_err(|_| Error::Malformed("revision"))?),
        bytes: bytes.into(),
    })
}
