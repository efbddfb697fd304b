//! The account's head and its identity: who signed what, and who could take it back.

use crypto::PublicKey;
use identity::plc::log::{AuditedLog, Entry};
use identity::plc::{DidKey, State};
use repo::archive::AnyCommit;
use serde::{Deserialize, Serialize};
use syntax::{Cid, Datetime, Tid};

use crate::switch::recoverable_until;

/// The commit that a repository is at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Head {
    /// The commit.
    pub commit: Cid,
    /// Its revision, which the first commits of version 2 did not have.
    pub rev: Option<Tid>,
    /// The root of its tree, which is the same wherever the same records are.
    pub data: Cid,
    /// The version of the commit: 2 or 3.
    pub version: u8,
    /// Who signed it, if it is one of the identity's keys.
    pub signed_by: Option<SignedBy>,
}

/// A key of the identity that has signed a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SignedBy {
    /// The key.
    pub key: PublicKey,
    /// Since when the log of the identity had it in force, if there is a log.
    pub since: Option<Datetime>,
    /// Until when, if another has taken its place.
    pub until: Option<Datetime>,
}

/// What happened to a did:plc identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Identity {
    /// The last operation before the account moved.
    pub head_before: Cid,
    /// The keys that could change the identity then, the highest first.
    pub rotation_keys_before: Vec<DidKey>,
    /// The keys that can change it since, the highest first.
    pub rotation_keys_after: Vec<DidKey>,
    /// The operations since, the oldest first.
    pub operations: Vec<PlcOperation>,
}

/// An operation of a did:plc identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlcOperation {
    /// Its name.
    pub cid: Cid,
    /// When the directory accepted it.
    pub created_at: Datetime,
    /// The rotation key that signed it.
    pub signer: Option<DidKey>,
    /// The keys that may take it back: those above the signer's, as
    /// [`Switch::may_undo`](crate::switch::Switch::may_undo) tells before it is signed.
    pub may_undo: Vec<DidKey>,
    /// The last moment at which they may.
    pub undo_until: Datetime,
    /// Whether it was taken back.
    pub is_undone: bool,
}

impl Head {
    /// Describes a commit. Who signed it is looked for in the log, the newest keys first, then among
    /// `keys` that are known from elsewhere.
    pub fn of(cid: Cid, commit: &AnyCommit, log: Option<&AuditedLog>, keys: &[PublicKey]) -> Self {
        let from_elsewhere = || {
            let key = keys.iter().find(|key| commit.verify(key).is_ok())?;
            Some(SignedBy { key: *key, since: None, until: None })
        };
        Self {
            commit: cid,
            rev: commit.rev(),
            data: *commit.data(),
            version: commit.version(),
            signed_by: log.and_then(|log| SignedBy::find(commit, log)).or_else(from_elsewhere),
        }
    }
}

impl SignedBy {
    fn find(commit: &AnyCommit, log: &AuditedLog) -> Option<Self> {
        let entries = log.entries().iter().filter(|entry| !entry.nullified);
        let keys: Vec<(&Datetime, Option<PublicKey>)> =
            entries.map(|entry| (&entry.created_at, signing_key(entry))).collect();
        let is_signer =
            |key: &Option<PublicKey>| key.is_some_and(|key| commit.verify(&key).is_ok());
        let last = keys.iter().rposition(|(_, key)| is_signer(key))?;
        let key = keys[last].1;
        let others = keys[..last].iter().rposition(|(_, other)| *other != key);
        let first = others.map_or(0, |index| index + 1);
        Some(Self {
            key: key?,
            since: Some(keys[first].0.clone()),
            until: keys.get(last + 1).map(|(until, _)| (*until).clone()),
        })
    }
}

impl Identity {
    /// Describes what a log has after the operation `before`, unless it does not have that one.
    pub fn of(log: &AuditedLog, before: &Cid) -> Option<Self> {
        let entries = log.entries();
        let index = entries.iter().position(|entry| entry.cid == *before)?;
        let keys =
            |state: Option<State>| state.map(|state| state.rotation_keys).unwrap_or_default();
        let operations = entries[index + 1..].iter().map(|entry| PlcOperation::of(entry, log));
        Some(Self {
            head_before: *before,
            rotation_keys_before: keys(entries[index].operation.state()),
            rotation_keys_after: keys(log.state()),
            operations: operations.collect(),
        })
    }

    /// Returns the operations that can still be taken back at a time, by somebody.
    pub fn may_be_undone<'a>(&'a self, at: &Datetime) -> impl Iterator<Item = &'a PlcOperation> {
        let at_us = at.unix_us();
        self.operations.iter().filter(move |operation| {
            let is_open = !operation.is_undone && !operation.may_undo.is_empty();
            is_open && at_us <= operation.undo_until.unix_us()
        })
    }
}

impl PlcOperation {
    fn of(entry: &Entry, log: &AuditedLog) -> Self {
        let prev = entry.operation.prev();
        let prev = log.entries().iter().find(|before| Some(before.cid) == prev);
        let state = prev.and_then(|prev| prev.operation.state());
        let keys = state.map(|state| state.rotation_keys).unwrap_or_default();
        let rank = entry.operation.signer(&keys);
        Self {
            cid: entry.cid,
            created_at: entry.created_at.clone(),
            signer: rank.and_then(|rank| keys.get(rank)).cloned(),
            may_undo: keys[..rank.unwrap_or_default()].to_vec(),
            undo_until: recoverable_until(&entry.created_at),
            is_undone: entry.nullified,
        }
    }
}

fn signing_key(entry: &Entry) -> Option<PublicKey> {
    entry.operation.state()?.signing_key()
}
