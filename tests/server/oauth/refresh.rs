//! `/oauth/token`, with a refresh token.

use std::time::Duration;

use serde_json::json;

use super::{World, refused};
use crate::harness::Proxy;
use crate::harness::oauth::{App, Key, Tokens};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn start(app: &App, world: &World) -> Tokens {
    app.let_in(&world.pds, &world.alice).await
}

#[tokio::test]
async fn each_refresh_gets_new_tokens_and_ends_the_old_ones() {
    let world = World::start().await;
    let app = App::local("atproto transition:generic");
    let first = start(&app, &world).await;
    let second = Tokens::of(&app.refresh(&world.pds, &first.refresh).await.ok());
    assert_ne!(first.access, second.access);
    assert_ne!(first.refresh, second.refresh);
    assert_eq!(first.answer["sub"], second.answer["sub"]);
    assert_eq!(first.answer["scope"], second.answer["scope"]);
    assert_eq!(second.answer["token_type"], "DPoP");
    assert_eq!(app.standing(&world.pds, &first.access).await, 401);
    assert_eq!(app.standing(&world.pds, &second.access).await, 200);
}

#[tokio::test]
async fn an_answer_that_got_lost_comes_again_for_a_minute() {
    let world = World::start().await;
    let app = App::local("atproto");
    let first = start(&app, &world).await;
    let lost = Tokens::of(&app.refresh(&world.pds, &first.refresh).await.ok());
    world.pds.advance(Duration::from_secs(50));
    let again = Tokens::of(&app.refresh(&world.pds, &first.refresh).await.ok());
    assert_eq!(lost.refresh, again.refresh);
    for access in [&lost.access, &again.access] {
        assert_eq!(app.standing(&world.pds, access).await, 200);
    }
    Tokens::of(&app.refresh(&world.pds, &again.refresh).await.ok());
}

#[tokio::test]
async fn a_refresh_token_that_comes_again_later_ends_the_session() {
    let world = World::start().await;
    let app = App::local("atproto");
    let first = start(&app, &world).await;
    let second = Tokens::of(&app.refresh(&world.pds, &first.refresh).await.ok());
    world.pds.advance(Duration::from_secs(61));
    assert_eq!(refused(&app.refresh(&world.pds, &first.refresh).await), "invalid_grant");
    assert_eq!(app.standing(&world.pds, &second.access).await, 401);
    assert_eq!(refused(&app.refresh(&world.pds, &second.refresh).await), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_of_before_the_last_one_ends_the_session_at_once() {
    let world = World::start().await;
    let app = App::local("atproto");
    let first = start(&app, &world).await;
    let second = Tokens::of(&app.refresh(&world.pds, &first.refresh).await.ok());
    let third = Tokens::of(&app.refresh(&world.pds, &second.refresh).await.ok());
    assert_eq!(refused(&app.refresh(&world.pds, &first.refresh).await), "invalid_grant");
    assert_eq!(app.standing(&world.pds, &third.access).await, 401);
}

#[tokio::test]
async fn two_refreshes_at_once_leave_one_session_that_goes_on() {
    let world = World::start().await;
    let app = App::local("atproto");
    let first = start(&app, &world).await;
    app.nonce(&world.pds).await;
    let (one, two) = tokio::join!(
        app.refresh(&world.pds, &first.refresh),
        app.refresh(&world.pds, &first.refresh),
    );
    let (one, two) = (Tokens::of(&one.ok()), Tokens::of(&two.ok()));
    for tokens in [&one, &two] {
        assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
    }
    assert_eq!(one.refresh, two.refresh);
    let next = Tokens::of(&app.refresh(&world.pds, &two.refresh).await.ok());
    assert_eq!(app.standing(&world.pds, &next.access).await, 200);
}

#[tokio::test]
async fn a_refresh_token_in_wrong_hands_gets_nothing_and_ends_nothing() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let tokens = start(&app, &world).await;
    let with_key = |key: Key| {
        let mut other = App::at(&world.site.origin(), "atproto");
        other.auth.clone_from(&app.auth);
        other.key = key;
        other
    };
    let other_key = with_key(Key::generate());
    let answer = other_key.refresh(&world.pds, &tokens.refresh).await;
    assert_eq!(refused(&answer), "invalid_grant", "another key for proofs");

    let mut public = with_key(app.key.clone());
    public.auth = None;
    let answer = public.refresh(&world.pds, &tokens.refresh).await;
    assert_eq!(refused(&answer), "invalid_client", "nothing that shows who it is");

    let mut forger = with_key(app.key.clone());
    forger.auth = Some((Key::generate(), "one"));
    let answer = forger.refresh(&world.pds, &tokens.refresh).await;
    assert_eq!(refused(&answer), "invalid_client", "another key to show who it is");

    let mut other = App::local("atproto");
    other.key = app.key.clone();
    let answer = other.refresh(&world.pds, &tokens.refresh).await;
    assert_eq!(refused(&answer), "invalid_grant", "another client");

    let params = app.refreshing(&world.pds, &tokens.refresh);
    let answer = app.plainly(&world.pds, "/oauth/token", &params).send().await;
    assert_eq!(refused(&answer), "invalid_dpop_proof", "no proof");
    let mut claims = app.claims(&world.pds, "POST", "/oauth/token", None).await;
    claims["nonce"] = json!("stale");
    let answer = app.send_with(&world.pds, "/oauth/token", &params, &app.proof(&claims)).await;
    assert_eq!(refused(&answer), "use_dpop_nonce", "no nonce");

    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
    // Even what was sent in vain for a nonce is still good.
    app.send(&world.pds, "/oauth/token", &params).await.ok();
}

#[tokio::test]
async fn what_is_no_refresh_token_gets_nothing() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = start(&app, &world).await;
    let mut changed = tokens.refresh.clone();
    let last = if changed.pop() == Some('0') { '1' } else { '0' };
    changed.push(last);
    for token in [changed.as_str(), tokens.access.as_str(), "a", "ref-", &world.alice.refresh] {
        assert_eq!(refused(&app.refresh(&world.pds, token).await), "invalid_grant", "{token}");
    }
}

