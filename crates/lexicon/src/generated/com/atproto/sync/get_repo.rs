//! `com.atproto.sync.getRepo`: downloads a repository as a CAR, whole or from a revision on.
//!
//! Made from `lexicons/com/atproto/sync/getRepo.json` by `just codegen`.

use syntax::{Did, Tid};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, RawBody};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getRepo";

/// Downloads a repository as a CAR, whole or from a revision on.
#[derive(Debug, Clone, Copy)]
pub struct GetRepo;

impl Method for GetRepo {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/vnd.ipld.car");
    type Params = Params;
    type Input = ();
    type Output = RawBody;
    type Error = Error;
}

/// The parameters of [`GetRepo`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `did`: a DID.
    pub did: Did,
    /// Leaves out blocks that the repository already had at this revision.
    pub since: Option<Tid>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { did: query.required("did")?, since: query.optional("since")? })
    }
}

impl Check for Params {}

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
