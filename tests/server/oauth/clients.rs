//! What apps say of themselves.

use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::{World, description, pass};
use crate::harness::oauth::{App, DOCUMENT, Key, LOOPBACK, Params, named};
use crate::harness::{Answer, Fault, Pds, Proxy, eventually};

async fn local(pds: &Pds, id: &str, redirect_uri: &str) -> Answer {
    let app = App::local("atproto");
    let asking = app.asking(pds).with("client_id", id).with("redirect_uri", redirect_uri);
    app.send(pds, "/oauth/par", &asking).await
}

#[tokio::test]
async fn an_app_in_development_is_answered_at_any_port_of_its_own_address() {
    let pds = Pds::start().await;
    let id = App::local("atproto").id;
    for uri in [LOOPBACK, "http://127.0.0.1:5555/cb"] {
        assert_eq!(local(&pds, &id, uri).await.status, 201, "{uri}");
    }
    for uri in [
        "http://127.0.0.1:5555/other",
        "http://127.0.0.1/cb?a=b",
        "http://localhost/cb",
        "http://localhost:5555/cb",
        "http://[::1]/cb",
        "https://127.0.0.1/cb",
        "http://127.0.0.1.example.com/cb",
        "http://me@127.0.0.1/cb",
    ] {
        let refusal = local(&pds, &id, uri).await.refusal();
        assert_eq!(refusal, (400, "invalid_request".to_owned()), "{uri}");
    }
    // Who says nothing of it is answered at both.
    for uri in ["http://127.0.0.1/", "http://[::1]:5555/"] {
        assert_eq!(local(&pds, "http://localhost", uri).await.status, 201, "{uri}");
    }
}

#[tokio::test]
async fn an_app_in_development_says_no_more_than_it_may() {
    let pds = Pds::start().await;
    for (id, told) in [
        ("http://localhost?a=b", "scope and redirect_uri"),
        ("http://localhost:8080", "http://localhost and a query"),
        ("http://localhost?scope=atproto#a", "fragment"),
        ("http://localhost?scope=transition:generic", "atproto"),
        ("http://localhost?redirect_uri=http://localhost/cb", "127.0.0.1"),
        ("http://localhost?redirect_uri=https://app.example.com/cb", "127.0.0.1"),
    ] {
        let answer = local(&pds, id, LOOPBACK).await;
        assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()), "{id}");
        let said = description(&answer);
        assert!(said.contains(told) || said.contains("localhost"), "{id}: {said}");
    }
}

#[tokio::test]
async fn a_document_that_is_another_apps_is_refused_until_it_is_mended() {
    let world = World::start().await;
    let app = App::public(&world.site, "atproto");
    let mut document = app.document();
    document["client_id"] = json!("https://app.example.com/client.json");
    app.publish(&world.site, &document);
    let answer = world.push(&app, &app.asking(&world.pds)).await;
    assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()));
    assert!(description(&answer).contains("client_id"), "{}", description(&answer));
    // What was wrong is not remembered.
    app.publish(&world.site, &app.document());
    assert_eq!(world.refusal(&app).await, None);
}

#[tokio::test]
async fn a_document_is_fetched_once_for_many_requests_and_then_anew() {
    let world = World::start().await;
    let app = App::public(&world.site, "atproto");
    for _ in 0..3 {
        assert_eq!(world.refusal(&app).await, None);
    }
    assert_eq!(world.site.count(DOCUMENT), 1);
    let headers = &world.site.seen(DOCUMENT)[0].headers;
    assert_eq!(headers["accept"], "application/json");
    pass(Duration::from_secs(11 * 60)).await;
    assert_eq!(world.refusal(&app).await, None);
    eventually(async || (world.site.count(DOCUMENT) == 2).then_some(())).await;
}

