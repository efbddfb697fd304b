//! Operations of did:plc and logs of them: one text has one name, and what a directory accepts, an
//! auditor believes.

#![no_main]

use identity::document::Document;
use identity::plc::log::{AuditedLog, Entry, RateLimits, append};
use identity::plc::{Operation, directory};
use libfuzzer_sys::fuzz_target;
use repo::data::{Limits, cbor};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(operation) = Operation::parse(bytes) {
        check(&operation);
    }
    if let Ok(entries) = serde_json::from_slice::<Vec<Entry>>(bytes) {
        audit(entries);
    }
});

fn check(operation: &Operation) {
    let again = Operation::parse(operation.to_json().as_bytes()).expect("it was written");
    assert_eq!((again.cid(), &again), (operation.cid(), operation));
    cbor::check(&operation.to_cbor(), &Limits::FOREIGN).expect("it is canonical");
    let signed = operation.content().clone().signed(*operation.signature());
    assert_eq!(signed.is_ok(), operation.check_limits().is_ok());
    let Some(state) = operation.state() else { return };
    let signer = operation.signer(&state.rotation_keys);
    let Some(did) = operation.did() else { return };
    // A DID is made by those who sign with a key of theirs, and by nobody else.
    let made = append(&did, &[], operation.clone(), 0, RateLimits::Public);
    assert_eq!(made.is_ok(), signer.is_some() && operation.check_limits().is_ok());
    if let Ok(appended) = made {
        audit(vec![appended.entry]);
    }
}

fn audit(entries: Vec<Entry>) {
    let Some(did) = entries.first().map(|entry| entry.did.clone()) else { return };
    // Answers are made of whatever is kept.
    let _ = directory::operations(&did, &entries);
    let _ = directory::last_operation(&did, &entries);
    let _ = directory::data(&did, &entries);
    for entry in &entries {
        check_next(&entries, entry);
    }
    let Ok(log) = AuditedLog::check(&did, entries) else { return };
    let Some(state) = log.state() else { return };
    let text = directory::document(&did, log.entries()).expect("it has a state");
    if let Ok(document) = Document::parse(text.as_bytes()) {
        assert_eq!(document.also_known_as(), state.also_known_as);
    }
}

/// Adds an operation of a log to it once more, a year later.
fn check_next(entries: &[Entry], entry: &Entry) {
    const YEAR_MS: i64 = 365 * 24 * 3_600_000;
    let now = entry.created_at.unix_us().div_euclid(1_000).saturating_add(YEAR_MS);
    let now = u64::try_from(now).unwrap_or(0);
    if let Ok(appended) = append(&entry.did, entries, entry.operation.clone(), now, RateLimits::Off)
    {
        assert!(entries.last().is_none_or(|last| appended.entry.created_at > last.created_at));
    }
}
