//! Objects of `com.atproto.server.defs`.
//!
//! Made from `lexicons/com/atproto/server/defs.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Datetime, Did};

/// An invite code and its history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteCode {
    /// How many uses it was made with.
    pub available: i64,
    /// The field `code`: a text.
    pub code: String,
    /// The field `createdAt`: a point in time.
    pub created_at: Datetime,
    /// The field `createdBy`: a text.
    pub created_by: String,
    /// The field `disabled`: true or false.
    pub disabled: bool,
    /// Who may hand it out.
    pub for_account: String,
    /// The field `uses`: a list.
    pub uses: Vec<InviteCodeUse>,
}

/// One account that was opened with the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InviteCodeUse {
    /// The field `usedAt`: a point in time.
    pub used_at: Datetime,
    /// The field `usedBy`: a DID.
    pub used_by: Did,
}
