//! `social.pagurus.migration.getReport`: returns the signed report of the move of the caller's
//! account.
//!
//! Made from `lexicons/social/pagurus/migration/getReport.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::Method;
use crate::schema::MethodKind;

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.getReport";

/// Returns the signed report of the move of the caller's account.
#[derive(Debug, Clone, Copy)]
pub struct GetReport;

impl Method for GetReport {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// What [`GetReport`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The file of the report, byte for byte.
    pub report: String,
}

crate::method::declared_errors! {
    /// The account has not moved here by way of this server.
    MoveNotFound = "MoveNotFound",
}
