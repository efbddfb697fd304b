//! `social.pagurus.migration.cancelMove`: cancels a move whose identity has not been changed.
//! Nothing of the account stays here.
//!
//! Made from `lexicons/social/pagurus/migration/cancelMove.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::Method;
use crate::schema::MethodKind;
use crate::social::pagurus::migration::defs::Job;

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.cancelMove";

/// Cancels a move whose identity has not been changed. Nothing of the account stays here.
#[derive(Debug, Clone, Copy)]
pub struct CancelMove;

impl Method for CancelMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// What [`CancelMove`] answers.
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
}
