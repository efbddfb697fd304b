//! The methods as they are called, with a directory of did:plc of the server's own.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, to_bytes};
use crypto::{Curve, PrivateKey, PublicKey};
use http::header::HOST;
use http::{Method, Request};
use identity::dns::DnsTable;
use identity::plc::{Content, Operation, State};
use repo::event::{Message, decode};
use serde_json::{Value, json};
use store::NewAccount;
use store::repo::FirstCommit;
use syntax::{Did, Handle};
use tempfile::TempDir;
use tower_service::Service as _;

use crate::pds::Pds;
use crate::token::{Scope, SessionClaims, Use, make_session_token};
use crate::write::first_commit;
use crate::xrpc::{Call, Methods};
use crate::{Config, Server, Surroundings, api, well_known};

/// A server that runs, and the DNS around it.
struct World {
    server: Server,
    pds: Pds,
    methods: Methods,
    dns: Arc<DnsTable>,
    _folder: TempDir,
}

/// An account and its keys.
struct Owner {
    did: Did,
    signing: PublicKey,
    genesis: Operation,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dns = Arc::new(DnsTable::new());
        dns.set_addresses("localhost", vec![Ipv4Addr::LOCALHOST.into()]);
        let now_us = AtomicU64::new(1_767_225_600_000_000);
        let clock = store::Clock::new(move || now_us.fetch_add(1_000, Ordering::Relaxed));
        let mut surroundings = Surroundings::new(clock);
        surroundings.dns = Some(Arc::clone(&dns) as Arc<_>);
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = Config { listen: local, plc_listen: Some(local), ..Config::default() };
        config.data = folder.path().to_owned();
        config.dev = true;
        config.handle_domains = Some(vec![".test".to_owned(), ".example.com".to_owned()]);
        let server = Server::start(config, surroundings).await.unwrap();
        let pds = server.pds.clone();
        let methods = api::methods(&pds.config);
        Self { server, pds, methods, dns, _folder: folder }
    }

    /// Makes an account as `createAccount` does.
    async fn account(&self, name: &str) -> Owner {
        let pds = &self.pds;
        let handle: Handle = name.parse().unwrap();
        let signing = PrivateKey::generate(Curve::Secp256k1);
        let mut state = State::of_account(&handle, &signing.public_key(), &pds.url);
        state.rotation_keys.push((&pds.keys.rotation.public_key()).into());
        let genesis = Content::genesis(state).sign(&pds.keys.rotation).unwrap();
        let did = genesis.did().unwrap();
        pds.plc.submit(&did, &genesis).await.unwrap();
        let new = NewAccount {
            did: did.clone(),
            handle: handle.clone(),
            email: Some(format!("{name}@example.com")),
            password: None,
            deactivated_at: None,
            delete_after: None,
            signing_key: pds.keys.seal_signing_key(&did, &signing),
        };
        let first = first_commit(&did, &handle, &signing, &pds.clock, true).unwrap();
        let first = FirstCommit { frames: Vec::new(), ..first };
        let made = pds.store.write(move |tx| -> Result<(), store::Error> {
            let id = tx.create_account(&new)?;
            tx.create_repo(id, first).map(drop)
        });
        made.await.unwrap();
        Owner { did, signing: signing.public_key(), genesis }
    }

    async fn deactivate(&self, owner: &Owner) {
        let did = owner.did.clone();
        let done = self.pds.store.write(move |tx| -> Result<(), store::Error> {
            let account = tx.account(&did)?.unwrap();
            let mut state = account.state;
            state.deactivated_at = Some(1);
            tx.set_state(account.id, &state)
        });
        done.await.unwrap();
    }

    async fn call(&self, request: http::request::Builder, body: Body) -> (u16, Value) {
        let (head, body) = request.body(body).unwrap().into_parts();
        let call = Call::new(head, body, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let response = self.methods.answer(&self.pds, call).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    fn request(&self, path: &str, caller: Option<(&Owner, Scope)>) -> http::request::Builder {
        let request = Request::builder().uri(format!("/xrpc/com.atproto.identity.{path}"));
        let Some((owner, scope)) = caller else { return request };
        let now_s = self.pds.clock.now_s();
        let claims = SessionClaims {
            scope,
            aud: self.pds.did.to_string(),
            sub: owner.did.clone(),
            iat: now_s,
            exp: now_s + 60,
            jti: None,
        };
        let token = make_session_token(&self.pds.keys.jwt, Use::Access, &claims);
        request.header("authorization", format!("Bearer {token}"))
    }

    async fn get(&self, path: &str, caller: Option<&Owner>) -> (u16, Value) {
        let caller = caller.map(|owner| (owner, Scope::Access));
        self.call(self.request(path, caller), Body::empty()).await
    }

    async fn post(&self, path: &str, caller: &Owner, input: &Value) -> (u16, Value) {
        self.post_as(path, Some((caller, Scope::Access)), input).await
    }

    async fn post_as(
        &self,
        path: &str,
        caller: Option<(&Owner, Scope)>,
        input: &Value,
    ) -> (u16, Value) {
        let (request, text) = (self.request(path, caller), input.to_string());
        let request = request.method(Method::POST).header("content-type", "application/json");
        self.call(request.header("content-length", text.len()), Body::from(text)).await
    }

    async fn rename(&self, owner: &Owner, handle: &str) -> (u16, Value) {
        self.post("updateHandle", owner, &json!({ "handle": handle })).await
    }

    /// Returns the events about identities: whose, and with which handle.
    async fn events(&self) -> Vec<(Did, Option<String>)> {
        let events: Result<_, store::Error> =
            self.pds.store.read(|tx| tx.events_after(0, 1000, usize::MAX)).await;
        let events = events.unwrap().into_iter().map(|event| decode(&event.frame).unwrap());
        let told = events.filter_map(|event| match event {
            Message::Identity(event) => {
                Some((event.did, event.handle.map(|handle| handle.to_string())))
            }
            _ => None,
        });
        told.collect()
    }

    async fn state(&self, owner: &Owner) -> State {
        self.pds.plc.state(&owner.did).await.unwrap()
    }

    async fn end(self) {
        drop((self.pds, self.methods));
        self.server.shutdown().await;
    }
}

fn refused((status, body): &(u16, Value)) -> (u16, &str, &str) {
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    (*status, text("error"), text("message"))
}

#[tokio::test]
async fn handles_lead_to_active_accounts_and_out_into_the_network() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    let bob = world.account("bob.elsewhere.org").await;
    world.dns.set_txt("_atproto.carol.elsewhere.org", vec!["did=did:web:carol.org".to_owned()]);
    for (handle, did) in [
        ("alice.test", alice.did.as_str()),
        ("ALICE.Test", alice.did.as_str()),
        ("bob.elsewhere.org", bob.did.as_str()),
        ("carol.elsewhere.org", "did:web:carol.org"),
    ] {
        let got = world.get(&format!("resolveHandle?handle={handle}"), None).await;
        assert_eq!(got, (200, json!({ "did": did })), "{handle}");
    }
    world.deactivate(&alice).await;
    world.deactivate(&bob).await;
    for (handle, error) in [
        ("alice.test", "HandleNotFound"),
        ("nobody.test", "HandleNotFound"),
        ("bob.elsewhere.org", "InvalidRequest"),
        ("nobody.elsewhere.org", "InvalidRequest"),
        ("handle.invalid", "InvalidRequest"),
    ] {
        let got = world.get(&format!("resolveHandle?handle={handle}"), None).await;
        assert_eq!(refused(&got), (400, error, "Unable to resolve handle"), "{handle}");
    }
    let malformed = world.get("resolveHandle?handle=alice", None).await;
    assert_eq!(refused(&malformed).1, "InvalidRequest");
    world.end().await;
}

