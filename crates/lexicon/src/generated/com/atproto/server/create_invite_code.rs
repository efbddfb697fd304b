//! `com.atproto.server.createInviteCode`: makes one invite code.
//!
//! Made from `lexicons/com/atproto/server/createInviteCode.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.createInviteCode";

/// Makes one invite code.
#[derive(Debug, Clone, Copy)]
pub struct CreateInviteCode;

impl Method for CreateInviteCode {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`CreateInviteCode`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// Who may hand it out; an administrator when absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub for_account: Option<Did>,
    /// How many accounts may be opened with it.
    pub use_count: i64,
}

impl Check for Input {}

/// What [`CreateInviteCode`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `code`: a text.
    pub code: String,
}
