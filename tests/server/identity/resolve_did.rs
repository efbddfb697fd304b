//! `com.atproto.identity.resolveDid`

use serde_json::json;

use super::ask;
use crate::harness::Pds;

#[tokio::test]
async fn a_document_is_what_the_directory_says() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let found = ask(&pds, "resolveDid", "did", &alice.did).await.ok();
    assert_eq!(found["didDoc"]["id"], json!(alice.did));
    assert_eq!(found["didDoc"]["alsoKnownAs"], json!(["at://alice.test"]));
    assert_eq!(found["didDoc"]["service"][0]["serviceEndpoint"], json!(pds.public_url()));
}

#[tokio::test]
async fn what_is_not_there_is_told_from_what_cannot_be() {
    let pds = Pds::start().await;
    for (did, status, name) in [
        ("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", 400, "DidNotFound"),
        ("did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg", 400, "InvalidRequest"),
        ("did:web:example.com:path", 400, "InvalidRequest"),
        ("alice.test", 400, "InvalidRequest"),
    ] {
        let refused = ask(&pds, "resolveDid", "did", did).await;
        assert_eq!(refused.refusal(), (status, name.to_owned()), "{did}");
    }
}
