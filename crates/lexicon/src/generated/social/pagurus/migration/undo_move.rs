//! `social.pagurus.migration.undoMove`: brings an account back to its old host, within 72
//! hours.
//!
//! Made from `lexicons/social/pagurus/migration/undoMove.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::social::pagurus::migration::defs::Job;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.undoMove";

/// Brings an account back to its old host, within 72 hours.
#[derive(Debug, Clone, Copy)]
pub struct UndoMove;

impl Method for UndoMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`UndoMove`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The code that it has mailed to let one sign in.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub auth_factor_token: Option<String>,
    /// The main password at the old host.
    pub password: String,
}

impl Check for Input {}

/// What [`UndoMove`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `job`.
    pub job: Job,
}

crate::method::declared_errors! {
    /// The account has not moved here by way of this server.
    MoveNotFound = "MoveNotFound",
    /// The move does not wait for this.
    NotWanted = "NotWanted",
    /// The old host has mailed a code that it wants to see.
    AuthFactorTokenRequired = "AuthFactorTokenRequired",
}
