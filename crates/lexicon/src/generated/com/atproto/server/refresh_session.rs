//! `com.atproto.server.refreshSession`: trades a refresh token for a new pair of tokens.
//!
//! Made from `lexicons/com/atproto/server/refreshSession.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

use crate::schema::MethodKind;
use crate::{Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.refreshSession";

/// Trades a refresh token for a new pair of tokens.
#[derive(Debug, Clone, Copy)]
pub struct RefreshSession;

impl Method for RefreshSession {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// What [`RefreshSession`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `accessJwt`: a text.
    pub access_jwt: String,
    /// False if the repository is not served at present; `status` says why.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `didDoc`: any object.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub did_doc: Option<Json>,
    /// The field `email`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The field `emailAuthFactor`: true or false.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email_auth_factor: Option<bool>,
    /// The field `emailConfirmed`: true or false.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email_confirmed: Option<bool>,
    /// The field `handle`: a handle.
    pub handle: Handle,
    /// The field `refreshJwt`: a text.
    pub refresh_jwt: String,
    /// The field `status`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

crate::method::declared_errors! {
    /// Moderators have taken the account down.
    AccountTakedown = "AccountTakedown",
    /// The refresh token is unknown or was revoked.
    InvalidToken = "InvalidToken",
    /// The refresh token has run out: sign in again.
    ExpiredToken = "ExpiredToken",
}
