//! Proofs of possession, where tokens are used.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use sha2::Sha256;

use super::World;
use crate::harness::Answer;
use crate::harness::ask::client;
use crate::harness::oauth::{App, Key, Tokens, unsigned};

const SESSION: &str = "com.atproto.server.getSession";
const PATH: &str = "/xrpc/com.atproto.server.getSession";

/// Asks for the session with a token and a proof.
async fn ask(world: &World, token: &str, proof: &str) -> Answer {
    let ask = world.pds.get(SESSION).header("authorization", &format!("DPoP {token}"));
    ask.header("dpop", proof).send().await
}

/// Asks for the session with a proof that comes twice, and returns the status.
async fn with_two(world: &World, token: &str, proof: &str) -> u16 {
    let request = Request::get(format!("{}{PATH}", world.pds.url()))
        .header("authorization", format!("DPoP {token}"))
        .header("dpop", proof)
        .header("dpop", proof);
    let request = request.body(Full::default()).unwrap();
    client().request(request).await.unwrap().status().as_u16()
}

/// Returns how clients are told what to do: the name of the error, in body and header.
#[track_caller]
fn told(answer: &Answer) -> String {
    let (status, name) = answer.refusal();
    assert_eq!(status, 401, "{}", answer.text());
    let body = answer.value();
    assert!(body["message"].is_string(), "{body}");
    assert_eq!(body.as_object().unwrap().len(), 2, "it is flat: {body}");
    let challenge = answer.header("www-authenticate").unwrap();
    assert!(challenge.starts_with("DPoP "), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{name}\"")), "{challenge}");
    assert!(answer.header("dpop-nonce").is_some());
    name
}

async fn start() -> (World, App, Tokens) {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    (world, app, tokens)
}

#[tokio::test]
async fn a_token_is_good_with_a_proof_for_it() {
    let (world, app, tokens) = start().await;
    let answer = app.get(&world.pds, SESSION, &tokens.access).await.send().await;
    assert_eq!(answer.ok()["did"], world.alice.did.as_str());
    assert!(answer.header("dpop-nonce").is_some());
}

#[tokio::test]
async fn a_stale_nonce_is_answered_with_a_fresh_one() {
    let (world, app, tokens) = start().await;
    let claims = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    let mut without = claims.clone();
    without.as_object_mut().unwrap().remove("nonce");
    assert_eq!(told(&ask(&world, &tokens.access, &app.proof(&without)).await), "use_dpop_nonce");
    world.pds.advance(Duration::from_secs(181));
    let mut stale = claims;
    stale["iat"] = json!(world.pds.now_s());
    let answer = ask(&world, &tokens.access, &app.proof(&stale)).await;
    assert_eq!(told(&answer), "use_dpop_nonce");
    stale["nonce"] = json!(answer.header("dpop-nonce").unwrap());
    ask(&world, &tokens.access, &app.proof(&stale)).await.ok();
}

#[tokio::test]
async fn a_proof_is_held_to_each_rule() {
    let (world, app, tokens) = start().await;
    let other = app.let_in(&world.pds, &world.alice).await;
    let good = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    let now_s = world.pds.now_s();
    let url = world.pds.public_url();
    for (name, value) in [
        ("htm", json!("POST")),
        ("htm", json!("get")),
        ("htm", Value::Null),
        ("htu", json!(format!("https://pds.example.com{PATH}"))),
        ("htu", json!(format!("{url}/xrpc/com.atproto.server.deleteSession"))),
        ("htu", json!(format!("{url}{PATH}/"))),
        ("htu", json!(format!("{}{PATH}", url.replace("http://", "https://")))),
        ("htu", json!(format!("{}{PATH}", url.replace("http://", "http://me@")))),
        ("htu", json!(PATH)),
        ("htu", Value::Null),
        ("ath", Value::Null),
        ("ath", json!("")),
        ("ath", json!(crate::harness::oauth::hash(&other.access))),
        ("iat", json!(now_s - 600)),
        ("iat", json!(now_s + 600)),
        ("iat", Value::Null),
        ("iat", json!("now")),
        ("jti", Value::Null),
        ("jti", json!("")),
    ] {
        let mut claims = good.clone();
        claims[name] = value;
        if claims[name].is_null() {
            claims.as_object_mut().unwrap().remove(name);
        }
        let answer = ask(&world, &tokens.access, &app.proof(&claims)).await;
        assert_eq!(told(&answer), "invalid_dpop_proof", "{claims}");
    }
    // What is wrong uses nothing up, and what does not matter is looked past.
    let mut claims = good;
    claims["htu"] = json!(format!("{url}{PATH}?a=b#c"));
    claims["iss"] = json!("whoever");
    claims["exp"] = json!(1);
    ask(&world, &tokens.access, &app.proof(&claims)).await.ok();
}

