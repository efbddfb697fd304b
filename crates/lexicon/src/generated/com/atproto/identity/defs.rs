//! Objects of `com.atproto.identity.defs`.
//!
//! Made from `lexicons/com/atproto/identity/defs.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

/// A DID, its document and the handle that was verified for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IdentityInfo {
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `didDoc`: any object.
    pub did_doc: Json,
    /// `handle.invalid` unless handle and DID document name each other.
    pub handle: Handle,
}