#[tokio::test]
async fn identities_are_told_with_the_handle_that_holds() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    let document = world.get(&format!("resolveDid?did={}", alice.did), None).await;
    assert_eq!((document.0, &document.1["didDoc"]["id"]), (200, &json!(alice.did)));
    for identifier in ["alice.test", alice.did.as_str()] {
        let got = world.get(&format!("resolveIdentity?identifier={identifier}"), None).await;
        let expected = json!({ "did": alice.did, "handle": "alice.test",
                               "didDoc": document.1["didDoc"] });
        assert_eq!(got, (200, expected));
        let input = json!({ "identifier": identifier });
        assert_eq!(world.post("refreshIdentity", &alice, &input).await.0, 200);
    }
    let unknown = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    for (path, error) in [
        (format!("resolveDid?did={unknown}"), "DidNotFound"),
        (format!("resolveIdentity?identifier={unknown}"), "DidNotFound"),
        ("resolveIdentity?identifier=nobody.test".to_owned(), "HandleNotFound"),
        ("resolveIdentity?identifier=nobody.elsewhere.org".to_owned(), "HandleNotFound"),
        ("resolveDid?did=did:key:z1".to_owned(), "InvalidRequest"),
    ] {
        assert_eq!(refused(&world.get(&path, None).await).1, error, "{path}");
    }
    let input = json!({ "identifier": "alice.test" });
    let stranger = world.post_as("refreshIdentity", None, &input).await;
    assert_eq!(refused(&stranger).0, 401);

    // Who has left claims a handle that leads nowhere.
    world.deactivate(&alice).await;
    let got = world.get(&format!("resolveIdentity?identifier={}", alice.did), None).await;
    assert_eq!((got.0, &got.1["handle"]), (200, &json!("handle.invalid")));
    world.end().await;
}

