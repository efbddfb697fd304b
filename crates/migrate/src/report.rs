//! The report of a move: what an account had at its old host, and what it has at its new one.
//!
//! It is made of what can be computed again: digests over sorted lines ([`Leaves`], [`Blobs`],
//! [`Preferences`] say of which), CIDs, and the log of the identity. The account's key signs it
//! ([`Report::sign`]). What it comes to is not written in it: [`Report::compare`] tells, and
//! [`recheck()`] tells what of it still holds at the hosts. Nothing in here takes a connection or
//! looks at a clock.
//!
//! It says of records and preferences how many and of what kind, and of missing blobs in which
//! record they are. It is for the account's owner.

mod blobs;
mod compare;
mod contents;
mod digest;
mod identity;
mod leaves;
mod preferences;
mod recheck;
mod signature;
#[cfg(test)]
mod tests;
mod text;

use ::identity::Origin;
use crypto::PublicKey;
use serde::{Deserialize, Serialize};
use syntax::{Cid, Datetime, Did, Handle, Tid};

pub use crate::report::blobs::{Blob, Blobs, Loss, MimeDifference, MissingBlob};
pub use crate::report::compare::{Comparison, Difference, Verdict};
pub use crate::report::contents::{Contents, ContentsError, Quarantined, References};
pub use crate::report::digest::Digest;
pub use crate::report::identity::{Head, Identity, PlcOperation, SignedBy};
pub use crate::report::leaves::{Collection, LeafCounter, Leaves, OrderError};
pub use crate::report::preferences::Preferences;
pub use crate::report::recheck::{Change, Fault, Live, LiveIdentity, Part, Recheck, recheck};
pub use crate::report::signature::{DecodeError, SignatureError, SignedReport};

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// The report of a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Report {
    /// The version of the form: 1.
    pub version: u32,
    /// Whose account it is.
    pub did: Did,
    /// The handle that it has now.
    pub handle: Option<Handle>,
    /// The account's own key at the new host, which signs this unless a key of the owner's does.
    pub signing_key: PublicKey,
    /// A key of the owner's that signs this: where the owner's own machine has moved the account, it
    /// does not have the host's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_key: Option<PublicKey>,
    /// From where to where it moved.
    pub hosts: Hosts,
    /// When.
    pub times: Times,
    /// What it had at the old host.
    pub before: Side,
    /// What it has at the new one.
    pub after: Side,
    /// What happened to the identity, if it is a did:plc.
    pub identity: Option<Identity>,
    /// Records that cannot be read. They moved with the others.
    pub quarantined: Vec<Quarantined>,
    /// What the owner agreed to lose.
    pub consents: Vec<Consent>,
    /// Anything else that the owner should know, in sentences.
    pub warnings: Vec<String>,
}

/// The hosts of a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hosts {
    /// The old one, unless the account came out of a backup.
    pub from: Option<Origin>,
    /// The new one.
    pub to: Origin,
}

/// The times of a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Times {
    /// When it began.
    pub began: Datetime,
    /// When the identity was seen to name the new host.
    pub switched: Option<Datetime>,
    /// When all was done and this was written.
    pub ended: Datetime,
}

impl Times {
    /// Tells whether a revision was still to come when the account changed over.
    fn are_before(&self, rev: Tid) -> bool {
        let changed_over = self.switched.as_ref().unwrap_or(&self.ended);
        i64::try_from(rev.timestamp_us()).is_ok_and(|time_us| time_us > changed_over.unix_us())
    }
}

/// What an account has at a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Side {
    /// The commit of its repository.
    pub head: Head,
    /// Its records.
    pub leaves: Leaves,
    /// Its blobs.
    pub blobs: Blobs,
    /// Its preferences, if the host has told them.
    pub preferences: Option<Preferences>,
}

/// What an owner agreed to lose, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Consent {
    /// When.
    pub given: Datetime,
    /// The sentence that was agreed to.
    pub text: String,
    /// The blobs that may stay behind.
    pub blobs: Vec<Cid>,
    /// Whether preferences may stay behind.
    pub preferences: bool,
}
