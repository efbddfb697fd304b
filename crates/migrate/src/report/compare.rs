//! Comparing what an account had with what it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use syntax::{Cid, Tid};

use super::{Blobs, Digest, Leaves, Loss, MissingBlob, Preferences, Report};

/// Every difference between the two sides of a move, by what it means.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Comparison {
    /// What should not be.
    pub faults: Vec<Difference>,
    /// What is lost, as the owner agreed before.
    pub agreed: Vec<Difference>,
    /// What is no loss, or was so at the old host.
    pub notes: Vec<Difference>,
}

/// What a comparison comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Verdict {
    /// All that there was is there.
    Same,
    /// All but what the owner agreed to lose.
    AsAgreed,
    /// Something is lost, changed or not proved.
    Different,
}

/// One difference between the two sides of a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Difference {
    /// The trees have different roots.
    DataRoot {
        /// The old root.
        before: Cid,
        /// The new one.
        after: Cid,
    },
    /// The records together have another number or another digest.
    Records {
        /// How many there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
    /// The records of a collection have.
    Collection {
        /// Which one.
        name: String,
        /// How many there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
    /// The new commit is not later than the old. That is a fault unless the old one was from the
    /// future, which followers would not take: then it was given up.
    Revision {
        /// The old revision.
        before: Option<Tid>,
        /// The new one.
        after: Option<Tid>,
    },
    /// The new commit is not signed by the key that the report names.
    NewCommitUnsigned,
    /// The old commit was signed by no key that is known to be the identity's.
    OldCommitUnsigned,
    /// A blob was there, or nobody said that it was not, and is not there.
    BlobLost(MissingBlob),
    /// A blob was not there before either.
    BlobNeverThere(MissingBlob),
    /// A blob that the old host did not have is there.
    BlobFound(MissingBlob),
    /// The blobs are others, beyond those that are named.
    Blobs {
        /// How many there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
    /// Not all blobs at the new host were read again.
    NotRehashed {
        /// How many were not.
        count: u64,
    },
    /// A host gives blobs other types than the other does.
    BlobTypes {
        /// The digest at the old host.
        before: Digest,
        /// The digest at the new one.
        after: Digest,
    },
    /// The new host gives a blob another type than its record, which the old one did not.
    MimeType {
        /// The blob.
        cid: Cid,
        /// A record that refers to it.
        path: String,
        /// The type that the record gives it.
        record: String,
        /// The type that the new host gives it.
        host: String,
    },
    /// The preferences are others.
    Preferences {
        /// How many there were.
        before: u64,
        /// How many there are.
        after: u64,
    },
    /// Nobody has said what the preferences were.
    PreferencesUnknown,
    /// Nobody has said what the preferences are.
    PreferencesUnread,
}

impl Report {
    /// Compares the two sides, in the light of what the owner agreed to.
    pub fn compare(&self) -> Comparison {
        let mut found = Comparison::default();
        self.compare_heads(&mut found);
        found.faults.extend(records(&self.before.leaves, &self.after.leaves));
        let agreed: BTreeSet<Cid> =
            self.consents.iter().flat_map(|consent| consent.blobs.iter().copied()).collect();
        found.blobs(&self.before.blobs, &self.after.blobs, &agreed);
        found.mime_types(&self.before.blobs, &self.after.blobs);
        let may_lose = self.consents.iter().any(|consent| consent.preferences);
        found.preferences(
            self.before.preferences.as_ref(),
            self.after.preferences.as_ref(),
            may_lose,
        );
        // Many single blobs must not hide, in a list that is cut off, what is said of all.
        found.faults.sort_by_key(Difference::is_of_one_blob);
        found
    }

    fn compare_heads(&self, found: &mut Comparison) {
        let (before, after) = (&self.before.head, &self.after.head);
        if before.data != after.data {
            let (before, after) = (before.data, after.data);
            found.faults.push(Difference::DataRoot { before, after });
        }
        // A commit of long ago has no revision, which comes before all.
        if after.rev <= before.rev {
            let is_future = before.rev.is_some_and(|rev| self.times.are_before(rev));
            let list = if is_future { &mut found.notes } else { &mut found.faults };
            list.push(Difference::Revision { before: before.rev, after: after.rev });
        }
        if after.signed_by.as_ref().map(|signed| signed.key) != Some(self.signing_key) {
            found.faults.push(Difference::NewCommitUnsigned);
        }
        if before.signed_by.is_none() {
            found.notes.push(Difference::OldCommitUnsigned);
        }
    }
}

impl Difference {
    fn is_of_one_blob(&self) -> bool {
        matches!(self, Self::BlobLost(_) | Self::MimeType { .. })
    }
}

/// Names the collections that differ, and all together if they do.
pub(super) fn records(before: &Leaves, after: &Leaves) -> Vec<Difference> {
    let mut found = Vec::new();
    if (before.count, before.digest) != (after.count, after.digest) {
        found.push(Difference::Records { before: before.count, after: after.count });
    }
    let names: BTreeSet<&String> =
        before.collections.keys().chain(after.collections.keys()).collect();
    for name in names {
        let (before, after) = (before.collections.get(name), after.collections.get(name));
        if before != after {
            found.push(Difference::Collection {
                name: name.clone(),
                before: before.map_or(0, |collection| collection.count),
                after: after.map_or(0, |collection| collection.count),
            });
        }
    }
    found
}

impl Comparison {
    /// Returns what it comes to.
    pub fn verdict(&self) -> Verdict {
        if !self.faults.is_empty() {
            Verdict::Different
        } else if !self.agreed.is_empty() {
            Verdict::AsAgreed
        } else {
            Verdict::Same
        }
    }

    fn blobs(&mut self, before: &Blobs, after: &Blobs, agreed: &BTreeSet<Cid>) {
        let by_cid = |blobs: &Blobs| -> BTreeMap<Cid, MissingBlob> {
            blobs.missing.iter().map(|missing| (missing.cid, missing.clone())).collect()
        };
        let (was_missing, is_missing) = (by_cid(before), by_cid(after));
        let (mut lost, mut found) = (0_u64, 0_u64);
        for missing in is_missing.values() {
            if was_missing.contains_key(&missing.cid) {
                self.notes.push(Difference::BlobNeverThere(missing.clone()));
                continue;
            }
            lost += 1;
            let list =
                if agreed.contains(&missing.cid) { &mut self.agreed } else { &mut self.faults };
            list.push(Difference::BlobLost(missing.clone()));
        }
        for missing in was_missing.values().filter(|was| !is_missing.contains_key(&was.cid)) {
            found += 1;
            self.notes.push(Difference::BlobFound(missing.clone()));
        }
        let named = lost + found > 0;
        let is_explained = before.count.checked_add(found) == after.count.checked_add(lost);
        if (before.content != after.content && !named) || (named && !is_explained) {
            self.faults.push(Difference::Blobs { before: before.count, after: after.count });
        } else if before.content == after.content && before.digest != after.digest {
            let (before, after) = (before.digest, after.digest);
            self.notes.push(Difference::BlobTypes { before, after });
        }
        if after.rehashed < after.count {
            let count = after.count - after.rehashed;
            self.faults.push(Difference::NotRehashed { count });
        }
    }

    fn mime_types(&mut self, before: &Blobs, after: &Blobs) {
        for new in &after.mime_differences {
            let difference = Difference::MimeType {
                cid: new.cid,
                path: new.path.clone(),
                record: new.record.clone(),
                host: new.host.clone(),
            };
            let was_so = before.mime_differences.contains(new);
            let list = if was_so { &mut self.notes } else { &mut self.faults };
            list.push(difference);
        }
    }

    fn preferences(
        &mut self,
        before: Option<&Preferences>,
        after: Option<&Preferences>,
        may_lose: bool,
    ) {
        let lost = if may_lose { &mut self.agreed } else { &mut self.faults };
        match (before, after) {
            (None, _) => self.notes.push(Difference::PreferencesUnknown),
            (Some(_), None) => lost.push(Difference::PreferencesUnread),
            (Some(before), Some(after)) if before.digest != after.digest => {
                lost.push(Difference::Preferences { before: before.count, after: after.count });
            }
            (Some(_), Some(_)) => {}
        }
    }
}

/// A sentence for people.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DataRoot { before, after } => {
                write!(f, "the trees differ: root {before} became {after}")
            }
            Self::Records { before, after } => numbers(f, "records", *before, *after),
            Self::Collection { name, before, after } => {
                numbers(f, &format!("records of {name}"), *before, *after)
            }
            Self::Revision { before, after } => {
                let text = |rev: &Option<Tid>| rev.map_or("none".to_owned(), |rev| rev.to_string());
                write!(f, "the new revision {} is not after {}", text(after), text(before))
            }
            Self::NewCommitUnsigned => f.write_str("the new commit is not signed by the new key"),
            Self::OldCommitUnsigned => {
                f.write_str("the old commit is not signed by a key of the identity")
            }
            Self::BlobLost(blob) => write!(f, "file {} {}", Named(blob), why(blob.why)),
            Self::BlobNeverThere(blob) => {
                write!(f, "file {} was missing at the old host too", Named(blob))
            }
            Self::BlobFound(blob) => {
                write!(f, "file {} was missing at the old host and is here", Named(blob))
            }
            Self::Blobs { before, after } => numbers(f, "files", *before, *after),
            Self::NotRehashed { count } => write!(f, "{count} files were not read again"),
            Self::BlobTypes { .. } => f.write_str("the hosts give files different types"),
            Self::MimeType { cid, path, record, host } => {
                write!(f, "file {cid} of {path} is of type {record:?} there, {host:?} at the host")
            }
            Self::Preferences { before, after } => numbers(f, "preferences", *before, *after),
            Self::PreferencesUnknown => f.write_str("what the preferences were is not known"),
            Self::PreferencesUnread => f.write_str("preferences are not here"),
        }
    }
}

fn numbers(f: &mut fmt::Formatter<'_>, what: &str, before: u64, after: u64) -> fmt::Result {
    if before == after {
        write!(f, "{what}: {after} as before, but others")
    } else {
        write!(f, "{what}: {before} before, {after} now")
    }
}

/// Writes a missing blob with the record that it is in.
pub(super) struct Named<'a>(pub(super) &'a MissingBlob);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.path {
            Some(path) => write!(f, "{} of {path}", self.0.cid),
            None => write!(f, "{} of no record", self.0.cid),
        }
    }
}

fn why(loss: Loss) -> &'static str {
    match loss {
        Loss::NotFound => "was not found",
        Loss::Damaged => "is damaged",
        Loss::TooLarge => "is too large for the new host",
        Loss::NoAnswer => "could not be had",
        Loss::Unknown => "is missing",
    }
}
