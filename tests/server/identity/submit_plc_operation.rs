//! `com.atproto.identity.submitPlcOperation`

use crypto::{Curve, PrivateKey};
use identity::plc::{Content, DidKey, Operation, State};
use serde_json::{Value, json};

use super::{EVENTS_OF_ACCOUNT, call, did, directory, sign, told};
use crate::harness::Pds;

/// Makes what the method takes, signed with somebody's own key.
fn signed(last: &Operation, state: State, key: &PrivateKey) -> Value {
    let operation = Content::update(last, state).sign(key).unwrap();
    json!({ "operation": serde_json::to_value(operation).unwrap() })
}

#[tokio::test]
async fn what_keeps_the_account_here_is_sent_and_announced() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let plc = directory(&pds);
    let own = PrivateKey::generate(Curve::P256);
    let mut keys = plc.state(&did(&alice)).await.unwrap().rotation_keys;
    keys.insert(0, DidKey::from(&own.public_key()));
    let input = sign(&pds, &alice, json!({ "rotationKeys": keys })).await;
    call(&pds, "submitPlcOperation", &alice, &input).await.ok();
    assert_eq!(plc.state(&did(&alice)).await.unwrap().rotation_keys, keys);
    // An answer may be lost: to send the same again is no error.
    call(&pds, "submitPlcOperation", &alice, &input).await.ok();
    assert_eq!(plc.audited_log(&did(&alice)).await.unwrap().entries().len(), 2);
    let events = pds.events(EVENTS_OF_ACCOUNT + 2).await.split_off(EVENTS_OF_ACCOUNT);
    assert_eq!(told(events, &alice), [None, None]);

    // Owners sign with their own keys, too.
    let last = plc.last_operation(&did(&alice)).await.unwrap();
    let mut state = last.state().unwrap();
    state.also_known_as.push("at://second.example.org".to_owned());
    let input = signed(&last, state.clone(), &own);
    call(&pds, "submitPlcOperation", &alice, &input).await.ok();
    assert_eq!(plc.state(&did(&alice)).await.unwrap(), state);
}

#[tokio::test]
async fn what_cuts_the_account_off_is_refused() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let plc = directory(&pds);
    let own = PrivateKey::generate(Curve::Secp256k1);
    let mut keys = plc.state(&did(&alice)).await.unwrap().rotation_keys;
    keys.insert(0, DidKey::from(&own.public_key()));
    let input = sign(&pds, &alice, json!({ "rotationKeys": keys })).await;
    call(&pds, "submitPlcOperation", &alice, &input).await.ok();

    type Edit = fn(&mut State);
    let edits: [(Edit, &str); 6] = [
        (
            |state| drop(state.rotation_keys.pop()),
            "Rotation keys do not include server's rotation key",
        ),
        (|state| state.services.clear(), "Incorrect type on atproto_pds service"),
        (
            |state| state.set_pds(&"https://other.example.com".parse().unwrap()),
            "Incorrect endpoint on atproto_pds service",
        ),
        (
            |state| {
                let other = PrivateKey::generate(Curve::P256).public_key();
                state.set_signing_key(&other);
            },
            "Incorrect signing key",
        ),
        (|state| state.also_known_as.clear(), "Incorrect handle in alsoKnownAs"),
        (
            |state| state.also_known_as = vec!["at://bobby.test".to_owned()],
            "Incorrect handle in alsoKnownAs",
        ),
    ];
    let last = plc.last_operation(&did(&alice)).await.unwrap();
    for (edit, message) in edits {
        let mut state = last.state().unwrap();
        edit(&mut state);
        let refused = call(&pds, "submitPlcOperation", &alice, &signed(&last, state, &own)).await;
        assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
        assert_eq!(refused.message(), message);
    }
    let end = Content::tombstone(&last).sign(&own).unwrap();
    let mut state = last.state().unwrap();
    state.also_known_as.push("at://second.example.org".to_owned());
    let stranger = PrivateKey::generate(Curve::P256);
    for input in [
        json!({ "operation": {} }),
        json!({ "operation": serde_json::to_value(end).unwrap() }),
        signed(&last, state, &stranger),
    ] {
        let refused = call(&pds, "submitPlcOperation", &alice, &input).await;
        assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()), "{input}");
    }
    assert_eq!(plc.last_operation(&did(&alice)).await.unwrap(), last);
}
