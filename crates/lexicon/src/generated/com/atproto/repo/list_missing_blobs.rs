//! `com.atproto.repo.listMissingBlobs`: lists blobs the caller's records refer to but this
//! server lacks.
//!
//! Made from `lexicons/com/atproto/repo/listMissingBlobs.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{AtUri, Cid};

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.listMissingBlobs";

/// Lists blobs the caller's records refer to but this server lacks.
#[derive(Debug, Clone, Copy)]
pub struct ListMissingBlobs;

impl Method for ListMissingBlobs {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`ListMissingBlobs`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cursor: query.optional("cursor")?,
            limit: query.optional("limit")?.unwrap_or(500),
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(1000)))?;
        Ok(())
    }
}

/// What [`ListMissingBlobs`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `blobs`: a list.
    pub blobs: Vec<RecordBlob>,
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// A missing blob and one record that needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordBlob {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `recordUri`: an AT URI.
    pub record_uri: AtUri,
}
