//! `com.atproto.sync.listBlobs`: lists the blobs that an account's records refer to.
//!
//! Made from `lexicons/com/atproto/sync/listBlobs.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Cid, Did, Tid};

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.listBlobs";

/// Lists the blobs that an account's records refer to.
#[derive(Debug, Clone, Copy)]
pub struct ListBlobs;

impl Method for ListBlobs {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`ListBlobs`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `limit`: an integer.
    pub limit: i64,
    /// Only blobs that came with later revisions.
    pub since: Option<Tid>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cursor: query.optional("cursor")?,
            did: query.required("did")?,
            limit: query.optional("limit")?.unwrap_or(500),
            since: query.optional("since")?,
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(1000)))?;
        Ok(())
    }
}

/// What [`ListBlobs`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cids`: a list.
    pub cids: Vec<Cid>,
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
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
