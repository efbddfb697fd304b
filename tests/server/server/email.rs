//! `com.atproto.server.confirmEmail`, `updateEmail`, `resetPassword`, and what asks for their tokens

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, Pds, TestAccount};

async fn post(pds: &Pds, by: &TestAccount, name: &str, input: Option<Value>) -> Answer {
    let ask = pds.post(&format!("com.atproto.server.{name}")).by(by);
    match input {
        Some(input) => ask.json(&input).send().await,
        None => ask.send().await,
    }
}

async fn confirm(pds: &Pds, alice: &TestAccount) {
    post(pds, alice, "requestEmailConfirmation", None).await.ok();
    let token = pds.mailed_code(&alice.email).await.to_lowercase();
    let input = json!({ "email": alice.email.to_uppercase(), "token": token });
    post(pds, alice, "confirmEmail", Some(input)).await.ok();
}

#[tokio::test]
async fn an_address_is_confirmed_by_what_was_mailed_to_it() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let try_to = |email: &str, token: &str| {
        let input = json!({ "email": email, "token": token });
        let alice = &alice;
        let pds = &pds;
        async move { post(pds, alice, "confirmEmail", Some(input)).await.refusal() }
    };
    let invalid = (400, "InvalidToken".to_owned());
    assert_eq!(try_to(&alice.email, "ABCDE-FGHIJ").await, invalid);
    post(&pds, &alice, "requestEmailConfirmation", None).await.ok();
    let old = pds.mailed_code(&alice.email).await;
    post(&pds, &alice, "requestEmailConfirmation", None).await.ok();
    assert_eq!(try_to(&alice.email, &old).await, invalid, "there is one token at a time");
    let token = pds.mailed_code(&alice.email).await;
    assert_eq!(try_to("other@example.com", &token).await, (400, "InvalidEmail".to_owned()));
    pds.advance(Duration::from_secs(15 * 60 + 1));
    assert_eq!(try_to(&alice.email, &token).await, (400, "ExpiredToken".to_owned()));

    confirm(&pds, &alice).await;
    let session = pds.get("com.atproto.server.getSession");
    // The first access token has ended in none of this.
    assert_eq!(session.by(&alice).send().await.ok()["emailConfirmed"], json!(true));
    let token = pds.mailed_code(&alice.email).await;
    assert_eq!(try_to(&alice.email, &token).await, invalid, "a token is good once");
}

#[tokio::test]
async fn an_address_that_was_confirmed_is_not_changed_without_it() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    let update = |input: Value| post(&pds, &alice, "updateEmail", Some(input));
    let asked = post(&pds, &alice, "requestEmailUpdate", None).await.ok();
    assert_eq!(asked, json!({ "tokenRequired": false }));
    assert!(pds.mails(&alice.email).await.is_empty());
    assert!(update(json!({ "email": "alice2@example.com" })).await.ok().is_null());

    let alice2 = TestAccount { email: "alice2@example.com".to_owned(), ..alice.clone() };
    confirm(&pds, &alice2).await;
    let asked = post(&pds, &alice, "requestEmailUpdate", None).await.ok();
    assert_eq!(asked, json!({ "tokenRequired": true }));
    let token = pds.mailed_code("alice2@example.com").await;
    let new = "alice3@example.com";
    for (input, name) in [
        (json!({ "email": new }), "TokenRequired"),
        (json!({ "email": new, "token": "ABCDE-FGHIJ" }), "InvalidToken"),
        (json!({ "email": bob.email, "token": token }), "InvalidRequest"),
        (json!({ "email": "nonsense", "token": token }), "InvalidRequest"),
    ] {
        assert_eq!(update(input).await.refusal(), (400, name.to_owned()));
    }
    update(json!({ "email": new, "token": token })).await.ok();
    let session = pds.get("com.atproto.server.getSession").by(&alice).send().await.ok();
    assert_eq!((&session["email"], &session["emailConfirmed"]), (&json!(new), &json!(false)));
}

#[tokio::test]
async fn a_new_password_ends_all_sessions() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let ask = |email: &str| {
        let input = json!({ "email": email });
        pds.post("com.atproto.server.requestPasswordReset").json(&input).send()
    };
    let reset = |token: &str, password: &str| {
        let input = json!({ "token": token, "password": password });
        pds.post("com.atproto.server.resetPassword").json(&input).send()
    };
    let (known, unknown) = (ask("ALICE@example.com").await, ask("nobody@example.com").await);
    assert!(known.ok().is_null() && unknown.ok().is_null(), "nobody learns who is here");
    // The mail is written behind the answer.
    while pds.mails(&alice.email).await.is_empty() {
        tokio::task::yield_now().await;
    }
    let token = pds.mailed_code(&alice.email).await;
    let long = "x".repeat(257);
    assert_eq!(reset(&token, &long).await.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(reset("ABCDE-FGHIJ", "new").await.refusal(), (400, "InvalidToken".to_owned()));
    reset(&token.to_lowercase(), "new").await.ok();
    assert_eq!(reset(&token, "newer").await.refusal(), (400, "InvalidToken".to_owned()));

    pds.sign_in("alice.test", "new").await;
    let refresh = pds.post("com.atproto.server.refreshSession").token(&alice.refresh);
    assert_eq!(refresh.send().await.refusal(), (400, "ExpiredToken".to_owned()));
    assert_eq!(pds.mails(&alice.email).await[0].0, "Password Changed");
    let input = json!({ "identifier": "alice.test", "password": alice.password });
    let old = pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(old.refusal(), (401, "AuthenticationRequired".to_owned()));
}
