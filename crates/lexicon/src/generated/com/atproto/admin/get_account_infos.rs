//! `com.atproto.admin.getAccountInfos`: describes several accounts, with their email addresses
//! and invites.
//!
//! Made from `lexicons/com/atproto/admin/getAccountInfos.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::com::atproto::admin::defs::AccountView;
use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, NoError, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.getAccountInfos";

/// Describes several accounts, with their email addresses and invites.
#[derive(Debug, Clone, Copy)]
pub struct GetAccountInfos;

impl Method for GetAccountInfos {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`GetAccountInfos`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `dids`: a list.
    pub dids: Vec<Did>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { dids: query.required_list("dids")? })
    }
}

impl Check for Params {}

/// What [`GetAccountInfos`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The accounts that exist here; unknown DIDs are left out.
    pub infos: Vec<AccountView>,
}
