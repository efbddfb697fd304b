//! What strangers send: whatever it is, it is refused or read, and never does more than it says.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use pagurus_oauth::access::AccessTokens;
use pagurus_oauth::assertion::{Assertion, ClientAuth, Credentials};
use pagurus_oauth::client::{Client, ClientId, Hosts};
use pagurus_oauth::dpop::{Nonces, Proof, Request};
use pagurus_oauth::error::Refusal as _;
use pagurus_oauth::exchange::{Revocation, TokenRequest};
use pagurus_oauth::jose::{JwkSet, Jws};
use pagurus_oauth::metadata::Issuer;
use pagurus_oauth::parameters::Parameters;
use pagurus_oauth::request::{Answer, AuthorizationRequest, Redirect};
use pagurus_oauth::token::AuthorizationCode;
use proptest::prelude::*;
use serde_json::{Value, json};

const REGISTERED: [&str; 3] =
    ["http://127.0.0.1/cb", "http://[::1]:8080/cb?a=b", "com.example.app:/cb"];

fn document() -> Value {
    json!({
        "client_id": "https://app.example.com/c.json",
        "application_type": "native",
        "scope": "atproto repo:*",
        "redirect_uris": REGISTERED,
        "dpop_bound_access_tokens": true,
    })
}

fn client() -> Client {
    let id = ClientId::parse("https://app.example.com/c.json", Hosts::Public).unwrap();
    Client::parse(&id, document().to_string().as_bytes()).unwrap()
}

/// Texts that are nearly something.
fn nearly(pieces: &'static [&'static str]) -> impl Strategy<Value = String> {
    let piece =
        prop_oneof![4 => prop::sample::select(pieces).prop_map(str::to_owned), 1 => ".{0,3}"];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

const URL_PIECES: &[&str] = &[
    "http://",
    "https://",
    "localhost",
    "127.0.0.1",
    "[::1]",
    ":5555",
    "/cb",
    "?a=b",
    "#",
    "@",
    "\\",
    "com.example.app:",
    "/",
    "app.example.com",
    "?scope=atproto",
    "&redirect_uri=",
    "%2F",
    ".",
    " ",
];
const TOKEN_PIECES: &[&str] =
    &["eyJhbGciOiJFUzI1NiJ9", "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2In0", ".", "e30", "AA", "="];

proptest! {
    #[test]
    fn no_bytes_make_a_reader_panic(bytes: Vec<u8>, text in ".{0,200}") {
        let id = client().id;
        for bytes in [&bytes[..], text.as_bytes()] {
            for parameters in [Parameters::from_form(bytes), Parameters::from_json(bytes)] {
                let Ok(parameters) = parameters else { continue };
                let _ = Credentials::read(&parameters);
                let _ = TokenRequest::read(&parameters);
                let _ = Revocation::read(&parameters);
            }
            let _ = JwkSet::parse(bytes);
            prop_assert!(Client::parse(&id, bytes).is_err());
        }
    }

    #[test]
    fn no_token_makes_a_reader_panic(token in nearly(TOKEN_PIECES)) {
        let _ = Jws::parse(&token).map(|jws| jws.claims());
        prop_assert!(Assertion::parse(&token).is_err());
        let audience = "did:web:pds.test".parse().unwrap();
        prop_assert!(AccessTokens::new(b"a").verify(&token, "a", &audience, None).is_err());
        let url = Issuer::parse("https://pds.test").unwrap().url("/");
        let request = Request { method: "GET", url: &url, access_token: None, now_s: 0 };
        let nonces = Nonces::new([0; 32], [0; 8], 0);
        prop_assert!(!nonces.is_fresh(&token, 0, 0));
        let fault = Proof::verify([token.as_bytes()], &request, &nonces).unwrap_err();
        prop_assert!(fault.explain().bytes().all(|byte| (b' '..=b'~').contains(&byte)));
    }

    #[test]
    fn no_field_of_a_document_makes_the_reader_panic(
        field in prop::sample::select(vec![
            "client_name", "client_uri", "scope", "redirect_uris", "jwks", "jwks_uri",
            "grant_types", "token_endpoint_auth_method", "logo_uri",
        ]),
        text in nearly(URL_PIECES),
        is_list: bool,
    ) {
        let mut document = document();
        document[field] = if is_list { json!([text]) } else { json!(text) };
        if let Err(fault) = Client::parse(&client().id, document.to_string().as_bytes()) {
            prop_assert!(fault.explain().contains(field), "{}", fault.explain());
        }
    }

    #[test]
    fn an_id_that_is_taken_is_what_it_says(text in nearly(URL_PIECES)) {
        for hosts in [Hosts::Public, Hosts::Any] {
            let Ok(id) = ClientId::parse(&text, hosts) else { continue };
            prop_assert_eq!(id.as_str(), &text);
            let json = serde_json::to_string(&id).unwrap();
            prop_assert_eq!(serde_json::from_str::<ClientId>(&json).unwrap(), id.clone());
            match id {
                ClientId::Discoverable(_) if hosts == Hosts::Public => {
                    prop_assert!(text.starts_with("https://"));
                }
                ClientId::Discoverable(_) => {}
                ClientId::Loopback(_) => prop_assert!(text.starts_with("http://localhost")),
            }
        }
    }

    #[test]
    fn answers_go_where_they_may_and_nowhere_else(
        uri in nearly(URL_PIECES),
        port in 1_u16..,
        state in "\\PC{0,20}",
        registered in 0_usize..3,
        is_near: bool,
    ) {
        let near = REGISTERED[registered].replace("127.0.0.1/", &format!("127.0.0.1:{port}/"));
        let uri = if is_near { near.clone() } else { uri };
        let client = client();
        let is_known = client.redirect_uri(&uri).is_some();
        prop_assert!(!is_near || is_known);
        let is_allowed = REGISTERED.contains(&&*uri)
            || uri.strip_prefix("http://127.0.0.1:").is_some_and(|rest| {
                let port = rest.strip_suffix("/cb").unwrap_or("no port");
                port.is_empty() || port.parse::<u16>().is_ok()
            });
        prop_assert_eq!(is_known, is_allowed, "{}", uri);

        let parameters = json!({
            "client_id": client.id, "response_type": "code", "scope": "atproto",
            "redirect_uri": uri, "state": state, "code_challenge_method": "S256",
            "code_challenge": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
        });
        let parameters = Parameters::from_json(parameters.to_string().as_bytes()).unwrap();
        let request = AuthorizationRequest::new(&parameters, &client, ClientAuth::None, None);
        prop_assert_eq!(request.is_ok(), is_known);
        let Ok(request) = request else { return Ok(()) };
        let answer = Answer::Code(AuthorizationCode::from_random([1; 32]));
        let Redirect::Location(location) = request.redirect("https://pds.test", &answer) else {
            panic!("it is a query");
        };
        prop_assert!(location.starts_with(&uri));
        prop_assert!(location.bytes().all(|byte| byte.is_ascii_graphic()), "{}", location);
        let (_, query) = location.split_once('?').unwrap();
        let found = Parameters::from_form(query.as_bytes()).unwrap();
        let expected = Some(state.as_str()).filter(|state| !state.is_empty());
        prop_assert_eq!(found.text("state").unwrap(), expected);
        prop_assert_eq!(found.required("iss").unwrap(), "https://pds.test");
        prop_assert!(found.has("code"));
    }
}
