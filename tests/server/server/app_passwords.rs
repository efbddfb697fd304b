//! `com.atproto.server.createAppPassword`, `listAppPasswords`, `revokeAppPassword`

use serde_json::{Value, json};

use crate::harness::{Answer, Pds, TestAccount};

async fn create(pds: &Pds, account: &TestAccount, input: Value) -> Answer {
    pds.post("com.atproto.server.createAppPassword").by(account).json(&input).send().await
}

async fn names(pds: &Pds, token: &str) -> Vec<String> {
    let listed = pds.get("com.atproto.server.listAppPasswords").token(token).send().await.ok();
    let listed = listed["passwords"].as_array().unwrap().iter();
    listed.map(|password| password["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_app_signs_in_with_its_own_password_and_may_do_less() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let made = create(&pds, &alice, json!({ "name": "app" })).await.ok();
    assert_eq!((&made["name"], &made["privileged"]), (&json!("app"), &json!(false)));
    let password = made["password"].as_str().unwrap();
    assert!(password.len() == 19 && password.split('-').all(|group| group.len() == 4));

    let session = pds.sign_in("alice.test", password).await;
    let token = session["accessJwt"].as_str().unwrap();
    assert_eq!(names(&pds, token).await, ["app"]);
    let ask = |what: &str| pds.post(what).token(token);
    let more = ask("com.atproto.server.createAppPassword").json(&json!({ "name": "b" }));
    let more = more.send().await;
    assert_eq!(more.refusal(), (400, "InvalidToken".to_owned()));
    assert_eq!(more.message(), "Bad token scope");
    let gone = ask("com.atproto.server.activateAccount").send().await;
    assert_eq!(gone.refusal(), (400, "InvalidToken".to_owned()));

    let auth = |lxm: &str, token: &str| {
        let ask = pds.get("com.atproto.server.getServiceAuth").token(token);
        ask.param("aud", "did:web:chat.test").param("lxm", lxm).send()
    };
    auth("app.bsky.feed.getTimeline", token).await.ok();
    let chat = auth("chat.bsky.convo.addReaction", token).await;
    assert_eq!(chat.refusal(), (400, "InvalidRequest".to_owned()));
    let made = create(&pds, &alice, json!({ "name": "chat", "privileged": true })).await.ok();
    let session = pds.sign_in("alice.test", made["password"].as_str().unwrap()).await;
    auth("chat.bsky.convo.addReaction", session["accessJwt"].as_str().unwrap()).await.ok();
}

#[tokio::test]
async fn names_are_there_once_and_the_newest_is_first() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    create(&pds, &alice, json!({ "name": "one" })).await.ok();
    pds.advance(std::time::Duration::from_secs(1));
    create(&pds, &alice, json!({ "name": "two" })).await.ok();
    let again = create(&pds, &alice, json!({ "name": "one" })).await;
    assert_eq!(again.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(names(&pds, &alice.access).await, ["two", "one"]);
}

#[tokio::test]
async fn revoking_ends_the_sessions_that_began_with_it() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let made = create(&pds, &alice, json!({ "name": "app" })).await.ok();
    let password = made["password"].as_str().unwrap();
    let session = pds.sign_in("alice.test", password).await;
    let refresh = |token: &str| pds.post("com.atproto.server.refreshSession").token(token).send();
    let next = refresh(session["refreshJwt"].as_str().unwrap()).await.ok();
    for name in ["app", "app", "never there"] {
        let revoke = pds.post("com.atproto.server.revokeAppPassword").by(&alice);
        assert!(revoke.json(&json!({ "name": name })).send().await.ok().is_null());
    }
    let refused = refresh(next["refreshJwt"].as_str().unwrap()).await;
    assert_eq!(refused.refusal(), (400, "ExpiredToken".to_owned()));
    refresh(&alice.refresh).await.ok();
    let input = json!({ "identifier": "alice.test", "password": password });
    let refused = pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(refused.refusal(), (401, "AuthenticationRequired".to_owned()));
}
