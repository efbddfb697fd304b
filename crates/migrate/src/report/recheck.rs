//! Holding a report against what the hosts say later.

use std::collections::BTreeSet;
use std::fmt;

use ::identity::Origin;
use crypto::PublicKey;
use serde::Serialize;
use syntax::{Cid, Datetime, Tid};

use super::compare::{Named, records};
use super::{
    Blobs, Difference, Head, Identity, Leaves, MissingBlob, PlcOperation, Preferences, Report,
};

/// What was found at the hosts. What is `None` was not looked at, or could not be.
#[derive(Debug, Clone)]
pub struct Live {
    /// When it was found.
    pub at: Datetime,
    /// The commit at the new host.
    pub head: Option<Head>,
    /// The records there.
    pub leaves: Option<Leaves>,
    /// The blobs there, and which of those that the records refer to now are missing.
    pub blobs: Option<Blobs>,
    /// The preferences there.
    pub preferences: Option<Preferences>,
    /// What the identity says.
    pub identity: Option<LiveIdentity>,
    /// The revision that the old host has.
    pub old_rev: Option<Tid>,
}

/// What an identity says.
#[derive(Debug, Clone)]
pub struct LiveIdentity {
    /// The host that its document names.
    pub host: Option<Origin>,
    /// The signing key that its document names.
    pub signing_key: Option<PublicKey>,
    /// Its log since [`Identity::head_before`] of the report, if it is a did:plc.
    pub log: Option<Identity>,
}

/// What of a report still holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Recheck {
    /// When it was looked at.
    pub at: Datetime,
    /// The parts that are as they were reported.
    pub holds: Vec<Part>,
    /// What is new since, as it may be.
    pub changed: Vec<Change>,
    /// What should not be.
    pub faults: Vec<Fault>,
    /// The parts that were not looked at.
    pub unchecked: Vec<Part>,
}

/// A part of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Part {
    /// The commit, its revision and its signature.
    Commit,
    /// The records.
    Records,
    /// The blobs.
    Blobs,
    /// The preferences.
    Preferences,
    /// The host that the identity names.
    Host,
    /// The log of the identity.
    Operations,
    /// The old host.
    OldHost,
}

/// Something that is new since a report, as it may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// The account went on writing.
    Revision {
        /// The revision that was reported.
        reported: Option<Tid>,
        /// The one of now.
        live: Option<Tid>,
    },
    /// Records came, went or are others.
    Records(Difference),
    /// Blobs came, went together with their records, or have other types.
    Blobs {
        /// How many there were.
        reported: u64,
        /// How many there are.
        live: u64,
    },
    /// A blob that was reported missing is there, or nothing refers to it any more.
    BlobNotMissing(MissingBlob),
    /// The preferences are others.
    Preferences {
        /// How many there were.
        reported: u64,
        /// How many there are.
        live: u64,
    },
    /// The account has moved on.
    Host {
        /// Where it is now.
        live: Origin,
    },
    /// The identity was changed again.
    Operation(PlcOperation),
    /// An operation can still be taken back.
    MayBeUndone(PlcOperation),
}

/// Something that should not be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Fault {
    /// The repository is at an earlier revision than was reported.
    RolledBack {
        /// The revision that was reported.
        reported: Option<Tid>,
        /// The one of now.
        live: Option<Tid>,
    },
    /// There is another commit of the same revision.
    OtherCommit {
        /// The commit that was reported.
        reported: Cid,
        /// The one of now.
        live: Cid,
    },
    /// The commit is not signed by the key that the identity names.
    Unsigned,
    /// The tree is the same, and its records are not.
    Records(Difference),
    /// A blob that a record refers to is gone.
    BlobGone(MissingBlob),
    /// There are fewer blobs, though no record went.
    FewerBlobs {
        /// How many there were.
        reported: u64,
        /// How many there are.
        live: u64,
    },
    /// Not all blobs were read again, or not all have their hash.
    NotRehashed {
        /// How many not.
        count: u64,
    },
    /// The identity names no host.
    NoHost,
    /// An operation that was reported was taken back.
    Undone {
        /// The operation.
        cid: Cid,
    },
    /// An operation that was reported is not in the log.
    OperationGone {
        /// The operation.
        cid: Cid,
    },
    /// The old host has a later revision than the one that moved.
    LateWrites {
        /// The revision that moved.
        moved: Option<Tid>,
        /// That of the old host.
        live: Tid,
    },
}

