//! `com.atproto.temp.revokeAccountCredentials`: voids an account's password, app passwords and
//! sessions until a reset.
//!
//! Made from `lexicons/com/atproto/temp/revokeAccountCredentials.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::AtIdentifier;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.temp.revokeAccountCredentials";

/// Voids an account's password, app passwords and sessions until a reset.
#[derive(Debug, Clone, Copy)]
pub struct RevokeAccountCredentials;

impl Method for RevokeAccountCredentials {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`RevokeAccountCredentials`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `account`: a DID or a handle.
    pub account: AtIdentifier,
}

impl Check for Input {}
