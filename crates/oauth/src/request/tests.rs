//! Requests that are good, one for each thing that can be wrong, and the ways of answers.

use crypto::Curve;
use serde_json::{Value, json};

use super::*;
use crate::testing::{self, Key};
use crate::token::AuthorizationCode;

const ISSUER: &str = "https://pds.test";

/// The parameters of a good request, with some of them changed, or, where empty, left out.
fn parameters(changes: &[(&str, &str)]) -> Parameters {
    let mut json = json!({
        "client_id": testing::CLIENT_ID,
        "response_type": "code",
        "redirect_uri": "https://app.example.com/cb",
        "scope": "atproto transition:generic",
        "state": "a b",
        "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        "code_challenge_method": "S256",
    });
    for (name, value) in changes {
        json[name] = json!(value);
    }
    Parameters::from_json(json.to_string().as_bytes()).unwrap()
}

fn check(changes: &[(&str, &str)]) -> Result<AuthorizationRequest, RequestError> {
    let client = testing::public_client();
    AuthorizationRequest::new(&parameters(changes), &client, ClientAuth::None, None)
}

fn jkt(seed: u8) -> Thumbprint {
    Key::new(Curve::P256, seed).jwk().thumbprint()
}

#[test]
fn a_request_says_what_is_asked_for() {
    let request = check(&[]).unwrap();
    assert_eq!(request.client_id.as_str(), testing::CLIENT_ID);
    assert_eq!(request.redirect_uri, "https://app.example.com/cb");
    assert_eq!(request.response_mode, ResponseMode::Query);
    assert_eq!(request.scope.to_string(), "atproto transition:generic");
    assert_eq!(request.state.as_deref(), Some("a b"));
    assert_eq!((request.prompt, request.display, request.max_age_s), (None, None, None));
    assert_eq!((request.dpop_jkt, &request.login_hint), (None, &None));

    let request = check(&[
        ("state", ""),
        ("response_mode", "form_post"),
        ("prompt", "select_account"),
        ("display", "popup"),
        ("login_hint", "Alice.Example.com"),
        ("ui_locales", "fr-CA x_y en"),
        ("max_age", "3600"),
    ])
    .unwrap();
    assert_eq!(request.state, None);
    assert_eq!(request.response_mode, ResponseMode::FormPost);
    assert_eq!(request.prompt, Some(Prompt::SelectAccount));
    assert_eq!(request.display, Some(Display::Popup));
    assert_eq!(request.login_hint.as_ref().map(AtIdentifier::as_str), Some("alice.example.com"));
    let languages: Vec<&str> = request.ui_locales.iter().map(Language::as_str).collect();
    assert_eq!(languages, ["fr-CA", "en"]);
    assert_eq!(request.max_age_s, Some(3600));
}

#[test]
fn a_stored_request_is_the_same() {
    let all = [
        ("response_mode", "fragment"),
        ("prompt", "login"),
        ("display", "touch"),
        ("login_hint", "did:plc:ewvi7nxzyoun6zhxrhs64oiz"),
        ("ui_locales", "en"),
        ("max_age", "0"),
        ("dpop_jkt", &*jkt(2).to_string()),
    ];
    for changes in [&[][..], &all] {
        let request = check(changes).unwrap();
        let json = serde_json::to_string(&request).unwrap();
        assert_eq!(serde_json::from_str::<AuthorizationRequest>(&json).unwrap(), request);
    }
    let json = serde_json::to_value(check(&all).unwrap()).unwrap();
    assert_eq!(json["response_mode"], json!("fragment"));
    assert_eq!(json["prompt"], json!("login"));
    assert_eq!(json["scope"], json!("atproto transition:generic"));
    assert_eq!(serde_json::to_value(check(&[]).unwrap()).unwrap().get("prompt"), None::<&Value>);
}

