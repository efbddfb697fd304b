//! What goes with time.

use std::time::Duration;

use repo::event::Message;
use serde_json::json;
use syntax::Did;

use crate::harness::{NOTES, Pds, eventually};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Tells whether there is a file of a blob anywhere but in quarantine.
fn has_file(pds: &Pds, cid: &str) -> bool {
    let blobs = pds.data().join("blobs");
    let shards = std::fs::read_dir(blobs).unwrap().map(|shard| shard.unwrap());
    let shards = shards.filter(|shard| shard.file_name().len() == 2);
    shards
        .flat_map(|shard| std::fs::read_dir(shard.path()).unwrap())
        .any(|folder| folder.unwrap().path().join(cid).exists())
}

#[tokio::test]
async fn uploads_that_no_record_refers_to_go_after_some_hours() {
    let pds = Pds::start_with(|config| config.retention.sweep_seconds = 1).await;
    let alice = pds.account("alice").await;
    let unused = pds.upload(&alice, "image/png", "unused").await;
    let used = pds.upload(&alice, "image/png", "used").await;
    pds.put(&alice, NOTES, "a", json!({ "$type": NOTES, "blob": used })).await;
    let cid = |blob: &serde_json::Value| blob["ref"]["$link"].as_str().unwrap().to_owned();
    assert!(has_file(&pds, &cid(&unused)) && has_file(&pds, &cid(&used)));
    pds.advance(7 * HOUR);
    eventually(async || (!has_file(&pds, &cid(&unused))).then_some(())).await;
    assert!(has_file(&pds, &cid(&used)));
    let session = pds.sign_in(&alice.handle, &alice.password).await;
    let token = session["accessJwt"].as_str().unwrap();
    let record = json!({ "$type": NOTES, "blob": unused });
    let input = json!({ "repo": alice.did, "collection": NOTES, "rkey": "b", "record": record });
    let late = pds.post("com.atproto.repo.putRecord").token(token).json(&input).send().await;
    assert_eq!(late.refusal(), (400, "BlobNotFound".to_owned()));
}

#[tokio::test]
async fn of_an_account_that_is_gone_only_the_news_of_it_is_left() {
    let mut pds = Pds::start_with(|config| config.retention.sweep_seconds = 1).await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    let blob = pds.upload(&alice, "image/png", "picture").await;
    pds.put(&alice, NOTES, "a", json!({ "$type": NOTES, "blob": blob })).await;
    let theirs = pds.upload(&bob, "image/png", "picture").await;
    pds.put(&bob, NOTES, "a", json!({ "$type": NOTES, "blob": theirs })).await;
    let cid = blob["ref"]["$link"].as_str().unwrap().to_owned();
    let did: Did = alice.did.parse().unwrap();
    pds.change_store(move |tx| {
        let id = tx.account(&did)?.unwrap().id;
        tx.delete_account(id)
    })
    .await;
    let missing = pds.get("com.atproto.sync.getRepoStatus").param("did", &alice.did).send().await;
    assert_eq!(missing.refusal(), (400, "RepoNotFound".to_owned()));
    // Four of each for being made, one of each for the record; the last of hers stays.
    let events = eventually(async || {
        let events = pds.events(6).await;
        let hers = |event: &&Message| match event {
            Message::Identity(event) => event.did.as_str() == alice.did,
            _ => false,
        };
        (!events.iter().any(|event| hers(&event))).then_some(events)
    })
    .await;
    let hers = events.iter().filter(|event| match event {
        Message::Commit(event) => event.repo.as_str() == alice.did,
        Message::Sync(event) => event.did.as_str() == alice.did,
        _ => false,
    });
    assert_eq!(hers.count(), 1);
    let folder = eventually(async || {
        let blobs = pds.data().join("blobs/.quarantine").join(&alice.did).join(&cid);
        blobs.exists().then_some(blobs)
    });
    folder.await;
    let get = pds.get("com.atproto.sync.getBlob").param("did", &bob.did).param("cid", &cid);
    assert_eq!(get.send().await.status, 200, "blobs are each account's own");
}

#[tokio::test]
async fn who_leaves_is_deleted_in_time_unless_this_is_still_their_host() {
    let old = Pds::start_with(|config| config.retention.sweep_seconds = 1).await;
    let (alice, bob) = (old.account("alice").await, old.account("bob").await);
    let (carol, dave) = (old.account("carol").await, old.account("dave").await);
    // It is the same place, however it is written.
    let pds = json!({
        "type": "AtprotoPersonalDataServer", "endpoint": format!("{}/", old.public_url()),
    });
    old.change_identity(&dave, json!({ "services": { "atproto_pds": pds } })).await;
    let new = Pds::start_beside(&old, "new").await;
    let there = new.moved_in(&old, &alice).await;
    new.import(&there, old.export(&alice, None).await.body).await.ok();
    new.point_here(&old, &alice, &there).await;
    for (account, date) in [
        (&alice, "2026-02-01"),
        (&bob, "2026-02-01"),
        (&carol, "2026-02-10"),
        (&dave, "2026-02-01"),
    ] {
        let later = json!({ "deleteAfter": format!("{date}T00:00:00.000Z") });
        let leave = old.post("com.atproto.server.deactivateAccount").by(account).json(&later);
        leave.send().await.ok();
    }
    let status = async |did: &str| {
        let ask = old.get("com.atproto.sync.getRepoStatus").param("did", did);
        ask.send().await
    };
    old.advance(32 * 24 * HOUR);
    eventually(async || (status(&alice.did).await.status == 400).then_some(())).await;
    for account in [&bob, &dave] {
        let told = eventually(async || {
            // Mails with codes came before.
            let mails = old.mails(&account.email).await.into_iter();
            let told: Vec<_> =
                mails.filter(|(subject, _)| subject == "Your account was not deleted").collect();
            (!told.is_empty()).then_some(told)
        })
        .await;
        assert_eq!(told.len(), 1, "nobody is told twice");
        assert_eq!(status(&account.did).await.ok()["status"], "deactivated");
    }
    assert_eq!(status(&carol.did).await.ok()["status"], "deactivated");
    assert!(old.mails(&carol.email).await.is_empty(), "her time has not come");
}