/// A part that was looked at: what is new, and what is wrong.
#[derive(Default)]
struct Look {
    changed: Vec<Change>,
    faults: Vec<Fault>,
}

/// Says what of a report still holds, what is new since, and what is wrong.
///
/// An account that goes on writing has another root; that is no fault. A blob that a record refers
/// to and that is gone is one. The report's signature is another matter: see
/// [`SignedReport::verify_signature`](super::SignedReport::verify_signature).
pub fn recheck(report: &Report, live: &Live) -> Recheck {
    let mut found = Recheck {
        at: live.at.clone(),
        holds: Vec::new(),
        changed: Vec::new(),
        faults: Vec::new(),
        unchecked: Vec::new(),
    };
    let head = live.head.as_ref();
    let is_same_tree = head.is_some_and(|head| head.data == report.after.head.data);
    found.part(Part::Commit, head.map(|head| commit(report, head, live.identity.as_ref())));
    let records = live.leaves.as_ref().map(|leaves| records_of(report, leaves, is_same_tree));
    found.part(Part::Records, records);
    let blobs = live.blobs.as_ref().map(|blobs| blobs_of(report, blobs, is_same_tree));
    found.part(Part::Blobs, blobs);
    found.part(Part::Preferences, preferences(report, live.preferences.as_ref()));
    found.part(Part::Host, live.identity.as_ref().map(|identity| host(report, identity)));
    if let Some(reported) = &report.identity {
        let log = live.identity.as_ref().and_then(|identity| identity.log.as_ref());
        found.part(Part::Operations, log.map(|log| operations(reported, log, &live.at)));
    }
    if report.hosts.from.is_some() {
        let moved = report.before.head.rev;
        let late = |live: Tid| {
            let is_late = Some(live) > moved;
            Look {
                faults: is_late.then_some(Fault::LateWrites { moved, live }).into_iter().collect(),
                ..Look::default()
            }
        };
        found.part(Part::OldHost, live.old_rev.map(late));
    }
    found
}

impl Recheck {
    /// Tells whether nothing is wrong with what was looked at.
    pub fn is_sound(&self) -> bool {
        self.faults.is_empty()
    }

    fn part(&mut self, part: Part, look: Option<Look>) {
        let Some(look) = look else { return self.unchecked.push(part) };
        if look.changed.is_empty() && look.faults.is_empty() {
            self.holds.push(part);
        }
        self.changed.extend(look.changed);
        self.faults.extend(look.faults);
    }
}

fn commit(report: &Report, live: &Head, identity: Option<&LiveIdentity>) -> Look {
    let (mut look, reported) = (Look::default(), &report.after.head);
    if live.rev < reported.rev {
        look.faults.push(Fault::RolledBack { reported: reported.rev, live: live.rev });
    } else if live.rev > reported.rev {
        look.changed.push(Change::Revision { reported: reported.rev, live: live.rev });
    } else if live.commit != reported.commit {
        look.faults.push(Fault::OtherCommit { reported: reported.commit, live: live.commit });
    }
    let signer = live.signed_by.as_ref().map(|signed| signed.key);
    let is_signed = match identity {
        Some(identity) => signer.is_some() && signer == identity.signing_key,
        None => signer.is_some(),
    };
    if !is_signed {
        look.faults.push(Fault::Unsigned);
    }
    look
}

fn records_of(report: &Report, live: &Leaves, is_same_tree: bool) -> Look {
    let mut look = Look::default();
    let found = records(&report.after.leaves, live).into_iter();
    if is_same_tree {
        look.faults.extend(found.map(Fault::Records));
    } else {
        look.changed.extend(found.map(Change::Records));
    }
    look
}

fn blobs_of(report: &Report, live: &Blobs, is_same_tree: bool) -> Look {
    let (mut look, reported) = (Look::default(), &report.after.blobs);
    let cids = |blobs: &Blobs| -> BTreeSet<Cid> {
        blobs.missing.iter().map(|missing| missing.cid).collect()
    };
    let (was_missing, is_missing) = (cids(reported), cids(live));
    let gone = live.missing.iter().filter(|missing| !was_missing.contains(&missing.cid));
    look.faults.extend(gone.cloned().map(Fault::BlobGone));
    let there = reported.missing.iter().filter(|missing| !is_missing.contains(&missing.cid));
    look.changed.extend(there.cloned().map(Change::BlobNotMissing));
    let (before, now) = (reported.count, live.count);
    // Those that are named explain a difference well enough for what comes later.
    if look.faults.is_empty() && is_same_tree && now < before {
        look.faults.push(Fault::FewerBlobs { reported: before, live: now });
    } else if look.faults.is_empty() && reported.digest != live.digest {
        look.changed.push(Change::Blobs { reported: before, live: now });
    }
    if live.rehashed < live.count {
        look.faults.push(Fault::NotRehashed { count: live.count - live.rehashed });
    }
    look
}

