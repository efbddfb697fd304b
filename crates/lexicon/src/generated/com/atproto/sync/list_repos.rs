//! `com.atproto.sync.listRepos`: lists all repositories of this server, inactive ones included.
//!
//! Made from `lexicons/com/atproto/sync/listRepos.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Cid, Did, Tid};

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.listRepos";

/// Lists all repositories of this server, inactive ones included.
#[derive(Debug, Clone, Copy)]
pub struct ListRepos;

impl Method for ListRepos {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`ListRepos`].
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

/// What [`ListRepos`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The field `repos`: a list.
    pub repos: Vec<Repo>,
}

/// A repository and its newest commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repo {
    /// The field `active`: true or false.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `head`: a CID.
    pub head: Cid,
    /// The field `rev`: a TID.
    pub rev: Tid,
    /// Given only for inactive accounts, and not always then.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}
