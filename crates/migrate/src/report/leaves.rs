//! The records of a repository, counted and digested by collection.

use std::collections::BTreeMap;

use repo::mst::Key;
use serde::{Deserialize, Serialize};
use syntax::Cid;
use thiserror::Error;

use super::digest::{Digest, Lines};

/// The records of a repository: how many there are, and which.
///
/// A digest is the SHA-256 of one line for each record, `PATH<tab>CID<line feed>`, in ascending
/// order of the bytes. The path is the collection, a slash and the record key; the CID is in its
/// usual form, base 32 with the prefix `b`. So of a list of such lines, in whatever order, it is
/// what `LC_ALL=C sort | sha256sum` prints.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Leaves {
    /// How many records there are.
    pub count: u64,
    /// The digest of all of them.
    pub digest: Digest,
    /// The same of each collection, its name included in the paths.
    pub collections: BTreeMap<String, Collection>,
}

/// The records of one collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Collection {
    /// How many records there are.
    pub count: u64,
    /// The digest of all of them.
    pub digest: Digest,
}

/// Counts records that come in the order of their paths, as trees have them.
#[derive(Debug, Default)]
pub struct LeafCounter {
    last: Option<Key>,
    all: Lines,
    count: u64,
    /// The collection that is being counted: all its paths come one after the other.
    open: Option<(String, u64, Lines)>,
    collections: BTreeMap<String, Collection>,
}

/// Says that a record does not come after the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("record {0} comes twice or too late")]
pub struct OrderError(pub Key);

impl Leaves {
    /// Counts records that are given in any order. All are held in memory at once.
    ///
    /// # Errors
    ///
    /// [`OrderError`] if two records have the same path.
    pub fn of(records: impl IntoIterator<Item = (Key, Cid)>) -> Result<Self, OrderError> {
        let mut sorted: Vec<(Key, Cid)> = records.into_iter().collect();
        sorted.sort_unstable();
        let mut counter = LeafCounter::default();
        sorted.iter().try_for_each(|(key, cid)| counter.add(key, cid))?;
        Ok(counter.finish())
    }
}

impl LeafCounter {
    /// Counts the next record.
    ///
    /// # Errors
    ///
    /// [`OrderError`] if the path is not after that of the record before; it is not counted then.
    pub fn add(&mut self, key: &Key, cid: &Cid) -> Result<(), OrderError> {
        if self.last.as_ref().is_some_and(|last| last >= key) {
            return Err(OrderError(key.clone()));
        }
        if self.open.as_ref().is_none_or(|(name, ..)| name != key.collection()) {
            self.close();
            self.open = Some((key.collection().to_owned(), 0, Lines::default()));
        }
        let cid = cid.to_string();
        if let Some((_, count, lines)) = &mut self.open {
            *count += 1;
            lines.add(&[key.as_str(), &cid]);
        }
        self.count += 1;
        self.all.add(&[key.as_str(), &cid]);
        self.last = Some(key.clone());
        Ok(())
    }

    /// Ends the count.
    pub fn finish(mut self) -> Leaves {
        self.close();
        let digest = self.all.finish();
        Leaves { count: self.count, digest, collections: self.collections }
    }

    fn close(&mut self) {
        if let Some((name, count, lines)) = self.open.take() {
            self.collections.insert(name, Collection { count, digest: lines.finish() });
        }
    }
}
