//! A code by mail, beside the password: `createSession` and `updateEmail`

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, Pds, TestAccount};

async fn post(pds: &Pds, by: &TestAccount, name: &str, input: Value) -> Answer {
    let ask = pds.post(&format!("com.atproto.server.{name}")).by(by);
    match input.is_null() {
        true => ask.send().await,
        false => ask.json(&input).send().await,
    }
}

async fn confirm(pds: &Pds, alice: &TestAccount) {
    post(pds, alice, "requestEmailConfirmation", Value::Null).await.ok();
    let token = pds.mailed_code(&alice.email).await;
    let input = json!({ "email": alice.email, "token": token });
    post(pds, alice, "confirmEmail", input).await.ok();
}

/// Makes an account that asks for codes, as apps do it: without a token.
async fn guarded(pds: &Pds) -> TestAccount {
    let alice = pds.account("alice").await;
    confirm(pds, &alice).await;
    let input = json!({ "email": alice.email.to_uppercase(), "emailAuthFactor": true });
    post(pds, &alice, "updateEmail", input).await.ok();
    alice
}

async fn sign_in(pds: &Pds, alice: &TestAccount, code: Option<&str>) -> Answer {
    let mut input = json!({ "identifier": alice.handle, "password": alice.password });
    if let Some(code) = code {
        input["authFactorToken"] = json!(code);
    }
    pds.post("com.atproto.server.createSession").json(&input).send().await
}

async fn session(pds: &Pds, alice: &TestAccount) -> Value {
    pds.get("com.atproto.server.getSession").by(alice).send().await.ok()
}

fn required() -> (u16, String) {
    (401, "AuthFactorTokenRequired".to_owned())
}

#[tokio::test]
async fn who_signs_in_needs_the_code_that_was_mailed() {
    let pds = Pds::start().await;
    let alice = guarded(&pds).await;
    let before = pds.mails(&alice.email).await.len();
    // Apps send an empty one before they know.
    for code in [None, Some(""), Some(" ")] {
        assert_eq!(sign_in(&pds, &alice, code).await.refusal(), required(), "{code:?}");
    }
    assert_eq!(pds.mails(&alice.email).await.len(), before + 1, "it is mailed once");
    let wrong = sign_in(&pds, &alice, Some("ABCDE-FGHIJ")).await;
    assert_eq!(wrong.refusal(), (400, "InvalidToken".to_owned()));
    // The sentence by which apps know that it was the code.
    assert_eq!(wrong.message(), "Token is invalid");
    let code = pds.mailed_code(&alice.email).await;
    let wrong = json!({ "identifier": alice.handle, "password": "other", "authFactorToken": code });
    let wrong = pds.post("com.atproto.server.createSession").json(&wrong).send().await;
    assert_eq!(wrong.refusal(), (401, "AuthenticationRequired".to_owned()));
    let code = format!(" {} ", code.to_lowercase());
    let made = sign_in(&pds, &alice, Some(&code)).await.ok();
    assert_eq!(made["emailAuthFactor"], json!(true));
    assert_eq!(session(&pds, &alice).await["emailAuthFactor"], json!(true));
    let refresh = pds.post("com.atproto.server.refreshSession").token(&alice.refresh);
    assert_eq!(refresh.send().await.ok()["emailAuthFactor"], json!(true));
    let again = sign_in(&pds, &alice, Some(&code)).await.refusal();
    assert_eq!(again, (400, "InvalidToken".to_owned()), "a code is good once");
}

#[tokio::test]
async fn a_code_ends_after_a_quarter_of_an_hour_or_when_there_is_another() {
    let pds = Pds::start().await;
    let alice = guarded(&pds).await;
    assert_eq!(sign_in(&pds, &alice, None).await.refusal(), required());
    let first = pds.mailed_code(&alice.email).await;
    pds.advance(Duration::from_secs(61));
    assert_eq!(sign_in(&pds, &alice, None).await.refusal(), required());
    let second = pds.mailed_code(&alice.email).await;
    assert_ne!(first, second);
    let refused = sign_in(&pds, &alice, Some(&first)).await.refusal();
    assert_eq!(refused, (400, "InvalidToken".to_owned()));
    pds.advance(Duration::from_secs(15 * 60 + 1));
    let refused = sign_in(&pds, &alice, Some(&second)).await.refusal();
    assert_eq!(refused, (400, "ExpiredToken".to_owned()));
}

