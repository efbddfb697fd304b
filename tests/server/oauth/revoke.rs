//! `/oauth/revoke`, and what else ends a session.

use std::time::Duration;

use serde_json::{Value, json};

use super::{World, refused};
use crate::harness::eventually;
use crate::harness::oauth::{App, Key, Params, Tokens};

async fn revoke(world: &World, app: &App, token: &str) {
    let params = app.credentials(&world.pds).with("token", token);
    let answer = app.send(&world.pds, "/oauth/revoke", &params).await;
    assert_eq!(answer.ok(), json!({}));
}

async fn is_over(world: &World, app: &App, tokens: &Tokens) -> bool {
    let standing = app.standing(&world.pds, &tokens.access).await;
    let refresh = app.refresh(&world.pds, &tokens.refresh).await;
    assert_eq!(standing == 200, refresh.status == 200, "{}", refresh.text());
    standing == 401
}

#[tokio::test]
async fn a_session_ends_at_once_by_either_of_its_tokens() {
    let world = World::start().await;
    for app in [App::local("atproto"), App::confidential(&world.site, "atproto")] {
        let tokens = app.let_in(&world.pds, &world.alice).await;
        revoke(&world, &app, &tokens.access).await;
        assert!(is_over(&world, &app, &tokens).await);
        let tokens = app.let_in(&world.pds, &world.alice).await;
        revoke(&world, &app, &tokens.refresh).await;
        assert!(is_over(&world, &app, &tokens).await);
        // That it is over already is no fault.
        revoke(&world, &app, &tokens.refresh).await;
    }
}

#[tokio::test]
async fn a_session_ends_by_an_access_token_that_has_ended() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    world.pds.advance(Duration::from_secs(60 * 60));
    revoke(&world, &app, &tokens.access).await;
    assert_eq!(refused(&app.refresh(&world.pds, &tokens.refresh).await), "invalid_grant");
}

#[tokio::test]
async fn an_app_that_cannot_prove_anything_ends_its_session_without_a_proof() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let params = app.credentials(&world.pds).with("token", &tokens.refresh);
    let params = params.with("token_type_hint", "access_token");
    app.plainly(&world.pds, "/oauth/revoke", &params).send().await.ok();
    assert!(is_over(&world, &app, &tokens).await);
}

#[tokio::test]
async fn nobody_ends_what_is_not_theirs_and_nobody_is_told() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut tokens = app.let_in(&world.pds, &world.alice).await;
    let mut others = vec![App::local("atproto")];
    for key in [None, Some((Key::generate(), "one"))] {
        let mut other = App::at(&world.site.origin(), "atproto");
        other.auth = key;
        others.push(other);
    }
    let mut other_key = App::at(&world.site.origin(), "atproto");
    other_key.auth.clone_from(&app.auth);
    others.push(other_key);
    for other in &others {
        for token in [&tokens.access, &tokens.refresh] {
            revoke(&world, other, token).await;
        }
        for token in ["a", "ref-a", world.alice.refresh.as_str()] {
            revoke(&world, other, token).await;
        }
        assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
    }
    // Nor does whoever has found a token and shows no key at all.
    for token in [&tokens.access, &tokens.refresh] {
        let params = Params::default().with("client_id", &app.id).with("token", token);
        app.plainly(&world.pds, "/oauth/revoke", &params).send().await.ok();
    }
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
    tokens = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
    world.pds.get("com.atproto.server.getSession").by(&world.alice).send().await.ok();
}

#[tokio::test]
async fn nobody_ends_the_session_of_an_app_that_is_another() {
    let world = World::start().await;
    let (app, other) = (App::local("atproto"), App::local("atproto repo:*"));
    let tokens = app.let_in(&world.pds, &world.alice).await;
    // Neither of them can prove who it is, so that only its name tells them apart.
    for token in [&tokens.access, &tokens.refresh] {
        let params = other.credentials(&world.pds).with("token", token);
        app.send(&world.pds, "/oauth/revoke", &params).await.ok();
        app.plainly(&world.pds, "/oauth/revoke", &params).send().await.ok();
    }
    assert!(!is_over(&world, &app, &tokens).await);
}

