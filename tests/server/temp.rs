//! `com.atproto.temp`.

use serde_json::{Value, json};

use crate::harness::{Answer, Pds};

async fn available(pds: &Pds, handle: &str, with: &[(&str, &str)]) -> Answer {
    let ask = pds.get("com.atproto.temp.checkHandleAvailability").param("handle", handle);
    with.iter().fold(ask, |ask, (name, value)| ask.param(name, value)).send().await
}

fn suggested(answer: &Value) -> Vec<&str> {
    let suggestions = answer["result"]["suggestions"].as_array().unwrap();
    suggestions.iter().map(|one| one["handle"].as_str().unwrap()).collect()
}

async fn keep_back(pds: &Pds, handle: &str) -> Answer {
    let ask = pds.post("com.atproto.temp.addReservedHandle").admin();
    ask.json(&json!({ "handle": handle })).send().await
}

#[tokio::test]
async fn nobody_waits_to_be_let_in() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let asked = pds.get("com.atproto.temp.checkSignupQueue");
    assert_eq!(asked.by(&alice).send().await.ok(), json!({ "activated": true }));
    let asked = pds.get("com.atproto.temp.checkSignupQueue").send().await;
    assert_eq!(asked.refusal(), (401, "AuthMissing".to_owned()));
}

#[tokio::test]
async fn a_handle_is_free_if_an_account_could_have_it() {
    let pds = Pds::start_with(|config| {
        config.handle_domains = Some(vec![".test".to_owned(), ".other.test".to_owned()]);
    })
    .await;
    pds.account("alice").await;
    keep_back(&pds, "kept.test").await.ok();
    for handle in ["bob.test", "Bobby.TEST", "alice.other.test"] {
        let answer = available(&pds, handle, &[]).await.ok();
        assert_eq!(answer["handle"], json!(handle.to_lowercase()));
        let free = json!("com.atproto.temp.checkHandleAvailability#resultAvailable");
        assert_eq!(answer["result"]["$type"], free, "{handle}");
    }
    for handle in ["alice.test", "admin.test", "kept.test", "ab.test", "bob.example.com"] {
        let answer = available(&pds, handle, &[]).await.ok();
        let taken = json!("com.atproto.temp.checkHandleAvailability#resultUnavailable");
        assert_eq!(answer["result"]["$type"], taken, "{handle}");
        for suggestion in suggested(&answer) {
            let again = available(&pds, suggestion, &[]).await.ok();
            assert!(again["result"]["suggestions"].is_null(), "{suggestion} is free");
        }
    }
    let with = [("email", "a.smith@example.com"), ("birthDate", "1990-05-06T00:00:00Z")];
    let answer = available(&pds, "alice.test", &with).await.ok();
    let expected = ["a-smith.test", "alice90.test", "alice1990.test", "alice1.test", "alice2.test"];
    assert_eq!(suggested(&answer), expected);
    let refused = available(&pds, "alice.test", &[("email", "nonsense")]).await;
    assert_eq!(refused.refusal(), (400, "InvalidEmail".to_owned()));
}

#[tokio::test]
async fn a_handle_that_is_kept_back_is_nobodys() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let stranger = pds.post("com.atproto.temp.addReservedHandle").by(&alice);
    let stranger = stranger.json(&json!({ "handle": "kept" })).send().await;
    assert_eq!(stranger.refusal(), (401, "AuthenticationRequired".to_owned()));
    for handle in ["kept", "Wanted.test", "wanted.test", "own.example.com", "alice"] {
        assert_eq!(keep_back(&pds, handle).await.ok(), json!({}));
    }
    assert_eq!(keep_back(&pds, "no handle").await.refusal().0, 400);
    pds.restart().await;
    pds.dns().set_txt("_atproto.own.example.com", vec![format!("did={}", alice.did)]);
    for handle in ["kept.test", "wanted.test"] {
        let input = json!({ "handle": handle, "email": "b@example.com", "password": "b" });
        let made = pds.post("com.atproto.server.createAccount").json(&input).send().await;
        assert_eq!(made.refusal(), (400, "HandleNotAvailable".to_owned()), "{handle}");
    }
    let rename = |handle: &str| {
        let ask = pds.post("com.atproto.identity.updateHandle").by(&alice);
        ask.json(&json!({ "handle": handle })).send()
    };
    for handle in ["kept.test", "own.example.com"] {
        let refused = rename(handle).await;
        assert_eq!(refused.refusal(), (400, "HandleNotAvailable".to_owned()), "{handle}");
    }
    // Whose it was keeps it.
    rename("alice.test").await.ok();
}

#[tokio::test]
async fn an_account_without_credentials_waits_for_a_new_password() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let app = pds.post("com.atproto.server.createAppPassword").by(&alice);
    let app = app.json(&json!({ "name": "bot" })).send().await.ok();
    let revoke = |account: &str| {
        let ask = pds.post("com.atproto.temp.revokeAccountCredentials").admin();
        ask.json(&json!({ "account": account })).send()
    };
    assert_eq!(revoke("nobody.test").await.refusal(), (400, "InvalidRequest".to_owned()));
    let stranger = pds.post("com.atproto.temp.revokeAccountCredentials").by(&alice);
    let stranger = stranger.json(&json!({ "account": alice.did })).send().await;
    assert_eq!(stranger.refusal(), (401, "AuthenticationRequired".to_owned()));
    revoke(&alice.handle).await.ok();

    for password in [alice.password.as_str(), app["password"].as_str().unwrap()] {
        let input = json!({ "identifier": alice.handle, "password": password });
        let refused = pds.post("com.atproto.server.createSession").json(&input).send().await;
        assert_eq!(refused.refusal(), (401, "AuthenticationRequired".to_owned()));
    }
    let refresh = pds.post("com.atproto.server.refreshSession").token(&alice.refresh).send().await;
    assert_eq!(refresh.refusal(), (400, "ExpiredToken".to_owned()));
    assert_eq!(pds.mails(&alice.email).await[0].0, "Password Reset Needed");

    let input = json!({ "email": alice.email });
    pds.post("com.atproto.server.requestPasswordReset").json(&input).send().await.ok();
    while pds.mails(&alice.email).await[0].0 != "Password Reset Requested" {
        tokio::task::yield_now().await;
    }
    let input = json!({ "token": pds.mailed_code(&alice.email).await, "password": "new" });
    pds.post("com.atproto.server.resetPassword").json(&input).send().await.ok();
    pds.sign_in(&alice.handle, "new").await;
}
