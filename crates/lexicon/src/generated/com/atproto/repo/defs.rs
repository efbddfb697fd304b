//! Objects of `com.atproto.repo.defs`.
//!
//! Made from `lexicons/com/atproto/repo/defs.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Cid, Tid};

/// The commit that a write produced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitMeta {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `rev`: a TID.
    pub rev: Tid,
}
