//! Accounts that come back to where they were.

use identity::Origin;
use serde_json::{Value, json};

use super::blobs::with_blob;
use super::{is_active, settled};
use crate::harness::{Copy, Pds, Proxy, TestAccount, eventually};

/// Starts two hosts that know of each other.
async fn neighbours() -> (Pds, Pds) {
    let proxies = [Proxy::listen().await, Proxy::listen().await];
    let [first, second]: [Origin; 2] =
        proxies.each_ref().map(|proxy| proxy.origin().parse().unwrap());
    let other = second.clone();
    let a = Pds::start_with(|config| {
        config.public_url = Some(first);
        config.private_origins.push(other);
    })
    .await;
    let b = Pds::start_for_moves_with(&a, "b", |config| config.public_url = Some(second)).await;
    proxies[0].forward_to(&a.url());
    proxies[1].forward_to(&b.url());
    (a, b)
}

/// Lists the blobs of an account, as its owner sees them.
async fn blobs(pds: &Pds, owner: &TestAccount) -> Value {
    let ask = pds.get("com.atproto.sync.listBlobs").param("did", &owner.did).by(owner);
    let mut cids = ask.send().await.ok()["cids"].clone();
    cids.as_array_mut().unwrap().sort_by_key(Value::to_string);
    cids
}

/// Moves an account, and checks that it is the same on both sides.
async fn move_over(from: &Pds, to: &Pds, owner: &TestAccount) -> TestAccount {
    let moving = to.begin_move(owner).await;
    let job = moving.finish(from).await;
    assert_eq!((&job["warnings"], &job["missingBlobs"]), (&json!([]), &json!([])), "{job:#}");
    assert_eq!((is_active(from, owner).await, is_active(to, owner).await), (false, true));
    let (was, is) =
        (Copy::of(&from.export(owner, None).await), to.download(&moving.here, None).await);
    assert_eq!((is.commit.data, is.records()), (was.commit.data, was.records()));
    assert!(is.commit.rev > was.commit.rev);
    is.assert_signed(to, &moving.here).await;
    assert_eq!(blobs(to, &moving.here).await, blobs(from, owner).await);
    moving.here
}

#[tokio::test]
async fn an_account_that_comes_back_is_what_it_has_become() {
    let (a, b) = neighbours().await;
    let alice = settled(&a, "alice").await;
    let gone = with_blob(&a, &alice, "gone", "text/plain", "to be deleted elsewhere").await;
    let at_b = move_over(&a, &b, &alice).await;
    for rkey in ["note0", "gone"] {
        b.delete_note(&at_b, rkey).await;
    }
    b.note(&at_b, "note1", "changed elsewhere").await;
    with_blob(&b, &at_b, "found", "text/plain", "uploaded elsewhere").await;
    let preferences = json!({ "preferences": [
        { "$type": "app.bsky.actor.defs#adultContentPref", "enabled": false },
    ]});
    let put = b.post("app.bsky.actor.putPreferences").by(&at_b).json(&preferences);
    put.send().await.ok();

    // Who changes their mind loses nothing of what is still here.
    let commit = Copy::of(&a.export(&alice, None).await).root;
    let moving = a.begin_move(&at_b).await;
    moving.until_needed("review").await;
    moving.call("cancelMove", &json!({})).await.ok();
    moving.until_state("cancelled").await;
    let status = a.get("com.atproto.sync.getRepoStatus").param("did", &alice.did);
    assert_eq!(status.send().await.ok()["status"], "deactivated");
    assert!(is_active(&b, &at_b).await);
    assert_ne!(commit, b.download(&at_b, None).await.root);

    let at_a = move_over(&b, &a, &at_b).await;
    let records = a.download(&at_a, None).await.records();
    assert!(!records.keys().any(|path| path.ends_with("/note0") || path.ends_with("/gone")));
    assert_eq!(records.len(), 5);
    let get = a.get("com.atproto.sync.getBlob").param("did", &alice.did).param("cid", &gone);
    assert_eq!(get.by(&at_a).send().await.refusal(), (400, "BlobNotFound".to_owned()));
    let given = a.get("app.bsky.actor.getPreferences").by(&at_a).send().await.ok();
    assert_eq!(given, preferences);
    // The hosts' keys come and go with it.
    a.note(&at_a, "home", "at home again").await;
    let at_b = move_over(&a, &b, &at_a).await;
    b.note(&at_b, "away", "and away").await;
    eventually(async || (b.download(&at_b, None).await.records().len() == 7).then_some(())).await;
}