#[tokio::test]
async fn a_proof_is_good_once() {
    let (world, app, tokens) = start().await;
    let mut claims = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    let proof = app.proof(&claims);
    ask(&world, &tokens.access, &proof).await.ok();
    assert_eq!(told(&ask(&world, &tokens.access, &proof).await), "invalid_dpop_proof");
    // Another signature of the same makes no other proof, nor does another nonce.
    assert_eq!(told(&ask(&world, &tokens.access, &app.proof(&claims)).await), "invalid_dpop_proof");
    world.pds.advance(Duration::from_secs(61));
    claims["nonce"] = json!(app.nonce(&world.pds).await);
    assert_eq!(told(&ask(&world, &tokens.access, &app.proof(&claims)).await), "invalid_dpop_proof");
}

#[tokio::test]
async fn what_others_do_makes_no_proof_good_again() {
    let (world, app, tokens) = start().await;
    let claims = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    let proof = app.proof(&claims);
    ask(&world, &tokens.access, &proof).await.ok();
    let noisy = App::local("atproto");
    let noisy_tokens = noisy.let_in(&world.pds, &world.alice).await;
    for _ in 0..100 {
        assert_eq!(noisy.standing(&world.pds, &noisy_tokens.access).await, 200);
    }
    assert_eq!(told(&ask(&world, &tokens.access, &proof).await), "invalid_dpop_proof");
    // Two may have the same number, as it is the key's.
    let mut same = noisy.claims(&world.pds, "GET", PATH, Some(&noisy_tokens.access)).await;
    same["jti"] = claims["jti"].clone();
    ask(&world, &noisy_tokens.access, &noisy.proof(&same)).await.ok();
}

