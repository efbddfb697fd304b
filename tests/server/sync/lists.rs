//! `com.atproto.sync.listRepos` and `listBlobs`

use serde_json::{Value, json};
use store::AccountState;

use crate::harness::{NOTES, Pds};

#[tokio::test]
async fn all_repositories_are_listed_page_by_page() {
    let mut pds = Pds::start().await;
    let mut accounts = Vec::new();
    for name in ["alice", "bob", "carol", "dan", "eve"] {
        accounts.push(pds.account(name).await);
    }
    let gone = AccountState { deactivated_at: Some(1), ..AccountState::default() };
    pds.set_state(&accounts[1], gone).await;
    let bad = AccountState { takedown_ref: Some("x".to_owned()), ..AccountState::default() };
    pds.set_state(&accounts[2], bad).await;

    let (mut listed, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let ask = pds.get("com.atproto.sync.listRepos").param("limit", 2);
        let page = cursor.iter().fold(ask, |ask, cursor| ask.param("cursor", cursor));
        let page = page.send().await.ok();
        let repos = page["repos"].as_array().unwrap();
        assert!(repos.len() <= 2);
        listed.extend(repos.iter().cloned());
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            assert!(repos.is_empty());
            break;
        }
    }
    let dids: Vec<&Value> = listed.iter().map(|repo| &repo["did"]).collect();
    let expected: Vec<Value> = accounts.iter().map(|account| json!(account.did)).collect();
    assert_eq!(dids, expected.iter().collect::<Vec<_>>());
    let states: Vec<_> = listed.iter().map(|repo| (&repo["active"], &repo["status"])).collect();
    let (yes, no, none) = (json!(true), json!(false), Value::Null);
    let (deactivated, takendown) = (json!("deactivated"), json!("takendown"));
    assert_eq!(
        states,
        [(&yes, &none), (&no, &deactivated), (&no, &takendown), (&yes, &none), (&yes, &none)]
    );
    let copy = pds.download(&accounts[0], None).await;
    assert_eq!(listed[0]["head"], json!(copy.root));
    assert_eq!(listed[0]["rev"], json!(copy.commit.rev));
    let malformed = pds.get("com.atproto.sync.listRepos").param("cursor", "x").send().await;
    assert_eq!(malformed.message(), "Malformed cursor");
}

#[tokio::test]
async fn blobs_are_listed_that_records_refer_to() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let list = async |params: &[(&str, &str)]| {
        let ask = pds.get("com.atproto.sync.listBlobs").param("did", &alice.did);
        params.iter().fold(ask, |ask, (name, value)| ask.param(name, value)).send().await
    };
    assert_eq!(list(&[]).await.ok(), json!({ "cids": [] }));
    pds.upload(&alice, "image/png", "unused").await;
    let mut cids = Vec::new();
    let mut rev = String::new();
    for number in 0..5 {
        if number == 3 {
            rev = pds.rev(&alice).await;
        }
        let blob = pds.upload(&alice, "image/png", format!("blob {number}")).await;
        cids.push(blob["ref"]["$link"].clone());
        let record = json!({ "$type": NOTES, "blobs": [blob, blob] });
        pds.put(&alice, NOTES, &format!("b{number}"), record).await;
    }
    let news = list(&[("since", &rev)]).await.ok()["cids"].as_array().unwrap().len();
    assert_eq!(news, 2);

    let (mut listed, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = list(&[("limit", "2"), ("cursor", &cursor)]).await.ok();
        listed.extend(page["cids"].as_array().unwrap().iter().cloned());
        match page["cursor"].as_str() {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    let sorted = |mut cids: Vec<Value>| {
        cids.sort_unstable_by_key(Value::to_string);
        cids
    };
    assert_eq!(sorted(listed), sorted(cids));
    assert_eq!(list(&[("cursor", "x")]).await.message(), "Malformed cursor");
    assert_eq!(list(&[("limit", "1001")]).await.refusal(), (400, "InvalidRequest".to_owned()));
}
