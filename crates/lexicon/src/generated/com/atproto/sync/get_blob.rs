//! `com.atproto.sync.getBlob`: downloads one blob of an account, byte for byte.
//!
//! Made from `lexicons/com/atproto/sync/getBlob.json` by `just codegen`.

use syntax::{Cid, Did};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, RawBody};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getBlob";

/// Downloads one blob of an account, byte for byte.
#[derive(Debug, Clone, Copy)]
pub struct GetBlob;

impl Method for GetBlob {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("*/*");
    type Params = Params;
    type Input = ();
    type Output = RawBody;
    type Error = Error;
}

/// The parameters of [`GetBlob`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `did`: a DID.
    pub did: Did,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { cid: query.required("cid")?, did: query.required("did")? })
    }
}

impl Check for Params {}

crate::method::declared_errors! {
    /// The account has no such blob here.
    BlobNotFound = "BlobNotFound",
    /// The account is not hosted here.
    RepoNotFound = "RepoNotFound",
    /// Moderators have taken the account down.
    RepoTakendown = "RepoTakendown",
    /// Moderators have suspended the account.
    RepoSuspended = "RepoSuspended",
    /// The account's owner has deactivated it.
    RepoDeactivated = "RepoDeactivated",
}
