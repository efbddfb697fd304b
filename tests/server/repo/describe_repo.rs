//! `com.atproto.repo.describeRepo`

use serde_json::json;

use crate::harness::{NOTES, Pds};

#[tokio::test]
async fn a_repository_is_described_with_its_collections_in_order() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let describe = async |repo: &str| {
        pds.get("com.atproto.repo.describeRepo").param("repo", repo).send().await
    };
    let empty = describe(&alice.did).await.ok();
    assert_eq!(empty["collections"], json!([]));
    for collection in ["com.example.noted", "com.example.a-b.c", NOTES, "com.example.note.more"] {
        pds.put(&alice, collection, "a", json!({ "$type": collection })).await;
        pds.put(&alice, collection, "b", json!({ "$type": collection })).await;
    }
    for repo in [&alice.did, &alice.handle] {
        let described = describe(repo).await.ok();
        assert_eq!(
            (&described["did"], &described["handle"]),
            (&json!(alice.did), &json!("alice.test"))
        );
        assert_eq!(described["handleIsCorrect"], json!(true));
        assert_eq!(described["didDoc"]["id"], json!(alice.did));
        assert_eq!(described["didDoc"]["alsoKnownAs"], json!(["at://alice.test"]));
        let collections =
            ["com.example.a-b.c", NOTES, "com.example.note.more", "com.example.noted"];
        assert_eq!(described["collections"], json!(collections));
    }
    pds.delete_note(&alice, "a").await;
    pds.delete_note(&alice, "b").await;
    let described = describe(&alice.did).await.ok();
    assert_eq!(described["collections"].as_array().unwrap().len(), 3);
    let unknown = describe("bob.test").await;
    assert_eq!(unknown.refusal(), (400, "RepoNotFound".to_owned()));
}
