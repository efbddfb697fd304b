//! From what a client sends as a record to what is written.

use bytes::Bytes;
use lexicon::schema::{Document, SchemaError};
use lexicon::{Catalog, ValidationError};
use repo::data::{Limits, Value, blob, cbor, check};
use repo::draft::RECORD_BYTES_MAX;
use repo::mst::Key;
use sha2::{Digest as _, Sha256};
use store::repo::BlobUse;
use syntax::{Cid, RecordPath, Tid};
use thiserror::Error;

use crate::handle::is_slur;
use crate::lexicons::SCHEMA_COLLECTION;
use crate::write::Content;

/// How a record stands to its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValidationStatus {
    /// It follows it.
    Valid,
    /// The schema is not known here.
    Unknown,
}

/// A record that was found fit to be written.
#[derive(Debug, Clone)]
pub(crate) struct Prepared {
    /// What is written.
    pub(crate) content: Content,
    /// How it stands to its schema; `None` if that was not to be looked at.
    pub(crate) status: Option<ValidationStatus>,
}

/// Says why a record cannot be written.
#[derive(Debug, Error)]
pub(crate) enum RecordError {
    /// It is no object.
    #[error("Record must be an object")]
    NotAnObject,
    /// It says that it belongs into another collection.
    #[error("Invalid $type: expected {expected}, got {found}")]
    Type {
        /// The collection.
        expected: String,
        /// What it says.
        found: String,
    },
    /// It does not follow the rules of all records.
    #[error("Invalid record: {0}")]
    Data(#[from] repo::data::CheckError),
    /// It cannot be encoded.
    #[error("Invalid record: {0}")]
    Encode(#[from] cbor::EncodeError),
    /// It refers to a blob in the form of before 2023.
    #[error("Legacy blobs are not allowed ({0})")]
    LegacyBlob(Cid),
    /// The schema is not known, and the caller demands that it is.
    #[error("Unknown lexicon type: {0}")]
    UnknownType(String),
    /// Its key is not of the kind that its collection has.
    #[error("Invalid record key for {collection}: {source}")]
    Key {
        /// The collection.
        collection: String,
        /// What is wrong.
        source: ValidationError,
    },
    /// It does not follow its schema.
    #[error("Invalid {collection} record: {source}")]
    Invalid {
        /// The collection.
        collection: String,
        /// What is wrong.
        source: ValidationError,
    },
    /// It is to be published as a schema, and is none.
    #[error("Invalid com.atproto.lexicon.schema record: {0}")]
    Schema(#[from] SchemaError),
    /// It is to be published as the schema of another name than it has.
    #[error("Invalid com.atproto.lexicon.schema record: /id is not the record key")]
    SchemaName,
    /// Its key has a word in it that insults people.
    #[error("Inappropriate language in record key")]
    Slur,
    /// It has more bytes than a record may have.
    #[error("Record is too large: {0} bytes, where {RECORD_BYTES_MAX} are allowed")]
    TooLarge(usize),
}

impl ValidationStatus {
    /// Returns the word that answers carry.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unknown => "unknown",
        }
    }
}

/// Checks a record and encodes it.
///
/// `validate` is the caller's wish: true demands a schema, false looks at none.
pub(crate) fn prepare(
    lexicons: &Catalog,
    path: &RecordPath,
    record: Value,
    validate: Option<bool>,
) -> Result<Prepared, RecordError> {
    // Keys that are made of the time are no words, whatever they look like.
    if Tid::parse(path.rkey.as_str()).is_err() && is_slur(path.rkey.as_str()) {
        return Err(RecordError::Slur);
    }
    let record = typed(path, record)?;
    check(&record)?;
    let blobs = blobs(path, &record)?;
    let status = validated(lexicons, path, &record, validate)?;
    if path.collection.as_str() == SCHEMA_COLLECTION && validate != Some(false) {
        check_schema(path, &record)?;
    }
    let block = Bytes::from(cbor::encode(&record)?);
    if block.len() > RECORD_BYTES_MAX {
        return Err(RecordError::TooLarge(block.len()));
    }
    let subject = subject(path.collection.as_str(), &record);
    let content = Content { cid: Cid::of_cbor(&block), block, blobs, subject };
    Ok(Prepared { content, status })
}

/// Makes sure that a record says what it is.
fn typed(path: &RecordPath, record: Value) -> Result<Value, RecordError> {
    let Value::Map(mut map) = record else { return Err(RecordError::NotAnObject) };
    let expected = path.collection.as_str();
    match map.get("$type") {
        None => {
            map.insert("$type", Value::from(expected));
        }
        Some(Value::String(found)) if found.as_str() == expected => {}
        Some(found) => {
            let found = match found {
                Value::String(found) => found.to_string(),
                other => repo::data::json::encode(other),
            };
            return Err(RecordError::Type { expected: expected.to_owned(), found });
        }
    }
    Ok(Value::Map(map))
}

/// Returns the blobs that a record refers to, each once.
pub(crate) fn blobs(path: &RecordPath, record: &Value) -> Result<Vec<BlobUse>, RecordError> {
    let mut blobs: Vec<BlobUse> = Vec::new();
    for found in blob::find(record) {
        let size = found.size.ok_or(RecordError::LegacyBlob(found.cid))?;
        if blobs.iter().all(|blob| blob.cid != found.cid) {
            let path = Key::from(path);
            blobs.push(BlobUse { path, cid: found.cid, mime_type: found.mime_type, size });
        }
    }
    Ok(blobs)
}

fn validated(
    lexicons: &Catalog,
    path: &RecordPath,
    record: &Value,
    validate: Option<bool>,
) -> Result<Option<ValidationStatus>, RecordError> {
    if validate == Some(false) {
        return Ok(None);
    }
    let collection = || path.collection.to_string();
    match lexicons.validate_record(&path.collection, &path.rkey, record) {
        Ok(()) => Ok(Some(ValidationStatus::Valid)),
        Err(ValidationError::UnknownSchema { .. }) if validate == Some(true) => {
            Err(RecordError::UnknownType(collection()))
        }
        Err(ValidationError::UnknownSchema { .. }) => Ok(Some(ValidationStatus::Unknown)),
        Err(source @ ValidationError::RecordKey { .. }) => {
            Err(RecordError::Key { collection: collection(), source })
        }
        Err(source) => Err(RecordError::Invalid { collection: collection(), source }),
    }
}

/// Refuses what would be published as a schema and could not be read as one.
fn check_schema(path: &RecordPath, record: &Value) -> Result<(), RecordError> {
    let document = Document::from_value(record)?;
    let is_named = document.id.as_str() == path.rkey.as_str();
    is_named.then_some(()).ok_or(RecordError::SchemaName)
}

/// Returns a hash of a collection and of what a record of it is about, for the collections in which
/// there should be one record about each subject.
pub(crate) fn subject(collection: &str, record: &Value) -> Option<i64> {
    let subject = record.as_map()?.get("subject")?;
    let subject = match collection {
        "app.bsky.feed.like" | "app.bsky.feed.repost" => subject.as_map()?.get("uri")?,
        "app.bsky.graph.follow" | "app.bsky.graph.block" => subject,
        _ => return None,
    };
    let hash = Sha256::new().chain_update(collection).chain_update(" ");
    let hash = hash.chain_update(subject.as_str()?).finalize();
    Some(i64::from_be_bytes(*hash.first_chunk().expect("a digest has 32 bytes")))
}

/// Returns what [`prepare`] found as the subject of a record, of its block.
pub(crate) fn subject_of_block(path: &Key, block: &[u8]) -> Option<i64> {
    // Most collections have none, and their records need not be read.
    if !path.collection().starts_with("app.bsky.") {
        return None;
    }
    let record = cbor::decode_lenient(block, &Limits::FOREIGN).ok()?;
    subject(path.collection(), &record.value)
}
