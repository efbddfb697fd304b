//! `com.atproto.server.getAccountInviteCodes`: lists the caller's invite codes.
//!
//! Made from `lexicons/com/atproto/server/getAccountInviteCodes.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::com::atproto::server::defs::InviteCode;
use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.server.getAccountInviteCodes";

/// Lists the caller's invite codes.
#[derive(Debug, Clone, Copy)]
pub struct GetAccountInviteCodes;

impl Method for GetAccountInviteCodes {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`GetAccountInviteCodes`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Whether codes the caller has earned are made on the way.
    pub create_available: bool,
    /// The field `includeUsed`: true or false.
    pub include_used: bool,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            create_available: query.optional("createAvailable")?.unwrap_or(true),
            include_used: query.optional("includeUsed")?.unwrap_or(true),
        })
    }
}

impl Check for Params {}

/// What [`GetAccountInviteCodes`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `codes`: a list.
    pub codes: Vec<InviteCode>,
}

crate::method::declared_errors! {
    /// Two requests tried to make the earned codes at once.
    DuplicateCreate = "DuplicateCreate",
}
