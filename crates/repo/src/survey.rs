//! What is in a repository, and what is unusual about it.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, Write};

use syntax::RecordPathError;
use thiserror::Error;

use crate::archive::{Archive, ArchiveError, Part};
use crate::data::cbor::{self, DecodeError};
use crate::data::{CheckError, Limits, Value, check};
use crate::draft::RECORD_BYTES_MAX;
use crate::mst::Key;

/// How many findings are kept; beyond that they are counted.
const FINDINGS_MAX: usize = 1000;

/// What is in a repository.
#[derive(Debug, Clone, Default)]
pub struct Survey {
    /// The records of each collection.
    pub collections: BTreeMap<String, Tally>,
    /// All records.
    pub records: Tally,
    /// All nodes of the tree.
    pub nodes: Tally,
    /// How many layers the tree has, 1 for the empty one.
    pub layers: u16,
    /// What was found, in the order of the paths; the first thousand.
    pub findings: Vec<(Key, Finding)>,
    /// How many findings there are that make the repository invalid.
    pub faults: u64,
    /// How many findings there are that do not.
    pub notes: u64,
}

/// A count of blocks, and how many bytes they have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// Something unusual about a record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Finding {
    /// The path is not that of a record. A fault: other servers refuse it.
    #[error("path: {0}")]
    Path(#[from] RecordPathError),
    /// The block cannot be read at all. A fault.
    #[error("cannot be read: {0}")]
    Unreadable(DecodeError),
    /// The block is not in canonical form, though its meaning is clear.
    #[error("not canonical: {0}")]
    NotCanonical(DecodeError),
    /// The value is against a rule of the data model.
    #[error("{0}")]
    DataModel(#[from] CheckError),
    /// The record's `$type` is not its collection.
    #[error("has the type {0:?}")]
    OtherType(String),
    /// The record has no `$type`.
    #[error("has no type")]
    NoType,
    /// The record is larger than records may be now.
    #[error("has {0} bytes")]
    TooLarge(usize),
}

impl Finding {
    /// Tells whether a repository with this is invalid.
    pub fn is_fault(&self) -> bool {
        matches!(self, Self::Path(_) | Self::Unreadable(_))
    }
}

/// Goes through a repository, checks its tree, and reads each record.
///
/// # Errors
///
/// [`ArchiveError`] if a part is missing or the tree is not what it must be: the survey ends there.
pub fn survey<F, O>(archive: &mut Archive<F, O>) -> Result<Survey, ArchiveError>
where
    F: Read + Write + Seek,
    O: FnMut() -> io::Result<F>,
{
    let mut survey = Survey::default();
    archive.walk(|part| {
        match part {
            Part::Node { at, bytes, .. } => {
                survey.layers = survey.layers.max(u16::from(at.layer) + 1);
                survey.nodes.add(bytes.len());
            }
            Part::Record { key, bytes, .. } => survey.record(key, bytes),
        }
        Ok::<_, ArchiveError>(())
    })?;
    Ok(survey)
}

impl Survey {
    fn record(&mut self, key: &Key, bytes: &[u8]) {
        self.records.add(bytes.len());
        match self.collections.get_mut(key.collection()) {
            Some(tally) => tally.add(bytes.len()),
            None => {
                self.collections.entry(key.collection().to_owned()).or_default().add(bytes.len())
            }
        }
        if let Some(finding) = inspect(key, bytes) {
            *(if finding.is_fault() { &mut self.faults } else { &mut self.notes }) += 1;
            if self.findings.len() < FINDINGS_MAX {
                self.findings.push((key.clone(), finding));
            }
        }
    }
}

impl Tally {
    fn add(&mut self, bytes: usize) {
        self.count += 1;
        self.bytes += u64::try_from(bytes).expect("a length in memory fits into 64 bits");
    }
}

/// Returns the first unusual thing about a record.
pub fn inspect(key: &Key, bytes: &[u8]) -> Option<Finding> {
    if let Err(error) = key.record_path() {
        return Some(error.into());
    }
    let value = match cbor::decode(bytes, &Limits::FOREIGN) {
        Ok(value) => value,
        Err(strict) => {
            return Some(match cbor::decode_lenient(bytes, &Limits::FOREIGN) {
                Ok(_) => Finding::NotCanonical(strict),
                Err(error) => Finding::Unreadable(error),
            });
        }
    };
    if let Err(error) = check(&value) {
        return Some(error.into());
    }
    let kind = match &value {
        Value::Map(map) => map.get("$type"),
        _ => None,
    };
    match kind {
        Some(Value::String(kind)) if kind == key.collection() => {}
        Some(Value::String(kind)) => return Some(Finding::OtherType(kind.clone())),
        _ => return Some(Finding::NoType),
    }
    (bytes.len() > RECORD_BYTES_MAX).then_some(Finding::TooLarge(bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unusual_record_has_its_finding() {
        let key = |text: &str| Key::parse(text).unwrap();
        let post = key("app.bsky.feed.post/1");
        let encode = |text: &str| {
            let value = crate::data::json::decode(text.as_bytes(), &Limits::RECORD).unwrap();
            cbor::encode(&value).unwrap()
        };
        let good = encode(r#"{"$type":"app.bsky.feed.post"}"#);
        assert_eq!(inspect(&post, &good), None);
        assert!(inspect(&key("no/nsid"), &good).is_some_and(|finding| finding.is_fault()));
        assert!(inspect(&post, b"\xff").is_some_and(|finding| finding.is_fault()));
        // {"$type": "app.bsky.feed.post", "a": 1} in the wrong order.
        let unsorted = [&b"\xa2"[..], &good[1..], b"\x61a\x01"].concat();
        assert!(matches!(inspect(&post, &unsorted), Some(Finding::NotCanonical(_))));
        let other = inspect(&post, &encode(r#"{"$type":"a.b.c"}"#));
        assert_eq!(other, Some(Finding::OtherType("a.b.c".into())));
        assert_eq!(inspect(&post, &encode(r#"{"a":1}"#)), Some(Finding::NoType));
        assert!(matches!(inspect(&post, &encode("[]")), Some(Finding::DataModel(_))));
        let large = format!(r#"{{"$type":"app.bsky.feed.post","a":"{}"}}"#, "x".repeat(1_000_000));
        assert!(matches!(inspect(&post, &encode(&large)), Some(Finding::TooLarge(_))));
    }
}
