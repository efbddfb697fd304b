//! Objects of `com.atproto.repo.strongRef`.
//!
//! Made from `lexicons/com/atproto/repo/strongRef.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{AtUri, Cid};

use crate::Check;

/// Refers to one exact version of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StrongRef {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `uri`: an AT URI.
    pub uri: AtUri,
}

impl Check for StrongRef {}
