//! `com.atproto.server.checkAccountStatus`: counts what has arrived of the caller's account, to
//! follow a move.
//!
//! Made from `lexicons/com/atproto/server/checkAccountStatus.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Cid;

use crate::schema::MethodKind;
use crate::{Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.server.checkAccountStatus";

/// Counts what has arrived of the caller's account, to follow a move.
#[derive(Debug, Clone, Copy)]
pub struct CheckAccountStatus;

impl Method for CheckAccountStatus {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// What [`CheckAccountStatus`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `activated`: true or false.
    pub activated: bool,
    /// How many blobs the records refer to.
    pub expected_blobs: i64,
    /// The field `importedBlobs`: an integer.
    pub imported_blobs: i64,
    /// The field `indexedRecords`: an integer.
    pub indexed_records: i64,
    /// Number of stored preferences.
    pub private_state_values: i64,
    /// The field `repoBlocks`: an integer.
    pub repo_blocks: i64,
    /// The field `repoCommit`: a CID.
    pub repo_commit: Cid,
    /// The field `repoRev`: a text.
    pub repo_rev: String,
    /// Whether the DID document points at this server and its key.
    pub valid_did: bool,
}
