//! `com.atproto.server.deactivateAccount`, `activateAccount`, `checkAccountStatus`, `deleteAccount`

use repo::event::Message;
use serde_json::{Value, json};

use crate::harness::{Answer, Pds, TestAccount};

async fn post(pds: &Pds, by: &TestAccount, name: &str, input: Option<Value>) -> Answer {
    let ask = pds.post(&format!("com.atproto.server.{name}")).by(by);
    match input {
        Some(input) => ask.json(&input).send().await,
        None => ask.send().await,
    }
}

async fn write(pds: &Pds, by: &TestAccount) -> Answer {
    let input = json!({
        "repo": by.did, "collection": "app.bsky.feed.post",
        "record": {
            "$type": "app.bsky.feed.post", "text": "hello", "createdAt": "2026-01-01T00:00:00Z",
        },
    });
    pds.post("com.atproto.repo.createRecord").by(by).json(&input).send().await
}

#[tokio::test]
async fn an_account_rests_and_comes_back_with_a_new_commit() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    write(&pds, &alice).await.ok();
    let status = pds.get("com.atproto.server.checkAccountStatus").by(&alice).send().await.ok();
    assert_eq!((&status["activated"], &status["validDid"]), (&json!(true), &json!(true)));
    assert_eq!((&status["indexedRecords"], &status["repoBlocks"]), (&json!(1), &json!(3)));

    post(&pds, &alice, "deactivateAccount", Some(json!({}))).await.ok();
    assert_eq!(write(&pds, &alice).await.refusal(), (401, "AccountDeactivated".to_owned()));
    let session = pds.sign_in("alice.test", &alice.password).await;
    assert_eq!((&session["active"], &session["status"]), (&json!(false), &json!("deactivated")));
    let status2 = pds.get("com.atproto.server.checkAccountStatus").by(&alice).send().await.ok();
    assert_eq!(status2["activated"], json!(false));

    post(&pds, &alice, "activateAccount", None).await.ok();
    let status3 = pds.get("com.atproto.server.checkAccountStatus").by(&alice).send().await.ok();
    assert!(status3["repoRev"].as_str() > status["repoRev"].as_str());
    assert_ne!(status3["repoCommit"], status["repoCommit"]);
    write(&pds, &alice).await.ok();

    let events = pds.events(10).await;
    let [
        _,
        _,
        _,
        _,
        Message::Commit(first),
        Message::Account(gone),
        Message::Account(back),
        Message::Identity(identity),
        Message::Sync(sync),
        Message::Commit(next),
    ] = events.as_slice()
    else {
        panic!("other events: {events:?}");
    };
    assert_eq!((gone.active, gone.status.as_deref()), (false, Some("deactivated")));
    assert_eq!((back.active, back.status.as_deref()), (true, None));
    assert_eq!(identity.handle.as_ref().map(|handle| handle.as_str()), Some("alice.test"));
    assert!(first.rev < sync.rev && sync.rev < next.rev);
    assert_eq!(next.since, Some(sync.rev));
    assert_eq!(next.prev_data.is_some(), next.since.is_some());

    // Who presses twice is heard once; later it is said again, as a relay may have missed it.
    post(&pds, &alice, "activateAccount", None).await.ok();
    pds.advance(std::time::Duration::from_secs(11));
    post(&pds, &alice, "activateAccount", None).await.ok();
    let again = pds.events(13).await.split_off(10);
    assert!(matches!(&again[..], [Message::Account(_), Message::Identity(_), Message::Sync(_)]));
}

#[tokio::test]
async fn an_account_goes_for_good_with_password_and_mailed_token() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    write(&pds, &alice).await.ok();
    let delete = |did: &str, password: &str, token: &str| {
        let input = json!({ "did": did, "password": password, "token": token });
        pds.post("com.atproto.server.deleteAccount").json(&input).send()
    };
    post(&pds, &alice, "requestAccountDelete", None).await.ok();
    let token = pds.mailed_code(&alice.email).await;
    let app = post(&pds, &alice, "createAppPassword", Some(json!({ "name": "app" }))).await.ok();
    let app = app["password"].as_str().unwrap();
    for (did, password, code, status, name) in [
        ("did:web:other.test", "x", token.as_str(), 400, "InvalidRequest"),
        (&alice.did, "other", &token, 401, "AuthenticationRequired"),
        (&alice.did, app, &token, 401, "AuthenticationRequired"),
        (&alice.did, &"x".repeat(600), &token, 401, "AuthenticationRequired"),
        (&alice.did, &alice.password, "ABCDE-FGHIJ", 400, "InvalidToken"),
    ] {
        assert_eq!(delete(did, password, code).await.refusal(), (status, name.to_owned()));
    }
    let mut stream = pds.subscribe(None).await;
    delete(&alice.did, &alice.password, &token).await.ok();
    let Message::Account(event) = stream.next().await else { panic!("another event") };
    assert_eq!((event.did.as_str(), event.active), (alice.did.as_str(), false));
    assert_eq!(event.status.as_deref(), Some("deleted"));

    let input = json!({ "identifier": alice.did, "password": alice.password });
    let session = pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(session.refusal(), (401, "AuthenticationRequired".to_owned()));
    assert_eq!(write(&pds, &alice).await.refusal(), (403, "AccountNotFound".to_owned()));
    let session = pds.get("com.atproto.server.getSession").by(&alice).send().await;
    assert_eq!(session.refusal(), (400, "InvalidRequest".to_owned()));
    let refresh = pds.post("com.atproto.server.refreshSession").token(&alice.refresh);
    assert_eq!(refresh.send().await.refusal(), (400, "InvalidRequest".to_owned()));
    // Name and address are free again.
    pds.account("alice").await;
}
