//! `com.atproto.repo.createRecord`

use serde_json::{Value, json};

use crate::harness::{Answer, NOTES, Pds, TestAccount};

const POSTS: &str = "app.bsky.feed.post";

fn post(text: &str) -> Value {
    json!({ "$type": POSTS, "text": text, "createdAt": "2026-01-01T00:00:00.000Z" })
}

async fn create(pds: &Pds, owner: &TestAccount, input: Value) -> Answer {
    let mut input = input;
    if input.get("repo").is_none() {
        input["repo"] = json!(owner.did);
    }
    pds.post("com.atproto.repo.createRecord").by(owner).json(&input).send().await
}

#[tokio::test]
async fn the_answer_says_where_the_record_is_and_in_which_commit() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let made =
        create(&pds, &alice, json!({ "collection": POSTS, "record": post("hi") })).await.ok();
    let uri = made["uri"].as_str().unwrap();
    let rkey = uri.strip_prefix(&format!("at://{}/{POSTS}/", alice.did)).unwrap();
    assert_eq!(rkey.len(), 13, "a TID");
    assert_eq!(made["validationStatus"], "valid");
    let latest = pds.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    assert_eq!(made["commit"], latest.send().await.ok());
    let got = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
    let got = got.param("collection", POSTS).param("rkey", rkey).send().await.ok();
    assert_eq!((&got["cid"], &got["value"]), (&made["cid"], &post("hi")));
}

#[tokio::test]
async fn records_are_validated_as_the_caller_wishes() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let bad = json!({ "$type": POSTS, "text": 1, "createdAt": "2026-01-01T00:00:00Z" });
    let unknown = json!({ "$type": NOTES, "text": 1 });
    for (collection, record, validate, expected) in [
        (POSTS, post("a"), json!(true), Ok(json!("valid"))),
        (POSTS, post("b"), json!(false), Ok(Value::Null)),
        (POSTS, bad.clone(), json!(false), Ok(Value::Null)),
        (POSTS, bad.clone(), json!(true), Err("Invalid app.bsky.feed.post record: ")),
        (NOTES, unknown.clone(), json!(false), Ok(Value::Null)),
        (NOTES, unknown.clone(), json!(true), Err("Unknown lexicon type: com.example.note")),
    ] {
        let input = json!({ "collection": collection, "record": record, "validate": validate });
        let answer = create(&pds, &alice, input).await;
        match expected {
            Ok(status) => assert_eq!(answer.ok()["validationStatus"], status),
            Err(message) => {
                assert_eq!(answer.refusal(), (400, "InvalidRequest".to_owned()));
                assert!(answer.message().starts_with(message), "{}", answer.message());
            }
        }
    }
    // Without a wish, what is known is checked.
    let answer = create(&pds, &alice, json!({ "collection": POSTS, "record": bad })).await;
    assert_eq!(answer.refusal(), (400, "InvalidRequest".to_owned()));
    let answer = create(&pds, &alice, json!({ "collection": NOTES, "record": unknown })).await;
    assert_eq!(answer.ok()["validationStatus"], "unknown");
}

#[tokio::test]
async fn what_no_record_may_be_is_refused_whatever_the_wish() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let cid = "bafkreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
    for (record, message) in [
        (
            json!({ "$type": POSTS }),
            "Invalid $type: expected com.example.note, got app.bsky.feed.post",
        ),
        (json!({ "number": 1.5 }), ""),
        (json!({ "number": 9_007_199_254_740_993_i64 }), ""),
        (json!({ "link": { "$link": "nonsense" } }), ""),
        (
            json!({ "blob": { "cid": cid, "mimeType": "image/png" } }),
            "Legacy blobs are not allowed",
        ),
        (json!({ "blob": { "$type": "blob", "ref": { "$link": cid } } }), ""),
        (json!("text"), ""),
    ] {
        let input = json!({ "collection": NOTES, "record": record, "validate": false });
        let answer = create(&pds, &alice, input).await;
        assert_eq!(answer.refusal(), (400, "InvalidRequest".to_owned()), "{record}");
        assert!(answer.message().starts_with(message), "{}", answer.message());
    }
    let input = json!({ "collection": NOTES, "record": {}, "rkey": "..", "validate": false });
    assert_eq!(create(&pds, &alice, input).await.refusal(), (400, "InvalidRequest".to_owned()));
    // A record that does not say what it is, is of its collection.
    let input = json!({ "collection": NOTES, "record": {}, "rkey": "a" });
    create(&pds, &alice, input).await.ok();
    let got = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
    let got = got.param("collection", NOTES).param("rkey", "a").send().await.ok();
    assert_eq!(got["value"], json!({ "$type": NOTES }));
}

