//! Record paths: a collection and a record key, as they stand in a repository's tree.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::text::serde_as_text;
use crate::{Nsid, NsidError, RecordKey, RecordKeyError};

/// Where a record is in its repository: `app.bsky.feed.post/3jzfcijpj2z2a`.
///
/// Orders like the text, which is the order of the repository's tree.
///
/// Spec: <https://atproto.com/specs/repository#repo-data-structure-v3>
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RecordPath {
    /// The collection: the NSID of the record's schema.
    pub collection: Nsid,
    /// The record's name within the collection.
    pub rkey: RecordKey,
}

/// Says why a text is not a record path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordPathError {
    /// There is no slash.
    #[error("record path has no slash")]
    NoSlash,
    /// The part before the first slash is not an NSID.
    #[error(transparent)]
    Collection(#[from] NsidError),
    /// The part after the first slash is not a record key.
    #[error(transparent)]
    RecordKey(#[from] RecordKeyError),
}

impl RecordPath {
    /// Joins a collection and a record key.
    pub fn new(collection: Nsid, rkey: RecordKey) -> Self {
        Self { collection, rkey }
    }

    /// Parses `collection/rkey`.
    ///
    /// # Errors
    ///
    /// [`RecordPathError`] if a part is missing or not well formed.
    pub fn parse(text: &str) -> Result<Self, RecordPathError> {
        let (collection, rkey) = text.split_once('/').ok_or(RecordPathError::NoSlash)?;
        Ok(Self { collection: Nsid::parse(collection)?, rkey: RecordKey::parse(rkey)? })
    }

    fn bytes(&self) -> impl Iterator<Item = u8> {
        self.collection.as_str().bytes().chain([b'/']).chain(self.rkey.as_str().bytes())
    }
}

// Not derived: `a.b.c/x` stands before `a.b.c-d.e/x` by its parts and after it by its text, because
// a slash sorts after a hyphen and a dot.
impl Ord for RecordPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl PartialOrd for RecordPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for RecordPath {
    type Err = RecordPathError;

    fn from_str(text: &str) -> Result<Self, RecordPathError> {
        Self::parse(text)
    }
}

impl fmt::Display for RecordPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.collection, self.rkey)
    }
}

impl fmt::Debug for RecordPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

serde_as_text!(RecordPath);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_order_like_their_text() {
        let texts = ["a.b-c.d/x", "a.b.c-d.e/x", "a.b.c.d/x", "a.b.c/x", "a.b.c/x.y", "a.b.c/x:y"];
        assert!(texts.is_sorted());
        let paths = texts.map(|text| RecordPath::parse(text).unwrap());
        assert!(paths.is_sorted());
        assert_eq!(paths.map(|path| path.to_string()), texts);
    }

    #[test]
    fn each_fault_has_its_name() {
        for (text, fault) in [
            ("a.b.c", RecordPathError::NoSlash),
            ("a.b/x", RecordPathError::Collection(NsidError::TooFewSegments)),
            ("a.b.c/", RecordPathError::RecordKey(RecordKeyError::Length)),
            ("a.b.c/x/y", RecordPathError::RecordKey(RecordKeyError::Character)),
        ] {
            assert_eq!(RecordPath::parse(text), Err(fault), "{text}");
        }
    }
}
