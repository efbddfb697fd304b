//! `social.pagurus.migration.planMove`: looks at what a move here would meet, and changes
//! nothing.
//!
//! Made from `lexicons/social/pagurus/migration/planMove.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Did, Handle, Uri};

use crate::schema::MethodKind;
use crate::social::pagurus::migration::defs::Finding;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.planMove";

/// Looks at what a move here would meet, and changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct PlanMove;

impl Method for PlanMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`PlanMove`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The code that the old host has mailed to let one sign in, if it wants one.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub auth_factor_token: Option<String>,
    /// The e-mail address that it will have here; the one at the old host if absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The old host; the one that the identity names if absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub from: Option<Uri>,
    /// The handle that the account will have.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// The handle or the DID of the account.
    pub identifier: String,
    /// The code that invites the account.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invite_code: Option<String>,
    /// A new rotation key of the owner's, as did:key, to be added to those that they have.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub own_key: Option<String>,
    /// The main password at the old host.
    pub password: String,
}

impl Check for Input {}

/// What [`PlanMove`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Whose account it is.
    pub did: Did,
    /// What was found.
    pub findings: Vec<Finding>,
    /// The old host.
    pub from: Uri,
    /// The handle that the account has there.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
}

crate::method::declared_errors! {
    /// The old host has mailed a code that it wants to see.
    AuthFactorTokenRequired = "AuthFactorTokenRequired",
    /// Something keeps the move from beginning: see the message, or plan the move.
    NotReady = "NotReady",
}
