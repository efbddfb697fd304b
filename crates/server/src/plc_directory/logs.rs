//! The logs of DIDs in the store: reading them, and adding to them.

use identity::plc::Operation;
use identity::plc::directory::Refusal;
use identity::plc::log::{self, AppendError, Appended, Entry, LogError, RateLimits};
use store::{PlcEntry, Store};
use syntax::{Cid, Datetime, Did};
use thiserror::Error;

use super::answer::Failure;

/// How often an operation is judged while others are added to the same log.
const ATTEMPTS_MAX: u8 = 5;

/// What is stored is no entry of a log.
#[derive(Debug, Error)]
#[error("stored operation {cid} of {did} is malformed")]
struct Malformed {
    did: Did,
    cid: String,
}

/// Loads a DID's log: empty if there is none.
pub(super) async fn load(store: &Store, did: &Did) -> Result<Vec<Entry>, Failure> {
    let stored = store.read(|tx| tx.plc_log(did)).await?;
    stored.iter().map(entry_of).collect()
}

/// Adds an operation to a DID's log, by the rules, and returns its name when it is durable.
pub(super) async fn append(
    store: &Store,
    did: &Did,
    operation: Operation,
    rates: RateLimits,
) -> Result<Cid, Failure> {
    for _ in 0..ATTEMPTS_MAX {
        // Signatures are verified here, where nobody waits for it.
        let entries = load(store, did).await?;
        let now_ms = store.clock().now_ms();
        let appended =
            log::append(did, &entries, operation.clone(), now_ms, rates).map_err(Refusal::from)?;
        let cid = appended.entry.cid;
        if write(store, entries.len(), appended).await? {
            return Ok(cid);
        }
    }
    Err(Refusal::from(AppendError::from(LogError::Conflict)).into())
}

/// Writes what was found out about a log of some length. Returns whether the log still has it: it
/// only ever grows, so that it is then the same log.
async fn write(store: &Store, length: usize, appended: Appended) -> Result<bool, Failure> {
    let Appended { entry, nullified } = appended;
    let nullified: Vec<String> = nullified.iter().map(Cid::to_string).collect();
    let created_at = entry.created_at.unix_ms();
    let written = store.write(move |tx| -> Result<bool, store::Error> {
        if usize::try_from(tx.plc_log_length(&entry.did)?) != Ok(length) {
            return Ok(false);
        }
        let (cid, operation) = (entry.cid.to_string(), entry.operation.to_json());
        tx.append_plc(&entry.did, &cid, &operation, created_at, &nullified)?;
        Ok(true)
    });
    Ok(written.await?)
}

/// Reads an entry as it is stored.
pub(super) fn entry_of(stored: &PlcEntry) -> Result<Entry, Failure> {
    let parsed =
        Cid::parse(&stored.cid).ok().zip(Operation::parse(stored.operation.as_bytes()).ok());
    let (cid, operation) = parsed.ok_or_else(|| {
        let malformed = Malformed { did: stored.did.clone(), cid: stored.cid.clone() };
        Failure::Internal(malformed.into())
    })?;
    Ok(Entry {
        did: stored.did.clone(),
        operation,
        cid,
        nullified: stored.nullified,
        created_at: Datetime::from_unix_ms(stored.created_at),
    })
}
