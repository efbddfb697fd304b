//! `com.atproto.sync.listReposByCollection` and `getHostStatus`

use repo::event::Message;
use serde_json::{Value, json};
use store::AccountState;

use crate::harness::{NOTES, Pds};

#[tokio::test]
async fn accounts_are_found_by_what_they_have() {
    let mut pds = Pds::start().await;
    let mut accounts = Vec::new();
    for name in ["alice", "bob", "carol", "dan", "eve"] {
        accounts.push(pds.account(name).await);
    }
    for index in [0, 2, 3, 4] {
        pds.note(&accounts[index], "a", "x").await;
    }
    // Neighbours of the collection's name do not count.
    pds.put(&accounts[1], &format!("{NOTES}s"), "a", json!({})).await;
    pds.put(&accounts[1], "com.example.notA", "a", json!({})).await;
    pds.put(&accounts[1], &format!("{NOTES}.more"), "a", json!({})).await;
    let gone = AccountState { deactivated_at: Some(1), ..AccountState::default() };
    pds.set_state(&accounts[3], gone).await;

    let (mut found, mut cursor): (Vec<Value>, Option<String>) = (Vec::new(), None);
    loop {
        let ask = pds.get("com.atproto.sync.listReposByCollection").param("limit", 2);
        let ask = ask.param("collection", NOTES);
        let page = cursor.iter().fold(ask, |ask, cursor| ask.param("cursor", cursor));
        let page = page.send().await.ok();
        let repos = page["repos"].as_array().unwrap();
        assert!(repos.len() <= 2);
        found.extend(repos.iter().map(|repo| repo["did"].clone()));
        cursor = page["cursor"].as_str().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, [0, 2, 4].map(|index: usize| json!(accounts[index].did)));
    let malformed = pds.get("com.atproto.sync.listReposByCollection").param("cursor", "x");
    let malformed = malformed.param("collection", NOTES).send().await;
    assert_eq!(malformed.message(), "Malformed cursor");
}

#[tokio::test]
async fn the_one_host_that_is_known_is_this_one() {
    let pds = Pds::start_with(|config| {
        config.public_url = Some("https://pds.example.com".parse().unwrap());
    })
    .await;
    pds.account("alice").await;
    let Some(Message::Sync(last)) = pds.events(4).await.pop() else { panic!("no event") };
    let status = |host: &str| pds.get("com.atproto.sync.getHostStatus").param("hostname", host);
    let told = status("PDS.example.com").send().await.ok();
    let expected = json!({ "hostname": "pds.example.com", "status": "active", "accountCount": 1,
                           "seq": last.seq });
    assert_eq!(told, expected);
    let refused = status("bsky.network").send().await;
    assert_eq!(refused.refusal(), (400, "HostNotFound".to_owned()));
}
