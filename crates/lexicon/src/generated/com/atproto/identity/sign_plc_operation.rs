//! `com.atproto.identity.signPlcOperation`: signs a change to the caller's `did:plc` with the
//! server's rotation key.
//!
//! Made from `lexicons/com/atproto/identity/signPlcOperation.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{At, Check, Invalid, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.signPlcOperation";

/// Signs a change to the caller's `did:plc` with the server's rotation key.
#[derive(Debug, Clone, Copy)]
pub struct SignPlcOperation;

impl Method for SignPlcOperation {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`SignPlcOperation`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `alsoKnownAs`: a list.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub also_known_as: Option<Vec<String>>,
    /// This and each later field keeps its present value when absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub rotation_keys: Option<Vec<String>>,
    /// The field `services`: any object.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub services: Option<Json>,
    /// From the mail that `requestPlcOperationSignature` sends.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// The field `verificationMethods`: any object.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub verification_methods: Option<Json>,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        if let Some(value) = &self.services {
            at.key("services").object(&value.0)?;
        }
        if let Some(value) = &self.verification_methods {
            at.key("verificationMethods").object(&value.0)?;
        }
        Ok(())
    }
}

/// What [`SignPlcOperation`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Signed but not yet sent to the directory.
    pub operation: Json,
}