#[tokio::test]
async fn a_proof_is_by_the_key_of_the_token() {
    let (world, mut app, tokens) = start().await;
    let own = app.key.clone();
    app.key = Key::generate();
    let claims = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    let answer = ask(&world, &tokens.access, &app.proof(&claims)).await;
    assert_eq!(answer.refusal().0, 401, "another key");
    // The right key is named, and another one has signed.
    let header = json!({ "typ": "dpop+jwt", "jwk": own.jwk() });
    let forged = app.key.sign(header, &claims);
    assert_eq!(told(&ask(&world, &tokens.access, &forged).await), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_proof_is_a_token_of_its_own_kind() {
    let (world, app, tokens) = start().await;
    let claims = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    let header = |typ: &str| json!({ "typ": typ, "jwk": app.key.jwk() });
    let none = json!({ "typ": "dpop+jwt", "alg": "none", "jwk": app.key.jwk() });
    let symmetric = json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": app.key.jwk() });
    let octets = json!({ "typ": "dpop+jwt", "alg": "HS256", "jwk": { "kty": "oct", "k": "AAAA" } });
    let with_hmac = |header: &Value, key: &[u8]| {
        let signed = unsigned(header, &claims);
        let mac = Hmac::<Sha256>::new_from_slice(key).unwrap().chain_update(&signed);
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
    };
    let public = app.key.jwk().to_string();
    let mut crit = header("dpop+jwt");
    crit["crit"] = json!(["b64"]);
    for (why, proof) in [
        ("no signature", format!("{}.", unsigned(&none, &claims))),
        ("no third part", unsigned(&none, &claims)),
        ("signed with what everybody knows", with_hmac(&symmetric, public.as_bytes())),
        ("signed with a key of octets", with_hmac(&octets, &[0, 0, 0])),
        ("another kind", app.key.sign(header("JWT"), &claims)),
        ("the kind of access tokens", app.key.sign(header("at+jwt"), &claims)),
        (
            "with the secret key",
            app.key.sign(json!({ "typ": "dpop+jwt", "jwk": app.key.private_jwk() }), &claims),
        ),
        ("no key", app.key.sign(json!({ "typ": "dpop+jwt" }), &claims)),
        ("a key by name", app.key.sign(json!({ "typ": "dpop+jwt", "kid": "one" }), &claims)),
        ("something critical", app.key.sign(crit, &claims)),
        ("nonsense", "a.b.c".to_owned()),
        ("nothing", "..".to_owned()),
    ] {
        let answer = ask(&world, &tokens.access, &proof).await;
        assert_eq!(told(&answer), "invalid_dpop_proof", "{why}");
    }
}

#[tokio::test]
async fn a_token_without_its_proof_is_worth_nothing() {
    let (world, app, tokens) = start().await;
    let claims = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    let proof = app.proof(&claims);
    let plain = world.pds.get(SESSION).header("authorization", &format!("DPoP {}", tokens.access));
    assert_eq!(told(&plain.send().await), "invalid_dpop_proof");
    let empty = ask(&world, &tokens.access, "").await;
    assert_eq!(told(&empty), "invalid_dpop_proof");
    assert_eq!(with_two(&world, &tokens.access, &proof).await, 401);
    let two = format!("{proof}, {proof}");
    assert_eq!(told(&ask(&world, &tokens.access, &two).await), "invalid_dpop_proof");
    for token in [tokens.access.as_str(), tokens.refresh.as_str()] {
        let bearer = world.pds.get(SESSION).token(token).header("dpop", &proof).send().await;
        assert!(matches!(bearer.refusal().0, 400 | 401), "{}", bearer.text());
        let bearer = world.pds.get(SESSION).token(token).send().await;
        assert!(matches!(bearer.refusal().0, 400 | 401), "{}", bearer.text());
    }
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn a_token_of_another_kind_is_no_access_token() {
    let (world, app, tokens) = start().await;
    let confidential = App::confidential(&world.site, "atproto");
    let assertion = confidential.assertion(&confidential.assertion_claims(&world.pds));
    let header = json!({ "typ": "at+jwt" });
    let claims = crate::harness::oauth::claims_of(&tokens.access);
    let forged = app.key.sign(header, &claims);
    let mut later = claims.clone();
    later["exp"] = json!(world.pds.now_s() + 1_000_000);
    let signature = tokens.access.rsplit('.').next().unwrap();
    let own = json!({ "typ": "at+jwt", "alg": "HS256" });
    let longer = format!("{}.{signature}", unsigned(&own, &later));
    let none = json!({ "typ": "at+jwt", "alg": "none" });
    let unsigned = format!("{}.", unsigned(&none, &claims));
    let mut cut = tokens.access.clone();
    cut.pop();
    for (why, token) in [
        ("a session's", world.alice.access.as_str()),
        ("a session's to refresh", world.alice.refresh.as_str()),
        ("a refresh token", tokens.refresh.as_str()),
        ("what shows who an app is", assertion.as_str()),
        ("by the app itself", forged.as_str()),
        ("by nobody", unsigned.as_str()),
        ("for longer", longer.as_str()),
        ("cut", cut.as_str()),
        ("nonsense", "a"),
    ] {
        let claims = app.claims(&world.pds, "GET", PATH, Some(token)).await;
        let answer = ask(&world, token, &app.proof(&claims)).await;
        assert_eq!(told(&answer), "invalid_token", "{why}");
    }
}

#[tokio::test]
async fn a_token_that_has_ended_is_to_be_refreshed() {
    let (world, app, tokens) = start().await;
    let time_s = tokens.answer["expires_in"].as_u64().unwrap();
    world.pds.advance(Duration::from_secs(time_s - 5));
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
    world.pds.advance(Duration::from_secs(6));
    let answer = app.get(&world.pds, SESSION, &tokens.access).await.send().await;
    assert_eq!(told(&answer), "invalid_token");
    let tokens = Tokens::of(&app.refresh(&world.pds, &tokens.refresh).await.ok());
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn what_a_proxy_says_of_the_address_does_not_count() {
    let (world, app, tokens) = start().await;
    let ask = app.get(&world.pds, SESSION, &tokens.access).await;
    let ask =
        ask.header("x-forwarded-host", "evil.example.com").header("x-forwarded-proto", "https");
    ask.header("host", "inside:8080").send().await.ok();
    let mut claims = app.claims(&world.pds, "GET", PATH, Some(&tokens.access)).await;
    claims["htu"] = json!(format!("http://inside:8080{PATH}"));
    let ask = world.pds.get(SESSION).header("authorization", &format!("DPoP {}", tokens.access));
    let ask = ask.header("host", "inside:8080").header("dpop", &app.proof(&claims));
    assert_eq!(told(&ask.send().await), "invalid_dpop_proof");
}

#[tokio::test]
async fn a_token_is_for_the_server_by_its_name_of_then() {
    let (mut world, app, tokens) = start().await;
    // Nothing says where the server is, so that it is elsewhere afterwards.
    world.pds.restart().await;
    let answer = app.get(&world.pds, SESSION, &tokens.access).await.send().await;
    assert_eq!(told(&answer), "invalid_token");
}
