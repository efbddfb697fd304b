//! `com.atproto.sync.subscribeRepos`: streams every change to every repository here, in order:
//! the firehose.
//!
//! Made from `lexicons/com/atproto/sync/subscribeRepos.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Datetime, Did, Handle, Tid};

use crate::schema::MethodKind;
use crate::wire::{Bytes, CidLink};
use crate::{Check, FromQuery, Invalid, Method, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.subscribeRepos";

/// Streams every change to every repository here, in order: the firehose.
#[derive(Debug, Clone, Copy)]
pub struct SubscribeRepos;

impl Method for SubscribeRepos {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Subscription;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = Params;
    type Input = ();
    type Output = Message;
    type Error = Error;
}

/// The parameters of [`SubscribeRepos`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Resumes after this sequence number; without it, only new events follow.
    pub cursor: Option<i64>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { cursor: query.optional("cursor")? })
    }
}

impl Check for Params {}

crate::wire::union! {
    /// What the messages of [`SubscribeRepos`] are.
    Message {
        Commit = "com.atproto.sync.subscribeRepos#commit",
        Sync = "com.atproto.sync.subscribeRepos#sync",
        Identity = "com.atproto.sync.subscribeRepos#identity",
        Account = "com.atproto.sync.subscribeRepos#account",
        Info = "com.atproto.sync.subscribeRepos#info",
    } or Other
}

crate::method::declared_errors! {
    /// The cursor lies beyond the newest event.
    FutureCursor = "FutureCursor",
    /// The reader fell too far behind and is cut off.
    ConsumerTooSlow = "ConsumerTooSlow",
}

/// An account's standing at the sending host has changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Whether the sending host serves the repository.
    pub active: bool,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `seq`: an integer.
    pub seq: i64,
    /// Why the account is inactive.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The field `time`: a point in time.
    pub time: Datetime,
}

/// A repository has a new commit, with the blocks that prove what changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Commit {
    /// No longer filled; older servers list the new blobs.
    pub blobs: Vec<CidLink>,
    /// A CAR whose first root is the commit; enough to undo `ops`.
    pub blocks: Bytes,
    /// The field `commit`: a link.
    pub commit: CidLink,
    /// The field `ops`: a list.
    pub ops: Vec<RepoOp>,
    /// Root of the tree before, to check `ops` by undoing them.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub prev_data: Option<CidLink>,
    /// Always false; no longer used.
    pub rebase: bool,
    /// Whose commit it is; other events call this `did`.
    pub repo: Did,
    /// The field `rev`: a TID.
    pub rev: Tid,
    /// The field `seq`: an integer.
    pub seq: i64,
    /// The revision before; null for a repository's first commit.
    #[serde(deserialize_with = "Option::deserialize")]
    pub since: Option<Tid>,
    /// When the event was sent first; says nothing about order.
    pub time: Datetime,
    /// Always false; `sync` events replace it.
    pub too_big: bool,
}

/// An account's DID document or handle may have changed: resolve it anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The field `did`: a DID.
    pub did: Did,
    /// A hint; `handle.invalid` if it failed verification.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// The field `seq`: an integer.
    pub seq: i64,
    /// The field `time`: a point in time.
    pub time: Datetime,
}

/// A notice about the stream itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The field `message`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The field `name`: a text.
    pub name: String,
}

/// What a commit did to one record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoOp {
    /// The field `action`: a text.
    pub action: String,
    /// The record's new version; null once it is deleted.
    #[serde(deserialize_with = "Option::deserialize")]
    pub cid: Option<CidLink>,
    /// Collection and record key, slash between them.
    pub path: String,
    /// The version before; absent for a new record.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub prev: Option<CidLink>,
}

/// A repository jumped to a new state: readers fetch it afresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    /// A CAR that holds just the commit.
    pub blocks: Bytes,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `rev`: a text.
    pub rev: String,
    /// The field `seq`: an integer.
    pub seq: i64,
    /// The field `time`: a point in time.
    pub time: Datetime,
}
