//! `com.atproto.admin.getAccountInfo`: describes one account, with its email address and
//! invites.
//!
//! Made from `lexicons/com/atproto/admin/getAccountInfo.json` by `just codegen`.

use syntax::Did;

use crate::com::atproto::admin::defs::AccountView;
use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, NoError, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.getAccountInfo";

/// Describes one account, with its email address and invites.
#[derive(Debug, Clone, Copy)]
pub struct GetAccountInfo;

impl Method for GetAccountInfo {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`GetAccountInfo`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `did`: a DID.
    pub did: Did,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { did: query.required("did")? })
    }
}

impl Check for Params {}

/// What [`GetAccountInfo`] answers.
pub type Output = AccountView;
