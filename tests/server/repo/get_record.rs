//! `com.atproto.repo.getRecord`

use serde_json::json;
use syntax::{Did, RecordPath};

use crate::harness::{NOTES, Pds};

#[tokio::test]
async fn a_record_comes_as_it_went() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let record = json!({
        "$type": NOTES,
        "text": "caf\u{e9} \u{1f980} \"quoted\" \\ \n \u{7f} </script>",
        "numbers": [0, -1, 9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64],
        "nothing": null,
        "yes": true,
        "bytes": { "$bytes": "AAEC" },
        "link": { "$link": "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq" },
        "deep": { "a": [{ "b": {} }, []] },
    });
    let made = pds.put(&alice, NOTES, "self", record.clone()).await;
    for repo in [&alice.did, &alice.handle, "ALICE.test"] {
        let ask = pds.get("com.atproto.repo.getRecord").param("repo", repo);
        let answer = ask.param("collection", NOTES).param("rkey", "self").send().await;
        assert_eq!(answer.header("content-type"), Some("application/json; charset=utf-8"));
        let uri = format!("at://{}/{NOTES}/self", alice.did);
        assert_eq!(answer.ok(), json!({ "uri": uri, "cid": made["cid"], "value": record }));
    }
}

#[tokio::test]
async fn only_the_present_version_is_there() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let old = pds.note(&alice, "a", "old").await["cid"].clone();
    let new = pds.note(&alice, "a", "new").await["cid"].clone();
    let get = async |rkey: &str, cid: &str| {
        let ask = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
        ask.param("collection", NOTES).param("rkey", rkey).param("cid", cid).send().await
    };
    assert_eq!(get("a", new.as_str().unwrap()).await.ok()["value"]["text"], "new");
    assert_eq!(get("a", "").await.ok()["cid"], new);
    for (rkey, cid) in [("a", old.as_str().unwrap()), ("b", "")] {
        let refused = get(rkey, cid).await;
        assert_eq!(refused.refusal(), (400, "RecordNotFound".to_owned()));
        let message = format!("Could not locate record: at://{}/{NOTES}/{rkey}", alice.did);
        assert_eq!(refused.message(), message);
    }
    assert_eq!(get("a", "x").await.refusal(), (400, "InvalidRequest".to_owned()));
    let foreign = pds.get("com.atproto.repo.getRecord").param("repo", "did:plc:abc");
    let foreign = foreign.param("collection", NOTES).param("rkey", "a").send().await;
    assert_eq!(foreign.refusal(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn one_that_was_taken_down_is_hidden_and_still_proven() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.note(&alice, "a", "bad").await;
    pds.note(&alice, "b", "good").await;
    let did: Did = alice.did.parse().unwrap();
    let path: RecordPath = format!("{NOTES}/a").parse().unwrap();
    pds.change_store(move |tx| {
        let id = tx.account(&did)?.unwrap().id;
        tx.set_record_takedown(id, &path, Some("mod-1"))
    })
    .await;
    let ask = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
    let refused = ask.param("collection", NOTES).param("rkey", "a").send().await;
    assert_eq!(refused.refusal(), (400, "RecordNotFound".to_owned()));
    let list = pds.get("com.atproto.repo.listRecords").param("repo", &alice.did);
    let list = list.param("collection", NOTES).send().await.ok();
    let texts: Vec<_> = list["records"].as_array().unwrap().iter().collect();
    assert_eq!(texts.len(), 1);
    assert_eq!(texts[0]["value"]["text"], "good");
    assert_eq!(pds.download(&alice, None).await.records().len(), 2);
}