#[tokio::test]
async fn a_record_that_exists_is_not_created_again() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let input = json!({ "collection": NOTES, "record": {}, "rkey": "a" });
    create(&pds, &alice, input.clone()).await.ok();
    let refused = create(&pds, &alice, input).await;
    assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(refused.message(), "Record already exists: com.example.note/a");
}

#[tokio::test]
async fn repositories_are_written_to_by_their_owners() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    let input = |repo: &str| json!({ "repo": repo, "collection": NOTES, "record": {} });
    for (repo, refusal) in [
        (bob.did.as_str(), (401, "AuthenticationRequired")),
        ("bob.test", (401, "AuthenticationRequired")),
        ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", (403, "AccountNotFound")),
        ("nobody.test", (403, "AccountNotFound")),
    ] {
        let refused = create(&pds, &alice, input(repo)).await;
        assert_eq!(refused.refusal(), (refusal.0, refusal.1.to_owned()), "{repo}");
    }
    create(&pds, &alice, input("ALICE.test")).await.ok();
    let anonymous = pds.post("com.atproto.repo.createRecord").json(&input(&alice.did));
    assert_eq!(anonymous.send().await.refusal(), (401, "AuthMissing".to_owned()));
    pds.post("com.atproto.server.deactivateAccount").by(&alice).json(&json!({})).send().await.ok();
    let refused = create(&pds, &alice, input(&alice.did)).await;
    assert_eq!(refused.refusal(), (401, "AccountDeactivated".to_owned()));
}

#[tokio::test]
async fn a_second_like_of_a_post_takes_the_place_of_the_first() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let likes = "app.bsky.feed.like";
    let cid = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
    let like = |uri: &str, validate: Value| {
        let subject = json!({ "uri": format!("at://did:web:b/{POSTS}/{uri}"), "cid": cid });
        let record = json!({ "subject": subject, "createdAt": "2026-01-01T00:00:00Z" });
        json!({ "collection": likes, "record": record, "validate": validate })
    };
    create(&pds, &alice, like("one", json!(true))).await.ok();
    create(&pds, &alice, like("two", json!(true))).await.ok();
    let last = create(&pds, &alice, like("one", json!(true))).await.ok();
    let list = async || {
        let list = pds.get("com.atproto.repo.listRecords").param("repo", &alice.did);
        list.param("collection", likes).send().await.ok()["records"].as_array().unwrap().clone()
    };
    let found = list().await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0]["uri"], last["uri"]);
    // Who wants nothing looked at has it so.
    create(&pds, &alice, like("one", json!(false))).await.ok();
    assert_eq!(list().await.len(), 3);
}

#[tokio::test]
async fn a_record_refers_to_blobs_that_are_there_and_as_it_says() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let upload = pds.post("com.atproto.repo.uploadBlob").by(&alice).body("text/plain", "some text");
    let blob = upload.send().await.ok()["blob"].clone();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut blob = blob.clone();
        change(&mut blob);
        json!({ "collection": NOTES, "record": { "blob": blob } })
    };
    let other = "bafkreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
    for (input, name) in [
        (with(&|blob| blob["ref"] = json!({ "$link": other })), "BlobNotFound"),
        (with(&|blob| blob["mimeType"] = json!("image/png")), "InvalidMimeType"),
        (with(&|blob| blob["size"] = json!(3)), "InvalidSize"),
    ] {
        assert_eq!(create(&pds, &alice, input).await.refusal(), (400, name.to_owned()));
    }
    create(&pds, &alice, with(&|_| {})).await.ok();
}

#[tokio::test]
async fn what_is_too_large_is_refused() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let text = "x".repeat(1_000_001);
    let input = json!({ "collection": NOTES, "record": { "text": text } });
    let refused = create(&pds, &alice, input).await;
    assert_eq!(refused.refusal(), (413, "PayloadTooLarge".to_owned()));
    let text = "x".repeat(990_000);
    create(&pds, &alice, json!({ "collection": NOTES, "record": { "text": text } })).await.ok();
}
