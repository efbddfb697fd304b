//! `com.atproto.repo.listRecords`: lists the records of one collection, highest record key
//! first.
//!
//! Made from `lexicons/com/atproto/repo/listRecords.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{AtIdentifier, AtUri, Cid, Nsid};

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.listRecords";

/// Lists the records of one collection, highest record key first.
#[derive(Debug, Clone, Copy)]
pub struct ListRecords;

impl Method for ListRecords {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`ListRecords`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
    /// The field `repo`: a DID or a handle.
    pub repo: AtIdentifier,
    /// Lowest record key first.
    pub reverse: Option<bool>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            collection: query.required("collection")?,
            cursor: query.optional("cursor")?,
            limit: query.optional("limit")?.unwrap_or(50),
            repo: query.required("repo")?,
            reverse: query.optional("reverse")?,
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(100)))?;
        Ok(())
    }
}

/// What [`ListRecords`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The field `records`: a list.
    pub records: Vec<Record>,
}

/// A record with its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `uri`: an AT URI.
    pub uri: AtUri,
    /// The field `value`: any object.
    pub value: Json,
}
