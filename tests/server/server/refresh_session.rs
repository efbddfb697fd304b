//! `com.atproto.server.refreshSession`, `deleteSession`, and what tokens are good for

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, Pds};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn refresh(pds: &Pds, token: &str) -> Answer {
    pds.post("com.atproto.server.refreshSession").token(token).send().await
}

fn text(answer: &Value, name: &str) -> String {
    answer[name].as_str().unwrap().to_owned()
}

/// Returns the id that a refresh token has.
fn id(token: &str) -> String {
    let payload = token.split('.').nth(1).unwrap();
    let payload = data_encoding::BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap();
    serde_json::from_slice::<Value>(&payload).unwrap()["jti"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_session_goes_on() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let next = refresh(&pds, &alice.refresh).await.ok();
    assert_eq!(next["did"], json!(alice.did));
    assert_eq!(next["email"], json!(alice.email));
    assert_ne!(id(&text(&next, "refreshJwt")), id(&alice.refresh));
    let session = pds.get("com.atproto.server.getSession").token(&text(&next, "accessJwt"));
    session.send().await.ok();
    refresh(&pds, &text(&next, "refreshJwt")).await.ok();
}

#[tokio::test]
async fn two_tabs_that_refresh_at_once_stay_signed_in() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let (one, other) = tokio::join!(refresh(&pds, &alice.refresh), refresh(&pds, &alice.refresh));
    let (one, other) = (text(&one.ok(), "refreshJwt"), text(&other.ok(), "refreshJwt"));
    assert_eq!(id(&one), id(&other));
    pds.advance(HOUR);
    let third = text(&refresh(&pds, &alice.refresh).await.ok(), "refreshJwt");
    assert_eq!(id(&third), id(&one));
    pds.advance(HOUR + Duration::from_secs(1));
    let late = refresh(&pds, &alice.refresh).await;
    assert_eq!(late.refusal(), (400, "ExpiredToken".to_owned()));
    assert_eq!(late.message(), "Token has been revoked");
    refresh(&pds, &third).await.ok();
}

#[tokio::test]
async fn signing_out_ends_the_session_for_good() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let next = text(&refresh(&pds, &alice.refresh).await.ok(), "refreshJwt");
    let out = || pds.post("com.atproto.server.deleteSession").token(&next).send();
    assert!(out().await.ok().is_null());
    assert!(out().await.ok().is_null(), "again is no error");
    for token in [&next, &alice.refresh] {
        assert_eq!(refresh(&pds, token).await.refusal(), (400, "ExpiredToken".to_owned()));
    }
}

#[tokio::test]
async fn tokens_end_and_are_good_for_one_thing() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let session = |token: &str| pds.get("com.atproto.server.getSession").token(token).send();
    assert_eq!(session(&alice.refresh).await.refusal(), (400, "InvalidToken".to_owned()));
    assert_eq!(refresh(&pds, &alice.access).await.refusal(), (400, "InvalidToken".to_owned()));
    assert_eq!(session("nonsense").await.refusal(), (400, "InvalidToken".to_owned()));
    let basic = pds.get("com.atproto.server.getSession").admin().send().await;
    assert_eq!(basic.refusal(), (400, "InvalidToken".to_owned()));
    assert_eq!(basic.message(), "Unexpected authorization type");

    pds.advance(2 * HOUR + Duration::from_secs(1));
    let late = session(&alice.access).await;
    assert_eq!(late.refusal(), (400, "ExpiredToken".to_owned()), "clients refresh on this name");
    pds.advance(90 * 24 * HOUR);
    assert_eq!(refresh(&pds, &alice.refresh).await.refusal(), (400, "ExpiredToken".to_owned()));
    let out = pds.post("com.atproto.server.deleteSession").token(&alice.refresh).send().await;
    assert!(out.ok().is_null(), "an ended token still signs out");
}
