//! `com.atproto.repo.listRecords`

use serde_json::{Value, json};

use crate::harness::{NOTES, Pds, TestAccount};

fn rkeys(page: &Value) -> Vec<String> {
    let records = page["records"].as_array().unwrap().iter();
    let uri =
        |record: &Value| record["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    records.map(uri).collect()
}

async fn list(pds: &Pds, owner: &TestAccount, params: &[(&str, &str)]) -> Value {
    let ask = pds.get("com.atproto.repo.listRecords").param("repo", &owner.handle);
    let ask = ask.param("collection", NOTES);
    params.iter().fold(ask, |ask, (name, value)| ask.param(name, value)).send().await.ok()
}

#[tokio::test]
async fn records_are_listed_by_their_keys_in_either_direction() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    assert_eq!(list(&pds, &alice, &[]).await, json!({ "records": [] }));
    let names: Vec<String> = (0..125).map(|number| format!("r{number:03}")).collect();
    pds.notes(&alice, &names, 10).await;
    // Its name begins as the other's does, and it sorts between and around its keys.
    for other in
        ["com.example.not", "com.example.note.more", "com.example.noted", "com.example.zoo"]
    {
        pds.put(&alice, other, "r000", json!({ "$type": other })).await;
    }
    for (reverse, mut expected) in [("true", names.clone()), ("false", names.clone())] {
        if reverse == "false" {
            expected.reverse();
        }
        let page = list(&pds, &alice, &[("reverse", reverse)]).await;
        assert_eq!(rkeys(&page), expected[..50]);
        assert_eq!(page["cursor"], json!(expected[49]));
        let (mut listed, mut cursor) = (Vec::new(), String::new());
        loop {
            let params = [("reverse", reverse), ("limit", "100"), ("cursor", &cursor)];
            let page = list(&pds, &alice, &params).await;
            let keys = rkeys(&page);
            match page["cursor"].as_str() {
                Some(next) => cursor = next.to_owned(),
                None => {
                    assert!(keys.is_empty(), "only an empty page has no cursor");
                    break;
                }
            }
            listed.extend(keys);
        }
        assert_eq!(listed, expected);
    }
    // A cursor need not be the key of a record.
    assert_eq!(rkeys(&list(&pds, &alice, &[("cursor", "r001x"), ("limit", "1")]).await), ["r001"]);
    assert!(rkeys(&list(&pds, &alice, &[("cursor", "-")]).await).is_empty());
}

#[tokio::test]
async fn a_record_is_shown_as_get_record_shows_it() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.note(&alice, "a", "text").await;
    let got = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
    let got = got.param("collection", NOTES).param("rkey", "a").send().await.ok();
    assert_eq!(list(&pds, &alice, &[]).await, json!({ "records": [got], "cursor": "a" }));
}

#[tokio::test]
async fn what_cannot_be_listed_is_refused() {
    let pds = Pds::start().await;
    pds.account("alice").await;
    let refused = async |params: [(&str, &str); 3]| {
        let ask = pds.get("com.atproto.repo.listRecords");
        params.iter().fold(ask, |ask, (name, value)| ask.param(name, value)).send().await.message()
    };
    let alice = ("repo", "alice.test");
    let notes = ("collection", NOTES);
    let bob = refused([("repo", "bob.test"), notes, ("limit", "")]).await;
    assert_eq!(bob, "Could not find repo: bob.test");
    for params in [
        [alice, notes, ("limit", "0")],
        [alice, notes, ("limit", "101")],
        [alice, ("collection", "notes"), ("limit", "1")],
        [("repo", "alice"), notes, ("limit", "1")],
    ] {
        let message = refused(params).await;
        assert!(message.starts_with("Invalid com.atproto.repo.listRecords params: "), "{message}");
    }
}
