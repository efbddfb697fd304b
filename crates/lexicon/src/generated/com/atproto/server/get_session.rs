//! `com.atproto.server.getSession`: describes the account behind the current session.
//!
//! Made from `lexicons/com/atproto/server/getSession.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

use crate::schema::MethodKind;
use crate::{Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.getSession";

/// Describes the account behind the current session.
#[derive(Debug, Clone, Copy)]
pub struct GetSession;

impl Method for GetSession {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// What [`GetSession`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
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
    /// The field `status`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}
