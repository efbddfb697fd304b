//! What takes more than other methods to come about: accounts that have left, weak sessions, and
//! identities over which the server has no say. All else is in `tests/server/identity`.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, to_bytes};
use crypto::{Curve, PrivateKey};
use http::header::HOST;
use http::{Method, Request};
use identity::dns::DnsTable;
use identity::plc::{Content, Operation, State};
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

/// A server that runs.
struct World {
    server: Server,
    pds: Pds,
    methods: Methods,
    _folder: TempDir,
}

/// An account and what made its DID.
struct Owner {
    did: Did,
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
        surroundings.dns = Some(dns);
        let local = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = Config { listen: local, plc_listen: Some(local), ..Config::default() };
        config.data = folder.path().to_owned();
        config.dev = true;
        config.handle_domains = Some(vec![".test".to_owned(), ".example.com".to_owned()]);
        let server = Server::start(config, surroundings).await.unwrap();
        let pds = server.pds.clone();
        let methods = api::methods(&pds.config);
        Self { server, pds, methods, _folder: folder }
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
            email: None,
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
        Owner { did, genesis }
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

    fn request(&self, path: &str) -> http::request::Builder {
        Request::builder().uri(format!("/xrpc/com.atproto.identity.{path}"))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(self.request(path), Body::empty()).await
    }

    async fn post(&self, path: &str, caller: (&Owner, Scope), input: &Value) -> (u16, Value) {
        let (owner, scope) = caller;
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
        let text = input.to_string();
        let request = self.request(path).method(Method::POST);
        let request = request.header("authorization", format!("Bearer {token}"));
        let request = request.header("content-type", "application/json");
        self.call(request.header("content-length", text.len()), Body::from(text)).await
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
async fn who_has_left_is_not_found_by_handle() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    let bob = world.account("bob.elsewhere.org").await;
    let bare = world.account("example.com").await;
    let ask = async |host: &str| {
        let request = Request::get("/.well-known/atproto-did").header(HOST, host);
        let mut router = well_known::router(world.pds.clone());
        let response = router.call(request.body(Body::empty()).unwrap()).await.unwrap();
        response.status().as_u16()
    };
    let resolve = async |handle: &str| world.get(&format!("resolveHandle?handle={handle}")).await;
    for (owner, handle) in
        [(&alice, "alice.test"), (&bob, "bob.elsewhere.org"), (&bare, "example.com")]
    {
        assert_eq!(resolve(handle).await, (200, json!({ "did": owner.did })));
        world.deactivate(owner).await;
    }
    for (handle, error) in [
        ("alice.test", "HandleNotFound"),
        // It may lead to wherever the account has gone.
        ("bob.elsewhere.org", "InvalidRequest"),
        ("example.com", "InvalidRequest"),
    ] {
        assert_eq!(refused(&resolve(handle).await), (400, error, "Unable to resolve handle"));
        assert_eq!(ask(handle).await, 404, "{handle}");
    }
    let got = world.get(&format!("resolveIdentity?identifier={}", alice.did)).await;
    assert_eq!((got.0, &got.1["handle"]), (200, &json!("handle.invalid")));
    world.end().await;
}

#[tokio::test]
async fn a_domain_of_the_servers_may_be_a_handle() {
    let world = World::new().await;
    let bare = world.account("example.com").await;
    let request = Request::get("/.well-known/atproto-did").header(HOST, "example.com");
    let mut router = well_known::router(world.pds.clone());
    let response = router.call(request.body(Body::empty()).unwrap()).await.unwrap();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert_eq!(bytes, bare.did.as_str());
    world.end().await;
}

#[tokio::test]
async fn sessions_that_are_too_weak_change_no_identity() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    for (method, scope, input) in [
        ("updateHandle", Scope::TakenDown, json!({ "handle": "carol.test" })),
        ("submitPlcOperation", Scope::TakenDown, json!({ "operation": {} })),
        ("signPlcOperation", Scope::AppPassword, json!({})),
        ("signPlcOperation", Scope::PrivilegedAppPassword, json!({})),
    ] {
        let got = world.post(method, (&alice, scope), &input).await;
        assert_eq!(refused(&got).1, "InvalidToken", "{method}");
    }
    // Who was taken down may leave.
    let got = world.post("signPlcOperation", (&alice, Scope::TakenDown), &json!({})).await;
    assert_eq!(refused(&got).1, "InvalidRequest");
    world.end().await;
}

#[tokio::test]
async fn what_the_directory_would_refuse_is_not_signed() {
    let world = World::new().await;
    let alice = world.account("alice.test").await;
    let (pds, did) = (&world.pds, alice.did.clone());
    let token = "ABCDE-FGHIJ";
    let mailed = pds.store.write(move |tx| -> Result<(), store::Error> {
        let account = tx.account(&did)?.unwrap();
        tx.put_email_token(account.id, store::Purpose::PlcOperation, token)
    });
    mailed.await.unwrap();
    let own = PrivateKey::generate(Curve::P256);
    let mut state = alice.genesis.state().unwrap();
    state.rotation_keys = vec![(&own.public_key()).into()];
    let leave = Content::update(&alice.genesis, state).sign(&pds.keys.rotation).unwrap();
    pds.plc.submit(&alice.did, &leave).await.unwrap();
    let input = json!({ "token": token });
    let sign = async || world.post("signPlcOperation", (&alice, Scope::Access), &input).await;
    let message = "Rotation keys do not include server's rotation key";
    assert_eq!(refused(&sign().await), (400, "InvalidRequest", message));
    let end = Content::tombstone(&leave).sign(&own).unwrap();
    pds.plc.submit(&alice.did, &end).await.unwrap();
    assert_eq!(refused(&sign().await), (400, "InvalidRequest", "Did is tombstoned"));
    world.end().await;
}
