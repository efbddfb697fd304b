//! `com.atproto.identity.resolveIdentity`

use serde_json::json;

use super::{ask, rename, sign};
use crate::harness::Pds;

#[tokio::test]
async fn an_identity_is_told_by_either_of_its_names() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for identifier in [&alice.handle, &alice.did] {
        let found = ask(&pds, "resolveIdentity", "identifier", identifier).await.ok();
        assert_eq!((&found["did"], &found["handle"]), (&json!(alice.did), &json!("alice.test")));
        assert_eq!(found["didDoc"]["id"], json!(alice.did));
    }
    for (identifier, name) in [
        ("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", "DidNotFound"),
        ("nobody.test", "HandleNotFound"),
        ("nobody.example.com", "HandleNotFound"),
        ("not an identifier", "InvalidRequest"),
    ] {
        let refused = ask(&pds, "resolveIdentity", "identifier", identifier).await;
        assert_eq!(refused.refusal(), (400, name.to_owned()), "{identifier}");
    }
}

#[tokio::test]
async fn a_handle_that_leads_elsewhere_is_invalid() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let claims = json!({ "alsoKnownAs": ["at://alice.test"] });
    let signed = sign(&pds, &bob, claims).await;
    let operation = serde_json::from_value(signed["operation"].clone()).unwrap();
    super::directory(&pds).submit(&super::did(&bob), &operation).await.unwrap();
    super::call(&pds, "refreshIdentity", &bob, &json!({ "identifier": bob.did })).await.ok();
    let found = ask(&pds, "resolveIdentity", "identifier", &bob.did).await.ok();
    assert_eq!(found["handle"], "handle.invalid");
    let found = ask(&pds, "resolveIdentity", "identifier", &alice.did).await.ok();
    assert_eq!(found["handle"], "alice.test");
    // To set the handle puts the identity right.
    rename(&pds, &bob, "bobby.test").await.ok();
    let found = ask(&pds, "resolveIdentity", "identifier", &bob.did).await.ok();
    assert_eq!(found["handle"], "bobby.test");
}