#[test]
fn each_fault_of_a_request_has_its_name() {
    let missing = |name| RequestError::from(ParameterError::Missing(name));
    let long = "a".repeat(STATE_BYTES_MAX + 1);
    for (name, value, fault, code) in [
        ("request", "a.b.c", RequestError::Unsupported("request"), "invalid_request"),
        ("request_uri", "urn:a", RequestError::Unsupported("request_uri"), "invalid_request"),
        ("nonce", "a", RequestError::Unsupported("nonce"), "invalid_request"),
        ("claims", "{}", RequestError::Unsupported("claims"), "invalid_request"),
        ("id_token_hint", "a", RequestError::Unsupported("id_token_hint"), "invalid_request"),
        (
            "authorization_details",
            "[]",
            RequestError::Unsupported("authorization_details"),
            "invalid_request",
        ),
        ("response_type", "", missing("response_type"), "invalid_request"),
        ("response_type", "token", RequestError::ResponseType, "unsupported_response_type"),
        ("response_type", "code id_token", RequestError::ResponseType, "unsupported_response_type"),
        ("client_id", "", missing("client_id"), "invalid_request"),
        ("client_id", "https://other.test/c", RequestError::OtherClient, "invalid_request"),
        ("scope", "", RequestError::NoScope, "invalid_scope"),
        (
            "scope",
            "atproto transition:chat.bsky",
            RequestError::UnregisteredScope("transition:chat.bsky".to_owned()),
            "invalid_scope",
        ),
        (
            "scope",
            "atproto repo:com.example.a",
            RequestError::UnregisteredScope("repo:com.example.a".to_owned()),
            "invalid_scope",
        ),
        ("scope", "transition:generic", RequestError::NoAtproto, "invalid_scope"),
        ("redirect_uri", "", missing("redirect_uri"), "invalid_request"),
        ("redirect_uri", "https://evil.test/cb", RequestError::RedirectUri, "invalid_request"),
        (
            "redirect_uri",
            "https://app.example.com/cb/",
            RequestError::RedirectUri,
            "invalid_request",
        ),
        ("code_challenge", "", PkceError::NoChallenge.into(), "invalid_request"),
        ("code_challenge", "short", PkceError::Challenge.into(), "invalid_request"),
        ("code_challenge_method", "", PkceError::Method.into(), "invalid_request"),
        ("code_challenge_method", "plain", PkceError::Method.into(), "invalid_request"),
        ("response_mode", "jwt", RequestError::ResponseMode, "invalid_request"),
        ("state", &long, RequestError::State, "invalid_request"),
        ("prompt", "login consent", RequestError::Prompt, "invalid_request"),
        ("display", "hologram", RequestError::Display, "invalid_request"),
        ("max_age", "-1", RequestError::MaxAge, "invalid_request"),
        ("max_age", "+1", RequestError::MaxAge, "invalid_request"),
        ("max_age", "99999999999999999999", RequestError::MaxAge, "invalid_request"),
        ("dpop_jkt", "AA", RequestError::Thumbprint, "invalid_request"),
    ] {
        let found = check(&[(name, value)]).unwrap_err();
        assert_eq!(found, fault, "{name} {value}");
        assert_eq!(found.code().as_str(), code, "{name} {value}");
        assert!(found.explain().contains(name), "{found}");
    }
    for hint in ["@alice.test", "alice", "did:plc:", "alice@example.com"] {
        let fault = check(&[("login_hint", hint)]).unwrap_err();
        assert!(matches!(fault, RequestError::LoginHint(_)), "{hint}");
        assert_eq!(fault.code(), ErrorCode::InvalidRequest);
    }
}

#[test]
fn checks_come_in_their_order() {
    let mut changes = vec![
        ("response_type", "token", RequestError::ResponseType),
        ("client_id", "other", RequestError::OtherClient),
        ("scope", "openid", RequestError::UnregisteredScope("openid".to_owned())),
        ("redirect_uri", "other", RequestError::RedirectUri),
        ("code_challenge_method", "plain", PkceError::Method.into()),
        ("prompt", "other", RequestError::Prompt),
    ];
    while !changes.is_empty() {
        let all: Vec<_> = changes.iter().map(|(name, value, _)| (*name, *value)).collect();
        assert_eq!(check(&all).unwrap_err(), changes.remove(0).2);
    }
}

#[test]
fn scopes_are_compared_as_written_or_as_meant_and_cleaned_up() {
    let mut client = testing::public_client();
    client.scope = [
        "atproto",
        "openid",
        "repo:%zz",
        "of:the-future",
        "rpc:com.example.a?aud=did:web:b.test#svc",
        "repo?action=create&collection=com.example.c",
    ]
    .map(str::to_owned)
    .to_vec();
    let check = |scope: &str| {
        let parameters = parameters(&[("scope", scope)]);
        let request = AuthorizationRequest::new(&parameters, &client, ClientAuth::None, None);
        request.map(|request| request.scope.to_string())
    };
    for (scope, cleaned) in [
        ("atproto atproto", "atproto"),
        ("atproto repo:%zz of:the-future", "atproto"),
        (
            "atproto rpc:com.example.a?aud=did:web:b.test%23svc",
            "atproto rpc:com.example.a?aud=did:web:b.test%23svc",
        ),
        ("atproto repo:com.example.c?action=create", "atproto repo:com.example.c?action=create"),
    ] {
        assert_eq!(check(scope).as_deref(), Ok(cleaned), "{scope}");
    }
    for (scope, fault) in [
        ("atproto openid", RequestError::OpenId),
        ("openid", RequestError::NoAtproto),
        (
            "atproto repo:com.example.c",
            RequestError::UnregisteredScope("repo:com.example.c".to_owned()),
        ),
        ("atproto of:another", RequestError::UnregisteredScope("of:another".to_owned())),
    ] {
        assert_eq!(check(scope), Err(fault), "{scope}");
    }
}

