//! `com.atproto.admin.getInviteCodes`: lists all invite codes of this server.
//!
//! Made from `lexicons/com/atproto/admin/getInviteCodes.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::com::atproto::server::defs::InviteCode;
use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.getInviteCodes";

/// Lists all invite codes of this server.
#[derive(Debug, Clone, Copy)]
pub struct GetInviteCodes;

impl Method for GetInviteCodes {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`GetInviteCodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
    /// By age or by how often a code was used.
    pub sort: String,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cursor: query.optional("cursor")?,
            limit: query.optional("limit")?.unwrap_or(100),
            sort: query.optional("sort")?.unwrap_or_else(|| "recent".to_owned()),
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(500)))?;
        Ok(())
    }
}

/// What [`GetInviteCodes`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `codes`: a list.
    pub codes: Vec<InviteCode>,
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
