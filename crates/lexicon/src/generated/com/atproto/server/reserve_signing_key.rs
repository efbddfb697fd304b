//! `com.atproto.server.reserveSigningKey`: makes the signing key for an account that does not
//! exist here yet.
//!
//! Made from `lexicons/com/atproto/server/reserveSigningKey.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.reserveSigningKey";

/// Makes the signing key for an account that does not exist here yet.
#[derive(Debug, Clone, Copy)]
pub struct ReserveSigningKey;

impl Method for ReserveSigningKey {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`ReserveSigningKey`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The account that will use it; a repeated call returns the same key.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub did: Option<Did>,
}

impl Check for Input {}

/// What [`ReserveSigningKey`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The public half, as `did:key`.
    pub signing_key: String,
}