#[tokio::test]
async fn a_handle_changes_in_directory_database_and_stream() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    assert_eq!(world.rename(&alice, "Alicia.test").await.0, 200);
    assert_eq!(world.state(&alice).await.also_known_as, ["at://alicia.test"]);
    let resolved = world.get("resolveHandle?handle=alicia.test", None).await;
    assert_eq!(resolved.1["did"], json!(alice.did));
    assert_eq!(refused(&world.get("resolveHandle?handle=alice.test", None).await).0, 400);

    // The same again changes nothing and is announced.
    assert_eq!(world.rename(&alice, "alicia.test").await.0, 200);
    let log = world.pds.plc.audited_log(&alice.did).await.unwrap();
    assert_eq!(log.entries().len(), 2);

    let txt = |did: &Did| vec![format!("did={did}")];
    world.dns.set_txt("_atproto.alice.elsewhere.org", txt(&alice.did));
    assert_eq!(world.rename(&alice, "alice.elsewhere.org").await.0, 200);
    let identity = world.get(&format!("resolveIdentity?identifier={}", alice.did), None).await;
    assert_eq!(identity.1["handle"], "alice.elsewhere.org");
    let told = ["alicia.test", "alicia.test", "alice.elsewhere.org"];
    let told = told.map(|handle| (alice.did.clone(), Some(handle.to_owned())));
    assert_eq!(world.events().await, told);
    world.end().await;
}