#[test]
fn tokens_are_for_the_key_that_was_named_or_shown() {
    let client = testing::confidential_client();
    let auth =
        || ClientAuth::PrivateKeyJwt { alg: "ES256".to_owned(), kid: "a".to_owned(), jkt: jkt(1) };
    let check = |named: &str, proof| {
        let parameters = parameters(&[("dpop_jkt", named)]);
        AuthorizationRequest::new(&parameters, &client, auth(), proof).map(|found| found.dpop_jkt)
    };
    let (own, two, three) = (jkt(1), jkt(2), jkt(3));
    assert_eq!(check("", None), Ok(None));
    assert_eq!(check("", Some(two)), Ok(Some(two)));
    assert_eq!(check(&two.to_string(), None), Ok(Some(two)));
    assert_eq!(check(&two.to_string(), Some(two)), Ok(Some(two)));
    assert_eq!(check(&three.to_string(), Some(two)), Err(RequestError::OtherKey));
    let same = RequestError::SameKey(AssertionError::SameKey);
    assert_eq!(check("", Some(own)), Err(same.clone()));
    assert_eq!(check(&own.to_string(), None), Err(same));
}

#[test]
fn a_loopback_client_is_answered_at_the_port_that_it_has() {
    let id = "http://localhost?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb";
    let id = ClientId::parse(id, crate::client::Hosts::Public).unwrap();
    let client = Client::in_development(&id).unwrap();
    let check = |uri: &str| {
        let changes = [("client_id", id.as_str()), ("redirect_uri", uri), ("scope", "atproto")];
        AuthorizationRequest::new(&parameters(&changes), &client, ClientAuth::None, None)
    };
    let uri = "http://127.0.0.1:5555/cb";
    assert_eq!(check(uri).unwrap().redirect_uri, uri);
    for uri in ["http://127.0.0.1:5555/other", "http://localhost:5555/cb", "http://[::1]:5555/cb"] {
        assert_eq!(check(uri), Err(RequestError::RedirectUri), "{uri}");
    }
}

#[test]
fn answers_go_in_the_way_that_was_asked_for() {
    let code = Answer::Code(AuthorizationCode::from_random([0xab; 32]));
    let hex = "ab".repeat(32);
    let description = "No, \"never\" & ü".to_owned();
    let refused = Answer::Refused { code: ErrorCode::AccessDenied, description };
    let uri = "https://app.example.com/cb";
    for (changes, answer, location) in [
        (&[][..], &code, format!("{uri}?iss=https%3A%2F%2Fpds.test&state=a+b&code=cod-{hex}")),
        (
            &[("state", ""), ("redirect_uri", "https://app.example.com/cb?a=b")],
            &code,
            format!("{uri}?a=b&iss=https%3A%2F%2Fpds.test&code=cod-{hex}"),
        ),
        (
            &[("state", "#&="), ("response_mode", "fragment")],
            &code,
            format!("{uri}#iss=https%3A%2F%2Fpds.test&state=%23%26%3D&code=cod-{hex}"),
        ),
        (
            &[("response_mode", "fragment"), ("redirect_uri", "https://app.example.com/cb?a=b")],
            &refused,
            format!(
                "{uri}?a=b#iss=https%3A%2F%2Fpds.test&state=a+b&error=access_denied\
                 &error_description=No%2C+%22never%22+%26+%C3%BC"
            ),
        ),
    ] {
        let redirect = check(changes).unwrap().redirect(ISSUER, answer);
        assert_eq!(redirect, Redirect::Location(location));
    }
    let mut request = check(&[]).unwrap();
    for (uri, start) in [
        ("https://app.example.com/?", "https://app.example.com/?iss="),
        ("https://app.example.com/?a=b&", "https://app.example.com/?a=b&iss="),
        ("com.example.app:/cb", "com.example.app:/cb?iss="),
    ] {
        request.redirect_uri = uri.to_owned();
        let Redirect::Location(location) = request.redirect(ISSUER, &code) else {
            panic!("it is a query");
        };
        assert!(location.starts_with(start), "{location}");
    }
    let form = check(&[("response_mode", "form_post")]).unwrap().redirect(ISSUER, &refused);
    let fields = [
        ("iss", ISSUER),
        ("state", "a b"),
        ("error", "access_denied"),
        ("error_description", "No, \"never\" & ü"),
    ];
    let fields = fields.map(|(name, value)| (name, value.to_owned())).to_vec();
    assert_eq!(form, Redirect::Form { action: uri.to_owned(), fields });
}
