//! Objects of `social.pagurus.migration.defs`.
//!
//! Made from `lexicons/social/pagurus/migration/defs.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{Cid, Datetime, Did, Handle, Uri};

use crate::wire;

/// What the move changes in the identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// What changes in the identity, in sentences.
    pub differences: Vec<String>,
    /// What the document of a did:web has to say.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub document: Option<Json>,
    /// The operation that the change follows. An approval names it.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub head: Option<Cid>,
    /// Rotation keys of the old host, which go.
    pub keys_dropped: Vec<String>,
    /// Rotation keys of the owner's, which stay.
    pub keys_kept: Vec<String>,
    /// Rotation keys that can take the change back for 72 hours if the old host signs it.
    pub may_undo: Vec<String>,
    /// The change of a did:plc, to be signed by a rotation key of the owner's instead of by the old
    /// host.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub operation: Option<Json>,
}

/// Something that was found before a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// What was looked at.
    pub about: String,
    /// How much it matters. A move does not begin while something is red.
    pub level: String,
    /// What was found, in a sentence.
    pub text: String,
}

/// A move as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// When the move began.
    pub began_at: Datetime,
    /// The field `change`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// Whose account it is.
    pub did: Did,
    /// What was found before the move began.
    pub findings: Vec<Finding>,
    /// The old host.
    pub from: Uri,
    /// The handle that the account will have.
    pub handle: Handle,
    /// Why it failed.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// Blobs that the old host does not give.
    pub missing_blobs: Vec<MissingBlob>,
    /// The field `need`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub need: Option<Need>,
    /// What was done, in order.
    pub notes: Vec<Note>,
    /// Why the old host does not give the preferences, if it does not.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub preferences_lost: Option<String>,
    /// The field `progress`.
    pub progress: Progress,
    /// When the step that failed is tried again.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub retry_at: Option<Datetime>,
    /// How far the move is: the step that is being done, or that a person has to do something for.
    pub state: String,
    /// Until when the move can be undone here.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub undo_until: Option<Datetime>,
    /// The paths of the first of them.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub unreadable_paths: Option<Vec<String>>,
    /// How many records cannot be read. They move as they are.
    pub unreadable_records: i64,
    /// What else the owner should know, in sentences.
    pub warnings: Vec<String>,
}

/// A blob that does not come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingBlob {
    /// The blob.
    pub cid: Cid,
    /// What the old host says.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The first of the records that refer to it.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// What became of it.
    pub why: String,
}

/// What a person has to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// What a person has to do before the move goes on.
    pub r#for: String,
    /// Why.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Until when the code usually lasts that the old host has mailed.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub until: Option<Datetime>,
}

/// A sentence about what was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Datetime,
    /// How far the move was.
    pub state: String,
    /// What was done.
    pub text: String,
}

/// How much has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Progress {
    /// How many bytes of blobs have come since the server started.
    pub blob_bytes: i64,
    /// How many blobs are here.
    pub blobs: i64,
    /// How many blobs records refer to.
    pub blobs_expected: i64,
    /// How many records are written.
    pub records: i64,
    /// How many bytes of the repository have come.
    pub repo_bytes: i64,
}