#[tokio::test]
async fn what_is_no_document_is_refused_with_what_came_instead() {
    let world = World::start().await;
    let app = App::public(&world.site, "atproto");
    let document = app.document().to_string();
    let padded = format!("{}{document}", " ".repeat(600_000));
    for (status, kind, body, told) in [
        (200, "text/html", "<p>Are you a robot?</p>", "text/html"),
        (200, "text/html", document.as_str(), "text/html"),
        (404, "application/json", document.as_str(), "404"),
        (500, "application/json", "{}", "500"),
        (200, "application/json", "[]", "object"),
        (200, "application/json", "not JSON", "object"),
        (200, "application/json", padded.as_str(), "fetched"),
    ] {
        app.answer_with(&world.site, status, kind, body);
        let answer = world.push(&app, &app.asking(&world.pds)).await;
        assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()), "{told}");
        assert!(description(&answer).contains(told), "{told}: {}", description(&answer));
    }
    // What is packed is not unpacked: a few bytes can become as many as one likes.
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(document.as_bytes()).unwrap();
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let headers = headers.map(|(name, value)| (name, value.to_owned())).to_vec();
    world.site.let_through();
    world.site.always(DOCUMENT, Fault::Say(200, headers, packed.finish().unwrap().into()));
    assert_eq!(world.refusal(&app).await.as_deref(), Some("invalid_client"));
    app.publish(&world.site, &app.document());
    assert_eq!(world.refusal(&app).await, None);
}

#[tokio::test]
async fn a_document_is_not_looked_for_elsewhere() {
    let world = World::start().await;
    let app = App::public(&world.site, "atproto");
    world.site.let_through();
    let elsewhere = format!("{}/other.json", world.site.origin());
    world.site.always(DOCUMENT, Fault::redirect(&elsewhere));
    assert_eq!(world.refusal(&app).await.as_deref(), Some("invalid_client"));
    assert_eq!(world.site.count("/other.json"), 0);
}

#[tokio::test]
async fn whoever_does_not_answer_is_waited_for_ten_seconds() {
    let world = World::start().await;
    let app = App::public(&world.site, "atproto");
    world.site.let_through();
    let gate = world.site.hold(DOCUMENT);
    let began = Instant::now();
    assert_eq!(world.refusal(&app).await.as_deref(), Some("invalid_client"));
    assert!(began.elapsed() < Duration::from_secs(15));
    gate.open();
}

#[tokio::test]
async fn a_document_is_held_to_each_rule() {
    let world = World::start().await;
    let app = App::public(&world.site, "atproto");
    let key = named(&Key::generate(), "one");
    let set = json!({ "keys": [key] });
    let secret = json!({ "keys": [Key::generate().private_jwk()] });
    let elsewhere = json!(["https://other.example.com/cb"]);
    let with_key = |mut document: Value, set: &Value| {
        document["token_endpoint_auth_method"] = json!("private_key_jwt");
        document["token_endpoint_auth_signing_alg"] = json!("ES256");
        document["jwks"] = set.clone();
        document
    };
    let changed = |changes: &[(&str, Value)]| {
        let mut document = app.document();
        for (name, value) in changes {
            document[name] = value.clone();
        }
        document
    };
    for (document, told) in [
        (changed(&[("dpop_bound_access_tokens", json!(false))]), "dpop_bound_access_tokens"),
        (changed(&[("dpop_bound_access_tokens", Value::Null)]), "dpop_bound_access_tokens"),
        (changed(&[("scope", json!("transition:generic"))]), "atproto"),
        (changed(&[("scope", json!("atproto atproto"))]), "twice"),
        (changed(&[("scope", Value::Null)]), "scope"),
        (changed(&[("grant_types", json!(["implicit", "authorization_code"]))]), "implicit"),
        (changed(&[("grant_types", json!(["refresh_token"]))]), "authorization_code"),
        (changed(&[("response_types", json!(["token"]))]), "response_types"),
        (changed(&[("redirect_uris", json!([]))]), "redirect_uris"),
        (changed(&[("redirect_uris", json!(["http://app.example.com/cb"]))]), "http"),
        (changed(&[("redirect_uris", json!(["http://127.0.0.1/cb"]))]), "loopback"),
        (changed(&[("redirect_uris", json!(["javascript:alert(1)"]))]), "native"),
        (changed(&[("application_type", json!("service"))]), "application_type"),
        (changed(&[("token_endpoint_auth_method", json!("client_secret_basic"))]), "secret"),
        (changed(&[("token_endpoint_auth_method", Value::Null), ("jwks", set.clone())]), "missing"),
        (changed(&[("jwks", secret.clone())]), "jwks"),
        (with_key(changed(&[("jwks_uri", json!("https://app.example.com/k"))]), &set), "jwks_uri"),
        (with_key(app.document(), &json!({ "keys": [] })), "jwks"),
        (with_key(changed(&[("application_type", json!("native"))]), &set), "native"),
        (changed(&[("client_uri", json!("https://other.example.com"))]), "client_uri"),
    ] {
        app.publish(&world.site, &document);
        let answer = world.push(&app, &app.asking(&world.pds)).await;
        assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()), "{document}");
        assert!(description(&answer).contains(told), "{told}: {}", description(&answer));
    }
    // Answers may go to any place that the document names.
    app.publish(&world.site, &changed(&[("redirect_uris", elsewhere)]));
    let asking = app.asking(&world.pds).with("redirect_uri", "https://other.example.com/cb");
    assert_eq!(world.push(&app, &asking).await.status, 201);
}

