//! `com.atproto.repo.putRecord`, and `com.atproto.repo.deleteRecord`, which have the same swaps.

use serde_json::{Value, json};

use crate::harness::{Answer, NOTES, Pds, TestAccount};

async fn call(pds: &Pds, owner: &TestAccount, method: &str, rkey: &str, more: Value) -> Answer {
    let mut input = json!({ "repo": owner.did, "collection": NOTES, "rkey": rkey });
    for (name, value) in more.as_object().unwrap() {
        input[name] = value.clone();
    }
    let method = format!("com.atproto.repo.{method}");
    pds.post(&method).by(owner).json(&input).send().await
}

fn text(text: &str) -> Value {
    json!({ "record": { "text": text } })
}

#[tokio::test]
async fn putting_adds_and_replaces_and_the_same_again_is_nothing() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let first = call(&pds, &alice, "putRecord", "a", text("1")).await.ok();
    let second = call(&pds, &alice, "putRecord", "a", text("2")).await.ok();
    assert_ne!(first["commit"], second["commit"]);
    let again = call(&pds, &alice, "putRecord", "a", text("2")).await.ok();
    assert_eq!(again.get("commit"), None);
    assert_eq!((&again["uri"], &again["cid"]), (&second["uri"], &second["cid"]));
    let latest = pds.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    assert_eq!(latest.send().await.ok(), second["commit"]);
}

#[tokio::test]
async fn swaps_are_compared() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let made = call(&pds, &alice, "putRecord", "a", text("1")).await.ok();
    let (cid, commit) = (made["cid"].clone(), made["commit"]["cid"].clone());
    let with = |swap: &str, value: &Value| {
        let mut input = text("2");
        input[swap] = value.clone();
        input
    };
    let record_was = format!("Record was at {}", cid.as_str().unwrap());
    let commit_was = format!("Commit was at {}", commit.as_str().unwrap());
    for (method, rkey, swap, value, message) in [
        ("putRecord", "a", "swapRecord", &Value::Null, record_was.as_str()),
        ("putRecord", "a", "swapRecord", &commit, &record_was),
        ("putRecord", "b", "swapRecord", &cid, "Record was at null"),
        ("putRecord", "a", "swapCommit", &cid, &commit_was),
        ("deleteRecord", "a", "swapRecord", &commit, &record_was),
        ("deleteRecord", "a", "swapCommit", &cid, &commit_was),
    ] {
        let refused = call(&pds, &alice, method, rkey, with(swap, value)).await;
        assert_eq!(refused.refusal(), (400, "InvalidSwap".to_owned()), "{method} {swap}");
        assert_eq!(refused.message(), message);
    }
    // What changes nothing is not compared.
    let mut same = text("1");
    same["swapRecord"] = Value::Null;
    call(&pds, &alice, "putRecord", "a", same).await.ok();
    let nothing = call(&pds, &alice, "deleteRecord", "none", json!({ "swapRecord": cid })).await;
    assert_eq!(nothing.ok(), json!({}));

    call(&pds, &alice, "putRecord", "b", with("swapRecord", &Value::Null)).await.ok();
    call(&pds, &alice, "putRecord", "a", with("swapRecord", &cid)).await.ok();
}

#[tokio::test]
async fn of_two_who_expect_the_same_commit_one_is_refused() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let latest = pds.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    let commit = latest.send().await.ok()["cid"].clone();
    let put = |rkey: &'static str| {
        let mut input = text("x");
        input["swapCommit"] = commit.clone();
        call(&pds, &alice, "putRecord", rkey, input)
    };
    let (first, second) = tokio::join!(put("a"), put("b"));
    let refused: Vec<_> = [first, second].into_iter().filter(|a| !a.status.is_success()).collect();
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].refusal(), (400, "InvalidSwap".to_owned()));
}

#[tokio::test]
async fn deleting_a_missing_record_changes_nothing() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    call(&pds, &alice, "putRecord", "a", text("1")).await.ok();
    let deleted = call(&pds, &alice, "deleteRecord", "a", json!({})).await.ok();
    assert!(deleted["commit"]["rev"].is_string());
    assert_eq!(call(&pds, &alice, "deleteRecord", "a", json!({})).await.ok(), json!({}));
    let got = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
    let got = got.param("collection", NOTES).param("rkey", "a").send().await;
    assert_eq!(got.refusal(), (400, "RecordNotFound".to_owned()));
}

#[tokio::test]
async fn images_of_old_profiles_are_brought_to_the_present_form() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".as_slice();
    let upload = pds.post("com.atproto.repo.uploadBlob").by(&alice).body("image/png", png);
    let blob = upload.send().await.ok()["blob"].clone();
    let legacy = json!({ "cid": blob["ref"]["$link"], "mimeType": "image/png" });
    let input = json!({
        "repo": alice.did, "collection": "app.bsky.actor.profile", "rkey": "self",
        "record": { "avatar": legacy },
    });
    pds.post("com.atproto.repo.putRecord").by(&alice).json(&input).send().await.ok();
    let got = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
    let got = got.param("collection", "app.bsky.actor.profile").param("rkey", "self");
    assert_eq!(got.send().await.ok()["value"]["avatar"], blob);
}
