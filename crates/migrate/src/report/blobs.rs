//! The blobs of an account: which there are, which are missing, which have another type.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use syntax::Cid;

use super::contents::References;
use super::digest::Digest;

/// The blobs that a host has of an account.
///
/// Digests are SHA-256 over lines in ascending order of their bytes, as `LC_ALL=C sort | sha256sum`
/// makes them. A backslash, tab or line feed in a MIME type is written `\\`, `\t` or `\n`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Blobs {
    /// How many there are.
    pub count: u64,
    /// How many bytes they have together.
    pub bytes: u64,
    /// Of how many the bytes were read again and have the hash that is their name.
    pub rehashed: u64,
    /// The digest of the lines `CID<line feed>`: of what is in them.
    pub content: Digest,
    /// The digest of the lines `CID<tab>SIZE<tab>MIME TYPE<line feed>`, the size in decimal digits.
    pub digest: Digest,
    /// Those that should be there and are not, in the order of their CIDs.
    pub missing: Vec<MissingBlob>,
    /// Those that a record gives another MIME type than the host does.
    pub mime_differences: Vec<MimeDifference>,
}

/// A blob that a host has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob {
    /// Its CID.
    pub cid: Cid,
    /// How many bytes it has.
    pub size: u64,
    /// The MIME type that the host gives it.
    pub mime_type: String,
    /// Whether its bytes were read and have the hash that is its CID.
    pub is_rehashed: bool,
}

/// A blob that should be there and is not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MissingBlob {
    /// The blob.
    pub cid: Cid,
    /// The first of the records that refer to it, if any does.
    pub path: Option<String>,
    /// What became of it.
    pub why: Loss,
}

/// Why a blob is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Loss {
    /// The host says that it does not have it.
    NotFound,
    /// What the host gives does not have the hash.
    Damaged,
    /// It is larger than the new host takes.
    TooLarge,
    /// The host did not answer, or refused.
    NoAnswer,
    /// Nobody has said.
    Unknown,
}

/// A blob with two types.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MimeDifference {
    /// The blob.
    pub cid: Cid,
    /// The first record that gives it this type.
    pub path: String,
    /// The type that the record gives it.
    pub record: String,
    /// The type that the host gives it.
    pub host: String,
}

impl Blobs {
    /// Describes what a host has, of that which records refer to or which is known to be `lost`.
    ///
    /// Of a blob that is given twice the last word counts.
    pub fn of(
        present: impl IntoIterator<Item = Blob>,
        references: &References,
        lost: &BTreeMap<Cid, Loss>,
    ) -> Self {
        let present: BTreeMap<Cid, Blob> =
            present.into_iter().map(|blob| (blob.cid, blob)).collect();
        let mut missing: BTreeMap<Cid, MissingBlob> = BTreeMap::new();
        let referred = references.0.iter().map(|(cid, known)| (cid, Some(known.path.clone())));
        for (cid, path) in lost.keys().map(|cid| (cid, None)).chain(referred) {
            if !present.contains_key(cid) {
                let why = lost.get(cid).copied().unwrap_or(Loss::Unknown);
                missing.insert(*cid, MissingBlob { cid: *cid, path, why });
            }
        }
        let line =
            |blob: &Blob| format!("{}\t{}\t{}", blob.cid, blob.size, escaped(&blob.mime_type));
        Self {
            count: count(present.len()),
            bytes: present.values().map(|blob| blob.size).fold(0, u64::saturating_add),
            rehashed: count(present.values().filter(|blob| blob.is_rehashed).count()),
            content: Digest::of(present.keys().map(Cid::to_string)),
            digest: Digest::of(present.values().map(line)),
            missing: missing.into_values().collect(),
            mime_differences: mime_differences(&present, references),
        }
    }
}

fn mime_differences(present: &BTreeMap<Cid, Blob>, references: &References) -> Vec<MimeDifference> {
    let mut found = Vec::new();
    for (cid, reference) in &references.0 {
        let Some(blob) = present.get(cid) else { continue };
        let others = reference.mime_types.iter().filter(|(record, _)| **record != blob.mime_type);
        found.extend(others.map(|(record, path)| MimeDifference {
            cid: *cid,
            path: path.clone(),
            record: record.clone(),
            host: blob.mime_type.clone(),
        }));
    }
    found
}

/// Writes a MIME type so that it stays within its field and its line.
fn escaped(mime_type: &str) -> String {
    mime_type.replace('\\', r"\\").replace('\t', r"\t").replace('\n', r"\n")
}

pub(super) fn count(length: usize) -> u64 {
    u64::try_from(length).expect("a length in memory fits into 64 bits")
}
