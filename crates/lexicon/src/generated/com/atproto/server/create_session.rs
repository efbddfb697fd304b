//! `com.atproto.server.createSession`: signs in with a password.
//!
//! Made from `lexicons/com/atproto/server/createSession.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

use crate::schema::MethodKind;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.createSession";

/// Signs in with a password.
#[derive(Debug, Clone, Copy)]
pub struct CreateSession;

impl Method for CreateSession {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`CreateSession`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// Accepts a token of few rights rather than an error after a takedown.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub allow_takendown: Option<bool>,
    /// The mailed second factor, where the account demands one.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub auth_factor_token: Option<String>,
    /// A handle, DID or email address.
    pub identifier: String,
    /// The main password or one made for an app.
    pub password: String,
}

impl Check for Input {}

/// What [`CreateSession`] answers.
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
    /// A second factor is on its way by mail; repeat with it.
    AuthFactorTokenRequired = "AuthFactorTokenRequired",
}
