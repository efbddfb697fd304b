//! The events of `com.atproto.sync.subscribeRepos`, and the frames that carry them.
//!
//! A frame is two values in canonical CBOR: a header that says what it is, and the event. Frames
//! are encoded once; the sequence number, which is known last, is put in afterwards ([`Frame`]).
//!
//! Specs: <https://atproto.com/specs/event-stream>, <https://atproto.com/specs/sync>

mod decode;
mod encode;

use bytes::Bytes;
use syntax::{Cid, Datetime, Did, Handle, Tid};

pub use crate::event::decode::{EventError, Message, decode};
pub use crate::event::encode::{Frame, encode_error, encode_info};
use crate::mst::Key;

/// What an operation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// There was no record at the path, and now there is.
    Create,
    /// There is another record at the path than before.
    Update,
    /// There is no record at the path any more.
    Delete,
}

/// What a commit did at one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Op {
    /// What was done.
    pub action: Action,
    /// Where.
    pub path: Key,
    /// The record that is there now.
    pub cid: Option<Cid>,
    /// The record that was there before; old servers do not say.
    pub prev: Option<Cid>,
}

/// A `#commit`: a repository has a new revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitEvent {
    /// The sequence number.
    pub seq: u64,
    /// Whose repository.
    pub repo: Did,
    /// The commit.
    pub commit: Cid,
    /// The commit's revision.
    pub rev: Tid,
    /// The revision before; `None` for the first.
    pub since: Option<Tid>,
    /// The slice: see [`crate::slice::Slice`].
    pub blocks: Bytes,
    /// What was done, one operation for each path.
    pub ops: Vec<Op>,
    /// The root of the tree before; `None` for the first commit, and from old servers.
    pub prev_data: Option<Cid>,
    /// When the event was made.
    pub time: Datetime,
}

/// A `#sync`: a repository is at a revision, whatever came before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncEvent {
    /// The sequence number.
    pub seq: u64,
    /// Whose repository.
    pub did: Did,
    /// The commit's revision.
    pub rev: Tid,
    /// A slice with the commit alone.
    pub blocks: Bytes,
    /// When the event was made.
    pub time: Datetime,
}

/// An `#identity`: an account's DID document or handle may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityEvent {
    /// The sequence number.
    pub seq: u64,
    /// Whose identity.
    pub did: Did,
    /// The handle, where the server knows it.
    pub handle: Option<Handle>,
    /// When the event was made.
    pub time: Datetime,
}

/// An `#account`: whether the server hosts an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountEvent {
    /// The sequence number.
    pub seq: u64,
    /// Whose account.
    pub did: Did,
    /// Whether its repository can be had.
    pub active: bool,
    /// Why not: `deactivated`, `takendown`, `suspended`, `deleted`, or what others made up.
    pub status: Option<String>,
    /// When the event was made.
    pub time: Datetime,
}

impl Op {
    /// Says what it means that a path had one record and has another.
    pub fn new(path: Key, prev: Option<Cid>, cid: Option<Cid>) -> Self {
        let action = match (prev, cid) {
            (None, _) => Action::Create,
            (Some(_), Some(_)) => Action::Update,
            (Some(_), None) => Action::Delete,
        };
        Self { action, path, cid, prev }
    }
}

impl Action {
    /// Returns the name in events: `create`, `update` or `delete`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }
}
