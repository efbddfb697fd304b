//! `com.atproto.admin.getSubjectStatus`: tells whether an account, record or blob is taken
//! down.
//!
//! Made from `lexicons/com/atproto/admin/getSubjectStatus.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{AtUri, Cid, Did};

use crate::com::atproto::admin::defs::{RepoBlobRef, RepoRef, StatusAttr};
use crate::com::atproto::repo::strong_ref::StrongRef;
use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.getSubjectStatus";

/// Tells whether an account, record or blob is taken down.
#[derive(Debug, Clone, Copy)]
pub struct GetSubjectStatus;

impl Method for GetSubjectStatus {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`GetSubjectStatus`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Needs `did` as well, since the same blob may be in several accounts.
    pub blob: Option<Cid>,
    /// The field `did`: a DID.
    pub did: Option<Did>,
    /// The field `uri`: an AT URI.
    pub uri: Option<AtUri>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            blob: query.optional("blob")?,
            did: query.optional("did")?,
            uri: query.optional("uri")?,
        })
    }
}

impl Check for Params {}

/// What [`GetSubjectStatus`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Given for accounts only.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<StatusAttr>,
    /// The field `subject`.
    pub subject: Subject,
    /// The field `takedown`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub takedown: Option<StatusAttr>,
}

crate::wire::union! {
    /// The field `subject` of [`Output`].
    Subject {
        RepoRef = "com.atproto.admin.defs#repoRef",
        StrongRef = "com.atproto.repo.strongRef",
        RepoBlobRef = "com.atproto.admin.defs#repoBlobRef",
    } or Other
}
