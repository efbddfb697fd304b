//! `com.atproto.sync.listHosts`: lists the hosts that a relay follows.
//!
//! Made from `lexicons/com/atproto/sync/listHosts.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.listHosts";

/// Lists the hosts that a relay follows.
#[derive(Debug, Clone, Copy)]
pub struct ListHosts;

impl Method for ListHosts {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`ListHosts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cursor: query.optional("cursor")?,
            limit: query.optional("limit")?.unwrap_or(200),
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(1000)))?;
        Ok(())
    }
}

/// What [`ListHosts`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The field `hosts`: a list.
    pub hosts: Vec<Host>,
}

/// One upstream host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Host {
    /// The field `accountCount`: an integer.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub account_count: Option<i64>,
    /// The bare name, neither scheme nor path.
    pub hostname: String,
    /// How far the relay has read, or saved its place, in the host's stream.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub seq: Option<i64>,
    /// The field `status`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}
