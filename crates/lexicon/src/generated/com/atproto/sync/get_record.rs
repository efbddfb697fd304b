//! `com.atproto.sync.getRecord`: downloads the signed proof that a record exists, or does not,
//! as a CAR.
//!
//! Made from `lexicons/com/atproto/sync/getRecord.json` by `just codegen`.

use syntax::{Did, Nsid, RecordKey};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, RawBody};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getRecord";

/// Downloads the signed proof that a record exists, or does not, as a CAR.
#[derive(Debug, Clone, Copy)]
pub struct GetRecord;

impl Method for GetRecord {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/vnd.ipld.car");
    type Params = Params;
    type Input = ();
    type Output = RawBody;
    type Error = Error;
}

/// The parameters of [`GetRecord`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `rkey`: a record key.
    pub rkey: RecordKey,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            collection: query.required("collection")?,
            did: query.required("did")?,
            rkey: query.required("rkey")?,
        })
    }
}

impl Check for Params {}

crate::method::declared_errors! {
    /// The repository has no such record.
    RecordNotFound = "RecordNotFound",
    /// The account is not hosted here.
    RepoNotFound = "RepoNotFound",
    /// Moderators have taken the account down.
    RepoTakendown = "RepoTakendown",
    /// Moderators have suspended the account.
    RepoSuspended = "RepoSuspended",
    /// The account's owner has deactivated it.
    RepoDeactivated = "RepoDeactivated",
}