#[tokio::test]
async fn handles_that_an_account_may_not_have_change_nothing() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    let bob = world.account("bobby.test").await;
    world.dns.set_txt("_atproto.bob.elsewhere.org", vec![format!("did={}", bob.did)]);
    let external = "External handle did not resolve to DID";
    for (handle, error, message) in [
        ("bobby.test", "InvalidRequest", "Handle already taken: bobby.test"),
        ("ab.test", "InvalidHandle", "Handle too short"),
        ("nineteen-characters.test", "InvalidHandle", "Handle too long"),
        ("a.bcd.test", "InvalidHandle", "Invalid characters in handle"),
        ("admin.test", "HandleNotAvailable", "Reserved handle"),
        ("alice.local", "InvalidHandle", "Handle TLD is invalid or disallowed"),
        ("bob.elsewhere.org", "InvalidRequest", external),
        ("nobody.elsewhere.org", "InvalidRequest", external),
    ] {
        let got = world.rename(&alice, handle).await;
        assert_eq!(refused(&got), (400, error, message), "{handle}");
    }
    assert_eq!(world.state(&alice).await, alice.genesis.state().unwrap());
    assert_eq!(world.events().await, []);
    let (caller, input) = ((&alice, Scope::TakenDown), json!({ "handle": "carol.test" }));
    let got = world.post_as("updateHandle", Some(caller), &input).await;
    assert_eq!(refused(&got).1, "InvalidToken");
    world.end().await;
}

#[tokio::test]
async fn what_is_recommended_can_be_submitted_and_nothing_less() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    let (status, recommended) = world.get("getRecommendedDidCredentials", Some(&alice)).await;
    let rotation = world.pds.keys.rotation.public_key().to_string();
    assert_eq!((status, &recommended["rotationKeys"]), (200, &json!([rotation])));
    assert_eq!(recommended["alsoKnownAs"], json!(["at://alice.test"]));
    assert_eq!(recommended["verificationMethods"]["atproto"], alice.signing.to_string());
    let service = json!({ "type": "AtprotoPersonalDataServer",
                          "endpoint": world.pds.url.to_string() });
    assert_eq!(recommended["services"]["atproto_pds"], service);

    // The owner adds a key of their own in the first place.
    let own = PrivateKey::generate(Curve::P256);
    let mut state: State = serde_json::from_value(recommended).unwrap();
    state.rotation_keys.insert(0, (&own.public_key()).into());
    let operation = |last: &Operation, state: &State, key: &PrivateKey| {
        let operation = Content::update(last, state.clone()).sign(key).unwrap();
        json!({ "operation": serde_json::from_str::<Value>(&operation.to_json()).unwrap() })
    };
    let submit = async |input: &Value| world.post("submitPlcOperation", &alice, input).await;
    let good = operation(&alice.genesis, &state, &world.pds.keys.rotation);
    assert_eq!(submit(&good).await.0, 200);
    assert_eq!(world.state(&alice).await, state);
    // The answer may have been lost: to send the same again is not an error.
    assert_eq!(submit(&good).await.0, 200);
    assert_eq!(world.events().await, [(alice.did.clone(), None), (alice.did.clone(), None)]);

    let last = world.pds.plc.last_operation(&alice.did).await.unwrap();
    let end = Content::tombstone(&last).sign(&own).unwrap().to_json();
    let end = json!({ "operation": serde_json::from_str::<Value>(&end).unwrap() });
    let mut without = state.clone();
    without.rotation_keys.pop();
    let stranger = PrivateKey::generate(Curve::P256);
    state.also_known_as.push("at://second.example.org".to_owned());
    for input in [
        json!({ "operation": {} }),
        end,
        operation(&last, &without, &own),
        operation(&last, &state, &stranger),
    ] {
        let got = submit(&input).await;
        assert_eq!((got.0, refused(&got).1), (400, "InvalidRequest"), "{input}");
    }
    assert_eq!(submit(&operation(&last, &state, &own)).await.0, 200);
    world.end().await;
}

