//! `com.atproto.sync.listReposByCollection`: lists the accounts that have records in a
//! collection.
//!
//! Made from `lexicons/com/atproto/sync/listReposByCollection.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Did, Nsid};

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.listReposByCollection";

/// Lists the accounts that have records in a collection.
#[derive(Debug, Clone, Copy)]
pub struct ListReposByCollection;

impl Method for ListReposByCollection {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`ListReposByCollection`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            collection: query.required("collection")?,
            cursor: query.optional("cursor")?,
            limit: query.optional("limit")?.unwrap_or(500),
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(2000)))?;
        Ok(())
    }
}

/// What [`ListReposByCollection`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The field `repos`: a list.
    pub repos: Vec<Repo>,
}

/// One account found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    /// The field `did`: a DID.
    pub did: Did,
}
