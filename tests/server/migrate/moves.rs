//! Accounts that move by themselves, from beginning to end.

pub(super) mod beginning;
pub(super) mod blobs;
mod cancel;
mod codes;
mod did_web;
mod identity_changes;
mod relay;
mod repositories;
mod sessions;
mod taken_back;
mod there_and_back;
mod twice;
mod undo;
mod writes;

use crypto::{Curve, PrivateKey};
use identity::plc::DidKey;
use migrate::report::{SignedReport, Verdict};
use serde_json::{Value, json};

use crate::harness::{Copy, NOTES, Pds, TestAccount};
use crate::identity::directory;

/// Makes an account with records, blobs and preferences.
pub(crate) async fn settled(pds: &Pds, name: &str) -> TestAccount {
    let owner = pds.account(name).await;
    for (index, text) in ["one", "two", "three"].into_iter().enumerate() {
        pds.note(&owner, &format!("note{index}"), text).await;
    }
    for (rkey, mime_type, text) in
        [("vtt", "text/vtt", "WEBVTT and more"), ("json", "application/json", "{\"a\": 1}")]
    {
        let blob = pds.upload(&owner, mime_type, text).await;
        pds.put(&owner, NOTES, rkey, json!({ "$type": NOTES, "blob": blob })).await;
    }
    let preferences = json!([
        { "$type": "app.bsky.actor.defs#adultContentPref", "enabled": true },
        { "$type": "app.bsky.actor.defs#personalDetailsPref", "birthDate": "1990-01-01T00:00:00.000Z" },
    ]);
    let input = json!({ "preferences": preferences });
    pds.post("app.bsky.actor.putPreferences").by(&owner).json(&input).send().await.ok();
    owner
}

/// Tells whether an account is active at a server.
pub(crate) async fn is_active(pds: &Pds, owner: &TestAccount) -> bool {
    let ask = pds.get("com.atproto.sync.getRepoStatus").param("did", &owner.did);
    ask.send().await.ok()["active"] == json!(true)
}

/// Gives an identity two rotation keys of its owner's, above the one that it has.
async fn own_keys(pds: &Pds, owner: &TestAccount) -> [PrivateKey; 2] {
    let keys = [Curve::Secp256k1, Curve::P256].map(PrivateKey::generate);
    let last = directory(pds).last_operation(&owner.did.parse().unwrap()).await.unwrap();
    let mut all: Vec<DidKey> = keys.iter().map(|key| DidKey::from(&key.public_key())).collect();
    all.extend(last.state().unwrap().rotation_keys);
    pds.change_identity(owner, json!({ "rotationKeys": all })).await;
    keys
}

#[tokio::test]
async fn an_account_moves_by_itself_with_all_that_it_has() {
    let old = Pds::start().await;
    let new = Pds::start_for_moves(&old, "new").await;
    let alice = settled(&old, "alice").await;
    let before = old.download(&alice, None).await;

    let moving = new.begin_move(&alice).await;
    let job = moving.until_needed("review").await;
    assert_eq!(job["state"], "ready");
    assert_eq!((&job["progress"]["records"], &job["progress"]["blobs"]), (&json!(5), &json!(2)));
    assert_eq!(job["missingBlobs"], json!([]));
    assert!(job["change"]["differences"].as_array().is_some_and(|d| d.len() >= 2), "{job:#}");
    // What is written while the owner thinks comes along.
    old.note(&alice, "late", "written while moving").await;
    let job = moving.finish(&old).await;
    assert_eq!(job["warnings"], json!([]), "{job:#}");

    let after = new.download(&moving.here, None).await;
    let mut records = before.records();
    records.extend(Copy::of(&old.export(&alice, None).await).records());
    assert_eq!(after.records(), records);
    assert!(records.keys().any(|path| path.ends_with("/late")));
    let file = moving.report().await;
    let report = SignedReport::decode(file.as_bytes()).unwrap();
    report.verify_signature(&[report.report().signing_key]).unwrap();
    let comparison = report.report().compare();
    assert_eq!(comparison.verdict(), Verdict::Same, "{comparison:#?}");
    assert_eq!(report.report().after.blobs.rehashed, 2);
    assert_eq!(report.report().identity.as_ref().unwrap().operations.len(), 1);

    // The account is open here and closed there, and goes on.
    assert_eq!((is_active(&old, &alice).await, is_active(&new, &alice).await), (false, true));
    new.note(&moving.here, "new", "from the new host").await;
    let preferences = new.get("app.bsky.actor.getPreferences").by(&moving.here).send().await.ok();
    let theirs = old.get("app.bsky.actor.getPreferences").by(&alice).send().await.ok();
    assert_eq!(preferences, theirs);
    let session = new.sign_in(&alice.did, &moving.here.password).await;
    assert_eq!(session["active"], json!(true));

    // Nothing that could open the old account is kept.
    let listed: Value = new.get("social.pagurus.migration.listMoves").admin().send().await.ok();
    assert_eq!(listed["moves"][0]["state"], "done");
    assert_eq!(listed["moves"][0]["isLive"], json!(false));
}
