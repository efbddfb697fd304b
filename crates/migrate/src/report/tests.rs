//! Reports of moves that went well, of moves that did not, and of what came later.

mod compare;
mod parts;
mod recheck;
mod signature;
mod text;

use std::collections::BTreeMap;
use std::io::Cursor;

use ::identity::plc::log::{AuditedLog, RateLimits, append};
use ::identity::plc::{Content, DidKey, State};
use crypto::{Curve, PrivateKey};
use repo::archive::{AnyCommit, ArchiveReader};
use repo::car::{self, Spool};
use repo::commit::Commit;
use repo::data::blob::BlobRef;
use repo::data::{Map, Value, cbor};
use repo::mst::{Builder, Key};
use serde_json::json;
use syntax::Did;

use super::*;
use crate::switch::{Destination, Switch};

const START_MS: u64 = 1_767_225_600_000;

/// A key that is the same in each run.
fn private(number: u8) -> PrivateKey {
    PrivateKey::from_bytes(Curve::Secp256k1, &[number; 32]).unwrap()
}

fn did_key(number: u8) -> DidKey {
    DidKey::from(&private(number).public_key())
}

fn origin(text: &str) -> Origin {
    Origin::parse(text).unwrap()
}

fn key(path: &str) -> Key {
    Key::parse(path).unwrap()
}

/// The log of an identity whose keys are 1 (owner) and 2 (old host), signing with 3, which the old
/// host moves to keys 1 and 4, signing with 5.
fn log() -> AuditedLog {
    let handle = "alice.example.com".parse().unwrap();
    let old = origin("https://old.example.com");
    let mut state = State::of_account(&handle, &private(3).public_key(), &old);
    state.rotation_keys = vec![did_key(1), did_key(2)];
    let genesis = Content::genesis(state).sign(&private(2)).unwrap();
    let did = genesis.did().unwrap();
    let first = append(&did, &[], genesis.clone(), START_MS, RateLimits::Public).unwrap().entry;
    let to = Destination {
        host: origin("https://new.example.com"),
        handle,
        signing_key: private(5).public_key(),
        rotation_keys: vec![did_key(4)],
    };
    let switch = Switch::plan(&genesis, &[did_key(2)], &to, None).unwrap();
    let moved = Content::update(&genesis, switch.after).sign(&private(2)).unwrap();
    with(&AuditedLog::check(&did, vec![first]).unwrap(), moved, START_MS + 3_600_000)
}

/// Adds an operation to a log.
fn with(log: &AuditedLog, operation: ::identity::plc::Operation, at_ms: u64) -> AuditedLog {
    let (did, mut entries) = (log.last().did.clone(), log.entries().to_vec());
    let appended = append(&did, &entries, operation, at_ms, RateLimits::Public).unwrap();
    for entry in &mut entries {
        entry.nullified |= appended.nullified.contains(&entry.cid);
    }
    entries.push(appended.entry);
    AuditedLog::check(&did, entries).unwrap()
}

fn commit(did: &Did, data: Cid, rev: u64, signer: u8) -> Commit {
    let rev = Tid::new((START_MS + rev) * 1000, 0);
    Commit::sign(did.clone(), data, rev, &private(signer))
}

fn head(commit: Commit, log: &AuditedLog) -> Head {
    let cid = Cid::of_cbor(&commit.encode());
    Head::of(cid, &AnyCommit::V3(commit), Some(log), &[])
}

fn leaves(paths: &[&str]) -> Leaves {
    Leaves::of(paths.iter().map(|path| (key(path), Cid::of_cbor(path.as_bytes())))).unwrap()
}

fn blob(content: &str) -> Blob {
    Blob {
        cid: Cid::of_raw(content.as_bytes()),
        size: u64::try_from(content.len()).unwrap(),
        mime_type: "image/png".to_owned(),
        is_rehashed: true,
    }
}

fn references(contents: &[&str]) -> References {
    let mut references = References::default();
    for content in contents {
        let Blob { cid, size, mime_type, .. } = blob(content);
        references.add(
            &format!("app.bsky.feed.post/{content}"),
            &BlobRef { cid, mime_type, size: Some(size) },
        );
    }
    references
}

fn blobs(present: &[&str], referred: &[&str]) -> Blobs {
    let present = present.iter().map(|content| blob(content));
    Blobs::of(present, &references(referred), &BTreeMap::new())
}

fn preferences() -> Preferences {
    Preferences::of(&[
        json!({ "$type": "app.bsky.actor.defs#adultContentPref", "enabled": true }),
        json!({ "$type": "app.bsky.actor.defs#savedFeedsPrefV2", "items": [{ "id": "a", "pinned": true }] }),
    ])
}

/// The report of a move that went well.
fn report() -> Report {
    let log = log();
    let did = log.last().did.clone();
    let paths = ["app.bsky.actor.profile/self", "app.bsky.feed.post/a", "app.bsky.feed.post/b"];
    let data = Cid::of_cbor(b"tree");
    let side = |rev, signer| Side {
        head: head(commit(&did, data, rev, signer), &log),
        leaves: leaves(&paths),
        blobs: blobs(&["a", "bb"], &["a", "bb"]),
        preferences: Some(preferences()),
    };
    let time = |ms| Datetime::from_unix_ms(START_MS + ms);
    Report {
        version: VERSION,
        handle: Some("alice.example.com".parse().unwrap()),
        signing_key: private(5).public_key(),
        owner_key: None,
        hosts: Hosts {
            from: Some(origin("https://old.example.com")),
            to: origin("https://new.example.com"),
        },
        times: Times {
            began: time(3_000_000),
            switched: Some(time(3_601_000)),
            ended: time(3_700_000),
        },
        before: side(1000, 3),
        after: side(3_602_000, 5),
        identity: Identity::of(&log, &log.entries()[0].cid),
        quarantined: Vec::new(),
        consents: Vec::new(),
        warnings: Vec::new(),
        did,
    }
}

fn consent() -> Consent {
    Consent {
        given: Datetime::from_unix_ms(START_MS),
        text: "one image stays behind".to_owned(),
        blobs: vec![blob("bb").cid],
        preferences: false,
    }
}

fn live(report: &Report) -> Live {
    let Side { head, leaves, blobs, preferences } = report.after.clone();
    Live {
        at: Datetime::from_unix_ms(START_MS + 100 * 3_600_000),
        head: Some(head),
        leaves: Some(leaves),
        blobs: Some(blobs),
        preferences,
        identity: Some(LiveIdentity {
            host: Some(report.hosts.to.clone()),
            signing_key: Some(report.signing_key),
            log: report.identity.clone(),
        }),
        old_rev: report.before.head.rev,
    }
}
