//! The directory as its clients see it: over HTTP, and by our own client over a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use crypto::{Curve, PrivateKey};
use http::{Method, Request, StatusCode};
use identity::Origin;
use identity::dns::DnsTable;
use identity::outbound::{Client, Settings};
use identity::plc::log::AuditedLog;
use identity::plc::{Change, Content, State as PlcState};
use identity::resolve::{PlcClient, PlcError};
use serde_json::{Value, json};
use store::{Clock, Faults, Options};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tower_service::Service as _;

use super::*;
use crate::http::listen_router;
use crate::tasks::Tasks;

const START_MS: u64 = 1_767_225_600_000;
const HOUR_MS: u64 = 3_600_000;

/// A directory with a clock of its own, and two keys: the first has the higher authority.
struct Fixture {
    router: Router,
    now_ms: Arc<AtomicU64>,
    keys: [PrivateKey; 2],
    _folder: TempDir,
}

/// What came for a request.
struct Got {
    status: u16,
    media_type: String,
    body: String,
}

impl Got {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.body))
    }

    fn message(&self) -> String {
        self.json()["message"].as_str().unwrap().to_owned()
    }
}

impl Fixture {
    fn new(rates: RateLimits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now_ms = Arc::new(AtomicU64::new(START_MS));
        let clock = {
            let now_ms = Arc::clone(&now_ms);
            Clock::new(move || now_ms.load(Ordering::SeqCst) * 1000)
        };
        let directory = folder.path().to_owned();
        let faults = Faults::default();
        let store = Store::open(Options {
            directory,
            clock,
            accept_future_seq: false,
            recent_bytes_max: 1 << 20,
            faults,
        });
        Self {
            router: router(store.unwrap(), rates),
            now_ms,
            keys: [Curve::P256, Curve::Secp256k1].map(PrivateKey::generate),
            _folder: folder,
        }
    }

    fn pass(&self, ms: u64) {
        self.now_ms.fetch_add(ms, Ordering::SeqCst);
    }

