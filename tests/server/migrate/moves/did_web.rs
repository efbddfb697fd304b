//! Moves of accounts whose identity is a did:web: no directory, and a document that is its owner's.

use std::time::Duration;

use serde_json::json;

use super::is_active;
use crate::harness::{Pds, Proxy, eventually};
use crate::server::did_web::{Site, activate, first_account};

#[tokio::test]
async fn the_document_decides_when_an_account_of_a_did_web_moves() {
    let site = Site::start().await;
    let old = site.pds("did:web:localhost").await;
    let alice = first_account(&site, &old).await;
    let old_key = site.publish_for(&old, &alice).await;
    activate(&old, &alice).await.ok();
    old.note(&alice, "a", "something to keep").await;
    let plc = Proxy::before("http://localhost:1").await;
    let plc_url = plc.origin().parse().unwrap();
    let from = old.public_url().parse().unwrap();
    let new = Pds::start_with(|config| {
        config.plc_url = Some(plc_url);
        config.plc_listen = None;
        config.service_did = Some("did:web:new.test".parse().unwrap());
        config.private_origins = vec![site.origin.clone(), from];
    })
    .await;

    let moving = new.begin_move(&alice).await;
    moving.approve().await;
    let job = moving.until_needed("document").await;
    let document = job["change"]["document"].clone();
    assert_eq!(document["service"][0]["serviceEndpoint"], json!(new.public_url()));
    // What is written meanwhile comes along, and the old document changes nothing.
    old.note(&alice, "b", "written while the document is old").await;
    for _ in 0..10 {
        new.advance(Duration::from_secs(60));
        moving.call("resumeMove", &json!({})).await.ok();
    }
    let job = moving.until_needed("document").await;
    assert_eq!(job["state"], "sign", "{job:#}");
    assert_eq!((is_active(&old, &alice).await, is_active(&new, &alice).await), (true, false));

    *site.document.lock().unwrap() = document.to_string();
    eventually(async || {
        new.advance(Duration::from_secs(6));
        (moving.job().await["state"] == "done").then_some(())
    })
    .await;
    assert_eq!((is_active(&old, &alice).await, is_active(&new, &alice).await), (false, true));
    assert_eq!(new.download(&moving.here, None).await.records().len(), 2);
    assert_eq!(plc.count(""), 0, "no directory was asked");

    // The way back is the document as it was.
    moving.call("undoMove", &json!({ "password": alice.password })).await.ok();
    moving.until_needed("document").await;
    assert!(!is_active(&new, &alice).await);
    site.publish(&old.public_url(), &old_key);
    eventually(async || {
        new.advance(Duration::from_secs(6));
        (moving.job().await["state"] == "rolled_back").then_some(())
    })
    .await;
    assert_eq!((is_active(&old, &alice).await, is_active(&new, &alice).await), (true, false));
    old.note(&alice, "c", "back again").await;
    assert_eq!(plc.count(""), 0);
}
