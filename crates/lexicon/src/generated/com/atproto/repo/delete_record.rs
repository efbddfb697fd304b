//! `com.atproto.repo.deleteRecord`: removes one record from the caller's own repository, if it
//! is there.
//!
//! Made from `lexicons/com/atproto/repo/deleteRecord.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{AtIdentifier, Cid, Nsid, RecordKey};

use crate::com::atproto::repo::defs::CommitMeta;
use crate::schema::MethodKind;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.deleteRecord";

/// Removes one record from the caller's own repository, if it is there.
#[derive(Debug, Clone, Copy)]
pub struct DeleteRecord;

impl Method for DeleteRecord {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`DeleteRecord`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `repo`: a DID or a handle.
    pub repo: AtIdentifier,
    /// The field `rkey`: a record key.
    pub rkey: RecordKey,
    /// Refuses the removal unless this is the current commit.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub swap_commit: Option<Cid>,
    /// Refuses the removal unless the record has this CID.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub swap_record: Option<Cid>,
}

impl Check for Input {}

/// What [`DeleteRecord`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Absent if there was nothing to remove.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitMeta>,
}

crate::method::declared_errors! {
    /// The record or the repository has changed since.
    InvalidSwap = "InvalidSwap",
}
