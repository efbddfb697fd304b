//! `com.atproto.sync.getHostStatus`: tells how a relay gets on with one upstream host.
//!
//! Made from `lexicons/com/atproto/sync/getHostStatus.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.getHostStatus";

/// Tells how a relay gets on with one upstream host.
#[derive(Debug, Clone, Copy)]
pub struct GetHostStatus;

impl Method for GetHostStatus {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`GetHostStatus`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `hostname`: a text.
    pub hostname: String,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { hostname: query.required("hostname")? })
    }
}

impl Check for Params {}

/// What [`GetHostStatus`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Accounts of the host that the relay has met.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub account_count: Option<i64>,
    /// The field `hostname`: a text.
    pub hostname: String,
    /// How far the relay has read, or saved its place, in the host's stream.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// The field `status`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

crate::method::declared_errors! {
    /// The relay does not follow this host.
    HostNotFound = "HostNotFound",
}