#[tokio::test]
async fn a_refresh_gets_no_more_than_was_granted() {
    let world = World::start().await;
    let app = App::local("atproto repo:com.example.note transition:generic");
    let code = {
        let mut narrow = App::local("atproto repo:com.example.note");
        narrow.id.clone_from(&app.id);
        narrow.key = app.key.clone();
        let code = narrow.code(&world.pds, &world.alice).await;
        app.know(narrow.verifier());
        code
    };
    let tokens = app.exchange(&world.pds, &code).await;
    let more = app.refreshing(&world.pds, &tokens.refresh);
    let more = more.with("scope", "atproto repo:com.example.note transition:generic");
    let answer = app.send(&world.pds, "/oauth/token", &more).await;
    assert_eq!(refused(&answer), "invalid_scope");
    let same = app.refreshing(&world.pds, &tokens.refresh);
    let same = same.with("scope", tokens.answer["scope"].as_str().unwrap());
    let refreshed = app.send(&world.pds, "/oauth/token", &same).await.ok();
    assert_eq!(refreshed["scope"], tokens.answer["scope"]);
}

#[tokio::test]
async fn the_session_of_an_app_without_a_key_ends_after_two_weeks() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut tokens = start(&app, &world).await;
    for _ in 0..13 {
        world.pds.advance(DAY);
        tokens = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    }
    // However often it was refreshed.
    world.pds.advance(DAY - Duration::from_secs(100));
    tokens = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    assert!(tokens.answer["expires_in"].as_u64().unwrap() <= 100);
    world.pds.advance(Duration::from_secs(101));
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 401);
    assert_eq!(refused(&app.refresh(&world.pds, &tokens.refresh).await), "invalid_grant");
}

#[tokio::test]
async fn the_session_of_an_app_with_a_key_goes_on() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut tokens = start(&app, &world).await;
    for _ in 0..3 {
        world.pds.advance(DAY * 20);
        tokens = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    }
    world.pds.advance(DAY * 91);
    assert_eq!(refused(&app.refresh(&world.pds, &tokens.refresh).await), "invalid_grant", "idle");
}

#[tokio::test]
async fn sessions_outlive_their_access_tokens_and_what_clears_up() {
    let world = World::start_with(|config| config.retention.sweep_seconds = 1).await;
    let app = App::local("atproto");
    let tokens = start(&app, &world).await;
    world.pds.advance(DAY * 3);
    // Long enough that it has been swept, and if not, the test is only weaker.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let tokens = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn tokens_and_nonces_outlive_the_run_of_the_server() {
    // Something stands before it, so that it stays where it is.
    let outside = Proxy::listen().await;
    let origin = outside.origin();
    let mut world = World::start_with(|config| {
        config.public_url = Some(origin.parse().unwrap());
        config.private_origins.push(origin.parse().unwrap());
    })
    .await;
    outside.forward_to(&world.pds.url());
    let app = App::local("atproto");
    let tokens = start(&app, &world).await;
    let path = "/xrpc/com.atproto.server.getSession";
    let mut claims = app.claims(&world.pds, "GET", path, Some(&tokens.access)).await;
    let old = app.proof(&claims);
    let ask = async |world: &World, proof: &str| {
        let ask = world.pds.get("com.atproto.server.getSession").header("dpop", proof);
        ask.header("authorization", &format!("DPoP {}", tokens.access)).send().await
    };
    ask(&world, &old).await.ok();
    world.pds.advance(Duration::from_secs(10));
    world.pds.restart().await;
    world.pds.advance(Duration::from_secs(2));
    // What was seen is forgotten, but it is of before.
    assert_eq!(ask(&world, &old).await.refusal().0, 401);
    // The nonce of before is still good for what is new.
    claims["iat"] = json!(world.pds.now_s());
    claims["jti"] = json!("new");
    ask(&world, &app.proof(&claims)).await.ok();
    let next = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    world.pds.restart().await;
    // So is the answer that got lost when the server went away.
    let again = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    assert_eq!(next.refresh, again.refresh);
}
