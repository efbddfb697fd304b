//! `com.atproto.identity.getRecommendedDidCredentials`: tells what an account's DID document
//! should hold to be hosted here.
//!
//! Made from `lexicons/com/atproto/identity/getRecommendedDidCredentials.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.getRecommendedDidCredentials";

/// Tells what an account's DID document should hold to be hosted here.
#[derive(Debug, Clone, Copy)]
pub struct GetRecommendedDidCredentials;

impl Method for GetRecommendedDidCredentials {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// What [`GetRecommendedDidCredentials`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `alsoKnownAs`: a list.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub also_known_as: Option<Vec<String>>,
    /// Public keys as `did:key`, strongest first; for `did:plc` only.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub rotation_keys: Option<Vec<String>>,
    /// Type and endpoint of each service, by fragment name.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub services: Option<Json>,
    /// Public keys as `did:key`, by fragment name.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub verification_methods: Option<Json>,
}
