//! What all methods share: verbs, parameters, bodies, headers.

use http::Method;
use serde_json::{Value, json};

use crate::harness::Pds;

const DESCRIBE: &str = "com.atproto.server.describeServer";
const SIGN_IN: &str = "com.atproto.server.createSession";

#[tokio::test]
async fn the_server_says_who_it_is_and_that_it_is_well() {
    let pds = Pds::start().await;
    assert!(pds.get("_health").send().await.ok()["version"].is_string());
    let described = pds.get(DESCRIBE).send().await.ok();
    assert_eq!(described["did"], pds.did());
    assert_eq!(described["availableUserDomains"], json!([".test"]));
    assert_eq!(described["inviteCodeRequired"], json!(false));
    let document = pds.get("/.well-known/did.json").send().await.ok();
    assert_eq!(document["service"][0]["serviceEndpoint"], json!(pds.public_url()));
    assert!(pds.get("/").send().await.text().contains("AT Protocol"));
    assert!(pds.get("/robots.txt").send().await.text().contains("User-agent"));
}

#[tokio::test]
async fn methods_are_called_in_the_way_of_their_kind() {
    let pds = Pds::start().await;
    for (verb, what, refusal) in [
        (Method::POST, DESCRIBE, (400, "InvalidRequest")),
        (Method::GET, SIGN_IN, (400, "InvalidRequest")),
        (Method::PUT, DESCRIBE, (400, "InvalidRequest")),
        (Method::DELETE, "com.example.unknown.method", (400, "InvalidRequest")),
        (Method::GET, "not_a_method", (400, "InvalidRequest")),
        (Method::GET, "com.example.unknown.method", (501, "MethodNotImplemented")),
    ] {
        let (status, name) = pds.ask(verb.clone(), what).send().await.refusal();
        assert_eq!((status, name.as_str()), refusal, "{verb} {what}");
    }
    assert!(pds.get(&format!("{DESCRIBE}/")).send().await.status.is_success());
    let head = pds.ask(Method::HEAD, DESCRIBE).send().await;
    assert!(head.status.is_success() && head.body.is_empty());
}

#[tokio::test]
async fn scripts_in_browsers_may_ask_everything() {
    let pds = Pds::start().await;
    for what in [DESCRIBE, "com.example.unknown.method"] {
        let ask = pds.ask(Method::OPTIONS, what);
        let ask = ask.header("access-control-request-headers", "authorization,dpop");
        let answer = ask.send().await;
        assert_eq!(answer.status, 204);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
        assert_eq!(answer.header("access-control-allow-headers"), Some("authorization,dpop"));
        assert_eq!(answer.header("access-control-max-age"), Some("86400"));
    }
    let refused = pds.get("com.atproto.server.getSession").send().await;
    assert_eq!(refused.header("access-control-allow-origin"), Some("*"));
    assert_eq!(refused.header("cache-control"), Some("private"));
    assert_eq!(refused.header("vary"), Some("Authorization"));
}

#[tokio::test]
async fn bodies_have_a_type_a_size_and_a_schema() {
    let pds = Pds::start().await;
    let none = pds.post(SIGN_IN).send().await;
    assert_eq!(none.message(), "A request body is expected but none was provided");
    let text = pds.post(SIGN_IN).body("text/plain", "{}").send().await;
    assert_eq!(text.message(), "Wrong request encoding (Content-Type): text/plain");
    let broken = pds.post(SIGN_IN).body("application/json", "{").send().await;
    assert_eq!(broken.refusal(), (400, "InvalidRequest".to_owned()));
    let lacking = pds.post(SIGN_IN).json(&json!({ "identifier": "a" })).send().await;
    assert!(lacking.message().starts_with("Invalid com.atproto.server.createSession input:"));
    let nested = "[".repeat(4000) + &"]".repeat(4000);
    let nested = pds.post(SIGN_IN).body("application/json", nested).send().await;
    assert_eq!(nested.refusal(), (400, "InvalidRequest".to_owned()));
    let large = json!({ "identifier": "a".repeat(200_000), "password": "b" });
    let large = pds.post(SIGN_IN).json(&large).send().await;
    assert_eq!(large.refusal(), (413, "PayloadTooLarge".to_owned()));
    let alice = pds.account("alice").await;
    let refresh = async |input: Value| {
        let ask = pds.post("com.atproto.server.refreshSession").json(&input);
        ask.token(&alice.refresh).send().await
    };
    let unwanted = refresh(json!({ "a": 1 })).await;
    assert_eq!(unwanted.message(), "A request body was provided when none was expected");
    // Some clients send an empty object with everything.
    refresh(json!({})).await.ok();
}

