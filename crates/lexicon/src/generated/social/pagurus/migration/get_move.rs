//! `social.pagurus.migration.getMove`: tells how far the move of the caller's account is.
//!
//! Made from `lexicons/social/pagurus/migration/getMove.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::Method;
use crate::schema::MethodKind;
use crate::social::pagurus::migration::defs::Job;

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.getMove";

/// Tells how far the move of the caller's account is.
#[derive(Debug, Clone, Copy)]
pub struct GetMove;

impl Method for GetMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// What [`GetMove`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `job`.
    pub job: Job,
}

crate::method::declared_errors! {
    /// The account has not moved here by way of this server.
    MoveNotFound = "MoveNotFound",
}
