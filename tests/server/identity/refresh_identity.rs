//! `com.atproto.identity.refreshIdentity`

use serde_json::json;

use super::{ask, call, point};
use crate::harness::Pds;

#[tokio::test]
async fn what_is_remembered_is_looked_up_anew() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    point(&pds, "carol.example.com", &alice.did);
    let found = ask(&pds, "resolveHandle", "handle", "carol.example.com").await.ok();
    assert_eq!(found["did"], json!(alice.did));
    let bob = pds.account("bobby").await;
    point(&pds, "carol.example.com", &bob.did);
    let found = ask(&pds, "resolveHandle", "handle", "carol.example.com").await.ok();
    assert_eq!(found["did"], json!(alice.did), "it is remembered");
    let input = json!({ "identifier": "carol.example.com" });
    let found = call(&pds, "refreshIdentity", &alice, &input).await.ok();
    assert_eq!((&found["did"], &found["handle"]), (&json!(bob.did), &json!("bobby.test")));
}

#[tokio::test]
async fn who_has_no_account_cannot_make_the_server_ask() {
    let pds = Pds::start().await;
    let input = json!({ "identifier": "nobody.test" });
    let refused = pds.post("com.atproto.identity.refreshIdentity").json(&input).send().await;
    assert_eq!(refused.refusal().0, 401);
    let alice = pds.account("alice").await;
    let refused = call(&pds, "refreshIdentity", &alice, &input).await;
    assert_eq!(refused.refusal(), (400, "HandleNotFound".to_owned()));
}
