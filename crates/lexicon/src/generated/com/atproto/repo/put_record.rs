//! `com.atproto.repo.putRecord`: writes one record to the caller's own repository, new or not.
//!
//! Made from `lexicons/com/atproto/repo/putRecord.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{AtIdentifier, AtUri, Cid, Nsid, RecordKey};

use crate::com::atproto::repo::defs::CommitMeta;
use crate::schema::{Bounds, MethodKind};
use crate::wire::Nullable;
use crate::{At, Check, Invalid, Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.putRecord";

/// Writes one record to the caller's own repository, new or not.
#[derive(Debug, Clone, Copy)]
pub struct PutRecord;

impl Method for PutRecord {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`PutRecord`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `record`: any object.
    pub record: Json,
    /// The field `repo`: a DID or a handle.
    pub repo: AtIdentifier,
    /// The field `rkey`: a record key.
    pub rkey: RecordKey,
    /// Refuses the write unless this is the current commit.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub swap_commit: Option<Cid>,
    /// Refuses unless the record has this CID; null: unless it does not exist.
    #[serde(default, skip_serializing_if = "Nullable::is_absent")]
    pub swap_record: Nullable<Cid>,
    /// True demands a known schema, false skips the check, absent checks what is known.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub validate: Option<bool>,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("record").object(&self.record.0)?;
        at.key("rkey").text_bytes(self.rkey.as_str(), Bounds::new(None, Some(512)))?;
        Ok(())
    }
}

/// What [`PutRecord`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// Absent if the record already had exactly this value.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitMeta>,
    /// The field `uri`: an AT URI.
    pub uri: AtUri,
    /// `unknown` means that no schema was at hand.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub validation_status: Option<String>,
}

crate::method::declared_errors! {
    /// The record or the repository has changed since.
    InvalidSwap = "InvalidSwap",
}
