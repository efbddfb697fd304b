//! `com.atproto.identity.resolveHandle`

use serde_json::json;

use super::{ask, point};
use crate::harness::Pds;

#[tokio::test]
async fn handles_lead_to_accounts_here_and_out_into_the_network() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    point(&pds, "carol.example.com", "did:web:carol.example.com");
    // Names under the server's domains are the server's to give, whatever the DNS says.
    point(&pds, "bob.test", "did:web:bob.example.com");
    for (handle, did) in [
        ("alice.test", alice.did.as_str()),
        ("ALICE.Test", alice.did.as_str()),
        ("carol.example.com", "did:web:carol.example.com"),
    ] {
        let found = ask(&pds, "resolveHandle", "handle", handle).await.ok();
        assert_eq!(found, json!({ "did": did }), "{handle}");
    }
    for (handle, name) in [
        ("bob.test", "HandleNotFound"),
        ("nobody.example.com", "InvalidRequest"),
        ("handle.invalid", "InvalidRequest"),
    ] {
        let refused = ask(&pds, "resolveHandle", "handle", handle).await;
        assert_eq!(refused.refusal(), (400, name.to_owned()), "{handle}");
        assert_eq!(refused.message(), "Unable to resolve handle");
    }
    let malformed = ask(&pds, "resolveHandle", "handle", "alice").await;
    assert_eq!(malformed.refusal(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn two_dids_in_the_dns_are_none() {
    let pds = Pds::start().await;
    let both = ["did=did:web:a.example.com", "did=did:web:b.example.com"].map(str::to_owned);
    pds.dns().set_txt("_atproto.carol.example.com", both.to_vec());
    let refused = ask(&pds, "resolveHandle", "handle", "carol.example.com").await;
    assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
}