#[tokio::test]
async fn what_is_no_revocation_is_refused() {
    let world = World::start().await;
    let app = App::local("atproto");
    let params = app.credentials(&world.pds);
    let answer = app.send(&world.pds, "/oauth/revoke", &params).await;
    assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "no token");
    let params = params.with("token", "a").without("client_id");
    let answer = app.send(&world.pds, "/oauth/revoke", &params).await;
    assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()), "no client");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let params = app.credentials(&world.pds).with("token", &tokens.access);
    let mut claims = app.claims(&world.pds, "POST", "/oauth/revoke", None).await;
    claims["nonce"] = json!("stale");
    let answer = app.send_with(&world.pds, "/oauth/revoke", &params, &app.proof(&claims)).await;
    assert_eq!(answer.refusal(), (400, "use_dpop_nonce".to_owned()));
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn one_session_ends_and_others_go_on() {
    let world = World::start().await;
    let app = App::local("atproto");
    let one = app.let_in(&world.pds, &world.alice).await;
    let two = app.let_in(&world.pds, &world.alice).await;
    revoke(&world, &app, &one.access).await;
    assert!(is_over(&world, &app, &one).await);
    assert!(!is_over(&world, &app, &two).await);
}

#[tokio::test]
async fn a_new_password_ends_all_sessions() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let ask = world.pds.post("com.atproto.server.requestPasswordReset");
    ask.json(&json!({ "email": world.alice.email })).send().await.ok();
    let mailed = async || {
        let mails = world.pds.mails(&world.alice.email).await;
        mails.first().filter(|(subject, _)| subject.contains("Reset")).map(|_| ())
    };
    eventually(mailed).await;
    let code = world.pds.mailed_code(&world.alice.email).await;
    let ask = world.pds.post("com.atproto.server.resetPassword");
    ask.json(&json!({ "token": code, "password": "a new one" })).send().await.ok();
    assert!(is_over(&world, &app, &tokens).await);
}

#[tokio::test]
async fn a_password_that_the_operator_sets_ends_all_sessions() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let ask = world.pds.post("com.atproto.admin.updateAccountPassword").admin();
    ask.json(&json!({ "did": world.alice.did, "password": "a new one" })).send().await.ok();
    assert!(is_over(&world, &app, &tokens).await);
}

#[tokio::test]
async fn a_deactivated_account_answers_no_app() {
    let world = World::start().await;
    let app = App::local("atproto transition:generic");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let ask = world.pds.post("com.atproto.server.deactivateAccount").by(&world.alice);
    ask.json(&json!({})).send().await.ok();
    assert!(is_over(&world, &app, &tokens).await);
    let created = app.create(&world.pds, &world.alice, &tokens.access, "com.example.note").await;
    assert_eq!(created.refusal().0, 401);
    // Who opens it again has not let anybody in yet.
    world.pds.post("com.atproto.server.activateAccount").by(&world.alice).send().await.ok();
    assert!(is_over(&world, &app, &tokens).await);
}

#[tokio::test]
async fn an_account_that_is_taken_down_answers_no_app() {
    let world = World::start().await;
    let app = App::local("atproto transition:generic");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    world.take_down().await;
    assert!(is_over(&world, &app, &tokens).await);
    let created = app.create(&world.pds, &world.alice, &tokens.access, "com.example.note").await;
    assert_eq!(created.refusal().0, 401);
    world.put_up().await;
    assert!(is_over(&world, &app, &tokens).await);
}

#[tokio::test]
async fn a_deleted_account_answers_no_app() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let ask = world.pds.post("com.atproto.admin.deleteAccount").admin();
    ask.json(&json!({ "did": world.alice.did })).send().await.ok();
    assert!(is_over(&world, &app, &tokens).await);
}

#[tokio::test]
async fn credentials_that_are_revoked_by_the_operator_take_sessions_with_them() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let ask = world.pds.post("com.atproto.temp.revokeAccountCredentials").admin();
    let answer: Value = ask.json(&json!({ "account": world.alice.did })).send().await.ok();
    assert!(answer.is_null() || answer.is_object());
    assert!(is_over(&world, &app, &tokens).await);
}
