//! `com.atproto.repo.getRecord`: shows one record.
//!
//! Made from `lexicons/com/atproto/repo/getRecord.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{AtIdentifier, AtUri, Cid, Nsid, RecordKey};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.getRecord";

/// Shows one record.
#[derive(Debug, Clone, Copy)]
pub struct GetRecord;

impl Method for GetRecord {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`GetRecord`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Asks for this version, which may be gone; the current one when absent.
    pub cid: Option<Cid>,
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `repo`: a DID or a handle.
    pub repo: AtIdentifier,
    /// The field `rkey`: a record key.
    pub rkey: RecordKey,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cid: query.optional("cid")?,
            collection: query.required("collection")?,
            repo: query.required("repo")?,
            rkey: query.required("rkey")?,
        })
    }
}

impl Check for Params {}

/// What [`GetRecord`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cid`: a CID.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cid: Option<Cid>,
    /// The field `uri`: an AT URI.
    pub uri: AtUri,
    /// The field `value`: any object.
    pub value: Json,
}

crate::method::declared_errors! {
    /// No such record, or not in that version.
    RecordNotFound = "RecordNotFound",
}
