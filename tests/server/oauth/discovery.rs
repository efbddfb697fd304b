//! How apps find out what the server can do.

use http::Method;
use serde_json::json;

use super::World;
use crate::harness::Pds;

#[tokio::test]
async fn what_is_here_says_where_tokens_for_it_are_had() {
    let pds = Pds::start().await;
    let answer = pds.get("/.well-known/oauth-protected-resource").send().await;
    let found = answer.ok();
    let origin = pds.public_url();
    assert_eq!(found["resource"], json!(origin), "an origin has no slash at its end");
    assert_eq!(found["authorization_servers"], json!([origin]));
    assert_eq!(found["bearer_methods_supported"], json!(["header"]));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

#[tokio::test]
async fn the_server_says_all_that_clients_look_for() {
    let pds = Pds::start().await;
    let answer = pds.get("/.well-known/oauth-authorization-server").send().await;
    let found = answer.ok();
    let origin = pds.public_url();
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let at = |path: &str| json!(format!("{origin}{path}"));
    for (name, expected) in [
        ("issuer", json!(origin)),
        ("authorization_endpoint", at("/oauth/authorize")),
        ("token_endpoint", at("/oauth/token")),
        ("revocation_endpoint", at("/oauth/revoke")),
        ("pushed_authorization_request_endpoint", at("/oauth/par")),
        ("jwks_uri", at("/oauth/jwks")),
        ("protected_resources", json!([origin])),
        ("require_pushed_authorization_requests", json!(true)),
        ("require_request_uri_registration", json!(true)),
        ("request_parameter_supported", json!(false)),
        ("request_uri_parameter_supported", json!(true)),
        ("authorization_response_iss_parameter_supported", json!(true)),
        ("client_id_metadata_document_supported", json!(true)),
        ("code_challenge_methods_supported", json!(["S256"])),
        ("response_types_supported", json!(["code"])),
        ("response_modes_supported", json!(["query", "fragment", "form_post"])),
        ("grant_types_supported", json!(["authorization_code", "refresh_token"])),
        ("token_endpoint_auth_methods_supported", json!(["none", "private_key_jwt"])),
        ("subject_types_supported", json!(["public"])),
    ] {
        assert_eq!(found[name], expected, "{name}");
    }
    let has = |name: &str, value: &str| found[name].as_array().unwrap().contains(&json!(value));
    assert!(has("scopes_supported", "atproto"));
    for name in
        ["dpop_signing_alg_values_supported", "token_endpoint_auth_signing_alg_values_supported"]
    {
        assert!(has(name, "ES256") && !has(name, "none") && !has(name, "HS256"), "{name}");
    }
    for prompt in ["none", "login", "consent", "select_account", "create"] {
        assert!(has("prompt_values_supported", prompt), "{prompt}");
    }
}

#[tokio::test]
async fn pages_of_others_may_ask_and_see_what_they_need() {
    let pds = Pds::start().await;
    let paths = [
        ("/.well-known/oauth-protected-resource", "GET"),
        ("/.well-known/oauth-authorization-server", "GET"),
        ("/oauth/jwks", "GET"),
        ("/oauth/par", "POST"),
        ("/oauth/token", "POST"),
        ("/oauth/revoke", "POST"),
        ("/xrpc/com.atproto.server.getSession", "GET"),
    ];
    for (path, method) in paths {
        let ask = pds.ask(Method::OPTIONS, path).header("origin", "https://app.example.com");
        let ask = ask.header("access-control-request-method", method);
        let ask = ask.header("access-control-request-headers", "content-type,dpop");
        let answer = ask.send().await;
        assert!(answer.status.is_success(), "{path}: {}", answer.status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let allowed = answer.header("access-control-allow-headers").unwrap_or_default();
        let allowed = allowed.to_ascii_lowercase();
        let is_all = allowed.contains("content-type") && allowed.contains("dpop");
        assert!(is_all || allowed == "*", "{path}: {allowed}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{path}");

        let ask =
            pds.ask(method.parse().unwrap(), path).header("origin", "https://app.example.com");
        let answer = ask.send().await;
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default();
        let exposed = exposed.to_ascii_lowercase();
        let is_all = exposed.contains("dpop-nonce") && exposed.contains("www-authenticate");
        assert!(is_all, "{path}: {exposed}");
    }
}

#[tokio::test]
async fn keys_that_are_shown_have_no_secret_half() {
    let pds = Pds::start().await;
    let keys = pds.get("/oauth/jwks").send().await.ok();
    for key in keys["keys"].as_array().unwrap() {
        assert!(key.get("d").is_none() && key.get("k").is_none(), "{key}");
    }
}

#[tokio::test]
async fn requests_are_posted_and_nothing_else() {
    let world = World::start().await;
    for path in ["/oauth/par", "/oauth/token", "/oauth/revoke"] {
        for method in [Method::GET, Method::PUT, Method::DELETE] {
            let answer = world.pds.ask(method.clone(), path).send().await;
            assert_eq!(answer.status, 405, "{method} {path}");
        }
        for (kind, body) in [
            ("text/plain", "client_id=a"),
            ("application/json", "{\"client_id\":"),
            ("application/json", "[]"),
            ("application/json", "{\"client_id\":{}}"),
            ("application/x-www-form-urlencoded", ""),
            ("application/x-www-form-urlencoded", "client_id=a&client_id=b"),
            ("multipart/form-data; boundary=a", "--a--"),
        ] {
            let answer = world.pds.post(path).body(kind, body).send().await;
            let (status, name) = answer.refusal();
            assert!(status == 400, "{path} {kind} {body}: {}", answer.text());
            assert!(name.starts_with("invalid_"), "{path} {kind} {body}: {name}");
        }
        let answer = world.pds.post(path);
        let answer = answer.body("application/x-www-form-urlencoded", vec![b'a'; 1 << 20]);
        assert_eq!(answer.send().await.status, 400, "{path}");
    }
}
