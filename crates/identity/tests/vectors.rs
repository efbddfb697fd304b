//! Logs in files: those in `fixtures/plc`, and those of the same layout in the directory that
//! `PAGURUS_VECTORS` names. A valid log is accepted, an invalid one is not, whatever is wrong.
//!
//! Ours were made with the npm packages `@did-plc/lib` and `@atproto/crypto`, from keys, times and
//! names that are made up. What is wrong with the invalid ones was done to their output.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pagurus_identity::document::{self, Document};
use pagurus_identity::plc::directory;
use pagurus_identity::plc::log::{AuditedLog, Entry, RateLimits, append};

/// The workspace's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

#[test]
fn valid_logs_are_accepted() {
    for (path, text) in logs("valid") {
        let log = check(&text).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
        let did = &log.entries()[0].did;
        if let Some(state) = log.state() {
            let text = directory::document(did, log.entries()).unwrap();
            assert_eq!(text, document::write(did, &state));
            assert_eq!(Document::parse(text.as_bytes()).unwrap().did(), did);
        } else {
            assert!(directory::document(did, log.entries()).is_err());
        }
        // What is written is what was read.
        let audit = directory::audit(did, log.entries()).unwrap();
        let (written, read) = (parse(&audit).unwrap(), parse(&text).unwrap());
        assert_eq!(written, read, "{}", path.display());
    }
}

#[test]
fn invalid_logs_are_refused() {
    for (path, text) in logs("invalid") {
        assert!(check(&text).is_err(), "{}", path.display());
    }
}

/// What is wrong with our own logs: a variant of `LogError`, or that they cannot be read.
const FAULTS: [(&str, &str); 28] = [
    ("begins_with_a_change", "NoGenesis"),
    ("change_after_the_end", "Tombstone"),
    ("earlier_time", "Time"),
    ("empty", "Unreadable"),
    ("extra_field", "Unreadable"),
    ("extra_field_in_a_service", "Unreadable"),
    ("marked_for_nothing", "Nullified"),
    ("not_marked", "Nullified"),
    ("old_rotation_key", "Signature"),
    ("other_cid", "OtherCid"),
    ("other_did", "OtherDid"),
    ("prev_missing", "Unreadable"),
    ("prev_taken_back", "UnknownPrev"),
    ("same_time", "Time"),
    ("sig_by_signing_key", "Signature"),
    ("sig_der", "Unreadable"),
    ("sig_high_s_k256", "Signature"),
    ("sig_high_s_p256", "Signature"),
    ("sig_line_break", "Unreadable"),
    ("sig_padded", "Unreadable"),
    ("sig_standard_base64", "Unreadable"),
    ("sig_stray_bits", "Unreadable"),
    ("taken_back_after_72_hours", "TooLate"),
    ("taken_back_by_a_later_key", "Signature"),
    ("taken_back_by_a_weaker_key", "Signature"),
    ("taken_back_by_the_same_key", "Conflict"),
    ("two_geneses", "SecondGenesis"),
    ("unknown_prev", "UnknownPrev"),
];

#[test]
fn invalid_logs_are_refused_for_what_is_wrong_with_them() {
    let faults = read(&Path::new(ROOT).join("fixtures/plc/audit_log/invalid"))
        .into_iter()
        .map(|(path, text)| {
            let fault = check(&text).unwrap_err();
            let variant = fault.split('(').next().unwrap().to_owned();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), variant)
        })
        .collect::<BTreeMap<_, _>>();
    let expected = FAULTS.map(|(name, fault)| (name.to_owned(), fault.to_owned())).into();
    assert_eq!(faults, expected);
}

/// Replays the logs that new operations could have, and expects the same entries.
#[test]
fn a_directory_grows_the_logs_that_it_accepts() {
    let mut grown = 0;
    for (path, text) in logs("valid") {
        let expected: Vec<Entry> = serde_json::from_str(&text).unwrap();
        if expected.iter().any(|entry| entry.operation.check_limits().is_err()) {
            continue;
        }
        let mut entries: Vec<Entry> = Vec::new();
        for Entry { did, operation, created_at, .. } in &expected {
            let now_unix_ms = u64::try_from(created_at.unix_us() / 1000).unwrap();
            let appended =
                append(did, &entries, operation.clone(), now_unix_ms, RateLimits::Public)
                    .unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
            for entry in &mut entries {
                entry.nullified |= appended.nullified.contains(&entry.cid);
            }
            entries.push(appended.entry);
        }
        assert_eq!(entries, expected, "{}", path.display());
        grown += 1;
    }
    assert!(grown >= 7, "{grown} logs");
}

/// Checks a log; a fault is said as it is debugged.
fn check(text: &str) -> Result<AuditedLog, String> {
    let entries: Vec<Entry> = serde_json::from_str(text).unwrap_or_default();
    let did = entries.first().map(|entry| entry.did.clone()).ok_or("Unreadable")?;
    AuditedLog::check(&did, entries).map_err(|fault| format!("{fault:?}"))
}

fn parse(text: &str) -> serde_json::Result<serde_json::Value> {
    serde_json::from_str(text)
}

/// Returns the logs of one kind with their paths.
fn logs(kind: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(ROOT);
    let mut found = read(&root.join("fixtures/plc/audit_log").join(kind));
    if let Some(vectors) = vectors() {
        found.extend(read(&root.join(vectors).join("plc/audit_log").join(kind)));
    }
    found
}

#[expect(clippy::disallowed_methods, reason = "where the vectors are is the caller's to say")]
fn vectors() -> Option<PathBuf> {
    std::env::var_os("PAGURUS_VECTORS").map(PathBuf::from)
}

fn read(directory: &Path) -> Vec<(PathBuf, String)> {
    let files = fs::read_dir(directory).unwrap_or_else(|_| panic!("{}", directory.display()));
    let found: Vec<_> = files
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect();
    assert!(!found.is_empty(), "{} is empty", directory.display());
    found
}
