//! `com.atproto.identity.submitPlcOperation`: sends a signed operation to the PLC directory
//! once it proves harmless.
//!
//! Made from `lexicons/com/atproto/identity/submitPlcOperation.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{At, Check, Invalid, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.submitPlcOperation";

/// Sends a signed operation to the PLC directory once it proves harmless.
#[derive(Debug, Clone, Copy)]
pub struct SubmitPlcOperation;

impl Method for SubmitPlcOperation {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`SubmitPlcOperation`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Refused if it would cut the account off from this server.
    pub operation: Json,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("operation").object(&self.operation.0)?;
        Ok(())
    }
}
