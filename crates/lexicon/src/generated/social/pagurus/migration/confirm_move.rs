//! `social.pagurus.migration.confirmMove`: gives what the change of the identity needs: the
//! code that the old host has mailed, or the change signed with a key of the owner's.
//!
//! Made from `lexicons/social/pagurus/migration/confirmMove.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::social::pagurus::migration::defs::Job;
use crate::{At, Check, Invalid, Method, wire};

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.confirmMove";

/// Gives what the change of the identity needs: the code that the old host has mailed, or the
/// change signed with a key of the owner's.
#[derive(Debug, Clone, Copy)]
pub struct ConfirmMove;

impl Method for ConfirmMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`ConfirmMove`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The code.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The signed operation.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub operation: Option<Json>,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        if let Some(value) = &self.operation {
            at.key("operation").object(&value.0)?;
        }
        Ok(())
    }
}

/// What [`ConfirmMove`] answers.
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
    /// What was signed is not the change that was shown.
    BadOperation = "BadOperation",
}
