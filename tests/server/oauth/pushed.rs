//! `/oauth/par`

use std::time::Duration;

use super::{World, description, refused};
use crate::harness::oauth::{App, Key, LOOPBACK, agree, sign_in};

#[tokio::test]
async fn a_request_that_is_pushed_gets_a_name_for_a_short_time() {
    let world = World::start().await;
    let app = App::local("atproto");
    let answer = world.push(&app, &app.asking(&world.pds)).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let value = answer.value();
    let uri = value["request_uri"].as_str().unwrap();
    assert!(uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{uri}");
    let time_s = value["expires_in"].as_u64().unwrap();
    assert!(0 < time_s && time_s <= 300, "{time_s}");
    assert!(answer.header("dpop-nonce").is_some());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("pragma"), Some("no-cache"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn a_challenge_is_good_once() {
    const HOUR: Duration = Duration::from_secs(3600);
    let world = World::start().await;
    let [app, other] = [(); 2].map(|()| App::local("atproto"));
    let asked = app.asking(&world.pds);
    let answer = world.push(&app, &asked.clone().without("code_challenge_method")).await;
    assert_eq!(refused(&answer), "invalid_request", "what is refused uses up nothing");
    assert_eq!(world.push(&app, &asked).await.status, 201);
    for (after, app) in [(HOUR, &app), (22 * HOUR, &other)] {
        world.pds.advance(after);
        let again = world.push(app, &asked).await;
        assert_eq!(refused(&again), "invalid_request");
        assert!(again.text().contains("code_challenge was used before"), "{}", again.text());
    }
    world.pds.advance(HOUR);
    assert_eq!(world.push(&app, &asked).await.status, 201, "nobody remembers it for ever");
}

#[tokio::test]
async fn a_request_is_held_to_each_rule() {
    let world = World::start().await;
    let app = App::local("atproto repo:com.example.note transition:generic openid");
    let good = || app.asking(&world.pds).with("scope", "atproto");
    for (params, name, told) in [
        (good().without("code_challenge"), "invalid_request", "code_challenge"),
        (good().with("code_challenge", "short"), "invalid_request", "code_challenge"),
        (good().with("code_challenge_method", "plain"), "invalid_request", "S256"),
        (good().without("code_challenge_method"), "invalid_request", "code_challenge_method"),
        (good().with("response_type", "token"), "unsupported_response_type", "code"),
        (good().without("response_type"), "invalid_request", "response_type"),
        (good().without("redirect_uri"), "invalid_request", "redirect_uri"),
        (
            good().with("redirect_uri", "https://evil.example.com"),
            "invalid_request",
            "redirect_uri",
        ),
        (good().without("scope"), "invalid_scope", "scope"),
        (good().with("scope", "transition:generic"), "invalid_scope", "atproto"),
        (good().with("scope", "atproto openid"), "invalid_scope", "openid"),
        (good().with("scope", "atproto transition:email"), "invalid_scope", "transition:email"),
        (good().with("scope", "atproto repo:*"), "invalid_scope", "repo:*"),
        (good().with("scope", "atproto repo:com.example.note.more"), "invalid_scope", "more"),
        (good().with("login_hint", "not an account"), "invalid_request", "login_hint"),
        (good().with("login_hint", "a@example.com"), "invalid_request", "login_hint"),
        (good().with("prompt", "please"), "invalid_request", "prompt"),
        (good().with("display", "hologram"), "invalid_request", "display"),
        (good().with("max_age", "-1"), "invalid_request", "max_age"),
        (good().with("response_mode", "web_message"), "invalid_request", "response_mode"),
        (good().with("request", "a.b.c"), "invalid_request", "request"),
        (good().with("request_uri", "urn:a"), "invalid_request", "request_uri"),
        (good().with("claims", "{}"), "invalid_request", "claims"),
        (good().with("nonce", "a"), "invalid_request", "nonce"),
        (good().with("dpop_jkt", "nonsense"), "invalid_request", "dpop_jkt"),
        (good().without("client_id"), "invalid_request", "client_id"),
        (good().with("state", &"x".repeat(5000)), "invalid_request", "state"),
    ] {
        let answer = world.push(&app, &params).await;
        assert_eq!(answer.refusal(), (400, name.to_owned()), "{}", answer.text());
        assert!(description(&answer).contains(told), "{told}: {}", description(&answer));
        assert!(answer.header("dpop-nonce").is_some() && answer.header("location").is_none());
    }
    for params in [
        good().without("state"),
        good().with("login_hint", "nobody.example.com"),
        good().with("login_hint", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
        good().with("scope", "atproto  repo:com.example.note atproto"),
        good().with("scope", "atproto repo?collection=com.example.note"),
        good().with("ui_locales", "xx-unknown !!"),
        good().with("something_new", "a"),
    ] {
        let answer = world.push(&app, &params).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
}

#[tokio::test]
async fn two_ways_to_write_a_scope_are_one() {
    let world = World::start().await;
    let app = App::local("atproto rpc:com.example.get?aud=did:web:example.com%23svc");
    let raw = "atproto rpc:com.example.get?aud=did:web:example.com#svc";
    assert_eq!(world.push(&app, &app.asking(&world.pds).with("scope", raw)).await.status, 201);
}

#[tokio::test]
async fn what_a_scope_says_that_nobody_understands_is_left_out() {
    let world = World::start().await;
    let app = App::local("atproto repo:%zz repo:com.example.note foo:bar transition:other");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let scope = tokens.answer["scope"].as_str().unwrap();
    let mut values: Vec<&str> = scope.split(' ').collect();
    values.sort_unstable();
    assert_eq!(values, ["atproto", "repo:com.example.note"]);
}

#[tokio::test]
async fn a_key_that_is_named_is_the_one_that_is_shown() {
    let world = World::start().await;
    let app = App::local("atproto");
    let asking = |key: &Key| app.asking(&world.pds).with("dpop_jkt", &key.thumbprint());
    assert_eq!(world.push(&app, &asking(&app.key)).await.status, 201);
    let answer = world.push(&app, &asking(&Key::generate())).await;
    assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn a_proof_without_a_nonce_is_answered_with_one() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let params = app.asking(&world.pds);
    let mut claims = app.claims(&world.pds, "POST", "/oauth/par", None).await;
    claims.as_object_mut().unwrap().remove("nonce");
    let proof = app.proof(&claims);
    let answer = app.send_with(&world.pds, "/oauth/par", &params, &proof).await;
    assert_eq!(answer.refusal(), (400, "use_dpop_nonce".to_owned()));
    // The same again, with the same assertion: nothing was used up.
    claims["nonce"] = answer.header("dpop-nonce").unwrap().into();
    let proof = app.proof(&claims);
    let answer = app.send_with(&world.pds, "/oauth/par", &params, &proof).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test]
async fn a_request_without_a_proof_is_bound_when_tokens_are_asked_for() {
    let world = World::start().await;
    let app = App::local("atproto");
    let answer = app.plainly(&world.pds, "/oauth/par", &app.asking(&world.pds)).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let uri = answer.value()["request_uri"].as_str().unwrap().to_owned();
    let mut browser = world.browser();
    let page = browser.get(&app.link(&uri)).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    let code = agree(&mut browser, &page).await.code();
    let tokens = app.exchange(&world.pds, &code).await;
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn an_address_that_was_not_named_never_gets_anything() {
    let world = World::start().await;
    let app = App::local("atproto");
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    // What the browser says beside the name of the request counts for nothing.
    let link = format!("{}&redirect_uri=https%3A%2F%2Fevil.example.com&state=evil", app.link(&uri));
    let mut browser = world.browser();
    let page = browser.get(&link).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    let callback = agree(&mut browser, &page).await;
    assert_eq!((callback.to.as_str(), callback.value("state")), (LOOPBACK, Some("the state")));
}

#[tokio::test]
async fn proofs_for_a_request_are_good_once() {
    let world = World::start().await;
    let app = App::local("atproto");
    let proof = app.proof(&app.claims(&world.pds, "POST", "/oauth/par", None).await);
    let params = app.asking(&world.pds);
    let first = app.send_with(&world.pds, "/oauth/par", &params, &proof).await;
    assert_eq!(first.status, 201);
    let again = app.send_with(&world.pds, "/oauth/par", &params, &proof).await;
    assert_eq!(again.refusal(), (400, "invalid_dpop_proof".to_owned()));
    // Nor is it when the time of the nonce is over.
    world.pds.advance(Duration::from_secs(179));
    let again = app.send_with(&world.pds, "/oauth/par", &params, &proof).await;
    assert_eq!(again.status, 400);
}
