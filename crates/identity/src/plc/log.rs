//! Logs of operations: checking a whole one, and adding to one as a directory does.
//!
//! A log has all operations that a directory accepted for a DID, in that order, with those that a
//! stronger key took back later. Checking is tolerant of what operations say (lists that are empty,
//! or have doubles, keys of unknown kinds) and strict about who signed what, and when. Adding is
//! strict about both.

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use crypto::PublicKey;
use serde::{Deserialize, Serialize};
use syntax::{Cid, Datetime, Did};
use thiserror::Error;

use crate::plc::{LimitError, Operation, State};

/// For how long an operation can be taken back: 72 hours, the last moment included.
const RECOVERY_US: i64 = 72 * HOUR_US;
const HOUR_US: i64 = 3_600 * 1_000_000;

/// How many operations a DID may have within a time, by the public directory's rules.
const RATES: [Rate; 3] = [
    Rate { name: "hour", us: HOUR_US, entries_max: 10 },
    Rate { name: "day", us: 24 * HOUR_US, entries_max: 30 },
    Rate { name: "week", us: 7 * 24 * HOUR_US, entries_max: 100 },
];

struct Rate {
    name: &'static str,
    us: i64,
    entries_max: usize,
}

/// One operation of a log, with what the directory says of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Whose log it is.
    pub did: Did,
    /// The operation.
    pub operation: Operation,
    /// The operation's name.
    pub cid: Cid,
    /// Whether a stronger key took the operation back.
    pub nullified: bool,
    /// When the directory accepted it.
    pub created_at: Datetime,
}

/// A whole log that was found to be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditedLog {
    entries: Vec<Entry>,
}

/// What the rules say of an operation that is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The new entry.
    pub entry: Entry,
    /// The operations that it takes back, to be marked as nullified.
    pub nullified: Vec<Cid>,
}

/// Whether the number of operations within a time is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RateLimits {
    /// By the public directory's numbers: 10 an hour, 30 a day, 100 a week.
    #[default]
    Public,
    /// Not at all.
    Off,
}

/// Says why an operation does not fit into a log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LogError {
    /// There are no operations.
    #[error("log is empty")]
    Empty,
    /// The first operation does not make an identity.
    #[error("log does not begin with an operation that makes an identity")]
    NoGenesis,
    /// An operation makes the identity again.
    #[error("identity was made before")]
    SecondGenesis,
    /// The first operation makes another DID.
    #[error("operation makes {0}")]
    OtherDid(Did),
    /// An entry is of another DID's log.
    #[error("entry is of the log of {0}")]
    OtherLog(Did),
    /// An entry's name is not that of its operation.
    #[error("operation's CID is {0}")]
    OtherCid(Cid),
    /// An operation follows one that is not in the log, or that was taken back.
    #[error("previous operation is not in the log")]
    UnknownPrev,
    /// An operation follows a tombstone.
    #[error("identity has ended")]
    Tombstone,
    /// No key that may sign the operation has signed it.
    #[error("signature is not by a rotation key of sufficient authority")]
    Signature,
    /// An operation follows one that is no longer the last, without the authority to take back.
    #[error("another operation came first")]
    Conflict,
    /// An operation takes back another more than 72 hours later.
    #[error("operation can no longer be taken back after 72 hours")]
    TooLate,
    /// An entry is not later than the one before.
    #[error("entry is not later than the one before")]
    Time,
    /// An entry is marked as taken back and was not, or the other way round.
    #[error("entry {0} is wrongly marked")]
    Nullified(Cid),
}

/// Says why an operation is not added to a log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AppendError {
    /// The operation is beyond the limits of new ones.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The operation does not fit into the log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// The DID has had too many operations of late.
    #[error("more than {entries_max} operations within a {within}")]
    Rate {
        /// How many there may be.
        entries_max: usize,
        /// Within which time: `hour`, `day` or `week`.
        within: &'static str,
    },
}

impl AuditedLog {
    /// Checks a whole log, as a directory gives it for audit.
    ///
    /// # Errors
    ///
    /// [`LogError`] if a directory that keeps the rules could not have such a log.
    pub fn check(did: &Did, entries: Vec<Entry>) -> Result<Self, LogError> {
        let mut nullified = BTreeSet::new();
        for (index, entry) in entries.iter().enumerate() {
            if entry.did != *did {
                return Err(LogError::OtherLog(entry.did.clone()));
            }
            let cid = entry.operation.cid();
            if entry.cid != cid {
                return Err(LogError::OtherCid(cid));
            }
            let before = &entries[..index];
            if before.last().is_some_and(|last| last.time_us() >= entry.time_us()) {
                return Err(LogError::Time);
            }
            let live = before.iter().filter(|entry| !nullified.contains(&entry.cid)).collect();
            let taken_back = place(did, live, &entry.operation, entry.time_us())?;
            nullified.extend(taken_back);
        }
        if entries.is_empty() {
            return Err(LogError::Empty);
        }
        let wrong = entries.iter().find(|entry| entry.nullified != nullified.contains(&entry.cid));
        wrong.map_or(Ok(()), |entry| Err(LogError::Nullified(entry.cid)))?;
        Ok(Self { entries })
    }

