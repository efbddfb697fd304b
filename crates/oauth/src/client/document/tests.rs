//! Documents that are good, and one for each thing that can be wrong.

use serde_json::json;

use super::*;
use crate::client::Hosts;
use crate::jose::JwkError;
use crate::testing::Key;

const ID: &str = "https://app.example.com/oauth/client.json";

fn public() -> Value {
    json!({
        "client_id": ID,
        "scope": "atproto transition:generic",
        "redirect_uris": ["https://app.example.com/cb"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": true,
    })
}

fn confidential() -> Value {
    let mut key = Key::new(Curve::P256, 1).json();
    key["kid"] = json!("a");
    let mut document = public();
    document["token_endpoint_auth_method"] = json!("private_key_jwt");
    document["token_endpoint_auth_signing_alg"] = json!("ES256");
    document["jwks"] = json!({ "keys": [key] });
    document
}

/// Changes fields of a document. Those that are set to null are taken out.
fn with<const N: usize>(mut document: Value, fields: [(&str, Value); N]) -> Value {
    for (field, value) in fields {
        match value {
            Value::Null => drop(document.as_object_mut().unwrap().remove(field)),
            value => document[field] = value,
        }
    }
    document
}

fn parse(document: &Value) -> Result<Client, ClientError> {
    let id = ClientId::parse(ID, Hosts::Public).unwrap();
    Client::parse(&id, document.to_string().as_bytes())
}

#[test]
fn a_document_says_what_a_client_is() {
    let fields = [
        ("client_name", json!("  An\n\u{202e}app  ")),
        ("client_uri", json!("https://app.example.com")),
        ("logo_uri", json!("https://cdn.example.com/logo.png")),
        ("tos_uri", json!("https://app.example.com/terms")),
        ("policy_uri", json!("javascript:alert(1)")),
        ("of_the_future", json!({ "a": 1 })),
        ("redirect_uris", json!(["https://app.example.com/cb", "https://b.example.com/"])),
    ];
    let client = parse(&with(public(), fields)).unwrap();
    assert_eq!(client.id.as_str(), ID);
    assert_eq!(client.name.as_deref(), Some("Anapp"));
    assert_eq!(client.page.as_ref().map(Url::as_str), Some("https://app.example.com/"));
    assert!(client.logo.is_some() && client.terms.is_some() && client.policy.is_none());
    assert_eq!(client.scope, ["atproto", "transition:generic"]);
    assert_eq!((client.kind, client.refreshes), (ClientKind::Web, true));
    assert!(!client.is_confidential() && client.is_remembered());
    assert_eq!(
        client.redirect_uri("https://b.example.com/").unwrap().as_str(),
        "https://b.example.com/"
    );
    assert_eq!(client.redirect_uri("https://c.example.com/"), None);

    let client = parse(&confidential()).unwrap();
    assert!(client.is_confidential());
    let AuthMethod::PrivateKeyJwt { curve, keys: KeySource::Inline(keys) } = client.auth else {
        panic!("it has keys");
    };
    assert_eq!(curve, Curve::P256);
    assert!(keys.find("a", "ES256").is_some());
}

#[test]
fn what_real_clients_leave_out_or_add_is_no_fault() {
    let mut rsa = confidential();
    rsa["jwks"]["keys"].as_array_mut().unwrap().push(json!({ "kty": "RSA", "use": "enc" }));
    let native = [
        ("application_type", json!("native")),
        ("redirect_uris", json!(["com.example.app:/cb", "http://127.0.0.1/cb"])),
    ];
    let keys_uri = [("jwks", json!(null)), ("jwks_uri", json!("https://k.example.com/keys"))];
    for document in [
        rsa,
        with(public(), native),
        with(confidential(), keys_uri),
        with(public(), [("token_endpoint_auth_method", json!(null))]),
        with(public(), [("grant_types", json!(null)), ("response_types", json!(null))]),
        with(public(), [("subject_type", json!("public")), ("application_type", json!("web"))]),
        with(public(), [("scope", json!("atproto foo:bar repo:%zz x"))]),
        with(public(), [("client_uri", json!("https://app.example.com/oauth"))]),
        with(public(), [("client_uri", json!("https://app.example.com/oauth/"))]),
        with(public(), [("logo_uri", json!(5))]),
    ] {
        assert_eq!(parse(&document).err(), None, "{document}");
    }
    let no_refresh = with(public(), [("grant_types", json!(["authorization_code"]))]);
    assert!(!parse(&no_refresh).unwrap().refreshes);
}

#[test]
fn each_fault_of_a_document_names_its_field() {
    let text = |field| ClientError::Type { field, expected: "a text" };
    let texts = |field| ClientError::Type { field, expected: "an array of texts" };
    for (field, value, fault) in [
        ("client_id", json!(null), ClientError::Missing("client_id")),
        ("client_id", json!(5), text("client_id")),
        ("client_id", json!("https://b.test/"), ClientError::OtherId("https://b.test/".into())),
        ("scope", json!(null), ClientError::Missing("scope")),
        ("scope", json!(["atproto"]), text("scope")),
        ("scope", json!("atproto a a"), ClientError::Scope("a".into())),
        ("scope", json!("atproto  a"), ClientError::Scope(String::new())),
        ("scope", json!("transition:generic"), ClientError::NoAtproto),
        ("grant_types", json!("authorization_code"), texts("grant_types")),
        ("grant_types", json!([5]), texts("grant_types")),
        ("grant_types", json!(["refresh_token"]), ClientError::NoCodeGrant),
        (
            "grant_types",
            json!(["authorization_code", "implicit"]),
            ClientError::GrantType("implicit".into()),
        ),
        ("response_types", json!(["token"]), ClientError::NoCodeResponse),
        ("subject_type", json!("pairwise"), ClientError::SubjectType),
        ("dpop_bound_access_tokens", json!(null), ClientError::NotBound),
        ("dpop_bound_access_tokens", json!(false), ClientError::NotBound),
        ("dpop_bound_access_tokens", json!("true"), ClientError::NotBound),
        ("application_type", json!("browser"), ClientError::Kind),
        ("client_name", json!({}), text("client_name")),
        ("client_uri", json!("https://other.example.com/"), ClientError::Page),
        ("client_uri", json!("http://app.example.com/"), ClientError::Page),
        ("client_uri", json!("https://app.example.com/oau"), ClientError::Page),
        ("client_uri", json!("app"), ClientError::Page),
        ("redirect_uris", json!(null), ClientError::Missing("redirect_uris")),
        ("redirect_uris", json!([]), ClientError::NoRedirectUri),
        ("redirect_uris", json!(vec!["a"; 101]), ClientError::TooManyRedirectUris),
        (
            "redirect_uris",
            json!(["https://app.example.com/cb", "http://127.0.0.1/"]),
            ClientError::RedirectUri {
                uri: "http://127.0.0.1/".into(),
                fault: RedirectUriError::Loopback,
            },
        ),
        (
            "token_endpoint_auth_method",
            json!("client_secret_basic"),
            ClientError::AuthMethod("client_secret_basic".into()),
        ),
        ("token_endpoint_auth_signing_alg", json!("ES256"), ClientError::UnusedAlgorithm),
    ] {
        let found = parse(&with(public(), [(field, value.clone())])).unwrap_err();
        assert_eq!(found, fault, "{field}: {value}");
        assert!(found.explain().contains(field), "{found}");
        assert_eq!(found.code(), ErrorCode::InvalidClient);
    }
    let id = ClientId::parse(ID, Hosts::Public).unwrap();
    let long = vec![b' '; DOCUMENT_BYTES_MAX + 1];
    for (document, fault) in [
        (&long[..], ClientError::TooLong),
        (b"<html>", ClientError::Json),
        (b"[]", ClientError::Json),
    ] {
        assert_eq!(Client::parse(&id, document), Err(fault));
    }
}

#[test]
fn the_keys_of_a_confidential_client_have_one_place_and_can_be_used() {
    let keys_at = |uri: &str| [("jwks", json!(null)), ("jwks_uri", json!(uri))];
    let lost = json!({ "keys": [with(Key::new(Curve::P256, 1).json(), [("d", json!("AA"))])] });
    let rsa = json!({ "keys": [{ "kty": "RSA" }] });
    let unusable = |fault| ClientError::KeySet(JwkSetError::Unusable(fault));
    for (document, fault) in [
        (with(confidential(), [("jwks", json!(null))]), ClientError::Keys),
        (with(confidential(), [("jwks_uri", json!("https://k.example.com/"))]), ClientError::Keys),
        (with(confidential(), keys_at("http://k.example.com/")), ClientError::KeysUrl),
        (with(confidential(), keys_at("https://me@k.example.com/")), ClientError::KeysUrl),
        (with(confidential(), keys_at("data:,{}")), ClientError::KeysUrl),
        (with(confidential(), keys_at("keys")), ClientError::KeysUrl),
        (
            with(confidential(), [("jwks", lost.clone())]),
            ClientError::KeySet(JwkSetError::Private("d")),
        ),
        (with(public(), [("jwks", lost)]), ClientError::KeySet(JwkSetError::Private("d"))),
        (with(confidential(), [("jwks", rsa)]), unusable(Some(JwkError::Kind))),
        (
            with(confidential(), [("token_endpoint_auth_signing_alg", json!("ES256K"))]),
            unusable(None),
        ),
        (
            with(confidential(), [("token_endpoint_auth_signing_alg", json!("none"))]),
            ClientError::Algorithm,
        ),
        (
            with(confidential(), [("token_endpoint_auth_signing_alg", json!(null))]),
            ClientError::Missing("token_endpoint_auth_signing_alg"),
        ),
        (
            with(
                confidential(),
                [
                    ("token_endpoint_auth_method", json!(null)),
                    ("token_endpoint_auth_signing_alg", json!(null)),
                ],
            ),
            ClientError::NoAuthMethod,
        ),
        (
            with(confidential(), [("application_type", json!("native"))]),
            ClientError::NativeAuthMethod,
        ),
    ] {
        assert_eq!(parse(&document), Err(fault), "{document}");
    }
}

#[test]
fn the_scheme_of_an_app_is_its_hosts() {
    let native = |uri: &str| {
        let fields = [("application_type", json!("native")), ("redirect_uris", json!([uri]))];
        parse(&with(public(), fields)).err()
    };
    assert_eq!(native("com.example.app:/cb"), None);
    let fault = RedirectUriError::OtherApp;
    let uri = "com.example.other:/cb".to_owned();
    assert_eq!(native(&uri), Some(ClientError::RedirectUri { uri: uri.clone(), fault }));
}

#[test]
fn a_client_in_development_needs_no_document() {
    let id = "http://localhost?scope=atproto+repo:*&redirect_uri=http://127.0.0.1/cb";
    let client = Client::in_development(&ClientId::parse(id, Hosts::Public).unwrap()).unwrap();
    assert_eq!((client.kind, client.refreshes), (ClientKind::Native, true));
    assert!(!client.is_confidential() && !client.is_remembered());
    assert_eq!(client.scope, ["atproto", "repo:*"]);
    assert!(client.redirect_uri("http://127.0.0.1:5555/cb").is_some());
    assert!(client.redirect_uri("http://127.0.0.1:5555/other").is_none());
    let other = ClientId::parse(ID, Hosts::Public).unwrap();
    assert_eq!(Client::in_development(&other), None);
}
