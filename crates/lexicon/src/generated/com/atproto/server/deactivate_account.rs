//! `com.atproto.server.deactivateAccount`: hides the caller's account and stops it from
//! writing, reversibly.
//!
//! Made from `lexicons/com/atproto/server/deactivateAccount.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Datetime;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.deactivateAccount";

/// Hides the caller's account and stops it from writing, reversibly.
#[derive(Debug, Clone, Copy)]
pub struct DeactivateAccount;

impl Method for DeactivateAccount {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`DeactivateAccount`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// From when the server may delete what it keeps.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub delete_after: Option<Datetime>,
}

impl Check for Input {}
