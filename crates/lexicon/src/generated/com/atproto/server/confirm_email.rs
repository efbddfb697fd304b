//! `com.atproto.server.confirmEmail`: proves, with a mailed token, that the caller reads this
//! address.
//!
//! Made from `lexicons/com/atproto/server/confirmEmail.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method};

/// The method's name.
pub const NSID: &str = "com.atproto.server.confirmEmail";

/// Proves, with a mailed token, that the caller reads this address.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmEmail;

impl Method for ConfirmEmail {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = Error;
}

/// What a request to [`ConfirmEmail`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `email`: a text.
    pub email: String,
    /// The field `token`: a text.
    pub token: String,
}

impl Check for Input {}

crate::method::declared_errors! {
    /// The caller has no account here.
    AccountNotFound = "AccountNotFound",
    /// The token is too old: request a new one.
    ExpiredToken = "ExpiredToken",
    /// The token is not one that was sent.
    InvalidToken = "InvalidToken",
    /// The address is not the account's.
    InvalidEmail = "InvalidEmail",
}