#[tokio::test]
async fn an_app_on_a_device_has_the_scheme_of_its_own_host() {
    let site = Proxy::listen().await;
    let port = site.origin().rsplit(':').next().unwrap().to_owned();
    let origin = format!("http://app.example.com:{port}");
    let pds =
        Pds::start_with(|config| config.private_origins = vec![origin.parse().unwrap()]).await;
    pds.dns().set_addresses("app.example.com", vec!["127.0.0.1".parse().unwrap()]);
    for (uri, is_good) in [
        ("com.example.app:/cb", true),
        ("com.example.other:/cb", false),
        ("com.example:/cb", false),
        ("com.example.app://cb", false),
        ("com.example.app:cb", false),
        ("app:/cb", false),
    ] {
        let mut app = App::at(&origin, "atproto");
        // A document each, so that none is remembered.
        app.id = format!("{origin}/{}{DOCUMENT}", crate::harness::oauth::random());
        app.redirect_uri = uri.to_owned();
        let mut document = app.document();
        document["application_type"] = json!("native");
        app.publish(&site, &document);
        let answer = app.send(&pds, "/oauth/par", &app.asking(&pds)).await;
        assert_eq!(answer.status == 201, is_good, "{uri}: {}", answer.text());
        if !is_good {
            assert!(description(&answer).contains("redirect"), "{uri}: {}", description(&answer));
        }
    }
}

#[tokio::test]
async fn what_is_not_known_in_a_document_is_looked_past() {
    let world = World::start().await;
    let mut app = App::confidential(&world.site, "atproto repo:*");
    let mut document = app.document();
    document["scope"] = json!("atproto foo:bar openid repo:* repo:%zz");
    document["something_new"] = json!({ "a": 1 });
    let own = document["jwks"]["keys"][0].clone();
    document["jwks"]["keys"] = json!([
        { "kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "n": "AQAB", "e": "AQAB", "kid": "enc" },
        { "kty": "unheard of" },
        own,
    ]);
    app.publish(&world.site, &document);
    assert_eq!(world.refusal(&app).await, None);
    app.scope = "atproto foo:bar".to_owned();
    assert_eq!(world.refusal(&app).await, None);
}

#[tokio::test]
async fn an_app_with_a_key_shows_that_it_has_it_each_time() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let asking = app.asking(&world.pds);
    assert_eq!(world.push(&app, &asking).await.status, 201);
    let again = world.push(&app, &asking).await;
    assert_eq!(again.refusal(), (400, "invalid_client".to_owned()), "an assertion is good once");
    assert!(description(&again).contains("before"));

    let good = app.assertion_claims(&world.pds);
    let changed = |name: &str, value: Value| {
        let mut claims = app.assertion_claims(&world.pds);
        claims[name] = value;
        app.assertion(&claims)
    };
    let now_s = world.pds.now_s();
    let (key, _) = app.auth.clone().unwrap();
    let token_url = json!(format!("{}/oauth/token", world.pds.public_url()));
    let origin = world.pds.public_url();
    for (assertion, told) in [
        (key.sign(json!({}), &good), "kid"),
        (key.sign(json!({ "kid": "two" }), &good), "two"),
        (Key::generate().sign(json!({ "kid": "one" }), &good), "hold"),
        (Key::generate_k256().sign(json!({ "kid": "one" }), &good), "alg"),
        (changed("aud", token_url), "aud"),
        (changed("aud", json!([])), "aud"),
        (changed("iss", json!("https://app.example.com")), "iss"),
        (changed("sub", json!("https://app.example.com")), "sub"),
        (changed("iat", json!(now_s - 90)), "ago"),
        (changed("iat", json!(now_s + 90)), "future"),
        (changed("exp", json!(now_s - 1)), "expired"),
        (changed("iat", Value::Null), "iat"),
        (changed("jti", Value::Null), "jti"),
        ("a.b.c".to_owned(), ""),
    ] {
        let params = app.asking(&world.pds).with("client_assertion", &assertion);
        let answer = world.push(&app, &params).await;
        assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()), "{told}");
        assert!(description(&answer).contains(told), "{told}: {}", description(&answer));
    }
    for (assertion, why) in [
        (changed("aud", json!([origin, "https://other.example.com"])), "one of several"),
        (changed("iat", json!(now_s + 20)), "a clock that is a little ahead"),
        (changed("iat", json!(now_s - 50)), "a clock that is a little behind"),
        (changed("htm", json!("POST")), "a claim of something else"),
    ] {
        let params = app.asking(&world.pds).with("client_assertion", &assertion);
        assert_eq!(world.push(&app, &params).await.status, 201, "{why}");
    }
}

