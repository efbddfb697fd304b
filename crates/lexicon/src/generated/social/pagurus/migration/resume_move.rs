//! `social.pagurus.migration.resumeMove`: goes on at once with what failed, asks for another
//! code, or signs in at the old host again.
//!
//! Made from `lexicons/social/pagurus/migration/resumeMove.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::social::pagurus::migration::defs::Job;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.resumeMove";

/// Goes on at once with what failed, asks for another code, or signs in at the old host again.
#[derive(Debug, Clone, Copy)]
pub struct ResumeMove;

impl Method for ResumeMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`ResumeMove`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The code that it has mailed to let one sign in.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub auth_factor_token: Option<String>,
    /// Whether blobs that did not come are asked for again.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub lost_blobs: Option<bool>,
    /// The main password at the old host, if it wants one again.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
}

impl Check for Input {}

/// What [`ResumeMove`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `job`.
    pub job: Job,
}

crate::method::declared_errors! {
    /// The account has not moved here by way of this server.
    MoveNotFound = "MoveNotFound",
    /// The old host has mailed a code that it wants to see.
    AuthFactorTokenRequired = "AuthFactorTokenRequired",
}
