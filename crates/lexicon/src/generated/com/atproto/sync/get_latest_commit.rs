//! `com.atproto.sync.getLatestCommit`: tells a repository's current commit and revision.
//!
//! Made from `lexicons/com/atproto/sync/getLatestCommit.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Cid, Did, Tid};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getLatestCommit";

/// Tells a repository's current commit and revision.
#[derive(Debug, Clone, Copy)]
pub struct GetLatestCommit;

impl Method for GetLatestCommit {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`GetLatestCommit`].
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

/// What [`GetLatestCommit`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `rev`: a TID.
    pub rev: Tid,
}

crate::method::declared_errors! {
    /// The account is not hosted here.
    RepoNotFound = "RepoNotFound",
    /// Moderators have taken the account down.
    RepoTakendown = "RepoTakendown",
    /// Moderators have suspended the account.
    RepoSuspended = "RepoSuspended",
    /// The account's owner has deactivated it.
    RepoDeactivated = "RepoDeactivated",
}
