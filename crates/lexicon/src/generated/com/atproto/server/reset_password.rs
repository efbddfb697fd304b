//! `com.atproto.server.resetPassword`: sets a new main password by mailed token.
//!
//! Made from `lexicons/com/atproto/server/resetPassword.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method};

/// The method's name.
pub const NSID: &str = "com.atproto.server.resetPassword";

/// Sets a new main password by mailed token.
#[derive(Debug, Clone, Copy)]
pub struct ResetPassword;

impl Method for ResetPassword {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = Error;
}

/// What a request to [`ResetPassword`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `password`: a text.
    pub password: String,
    /// The field `token`: a text.
    pub token: String,
}

impl Check for Input {}

crate::method::declared_errors! {
    /// The token is too old: request a new one.
    ExpiredToken = "ExpiredToken",
    /// The token is not one that was sent.
    InvalidToken = "InvalidToken",
}
