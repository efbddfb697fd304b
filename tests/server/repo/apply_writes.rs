//! `com.atproto.repo.applyWrites`

use serde_json::{Value, json};

use crate::harness::{Answer, NOTES, Pds, TestAccount};

async fn apply(pds: &Pds, owner: &TestAccount, writes: Vec<Value>) -> Answer {
    let input = json!({ "repo": owner.did, "writes": writes });
    pds.post("com.atproto.repo.applyWrites").by(owner).json(&input).send().await
}

fn write(kind: &str, rkey: &str, text: &str) -> Value {
    let kind = format!("com.atproto.repo.applyWrites#{kind}");
    let mut write = json!({ "$type": kind, "collection": NOTES, "rkey": rkey });
    if !text.is_empty() {
        write["value"] = json!({ "text": text });
    }
    write
}

async fn rkeys(pds: &Pds, owner: &TestAccount) -> Vec<String> {
    let list = pds.get("com.atproto.repo.listRecords").param("repo", &owner.did);
    let list = list.param("collection", NOTES).param("reverse", true).send().await.ok();
    let uris = list["records"].as_array().unwrap().iter();
    uris.map(|r| r["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn results_come_in_the_order_of_the_writes() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    apply(&pds, &alice, vec![write("create", "b", "1"), write("create", "c", "1")]).await.ok();
    let writes =
        vec![write("delete", "c", ""), write("create", "a", "2"), write("update", "b", "2")];
    let answer = apply(&pds, &alice, writes).await.ok();
    let results = answer["results"].as_array().unwrap();
    let kinds: Vec<&str> = results.iter().map(|result| result["$type"].as_str().unwrap()).collect();
    assert_eq!(
        kinds,
        [
            "com.atproto.repo.applyWrites#deleteResult",
            "com.atproto.repo.applyWrites#createResult",
            "com.atproto.repo.applyWrites#updateResult",
        ]
    );
    assert_eq!(results[1]["uri"], format!("at://{}/{NOTES}/a", alice.did));
    assert_eq!(results[1]["cid"], results[2]["cid"], "the same content");
    assert_eq!(results[1]["validationStatus"], "unknown");
    let latest = pds.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    assert_eq!(answer["commit"], latest.send().await.ok());
    assert_eq!(rkeys(&pds, &alice).await, ["a", "b"]);
}

#[tokio::test]
async fn all_writes_are_made_or_none() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    apply(&pds, &alice, vec![write("create", "a", "1")]).await.ok();
    for (last, message) in [
        (write("create", "a", "2"), "Record already exists: com.example.note/a"),
        (write("update", "x", "2"), "Could not locate record: com.example.note/x"),
        (write("delete", "x", ""), "Could not locate record: com.example.note/x"),
        (write("create", "y", "2"), "Record already exists: com.example.note/y"),
        (json!({ "$type": "com.atproto.repo.applyWrites#other" }), ""),
    ] {
        let refused = apply(&pds, &alice, vec![write("create", "y", "1"), last]).await;
        assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
        assert!(refused.message().starts_with(message), "{}", refused.message());
        assert_eq!(rkeys(&pds, &alice).await, ["a"]);
    }
    let mut writes = vec![write("create", "y", "1"), write("update", "y", "2")];
    writes.push(write("delete", "a", ""));
    apply(&pds, &alice, writes).await.ok();
    assert_eq!(rkeys(&pds, &alice).await, ["y"]);
}

#[tokio::test]
async fn there_is_a_limit_to_writes_and_bytes() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let many = |count: usize, text: &str| {
        let create = |index| write("create", &format!("r{index}"), &format!("{index}{text}"));
        (0..count).map(create).collect::<Vec<_>>()
    };
    let refused = apply(&pds, &alice, many(201, "x")).await;
    assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(refused.message(), "Too many writes. Max: 200");
    let refused = apply(&pds, &alice, many(200, &"x".repeat(10_100))).await;
    assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(refused.message(), "Too many writes. Max event size: 2MB");
    assert!(rkeys(&pds, &alice).await.is_empty());
    let answer = apply(&pds, &alice, many(200, "x")).await.ok();
    assert_eq!(answer["results"].as_array().unwrap().len(), 200);
}

#[tokio::test]
async fn without_writes_nothing_is_told() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let answer = apply(&pds, &alice, Vec::new()).await.ok();
    assert_eq!(answer, json!({ "results": [] }));
}