#[tokio::test]
async fn an_operation_is_signed_for_who_has_the_mail() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    let mail = async || {
        let request = world.request("requestPlcOperationSignature", Some((&alice, Scope::Access)));
        let got = world.call(request.method(Method::POST), Body::empty()).await;
        assert_eq!(got.0, 200, "{got:?}");
        let mails: Result<_, store::Error> = world.pds.store.read(|tx| tx.newest_mails(1)).await;
        let mail = mails.unwrap().remove(0);
        assert_eq!(mail.recipient, "alice.test@example.com");
        let mut words = mail.body.split_whitespace();
        words.find(|word| word.len() == 11 && word.as_bytes()[5] == b'-').unwrap().to_owned()
    };
    let sign = async |input: &Value| world.post("signPlcOperation", &alice, input).await;
    let missing = "email confirmation token required to sign PLC operations";
    assert_eq!(refused(&sign(&json!({})).await), (400, "InvalidRequest", missing));
    assert_eq!(refused(&sign(&json!({ "token": "AAAAA-AAAAA" })).await).1, "InvalidToken");

    let token = mail().await;
    for (part, value) in [
        ("services", json!({ "a": { "type": "A" } })),
        ("services", json!({ "a": { "type": "A", "endpoint": "https://a.test", "more": "b" } })),
        ("verificationMethods", json!({ "atproto": 7 })),
        ("verificationMethods", json!({ "atproto": "no key" })),
        ("rotationKeys", json!([])),
    ] {
        let mut input = json!({ "token": token });
        input[part] = value;
        assert_eq!(refused(&sign(&input).await).1, "InvalidRequest", "{input}");
    }
    // What failed has not spent the token, which may be typed in small letters.
    let names = json!(["at://alice.test", "at://second.example.org"]);
    let input = json!({ "token": token.to_lowercase(), "alsoKnownAs": names });
    let (status, signed) = sign(&input).await;
    assert_eq!(status, 200, "{signed}");
    assert_eq!(refused(&sign(&input).await).1, "InvalidToken");
    assert_eq!(signed["operation"]["alsoKnownAs"], names);
    assert_eq!(signed["operation"]["prev"], alice.genesis.cid().to_string());
    assert_eq!(world.post("submitPlcOperation", &alice, &signed).await.0, 200);
    assert_eq!(world.state(&alice).await.also_known_as.len(), 2);

    // An app password does not do, and once the server has no say, it does not sign.
    let input = json!({ "token": mail().await });
    let app = Some((&alice, Scope::AppPassword));
    assert_eq!(refused(&world.post_as("signPlcOperation", app, &input).await).1, "InvalidToken");
    let own = PrivateKey::generate(Curve::P256);
    let last = world.pds.plc.last_operation(&alice.did).await.unwrap();
    let mut state = last.state().unwrap();
    state.rotation_keys = vec![(&own.public_key()).into()];
    let leave = Content::update(&last, state).sign(&world.pds.keys.rotation).unwrap();
    world.pds.plc.submit(&alice.did, &leave).await.unwrap();
    assert_eq!(refused(&sign(&input).await).1, "InvalidRequest");
    world.end().await;
}

#[tokio::test]
async fn a_host_that_is_a_handle_names_its_account() {
    let world = World::new().await;
    let alice = world.account("alice.example.com").await;
    let bare = world.account("example.com").await;
    world.account("bob.elsewhere.org").await;
    let ask = async |host: &str| {
        let request = Request::get("/.well-known/atproto-did").header(HOST, host);
        let mut router = well_known::router(world.pds.clone());
        let response = router.call(request.body(Body::empty()).unwrap()).await.unwrap();
        let (status, kind) = (response.status().as_u16(), response.headers().get("content-type"));
        assert!(kind.unwrap().to_str().unwrap().starts_with("text/plain"));
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    };
    for host in ["alice.example.com", "ALICE.example.com:8080"] {
        assert_eq!(ask(host).await, (200, alice.did.to_string()));
    }
    assert_eq!(ask("example.com").await, (200, bare.did.to_string()));
    world.deactivate(&alice).await;
    for host in ["alice.example.com", "nobody.test", "bob.elsewhere.org", "localhost", "[::1]"] {
        assert_eq!(ask(host).await, (404, "User not found".to_owned()), "{host}");
    }
    world.end().await;
}
