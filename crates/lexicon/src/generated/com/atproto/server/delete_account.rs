//! `com.atproto.server.deleteAccount`: deletes an account for good, by password and mailed
//! token.
//!
//! Made from `lexicons/com/atproto/server/deleteAccount.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method};

/// The method's name.
pub const NSID: &str = "com.atproto.server.deleteAccount";

/// Deletes an account for good, by password and mailed token.
#[derive(Debug, Clone, Copy)]
pub struct DeleteAccount;

impl Method for DeleteAccount {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = Error;
}

/// What a request to [`DeleteAccount`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `password`: a text.
    pub password: String,
    /// From the mail that `requestAccountDelete` sends.
    pub token: String,
}

impl Check for Input {}

crate::method::declared_errors! {
    /// The token is too old: request a new one.
    ExpiredToken = "ExpiredToken",
    /// The token is not one that was sent.
    InvalidToken = "InvalidToken",
}
