//! `com.atproto.server.requestEmailUpdate`: mails the token that `updateEmail` asks for, if one
//! is needed.
//!
//! Made from `lexicons/com/atproto/server/requestEmailUpdate.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.server.requestEmailUpdate";

/// Mails the token that `updateEmail` asks for, if one is needed.
#[derive(Debug, Clone, Copy)]
pub struct RequestEmailUpdate;

impl Method for RequestEmailUpdate {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// What [`RequestEmailUpdate`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// True if the present address is confirmed.
    pub token_required: bool,
}
