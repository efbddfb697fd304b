//! What a repository has and refers to, found in one walk through it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, Write};

use repo::archive::{Archive, ArchiveError, Part};
use repo::data::blob::{self, BlobRef};
use repo::data::{Limits, cbor};
use serde::{Deserialize, Serialize};
use syntax::Cid;
use thiserror::Error;

use super::leaves::{LeafCounter, Leaves, OrderError};

/// What is in a repository.
#[derive(Debug, Clone)]
pub struct Contents {
    /// Its records.
    pub leaves: Leaves,
    /// The blobs that they refer to.
    pub references: References,
    /// Records that cannot be read.
    pub quarantined: Vec<Quarantined>,
}

/// The blobs that records refer to.
#[derive(Debug, Clone, Default)]
pub struct References(pub(super) BTreeMap<Cid, Reference>);

/// What records say of a blob.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    /// The first record that refers to it.
    pub(super) path: String,
    /// The MIME types that records give it, each with the first record that does.
    pub(super) mime_types: BTreeMap<String, String>,
}

/// A record that nobody can read. It moves with the others, byte for byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Quarantined {
    /// Its path.
    pub path: String,
    /// Its CID.
    pub cid: Cid,
    /// What is wrong with it.
    pub why: String,
}

/// Says why the contents of a repository cannot be told.
#[derive(Debug, Error)]
pub enum ContentsError {
    /// The repository is not whole.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// Records came in another order than trees have them.
    #[error(transparent)]
    Order(#[from] OrderError),
}

impl Contents {
    /// Walks through a repository. The tree is checked on the way.
    ///
    /// # Errors
    ///
    /// [`ContentsError`] if the repository is not whole.
    pub fn of<F, O>(archive: &mut Archive<F, O>) -> Result<Self, ContentsError>
    where
        F: Read + Write + Seek,
        O: FnMut() -> io::Result<F>,
    {
        let (mut counter, mut references) = (LeafCounter::default(), References::default());
        let mut quarantined = Vec::new();
        archive.walk(|part| {
            let Part::Record { key, cid, bytes } = part else { return Ok(()) };
            counter.add(key, cid)?;
            match cbor::decode_lenient(bytes, &Limits::FOREIGN) {
                Ok(value) => {
                    for blob in blob::find(&value.value) {
                        references.add(key.as_str(), &blob);
                    }
                }
                Err(error) => {
                    let (path, why) = (key.to_string(), error.to_string());
                    quarantined.push(Quarantined { path, cid: *cid, why });
                }
            }
            Ok::<_, ContentsError>(())
        })?;
        Ok(Self { leaves: counter.finish(), references, quarantined })
    }
}

impl References {
    /// Adds a reference that the record at a path has.
    pub fn add(&mut self, path: &str, blob: &BlobRef) {
        let reference = self
            .0
            .entry(blob.cid)
            .or_insert_with(|| Reference { path: path.to_owned(), mime_types: BTreeMap::new() });
        if !reference.mime_types.contains_key(&blob.mime_type) {
            reference.mime_types.insert(blob.mime_type.clone(), path.to_owned());
        }
    }

    /// Returns the blobs, each with the first record that refers to it, and a type that records give it.
    pub fn iter(&self) -> impl Iterator<Item = (&Cid, &str, &str)> {
        self.0.iter().map(|(cid, reference)| {
            let mime_type = reference.mime_types.keys().next();
            (cid, reference.path.as_str(), mime_type.map_or("", String::as_str))
        })
    }

    /// Tells whether a record refers to a blob.
    pub fn contains(&self, cid: &Cid) -> bool {
        self.0.contains_key(cid)
    }

    /// Returns how many blobs are referred to.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether no blob is referred to.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
