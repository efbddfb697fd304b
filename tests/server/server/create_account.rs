//! `com.atproto.server.createAccount`

use repo::event::Message;
use serde_json::{Value, json};

use crate::harness::{Answer, Pds};

async fn create(pds: &Pds, input: Value) -> Answer {
    pds.post("com.atproto.server.createAccount").json(&input).send().await
}

#[tokio::test]
async fn an_account_has_an_identity_a_session_and_a_repository() {
    let pds = Pds::start().await;
    let input = json!({ "handle": "Alice.test", "email": "a@example.com", "password": "pw" });
    let made = create(&pds, input).await.ok();
    assert_eq!(made["handle"], "alice.test");
    assert_eq!(made["didDoc"]["alsoKnownAs"], json!(["at://alice.test"]));
    assert_eq!(made["didDoc"]["service"][0]["serviceEndpoint"], json!(pds.public_url()));

    let did = made["did"].as_str().unwrap();
    let session = pds.get("com.atproto.server.getSession");
    let session = session.token(made["accessJwt"].as_str().unwrap()).send().await.ok();
    assert_eq!(
        session,
        json!({
            "did": did, "handle": "alice.test", "email": "a@example.com",
            "emailConfirmed": false, "emailAuthFactor": false, "active": true,
        })
    );

    let events = pds.events(4).await;
    let [
        Message::Identity(identity),
        Message::Account(account),
        Message::Commit(commit),
        Message::Sync(sync),
    ] = events.as_slice()
    else {
        panic!("other events: {events:?}");
    };
    assert_eq!((identity.did.as_str(), account.did.as_str(), account.active), (did, did, true));
    assert_eq!((commit.repo.as_str(), commit.ops.len(), commit.since), (did, 0, None));
    assert_eq!((sync.did.as_str(), sync.rev), (did, commit.rev));
}

#[tokio::test]
async fn what_cannot_be_is_refused_by_name() {
    let pds = Pds::start().await;
    pds.account("alice").await;
    let good = json!({ "handle": "bob.test", "email": "bob@example.com", "password": "pw" });
    for (field, value, name) in [
        ("handle", json!("alice.test"), "InvalidRequest"),
        ("handle", json!("ALICE.test"), "InvalidRequest"),
        ("handle", json!("al.test"), "InvalidHandle"),
        ("handle", json!("b.b.b.test"), "InvalidHandle"),
        ("handle", json!("nineteen-characters.test"), "InvalidHandle"),
        ("handle", json!("admin.test"), "HandleNotAvailable"),
        ("handle", json!("bob.example.com"), "UnsupportedDomain"),
        ("handle", json!("bob.local"), "InvalidHandle"),
        ("handle", json!("bob"), "InvalidRequest"),
        ("email", json!("alice@example.com"), "InvalidRequest"),
        ("email", json!("ALICE@example.com"), "InvalidRequest"),
        ("email", json!("bob"), "InvalidRequest"),
        ("email", Value::Null, "InvalidRequest"),
        ("password", json!("x".repeat(257)), "InvalidRequest"),
        ("plcOp", json!({}), "InvalidRequest"),
        ("recoveryKey", json!("did:key:zNothing"), "InvalidRequest"),
    ] {
        let mut input = good.clone();
        input[field] = value.clone();
        let refusal = create(&pds, input).await.refusal();
        assert_eq!(refusal, (400, name.to_owned()), "{field}: {value}");
    }
    create(&pds, good).await.ok();
}

#[tokio::test]
async fn an_identity_that_exists_needs_a_token_of_its_own() {
    let pds = Pds::start().await;
    let input = json!({
        "handle": "bob.test", "email": "bob@example.com", "password": "pw",
        "did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
    });
    let refusal = create(&pds, input).await.refusal();
    assert_eq!(refusal, (401, "AuthenticationRequired".to_owned()));
}

#[tokio::test]
async fn the_users_own_recovery_key_is_above_the_servers() {
    let pds = Pds::start().await;
    let key = crypto::PrivateKey::generate(crypto::Curve::P256).public_key().to_string();
    let input = json!({
        "handle": "bob.test", "email": "bob@example.com", "password": "pw", "recoveryKey": key,
    });
    let made = create(&pds, input).await.ok();
    let recommended = pds.get("com.atproto.identity.getRecommendedDidCredentials");
    let token = made["accessJwt"].as_str().unwrap();
    let recommended = recommended.token(token).send().await.ok();
    assert!(recommended["rotationKeys"].as_array().is_some_and(|keys| !keys.is_empty()));
}

#[tokio::test]
async fn accounts_are_there_after_a_restart() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.restart().await;
    let session = pds.sign_in("alice.test", &alice.password).await;
    assert_eq!(session["did"], json!(alice.did));
    let session = pds.get("com.atproto.server.getSession").by(&alice).send().await;
    assert_eq!(session.ok()["did"], json!(alice.did), "tokens of before are still good");
}