#[tokio::test]
async fn two_apps_may_number_their_assertions_alike() {
    let world = World::start().await;
    let mut app = App::confidential(&world.site, "atproto");
    let claims = app.assertion_claims(&world.pds);
    let params = app.asking(&world.pds).with("client_assertion", &app.assertion(&claims));
    assert_eq!(world.push(&app, &params).await.status, 201);
    app.id = format!("{}/other{DOCUMENT}", world.site.origin());
    app.publish(&world.site, &app.document());
    let mut same = app.assertion_claims(&world.pds);
    same["jti"] = claims["jti"].clone();
    let params = app.asking(&world.pds).with("client_assertion", &app.assertion(&same));
    let answer = world.push(&app, &params).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test]
async fn an_app_shows_neither_less_than_it_can_nor_more() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let params = app.asking(&world.pds).without("client_assertion");
    for params in [params.clone(), params.without("client_assertion_type")] {
        let answer = world.push(&app, &params).await;
        assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()));
    }
    // Some libraries send what is not there as nothing.
    let plain = App::local("atproto");
    let nothing = [("client_assertion", ""), ("client_assertion_type", "")];
    let params = plain.asking(&world.pds).and(&nothing);
    assert_eq!(world.push(&plain, &params).await.status, 201);
    let mut eager = App::local("atproto");
    eager.auth = Some((Key::generate(), "one"));
    assert_eq!(world.refusal(&eager).await.as_deref(), Some("invalid_client"));
}

#[tokio::test]
async fn one_key_has_one_purpose() {
    let world = World::start().await;
    let mut app = App::confidential(&world.site, "atproto");
    app.key = app.auth.clone().unwrap().0;
    assert_eq!(world.refusal(&app).await.as_deref(), Some("invalid_dpop_proof"));
}

#[tokio::test]
async fn keys_that_are_elsewhere_are_looked_for_again_when_one_is_new() {
    let world = World::start().await;
    let mut app = App::confidential(&world.site, "atproto");
    let mut document = app.document();
    let keys = document.as_object_mut().unwrap().remove("jwks").unwrap();
    document["jwks_uri"] = json!(format!("{}/keys.json", world.site.origin()));
    let put = |keys: &Value| {
        app.publish(&world.site, &document);
        let header = ("content-type", "application/json".to_owned());
        world.site.always("/keys.json", Fault::Answer(200, header, keys.to_string().into()));
    };
    put(&keys);
    assert_eq!(world.refusal(&app).await, None);
    let new = Key::generate();
    put(&json!({ "keys": [named(&new, "two")] }));
    app.auth = Some((new, "two"));
    pass(Duration::from_secs(31)).await;
    assert_eq!(world.refusal(&app).await, None);
    // Who names keys that nobody has does not make the server ask each time.
    app.auth = Some((Key::generate(), "three"));
    for _ in 0..5 {
        assert_eq!(world.refusal(&app).await.as_deref(), Some("invalid_client"));
    }
    assert!(world.site.count("/keys.json") <= 3, "{}", world.site.count("/keys.json"));
}

