//! `com.atproto.server.updateEmail`: gives the caller's account another email address.
//!
//! Made from `lexicons/com/atproto/server/updateEmail.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.updateEmail";

/// Gives the caller's account another email address.
#[derive(Debug, Clone, Copy)]
pub struct UpdateEmail;

impl Method for UpdateEmail {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = Error;
}

/// What a request to [`UpdateEmail`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `email`: a text.
    pub email: String,
    /// Whether signing in asks for a mailed second factor.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email_auth_factor: Option<bool>,
    /// From the mail that `requestEmailUpdate` sends; not needed for unconfirmed addresses.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

impl Check for Input {}

crate::method::declared_errors! {
    /// The token is too old: request a new one.
    ExpiredToken = "ExpiredToken",
    /// The token is not one that was sent.
    InvalidToken = "InvalidToken",
    /// The present address is confirmed, so a token is due.
    TokenRequired = "TokenRequired",
}