    async fn send(&self, verb: Method, path: &str, body: impl Into<Body>) -> Got {
        let request = Request::builder().method(verb).uri(path).body(body.into()).unwrap();
        let response = self.router.clone().call(request).await.unwrap();
        let (head, body) = response.into_parts();
        assert_eq!(head.headers["access-control-allow-origin"], "*", "{path}");
        let media_type = head.headers.get("content-type");
        let bytes = to_bytes(body, usize::MAX).await.unwrap();
        Got {
            status: head.status.as_u16(),
            media_type: media_type.map_or("", |text| text.to_str().unwrap()).to_owned(),
            body: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Got {
        self.send(Method::GET, path, Body::empty()).await
    }

    async fn post(&self, did: &Did, operation: &Operation) -> Got {
        self.send(Method::POST, &format!("/{did}"), operation.to_json()).await
    }

    /// Makes an operation that makes a DID.
    fn genesis(&self, name: &str) -> (Did, Operation) {
        let pds = "http://localhost:2583".parse().unwrap();
        let handle = format!("{name}.test").parse().unwrap();
        let mut state = PlcState::of_account(&handle, &self.keys[1].public_key(), &pds);
        state.rotation_keys = self.keys.iter().map(|key| (&key.public_key()).into()).collect();
        let operation = Content::genesis(state).sign(&self.keys[1]).unwrap();
        (operation.did().unwrap(), operation)
    }

    /// Makes an operation that changes the handle, after another one, by one of the keys.
    fn rename(&self, after: &Operation, key: usize, name: &str) -> Operation {
        let names = Some(vec![format!("at://{name}.test")]);
        let change = Change { also_known_as: names, ..Change::default() };
        let state = after.state().unwrap().with(change);
        Content::update(after, state).sign(&self.keys[key]).unwrap()
    }

    /// Registers a DID.
    async fn register(&self, name: &str) -> (Did, Operation) {
        let (did, operation) = self.genesis(name);
        let got = self.post(&did, &operation).await;
        assert_eq!((got.status, got.body.as_str()), (200, "OK"), "{name}");
        assert_eq!(got.media_type, "text/plain; charset=utf-8");
        (did, operation)
    }

    async fn lines(&self, query: &str) -> Vec<Value> {
        let got = self.get(&format!("/export{query}")).await;
        assert_eq!((got.status, got.media_type.as_str()), (200, "application/jsonlines"));
        got.body.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

#[tokio::test]
async fn a_did_is_made_and_read_in_all_ways() {
    let directory = Fixture::new(RateLimits::Public);
    let (did, genesis) = directory.register("alice").await;
    let document = directory.get(&format!("/{did}")).await;
    assert_eq!(document.media_type, "application/did+ld+json; charset=utf-8");
    assert_eq!(document.json()["id"], json!(did));
    assert_eq!(document.json()["alsoKnownAs"], json!(["at://alice.test"]));
    let escaped = did.as_str().replace(':', "%3A");
    assert_eq!(directory.get(&format!("/{escaped}")).await.body, document.body);

    directory.pass(1_500);
    let renamed = directory.rename(&genesis, 0, "alicia");
    assert_eq!(directory.post(&did, &renamed).await.status, 200);
    let operations: [Value; 2] =
        [&genesis, &renamed].map(|op| serde_json::from_str(&op.to_json()).unwrap());
    let get = async |what: &str| {
        let got = directory.get(&format!("/{did}{what}")).await;
        assert_eq!((got.status, got.media_type.as_str()), (200, "application/json; charset=utf-8"));
        got.json()
    };
    assert_eq!(get("/data").await["alsoKnownAs"], json!(["at://alicia.test"]));
    assert_eq!(get("/data").await["did"], json!(did));
    assert_eq!(get("/log").await, json!(operations));
    assert_eq!(get("/log/last").await, operations[1]);
    let entry = |operation: &Operation, created_at: &str| {
        let json: Value = serde_json::from_str(&operation.to_json()).unwrap();
        json!({"did": did, "operation": json, "cid": operation.cid(), "nullified": false,
               "createdAt": created_at})
    };
    let entries = json!([
        entry(&genesis, "2026-01-01T00:00:00.000Z"),
        entry(&renamed, "2026-01-01T00:00:01.500Z")
    ]);
    assert_eq!(get("/log/audit").await, entries);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let directory = Fixture::new(RateLimits::Public);
    let (did, _) = directory.genesis("nobody");
    for what in ["", "/data", "/log", "/log/last", "/log/audit"] {
        for id in [did.as_str(), "did:plc:short", "alice.test", "did:web:alice.test", "favicon.ico"]
        {
            let got = directory.get(&format!("/{id}{what}")).await;
            let expected = (404, format!("DID not registered: {id}"));
            assert_eq!((got.status, got.message()), expected, "{what}");
            assert_eq!(got.media_type, "application/json; charset=utf-8");
        }
    }
    for path in ["/a/b", "/did:plc:a/log/first", "/export/", "/%ff"] {
        let got = directory.get(path).await;
        assert_eq!((got.status, got.message()), (404, "Not Found".to_owned()), "{path}");
    }
    for (verb, path) in [(Method::DELETE, format!("/{did}")), (Method::POST, "/export".to_owned())]
    {
        assert_eq!(directory.send(verb, &path, "{}").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn operations_are_refused_by_the_rules() {
    let directory = Fixture::new(RateLimits::Public);
    let (did, genesis) = directory.register("alice").await;
    let (other, unborn) = directory.genesis("unborn");
    let forged = directory.rename(&genesis, 0, "mallory").content().clone();
    let forged = forged.sign(&PrivateKey::generate(Curve::P256)).unwrap();
    for (id, operation) in [
        // A DID is the hash of what makes it.
        (&did, &unborn),
        (&other, &genesis),
        (&"did:web:alice.test".parse().unwrap(), &genesis),
        (&did, &genesis),
        (&did, &forged),
        (&other, &directory.rename(&unborn, 0, "early")),
    ] {
        let got = directory.post(id, operation).await;
        assert_eq!(got.status, 400, "{}", got.body);
        assert!(!got.message().is_empty());
    }
    let with = |change: fn(&mut Value)| {
        let mut json = serde_json::from_str(&unborn.to_json()).unwrap();
        change(&mut json);
        json.to_string()
    };
    let padded =
        |json: &mut Value| json["sig"] = json!(format!("{}==", json["sig"].as_str().unwrap()));
    for body in [
        String::new(),
        "{}".to_owned(),
        "[1".to_owned(),
        with(|json| json["extra"] = json!(1)),
        with(|json| json["prev"] = json!("bafy")),
        with(padded),
        with(|json| json["alsoKnownAs"] = json!(vec!["at://a.test"; 11])),
    ] {
        let got = directory.send(Method::POST, &format!("/{other}"), body.clone()).await;
        assert_eq!(got.status, 400, "{body}: {}", got.body);
        assert!(!got.message().is_empty());
    }
    let large = vec![b' '; 100 * 1024 + 1];
    let got = directory.send(Method::POST, &format!("/{other}"), large).await;
    assert_eq!((got.status, got.message()), (413, "request entity too large".to_owned()));
    assert_eq!(directory.send(Method::POST, "/alice.test", "{}").await.status, 400);
    assert_eq!(directory.get(&format!("/{other}")).await.status, 404);
}

#[tokio::test]
async fn of_two_that_follow_the_same_one_wins() {
    let directory = Fixture::new(RateLimits::Public);
    let (did, genesis) = directory.register("alice").await;
    let operations: Vec<_> =
        (0..8).map(|n| directory.rename(&genesis, 1, &format!("alice{n}"))).collect();
    let sent = operations.iter().map(|operation| {
        let (directory, did, json) = (directory.router.clone(), did.clone(), operation.to_json());
        tokio::spawn(async move {
            let mut router = directory;
            let request = Request::post(format!("/{did}")).body(Body::from(json)).unwrap();
            router.call(request).await.unwrap().status().as_u16()
        })
    });
    let mut statuses = Vec::new();
    for sent in sent.collect::<Vec<_>>() {
        statuses.push(sent.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    let audit = directory.get(&format!("/{did}/log/audit")).await;
    let log = AuditedLog::check(&did, serde_json::from_str(&audit.body).unwrap()).unwrap();
    assert_eq!(log.entries().len(), 2);
}

#[tokio::test]
async fn a_stronger_key_takes_back_within_72_hours() {
    let directory = Fixture::new(RateLimits::Public);
    for (after_ms, status) in [(72 * HOUR_MS, 200), (72 * HOUR_MS + 1, 400)] {
        let (did, genesis) = directory.register(&format!("alice{status}")).await;
        directory.pass(1000);
        let stolen = directory.rename(&genesis, 1, "mallory");
        assert_eq!(directory.post(&did, &stolen).await.status, 200);
        directory.pass(1000);
        let end = Content::tombstone(&stolen).sign(&directory.keys[1]).unwrap();
        assert_eq!(directory.post(&did, &end).await.status, 200);
        let gone = directory.get(&format!("/{did}")).await;
        assert_eq!((gone.status, gone.message()), (404, format!("DID not available: {did}")));
        assert_eq!(directory.get(&format!("/{did}/data")).await.status, 404);
        assert_eq!(directory.get(&format!("/{did}/log")).await.json()[2]["type"], "plc_tombstone");

        directory.pass(after_ms - 1000);
        let taken_back = directory.rename(&genesis, 0, "alice");
        let got = directory.post(&did, &taken_back).await;
        assert_eq!(got.status, status, "{}", got.body);
        let is_back = status == 200;
        let audit = directory.get(&format!("/{did}/log/audit")).await.json();
        let nullified = audit.as_array().unwrap().iter().map(|entry| entry["nullified"] == true);
        let expected = if is_back { vec![false, true, true, false] } else { vec![false; 3] };
        assert_eq!(nullified.collect::<Vec<_>>(), expected);
        assert_eq!(directory.get(&format!("/{did}")).await.status == 200, is_back);
    }
}

#[tokio::test]
async fn a_did_has_ten_operations_an_hour_unless_rates_are_off() {
    for rates in [RateLimits::Public, RateLimits::Off] {
        let directory = Fixture::new(rates);
        let (did, mut last) = directory.register("alice").await;
        for number in 1..10 {
            last = directory.rename(&last, 1, &format!("alice{number}"));
            assert_eq!(directory.post(&did, &last).await.status, 200);
        }
        let next = directory.rename(&last, 1, "alice10");
        let status = if rates == RateLimits::Off { 200 } else { 400 };
        assert_eq!(directory.post(&did, &next).await.status, status);
        // The first of them is no longer of the last hour.
        directory.pass(HOUR_MS);
        let next = if rates == RateLimits::Off { directory.rename(&next, 1, "b") } else { next };
        assert_eq!(directory.post(&did, &next).await.status, 200);
    }
}

#[tokio::test]
async fn everything_is_exported_in_pages_of_either_kind() {
    let directory = Fixture::new(RateLimits::Public);
    let mut expected = Vec::new();
    for number in 0..7 {
        // Several at the same time: a page must not end between them.
        directory.pass(number / 3);
        expected.push(directory.register(&format!("a{number}")).await.1.cid().to_string());
    }
    let cid = |line: &Value| line["cid"].as_str().unwrap().to_owned();
    for count in [1, 2, 3, 5, 1000] {
        let (mut by_seq, mut after) = (Vec::new(), 0);
        loop {
            let page = directory.lines(&format!("?after={after}&count={count}")).await;
            let Some(last) = page.last() else { break };
            assert!(page.len() <= count && page.iter().all(|line| line["type"] == "sequenced_op"));
            assert!(page.iter().all(|line| line.get("nullified").is_none()));
            after = last["seq"].as_u64().unwrap();
            by_seq.extend(page.iter().map(cid));
        }
        assert_eq!(by_seq, expected, "{count}");

        let (mut by_time, mut query) = (Vec::new(), format!("?count={count}"));
        loop {
            let page = directory.lines(&query).await;
            let Some(last) = page.last() else { break };
            assert!(
                page.iter().all(|line| line["nullified"] == false && line.get("seq").is_none())
            );
            query = format!("?count={count}&after={}", last["createdAt"].as_str().unwrap());
            by_time.extend(page.iter().map(cid));
        }
        assert_eq!(by_time, expected, "{count}");
    }
    assert_eq!(directory.lines("").await.len(), 7);
    for (query, name) in [("?count=0", "count"), ("?count=x", "count"), ("?after=x", "after")] {
        let got = directory.get(&format!("/export{query}")).await;
        assert_eq!((got.status, got.message()), (400, format!("Invalid {name} parameter")));
    }
}

#[tokio::test]
async fn browsers_and_people_get_an_answer() {
    let directory = Fixture::new(RateLimits::Public);
    let health = directory.get("/_health").await;
    assert_eq!(health.json(), json!({ "version": env!("CARGO_PKG_VERSION") }));
    assert!(directory.get("/").await.body.contains("not part of the public network"));
    let request = Request::options("/did:plc:a")
        .header("access-control-request-headers", "content-type")
        .body(Body::empty());
    let response = directory.router.clone().call(request.unwrap()).await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    assert_eq!(response.headers()["access-control-allow-headers"], "content-type");
    assert_eq!(response.headers()["access-control-allow-methods"], "GET,HEAD,POST");
}

#[tokio::test]
async fn our_own_client_writes_and_reads() {
    let directory = Fixture::new(RateLimits::Public);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    let origin: Origin = origin.parse().unwrap();
    let tasks = Tasks::default();
    listen_router(&tasks, listener, directory.router.clone());
    let dns = Arc::new(DnsTable::new());
    dns.set_addresses("localhost", vec!["127.0.0.1".parse().unwrap()]);
    let http = Client::for_upstreams(dns, vec![origin.clone()], Settings::default());
    let client = PlcClient::new(http, origin, Duration::from_secs(10));

    let (did, genesis) = directory.genesis("alice");
    assert!(matches!(client.state(&did).await, Err(PlcError::NotFound)));
    client.submit(&did, &genesis).await.unwrap();
    assert_eq!(client.state(&did).await.unwrap(), genesis.state().unwrap());
    let renamed = directory.rename(&genesis, 1, "alicia");
    client.submit(&did, &renamed).await.unwrap();
    let late = directory.rename(&genesis, 1, "later");
    assert!(matches!(client.submit(&did, &late).await, Err(PlcError::Conflict)));
    let again = client.submit(&did, &genesis).await;
    assert!(matches!(again, Err(PlcError::Refused { .. })), "{again:?}");
    assert_eq!(client.last_operation(&did).await.unwrap(), renamed);
    assert_eq!(client.audited_log(&did).await.unwrap().entries().len(), 2);
    let document = client.document(&did).await.unwrap();
    assert_eq!(document.handle().unwrap(), "alicia.test");
    assert!(tasks.stop(Duration::from_secs(10)).await);
}
