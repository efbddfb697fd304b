//! `com.atproto.server.createInviteCodes`: makes several invite codes, the same number for each
//! given account.
//!
//! Made from `lexicons/com/atproto/server/createInviteCodes.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.createInviteCodes";

/// Makes several invite codes, the same number for each given account.
#[derive(Debug, Clone, Copy)]
pub struct CreateInviteCodes;

impl Method for CreateInviteCodes {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`CreateInviteCodes`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `codeCount`: an integer.
    #[serde(default = "default_code_count")]
    pub code_count: i64,
    /// The field `forAccounts`: a list.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub for_accounts: Option<Vec<Did>>,
    /// How many accounts may be opened with each.
    pub use_count: i64,
}

fn default_code_count() -> i64 {
    1
}

impl Check for Input {}

/// What [`CreateInviteCodes`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `codes`: a list.
    pub codes: Vec<AccountCodes>,
}

/// The new codes of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountCodes {
    /// The field `account`: a text.
    pub account: String,
    /// The field `codes`: a list.
    pub codes: Vec<String>,
}
