//! `com.atproto.sync.getHead`: tells a repository's current commit; superseded by
//! `getLatestCommit`.
//!
//! Made from `lexicons/com/atproto/sync/getHead.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Cid, Did};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getHead";

/// Tells a repository's current commit; superseded by `getLatestCommit`.
#[derive(Debug, Clone, Copy)]
pub struct GetHead;

impl Method for GetHead {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`GetHead`].
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

/// What [`GetHead`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `root`: a CID.
    pub root: Cid,
}

crate::method::declared_errors! {
    /// The account is not hosted here, or has no commit.
    HeadNotFound = "HeadNotFound",
}
