//! The keys that an identity has signed with, as its log tells.

use crypto::PublicKey;
use identity::document::ATPROTO_KEY;
use identity::plc::log::{AuditedLog, Entry};

/// Returns all keys that were ever in force, but for those that were taken back.
pub(super) fn keys(log: &AuditedLog) -> impl Iterator<Item = PublicKey> {
    log.entries().iter().filter(|entry| !entry.nullified).filter_map(key)
}

/// Returns the key that is in force.
pub(super) fn key_in_force(log: &AuditedLog) -> Option<PublicKey> {
    key(log.last())
}

fn key(entry: &Entry) -> Option<PublicKey> {
    let state = entry.operation.state()?;
    state.verification_methods.get(ATPROTO_KEY)?.public_key().ok()
}