    /// Returns all entries, with those taken back.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Returns the entry that is in force.
    pub fn last(&self) -> &Entry {
        last(&self.entries).expect("what takes an operation back comes after it and stays")
    }

    /// Returns the state in force, unless the identity has ended.
    pub fn state(&self) -> Option<State> {
        self.last().operation.state()
    }

    /// Returns the keys that the account's repository was ever signed with, the oldest first. Those
    /// of operations that were taken back are left out: whoever had them had no right to them.
    pub fn signing_keys(&self) -> impl Iterator<Item = PublicKey> {
        let standing = self.entries.iter().filter(|entry| !entry.nullified);
        standing.filter_map(|entry| entry.operation.state()?.signing_key())
    }
}

/// Returns the last entry that was not taken back.
pub fn last(entries: &[Entry]) -> Option<&Entry> {
    entries.iter().rfind(|entry| !entry.nullified)
}

/// Adds an operation to a log by the rules of the public directory.
///
/// `entries` is the whole log of `did` so far, those taken back included; it has to be read and
/// the outcome written as one transaction. `now_unix_ms` is in milliseconds since 1970.
///
/// # Errors
///
/// [`AppendError`] if the operation is refused. [`LogError::Conflict`] is for the loser of a race.
pub fn append(
    did: &Did,
    entries: &[Entry],
    operation: Operation,
    now_unix_ms: u64,
    rates: RateLimits,
) -> Result<Appended, AppendError> {
    operation.check_limits()?;
    // Entries of one DID rise, whatever the clock does.
    let mut created_at = Datetime::from_unix_ms(now_unix_ms);
    if let Some(newest) = entries.last()
        && newest.time_us() >= created_at.unix_us()
    {
        let next_ms = newest.time_us().div_euclid(1_000) + 1;
        created_at = Datetime::from_unix_ms(u64::try_from(next_ms).unwrap_or(0));
    }
    let live = entries.iter().filter(|entry| !entry.nullified).collect();
    let nullified = place(did, live, &operation, created_at.unix_us())?;
    // Who wins an identity back must not find the budget spent by the one who took it.
    if nullified.is_empty() && rates == RateLimits::Public {
        check_rates(entries, created_at.unix_us())?;
    }
    let cid = operation.cid();
    let entry = Entry { did: did.clone(), operation, cid, nullified: false, created_at };
    Ok(Appended { entry, nullified })
}

/// Tells what an operation takes back, if it may be added to the entries that are in force.
fn place(
    did: &Did,
    live: Vec<&Entry>,
    operation: &Operation,
    time_us: i64,
) -> Result<Vec<Cid>, LogError> {
    let Some(prev) = operation.prev() else {
        return place_genesis(did, &live, operation);
    };
    if live.is_empty() {
        return Err(LogError::NoGenesis);
    }
    let fork = live.iter().position(|entry| entry.cid == prev).ok_or(LogError::UnknownPrev)?;
    let state = live[fork].operation.state().ok_or(LogError::Tombstone)?;
    let keys = &state.rotation_keys;
    let Some(disputed) = live.get(fork + 1) else {
        return operation.signer(keys).map(|_| Vec::new()).ok_or(LogError::Signature);
    };

    // The first operation that would be taken back decides who may, and until when.
    let rank = disputed.operation.signer(keys).ok_or(LogError::Signature)?;
    match operation.signer(keys) {
        Some(signer) if signer < rank => {}
        // Two operations by one key: the second did not know of the first.
        Some(signer) if signer == rank => return Err(LogError::Conflict),
        Some(_) | None => return Err(LogError::Signature),
    }
    if time_us.saturating_sub(disputed.time_us()) > RECOVERY_US {
        return Err(LogError::TooLate);
    }
    Ok(live[fork + 1..].iter().map(|entry| entry.cid).collect())
}

fn place_genesis(did: &Did, live: &[&Entry], operation: &Operation) -> Result<Vec<Cid>, LogError> {
    let (Some(made), Some(state)) = (operation.did(), operation.state()) else {
        return Err(LogError::NoGenesis);
    };
    if made != *did {
        return Err(LogError::OtherDid(made));
    }
    // Nothing takes the making of an identity back.
    if !live.is_empty() {
        return Err(LogError::SecondGenesis);
    }
    operation.signer(&state.rotation_keys).map(|_| Vec::new()).ok_or(LogError::Signature)
}

fn check_rates(entries: &[Entry], now_us: i64) -> Result<(), AppendError> {
    for rate in RATES {
        let counts = |index: &usize| {
            let entry = &entries[*index];
            let recent = entry.time_us() > now_us.saturating_sub(rate.us);
            recent && !entry.nullified && !took_back(entries, *index)
        };
        if (0..entries.len()).filter(counts).count() >= rate.entries_max {
            let (entries_max, within) = (rate.entries_max, rate.name);
            return Err(AppendError::Rate { entries_max, within });
        }
    }
    Ok(())
}

/// Tells whether the entry took others back: it does not follow the one that was then the last.
fn took_back(entries: &[Entry], index: usize) -> bool {
    let before = index.checked_sub(1).and_then(|before| entries.get(before));
    before.is_some_and(|before| entries[index].operation.prev() != Some(before.cid))
}

impl Entry {
    fn time_us(&self) -> i64 {
        self.created_at.unix_us()
    }
}
