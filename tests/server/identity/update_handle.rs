//! `com.atproto.identity.updateHandle`

use futures_util::future::join_all;
use serde_json::json;

use super::{EVENTS_OF_ACCOUNT, ask, did, directory, point, rename, told};
use crate::harness::Pds;

#[tokio::test]
async fn a_handle_changes_in_directory_database_and_stream() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let plc = directory(&pds);
    rename(&pds, &alice, "Alicia.test").await.ok();
    let state = plc.state(&did(&alice)).await.unwrap();
    assert_eq!(state.also_known_as, ["at://alicia.test"]);
    let found = ask(&pds, "resolveHandle", "handle", "alicia.test").await.ok();
    assert_eq!(found["did"], json!(alice.did));
    assert_eq!(ask(&pds, "resolveHandle", "handle", "alice.test").await.refusal().0, 400);

    // The same again is announced and changes nothing.
    rename(&pds, &alice, "alicia.test").await.ok();
    assert_eq!(plc.audited_log(&did(&alice)).await.unwrap().entries().len(), 2);

    point(&pds, "alice.example.com", &alice.did);
    rename(&pds, &alice, "alice.example.com").await.ok();
    let found = ask(&pds, "resolveIdentity", "identifier", &alice.did).await.ok();
    assert_eq!(found["handle"], "alice.example.com");
    let session = pds.get("com.atproto.server.getSession").by(&alice).send().await.ok();
    assert_eq!(session["handle"], "alice.example.com");
    // Somebody else may have the one that was left.
    pds.account("alicia").await;

    let events = pds.events(EVENTS_OF_ACCOUNT + 3).await.split_off(EVENTS_OF_ACCOUNT);
    let handles = ["alicia.test", "alicia.test", "alice.example.com"];
    assert_eq!(told(events, &alice), handles.map(|handle| Some(handle.to_owned())));
}

#[tokio::test]
async fn a_handle_that_is_refused_changes_nothing() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    point(&pds, "bob.example.com", &bob.did);
    let external = "External handle did not resolve to DID";
    for (handle, name, message) in [
        ("bobby.test", "HandleNotAvailable", "Handle already taken: bobby.test"),
        ("ab.test", "InvalidHandle", "Handle too short"),
        ("nineteen-characters.test", "InvalidHandle", "Handle too long"),
        ("a.bcd.test", "InvalidHandle", "Invalid characters in handle"),
        ("admin.test", "HandleNotAvailable", "Reserved handle"),
        ("alice.local", "InvalidHandle", "Handle TLD is invalid or disallowed"),
        ("bob.example.com", "InvalidRequest", external),
        ("nobody.example.com", "InvalidRequest", external),
    ] {
        let refused = rename(&pds, &alice, handle).await;
        assert_eq!(refused.refusal(), (400, name.to_owned()), "{handle}");
        assert_eq!(refused.message(), message);
    }
    assert_eq!(rename(&pds, &alice, "no handle").await.refusal().0, 400);
    let log = directory(&pds).audited_log(&did(&alice)).await.unwrap();
    assert_eq!(log.entries().len(), 1);
    let session = pds.get("com.atproto.server.getSession").by(&alice).send().await.ok();
    assert_eq!(session["handle"], "alice.test");
}

#[tokio::test]
async fn of_two_accounts_that_want_a_handle_one_gets_it() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let (first, second) =
        tokio::join!(rename(&pds, &alice, "wanted.test"), rename(&pds, &bob, "wanted.test"));
    let (winner, loser, refused) = match first.status.is_success() {
        true => (alice, bob, second),
        false => (bob, alice, first),
    };
    assert_eq!(refused.message(), "Handle already taken: wanted.test");
    // The directory says the same as the server, of both.
    for (account, handle) in [(&winner, "wanted.test"), (&loser, loser.handle.as_str())] {
        let state = directory(&pds).state(&did(account)).await.unwrap();
        assert_eq!(state.also_known_as, [format!("at://{handle}")]);
        let found = ask(&pds, "resolveIdentity", "identifier", &account.did).await.ok();
        assert_eq!(found["handle"], handle);
    }
}

#[tokio::test]
async fn changes_at_once_go_one_after_the_other() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let handles: Vec<String> = (0..8).map(|number| format!("alice{number}.test")).collect();
    for renamed in join_all(handles.iter().map(|handle| rename(&pds, &alice, handle))).await {
        renamed.ok();
    }
    let log = directory(&pds).audited_log(&did(&alice)).await.unwrap();
    assert_eq!(log.entries().len(), 1 + handles.len());
    let session = pds.get("com.atproto.server.getSession").by(&alice).send().await.ok();
    let handle = session["handle"].as_str().unwrap();
    assert_eq!(log.state().unwrap().also_known_as, [format!("at://{handle}")]);
    // What was announced last is what holds.
    let count = EVENTS_OF_ACCOUNT + handles.len();
    let told = told(pds.events(count).await.split_off(EVENTS_OF_ACCOUNT), &alice);
    assert_eq!(told.last().unwrap().as_deref(), Some(handle));
}
