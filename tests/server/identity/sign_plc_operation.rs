//! `com.atproto.identity.requestPlcOperationSignature` and `com.atproto.identity.signPlcOperation`

use std::time::Duration;

use serde_json::json;

use super::{call, did, directory, mailed_token};
use crate::harness::Pds;

#[tokio::test]
async fn an_operation_is_signed_for_who_has_the_mail() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let last = directory(&pds).last_operation(&did(&alice)).await.unwrap();
    let missing = call(&pds, "signPlcOperation", &alice, &json!({})).await;
    assert_eq!(missing.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(missing.message(), "email confirmation token required to sign PLC operations");

    let token = mailed_token(&pds, &alice).await;
    let (subject, _) = pds.mails(&alice.email).await.remove(0);
    assert_eq!(subject, "PLC Update Operation Requested");
    let names = json!(["at://alice.test", "at://second.example.org"]);
    let input = json!({ "token": token.to_lowercase(), "alsoKnownAs": names });
    let signed = call(&pds, "signPlcOperation", &alice, &input).await.ok();
    let operation = &signed["operation"];
    assert_eq!(operation["alsoKnownAs"], names);
    assert_eq!(operation["prev"], json!(last.cid()));
    // What was not given is as it was.
    let before = serde_json::to_value(last.state().unwrap()).unwrap();
    for part in ["rotationKeys", "verificationMethods", "services"] {
        assert_eq!(operation[part], before[part]);
    }
    let operation = serde_json::from_value(operation.clone()).unwrap();
    directory(&pds).submit(&did(&alice), &operation).await.unwrap();
}

#[tokio::test]
async fn a_token_is_good_once_and_for_fifteen_minutes() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let foreign = mailed_token(&pds, &bob).await;
    let former = mailed_token(&pds, &alice).await;
    let token = mailed_token(&pds, &alice).await;
    for token in ["AAAAA-AAAAA", foreign.as_str(), former.as_str(), ""] {
        let refused = call(&pds, "signPlcOperation", &alice, &json!({ "token": token })).await;
        assert_eq!(refused.refusal(), (400, "InvalidToken".to_owned()), "{token}");
    }
    let input = json!({ "token": token });
    call(&pds, "signPlcOperation", &alice, &input).await.ok();
    let again = call(&pds, "signPlcOperation", &alice, &input).await;
    assert_eq!(again.refusal(), (400, "InvalidToken".to_owned()));

    let input = json!({ "token": mailed_token(&pds, &alice).await });
    pds.advance(Duration::from_secs(15 * 60 + 1));
    let late = call(&pds, "signPlcOperation", &alice, &input).await;
    assert_eq!(late.refusal(), (400, "ExpiredToken".to_owned()));
}

#[tokio::test]
async fn what_cannot_be_signed_does_not_spend_the_token() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let token = mailed_token(&pds, &alice).await;
    for (part, value) in [
        ("services", json!({ "a": { "type": "A" } })),
        ("services", json!({ "a": { "type": "A", "endpoint": "https://a.test", "b": "c" } })),
        ("services", json!([])),
        ("verificationMethods", json!({ "atproto": 7 })),
        ("verificationMethods", json!({ "atproto": "no key" })),
        ("rotationKeys", json!([])),
        ("rotationKeys", json!(["no key"])),
        ("alsoKnownAs", json!(vec!["at://alice.test"; 2])),
    ] {
        let mut input = json!({ "token": token });
        input[part] = value;
        let refused = call(&pds, "signPlcOperation", &alice, &input).await;
        assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()), "{input}");
    }
    call(&pds, "signPlcOperation", &alice, &json!({ "token": token })).await.ok();
}
