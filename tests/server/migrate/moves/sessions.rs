//! Sessions at the old host that end while an account moves.

use std::time::Duration;

use serde_json::json;

use super::blobs::with_blob;
use crate::harness::{Road, TestAccount, eventually};

const BLOB: &str = "com.atproto.sync.getBlob";
const HOURS: Duration = Duration::from_secs(3 * 60 * 60);

/// Somebody with some blobs, whose account is closed, so that the old host gives them to its owner
/// only.
async fn with_blobs(road: &Road) -> (TestAccount, Vec<String>) {
    let alice = road.old.account("alice").await;
    let mut cids = Vec::new();
    for index in 0..12 {
        let (rkey, text) = (format!("note{index}"), format!("blob {index}"));
        cids.push(with_blob(&road.old, &alice, &rkey, "text/plain", text).await);
    }
    road.old
        .post("com.atproto.server.deactivateAccount")
        .by(&alice)
        .json(&json!({}))
        .send()
        .await
        .ok();
    (alice, cids)
}

#[tokio::test]
async fn a_session_that_expires_is_renewed_and_no_blob_is_skipped() {
    let road = Road::new().await;
    let (alice, cids) = with_blobs(&road).await;
    let repo = road.source.hold("getRepo?");
    let mut moving = road.new.begin_move(&alice).await;
    let looked_at = road.source.count(BLOB);
    let blobs = road.source.hold(&cids[0]);
    repo.open();
    eventually(async || (road.source.count(&cids[0]) > 1).then_some(())).await;
    road.advance(HOURS);
    moving.sign_in_again().await;
    blobs.open();
    let job = moving.until_needed("review").await;
    assert_eq!((&job["missingBlobs"], &job["progress"]["blobs"]), (&json!([]), &json!(12)));
    assert!(road.source.count("refreshSession") >= 1);
    assert!(road.source.count(BLOB) >= looked_at + 12);
    moving.finish(&road.old).await;
}

#[tokio::test]
async fn whoever_signs_in_again_goes_on_at_the_next_blob() {
    let road = Road::new().await;
    let (alice, cids) = with_blobs(&road).await;
    let repo = road.source.hold("getRepo?");
    let mut moving = road.new.begin_move(&alice).await;
    let looked_at: Vec<usize> = cids.iter().map(|cid| road.source.count(cid)).collect();
    let blobs = road.source.hold(&cids[0]);
    repo.open();
    // All but the one that is held.
    eventually(async || {
        let is_asked = |(cid, before): (&String, &usize)| road.source.count(cid) > *before;
        cids.iter().zip(&looked_at).all(is_asked).then_some(())
    })
    .await;

    // The password is changed, which ends all sessions.
    let email = json!({ "email": alice.email });
    road.old.post("com.atproto.server.requestPasswordReset").json(&email).send().await.ok();
    eventually(async || (!road.old.mails(&alice.email).await.is_empty()).then_some(())).await;
    let token = road.old.mailed_code(&alice.email).await;
    let reset = json!({ "token": token, "password": "another password" });
    road.old.post("com.atproto.server.resetPassword").json(&reset).send().await.ok();
    road.advance(HOURS);
    moving.sign_in_again().await;
    blobs.open();
    let job = moving.until_needed("signIn").await;
    assert_eq!(job["state"], "blobs");
    assert!(job["need"]["message"].as_str().unwrap().contains("session"), "{job:#}");

    let wrong = moving.call("resumeMove", &json!({ "password": alice.password })).await;
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    assert_eq!(moving.job().await["need"]["for"], "signIn");
    moving.call("resumeMove", &json!({ "password": "another password" })).await.ok();
    let job = moving.until_needed("review").await;
    assert_eq!((&job["missingBlobs"], &job["progress"]["blobs"]), (&json!([]), &json!(12)));
    for (cid, before) in cids.iter().zip(&looked_at).skip(1) {
        assert_eq!(road.source.count(cid), before + 1, "what had come was not asked for again");
    }
    assert_eq!(road.source.count("getRepo?"), 1);
    let alice = TestAccount { password: "another password".to_owned(), ..alice };
    assert_eq!(road.old.sign_in(&alice.did, &alice.password).await["active"], json!(false));
    moving.finish(&road.old).await;
}
