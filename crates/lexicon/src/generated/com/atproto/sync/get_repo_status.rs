//! `com.atproto.sync.getRepoStatus`: tells whether this server serves a repository, and why if
//! not.
//!
//! Made from `lexicons/com/atproto/sync/getRepoStatus.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Did, Tid};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getRepoStatus";

/// Tells whether this server serves a repository, and why if not.
#[derive(Debug, Clone, Copy)]
pub struct GetRepoStatus;

impl Method for GetRepoStatus {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`GetRepoStatus`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `did`: a DID.
    pub did: Did,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { did: query.required("did")? })
    }
}

impl Check for Params {}

/// What [`GetRepoStatus`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `active`: true or false.
    pub active: bool,
    /// The field `did`: a DID.
    pub did: Did,
    /// Given for active accounts only.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub rev: Option<Tid>,
    /// Given only for inactive accounts, and not always then.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

crate::method::declared_errors! {
    /// The account is not hosted here.
    RepoNotFound = "RepoNotFound",
}