#[tokio::test]
async fn compressed_bodies_are_read_and_bombs_are_not() {
    use std::io::Write as _;
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let input = json!({ "identifier": alice.did, "password": alice.password }).to_string();
    let gzip = |text: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    };
    let ask = |body: Vec<u8>, coding: &'static str| {
        pds.post(SIGN_IN).body("application/json", body).header("content-encoding", coding)
    };
    assert_eq!(ask(gzip(input.as_bytes()), "gzip").send().await.ok()["did"], json!(alice.did));
    let bomb = ask(gzip(&vec![b' '; 20_000_000]), "gzip").send().await;
    assert_eq!(bomb.refusal(), (413, "PayloadTooLarge".to_owned()));
    let unknown = ask(input.into_bytes(), "compress").send().await;
    assert_eq!(unknown.refusal(), (415, "UnsupportedMediaType".to_owned()));
}

#[tokio::test]
async fn rates_are_limited_and_told() {
    let pds = Pds::start_with(|config| config.limits.rates = true).await;
    let answer = pds.get(DESCRIBE).send().await;
    assert_eq!(answer.header("ratelimit-limit"), Some("3000"));
    assert_eq!(answer.header("ratelimit-remaining"), Some("2999"));
    assert_eq!(answer.header("ratelimit-policy"), Some("3000;w=300"));
    let reset: u64 = answer.header("ratelimit-reset").unwrap().parse().unwrap();
    assert!((pds.now_s() + 299..=pds.now_s() + 301).contains(&reset));

    let input = json!({ "identifier": "nobody.test", "password": "" });
    for _ in 0..30 {
        let answer = pds.post(SIGN_IN).json(&input).send().await;
        assert_eq!(answer.refusal(), (401, "AuthenticationRequired".to_owned()));
    }
    let limited = pds.post(SIGN_IN).json(&input).send().await;
    assert_eq!(limited.refusal(), (429, "RateLimitExceeded".to_owned()));
    assert_eq!(limited.header("retry-after"), Some("300"));
    assert_eq!(limited.header("ratelimit-remaining"), Some("0"));
    let other = json!({ "identifier": "somebody.test", "password": "" });
    assert_eq!(pds.post(SIGN_IN).json(&other).send().await.status, 401);
    pds.advance(std::time::Duration::from_secs(300));
    assert_eq!(pds.post(SIGN_IN).json(&input).send().await.status, 401);
}

#[tokio::test]
async fn pages_are_for_no_script_of_another_site() {
    let pds = Pds::start().await;
    let style = pds.get("/account/sign-in").send().await.text();
    let style = style.split("href=\"/assets/").nth(1).unwrap().split('"').next().unwrap();
    let style = format!("/assets/{style}");
    for (path, is_open) in [
        ("/account", false),
        ("/account/sign-in", false),
        ("/account/u/did:plc:aaaaaaaaaaaaaaaaaaaaaaaa/devices", false),
        ("/account/reset-password", false),
        ("/oauth/authorize", false),
        ("/oauth/authorize/consent", false),
        ("/oauth/tokens", false),
        ("/move", false),
        ("/moving", false),
        (&*style, false),
        ("/", false),
        ("/nothing", false),
        ("/.well-known/did.json", true),
        ("/.well-known/atproto-did", true),
        ("/.well-known/oauth-protected-resource", true),
        ("/.well-known/oauth-authorization-server", true),
        ("/oauth/jwks", true),
        ("/oauth/par", true),
        ("/oauth/token", true),
        ("/oauth/revoke", true),
        ("/xrpc/_health", true),
        ("/xrpc/com.atproto.server.describeServer", true),
    ] {
        for verb in [Method::GET, Method::POST, Method::OPTIONS] {
            let ask = pds.ask(verb.clone(), path).header("origin", "https://evil.example");
            let answer = ask.header("access-control-request-method", "POST").send().await;
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed, is_open.then_some("*"), "{verb} {path}");
            let named = ["allow-methods", "allow-headers", "expose-headers", "max-age"];
            let any = named.map(|name| answer.header(&format!("access-control-{name}")).is_some());
            assert!(is_open || any == [false; 4], "{verb} {path}: {any:?}");
        }
    }
}
