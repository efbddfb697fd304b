//! `com.atproto.admin.updateAccountEmail`: replaces an account's email address without asking
//! for a token.
//!
//! Made from `lexicons/com/atproto/admin/updateAccountEmail.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::AtIdentifier;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.updateAccountEmail";

/// Replaces an account's email address without asking for a token.
#[derive(Debug, Clone, Copy)]
pub struct UpdateAccountEmail;

impl Method for UpdateAccountEmail {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`UpdateAccountEmail`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `account`: a DID or a handle.
    pub account: AtIdentifier,
    /// The field `email`: a text.
    pub email: String,
}

impl Check for Input {}