fn preferences(report: &Report, live: Option<&Preferences>) -> Option<Look> {
    let (reported, live) = (report.after.preferences.as_ref()?, live?);
    let change = (reported.digest != live.digest)
        .then_some(Change::Preferences { reported: reported.count, live: live.count });
    Some(Look { changed: change.into_iter().collect(), faults: Vec::new() })
}

fn host(report: &Report, live: &LiveIdentity) -> Look {
    let mut look = Look::default();
    match &live.host {
        None => look.faults.push(Fault::NoHost),
        Some(host) if *host != report.hosts.to => {
            look.changed.push(Change::Host { live: host.clone() });
        }
        Some(_) => {}
    }
    look
}

fn operations(reported: &Identity, live: &Identity, at: &Datetime) -> Look {
    let mut look = Look::default();
    for old in &reported.operations {
        match live.operations.iter().find(|new| new.cid == old.cid) {
            None => look.faults.push(Fault::OperationGone { cid: old.cid }),
            Some(new) if new.is_undone && !old.is_undone => {
                look.faults.push(Fault::Undone { cid: old.cid });
            }
            Some(_) => {}
        }
    }
    let is_new = |new: &&PlcOperation| reported.operations.iter().all(|old| old.cid != new.cid);
    let new = live.operations.iter().filter(is_new);
    look.changed.extend(new.cloned().map(Change::Operation));
    look.changed.extend(live.may_be_undone(at).cloned().map(Change::MayBeUndone));
    look
}

/// What it is called in front of people.
impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commit => "repository",
            Self::Records => "records",
            Self::Blobs => "files",
            Self::Preferences => "preferences",
            Self::Host => "host",
            Self::Operations => "identity",
            Self::OldHost => "old host",
        })
    }
}

/// A sentence for people.
impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Revision { .. } => f.write_str("the account has written since"),
            Self::Records(difference) => difference.fmt(f),
            Self::Blobs { reported, live } if reported == live => {
                write!(f, "files: {live} as before, but others")
            }
            Self::Blobs { reported, live } => write!(f, "files: {reported} before, {live} now"),
            Self::BlobNotMissing(blob) => write!(f, "file {} is missed no more", Named(blob)),
            Self::Preferences { .. } => f.write_str("preferences were changed since"),
            Self::Host { live } => write!(f, "the account has moved on to {live}"),
            Self::Operation(operation) => {
                write!(f, "the identity was changed at {}: {}", operation.created_at, operation.cid)
            }
            Self::MayBeUndone(operation) => write!(
                f,
                "the change {} can be taken back until {}",
                operation.cid, operation.undo_until
            ),
        }
    }
}

/// A sentence for people.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |rev: &Option<Tid>| rev.map_or("none".to_owned(), |rev| rev.to_string());
        match self {
            Self::RolledBack { reported, live } => {
                write!(f, "the repository went back from {} to {}", text(reported), text(live))
            }
            Self::OtherCommit { reported, live } => {
                write!(f, "the commit is {live} instead of {reported} at the same revision")
            }
            Self::Unsigned => f.write_str("the commit is not signed by the identity's key"),
            Self::Records(difference) => write!(f, "in the same tree, {difference}"),
            Self::BlobGone(blob) => write!(f, "file {} is gone", Named(blob)),
            Self::FewerBlobs { reported, live } => {
                write!(f, "files: {reported} before, {live} now, though no record went")
            }
            Self::NotRehashed { count } => write!(f, "{count} files were not proved whole"),
            Self::NoHost => f.write_str("the identity names no host"),
            Self::Undone { cid } => write!(f, "the change {cid} of the identity was taken back"),
            Self::OperationGone { cid } => {
                write!(f, "the change {cid} is not in the log of the identity")
            }
            Self::LateWrites { moved, live } => write!(
                f,
                "the old host is at {live}, after {}: what was written there late is not here",
                text(moved)
            ),
        }
    }
}
