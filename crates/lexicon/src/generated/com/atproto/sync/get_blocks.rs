//! `com.atproto.sync.getBlocks`: downloads single blocks of a repository as a CAR without
//! roots.
//!
//! Made from `lexicons/com/atproto/sync/getBlocks.json` by `just codegen`.

use syntax::{Cid, Did};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, RawBody};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getBlocks";

/// Downloads single blocks of a repository as a CAR without roots.
#[derive(Debug, Clone, Copy)]
pub struct GetBlocks;

impl Method for GetBlocks {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/vnd.ipld.car");
    type Params = Params;
    type Input = ();
    type Output = RawBody;
    type Error = Error;
}

/// The parameters of [`GetBlocks`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cids`: a list.
    pub cids: Vec<Cid>,
    /// The field `did`: a DID.
    pub did: Did,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { cids: query.required_list("cids")?, did: query.required("did")? })
    }
}

impl Check for Params {}

crate::method::declared_errors! {
    /// The repository lacks at least one of the blocks.
    BlockNotFound = "BlockNotFound",
    /// The account is not hosted here.
    RepoNotFound = "RepoNotFound",
    /// Moderators have taken the account down.
    RepoTakendown = "RepoTakendown",
    /// Moderators have suspended the account.
    RepoSuspended = "RepoSuspended",
    /// The account's owner has deactivated it.
    RepoDeactivated = "RepoDeactivated",
}
