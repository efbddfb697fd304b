//! `com.atproto.admin.searchAccounts`: finds accounts of this server by email address.
//!
//! Made from `lexicons/com/atproto/admin/searchAccounts.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::com::atproto::admin::defs::AccountView;
use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.searchAccounts";

/// Finds accounts of this server by email address.
#[derive(Debug, Clone, Copy)]
pub struct SearchAccounts;

impl Method for SearchAccounts {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`SearchAccounts`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `email`: a text.
    pub email: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cursor: query.optional("cursor")?,
            email: query.optional("email")?,
            limit: query.optional("limit")?.unwrap_or(50),
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(100)))?;
        Ok(())
    }
}

/// What [`SearchAccounts`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `accounts`: a list.
    pub accounts: Vec<AccountView>,
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}