#[tokio::test]
async fn app_passwords_and_wrong_passwords_ask_for_no_code() {
    let pds = Pds::start().await;
    let alice = guarded(&pds).await;
    let input = json!({ "name": "bot" });
    let app = post(&pds, &alice, "createAppPassword", input).await.ok();
    let before = pds.mails(&alice.email).await.len();
    pds.sign_in(&alice.handle, app["password"].as_str().unwrap()).await;
    let wrong = json!({ "identifier": alice.handle, "password": "other" });
    let wrong = pds.post("com.atproto.server.createSession").json(&wrong).send().await;
    assert_eq!(wrong.refusal(), (401, "AuthenticationRequired".to_owned()));
    assert_eq!(pds.mails(&alice.email).await.len(), before);
}

#[tokio::test]
async fn whoever_knows_a_password_cannot_flood_its_owner_with_codes() {
    let pds = Pds::start_with(|config| config.limits.rates = true).await;
    let alice = guarded(&pds).await;
    let before = pds.mails(&alice.email).await.len();
    let mut refused = None;
    for _ in 0..12 {
        let answer = sign_in(&pds, &alice, None).await;
        refused = Some(answer.refusal());
        pds.advance(Duration::from_secs(61));
    }
    assert_eq!(refused, Some((429, "RateLimitExceeded".to_owned())));
    assert_eq!(pds.mails(&alice.email).await.len(), before + 10);
}

#[tokio::test]
async fn codes_go_to_confirmed_addresses_only() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    assert_eq!(session(&pds, &alice).await["emailAuthFactor"], json!(false));
    let turn_on = |email: &str| {
        let input = json!({ "email": email, "emailAuthFactor": true });
        let (pds, alice) = (&pds, &alice);
        async move { post(pds, alice, "updateEmail", input).await }
    };
    let refused = turn_on(&alice.email).await.refusal();
    assert_eq!(refused, (400, "InvalidRequest".to_owned()));
    confirm(&pds, &alice).await;
    let refused = turn_on("other@example.com").await.refusal();
    assert_eq!(refused, (400, "InvalidRequest".to_owned()));
    turn_on(&alice.email).await.ok();
    let told = session(&pds, &alice).await;
    let told = (&told["email"], &told["emailConfirmed"], &told["emailAuthFactor"]);
    assert_eq!(told, (&json!(alice.email), &json!(true), &json!(true)));
}

#[tokio::test]
async fn codes_are_turned_off_with_a_code_only_and_end_with_the_address() {
    let pds = Pds::start().await;
    let alice = guarded(&pds).await;
    let turn_off = json!({ "email": alice.email, "emailAuthFactor": false });
    let refused = post(&pds, &alice, "updateEmail", turn_off.clone()).await.refusal();
    assert_eq!(refused, (400, "TokenRequired".to_owned()));
    post(&pds, &alice, "requestEmailUpdate", Value::Null).await.ok();
    let mut input = turn_off;
    input["token"] = json!(pds.mailed_code(&alice.email).await);
    post(&pds, &alice, "updateEmail", input).await.ok();
    let told = session(&pds, &alice).await;
    assert_eq!((&told["emailConfirmed"], &told["emailAuthFactor"]), (&json!(true), &json!(false)));
    sign_in(&pds, &alice, None).await.ok();

    let input = json!({ "email": alice.email, "emailAuthFactor": true });
    post(&pds, &alice, "updateEmail", input).await.ok();
    post(&pds, &alice, "requestEmailUpdate", Value::Null).await.ok();
    let token = pds.mailed_code(&alice.email).await;
    let input = json!({ "email": "new@example.com", "token": token });
    post(&pds, &alice, "updateEmail", input).await.ok();
    let told = session(&pds, &alice).await;
    assert_eq!((&told["emailConfirmed"], &told["emailAuthFactor"]), (&json!(false), &json!(false)));
    sign_in(&pds, &alice, None).await.ok();
}

#[tokio::test]
async fn another_address_ends_all_other_sessions_and_the_old_one_hears_of_it() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let other = pds.sign_in(&alice.handle, &alice.password).await;
    // The session has gone on: its tokens are those of the second pair.
    let refresh =
        |token: String| pds.post("com.atproto.server.refreshSession").token(&token).send();
    let next = refresh(alice.refresh.clone()).await.ok();
    let text = |name: &str| next[name].as_str().unwrap().to_owned();
    let own = TestAccount { access: text("accessJwt"), refresh: text("refreshJwt"), ..alice };
    post(&pds, &own, "updateEmail", json!({ "email": "new@example.com" })).await.ok();
    let ended = refresh(other["refreshJwt"].as_str().unwrap().to_owned()).await;
    assert_eq!(ended.refusal(), (400, "ExpiredToken".to_owned()));
    refresh(own.refresh.clone()).await.ok();
    let (subject, body) = pds.mails("alice@example.com").await.swap_remove(0);
    assert_eq!(subject, "Email Changed");
    assert!(body.contains("new@example.com"));
}