#[tokio::test]
async fn documents_are_not_fetched_from_inside_the_network() {
    let site = Proxy::listen().await;
    let port = site.origin().rsplit(':').next().unwrap().to_owned();
    // Nothing is excepted, so that even in development only the server itself is reached.
    let pds = Pds::start().await;
    let names = [
        ("loop.example.com", "127.0.0.1"),
        ("other-loop.example.com", "127.9.9.9"),
        ("ten.example.com", "10.0.0.1"),
        ("link.example.com", "169.254.169.254"),
        ("six.example.com", "::1"),
        ("mapped.example.com", "::ffff:127.0.0.1"),
        ("unique.example.com", "fc00::1"),
        ("translated.example.com", "64:ff9b::7f00:1"),
        ("nowhere.example.com", "0.0.0.0"),
    ];
    for (name, address) in names {
        pds.dns().set_addresses(name, vec![address.parse().unwrap()]);
    }
    let hosts = names.iter().map(|(name, _)| *name).chain(["localhost", "127.0.0.1", "[::1]"]);
    site.let_through();
    for host in hosts {
        // Each is refused for what it is, and not for what is wrong besides, or because nobody is there.
        for (origin, told) in [
            (format!("https://{host}"), "not public"),
            (format!("https://{host}:{port}"), "port"),
            (format!("http://{host}:{port}"), "not https"),
        ] {
            let app = App::at(&origin, "atproto");
            let header = ("content-type", "application/json".to_owned());
            let document = app.document().to_string();
            site.always(DOCUMENT, Fault::Answer(200, header, document.into()));
            let answer = app.send(&pds, "/oauth/par", &app.asking(&pds)).await;
            assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()), "{origin}");
            assert!(description(&answer).contains(told), "{origin}: {}", description(&answer));
        }
    }
    assert_eq!(site.count(""), 0, "nobody has come");
}

#[tokio::test]
async fn a_document_that_cannot_be_had_for_a_while_ends_no_session() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    app.answer_with(&world.site, 503, "text/html", "later");
    pass(Duration::from_secs(60 * 60)).await;
    app.refresh(&world.pds, &tokens.refresh).await.ok();
    // It is looked for meanwhile, and not only then.
    eventually(async || (world.site.count(DOCUMENT) > 1).then_some(())).await;
}

#[tokio::test]
async fn a_key_that_an_app_has_given_up_is_good_for_nothing() {
    let world = World::start().await;
    let mut app = App::confidential(&world.site, "atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let former = app.auth.replace((Key::generate(), "two"));
    app.publish(&world.site, &app.document());
    app.auth = former;
    pass(Duration::from_secs(11 * 60)).await;
    // The first to come still gets the answer that is remembered, and has it renewed.
    let mut refresh = tokens.refresh;
    for _ in 0..100 {
        let answer = app.refresh(&world.pds, &refresh).await;
        if answer.status != 200 {
            assert_eq!(answer.refusal(), (400, "invalid_client".to_owned()));
            return;
        }
        refresh = answer.value()["refresh_token"].as_str().unwrap().to_owned();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the key is still good");
}

#[tokio::test]
async fn parameters_are_read_the_same_as_form_and_as_json() {
    let world = World::start().await;
    let app = App::local("atproto");
    let params: Params = app.asking(&world.pds);
    let proof = app.proof(&app.claims(&world.pds, "POST", "/oauth/par", None).await);
    let ask = world.pds.post("/oauth/par").json(&params.json()).header("dpop", &proof);
    assert_eq!(ask.send().await.status, 201);
}
