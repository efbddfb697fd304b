//! Identities on an internet of one machine: directories, web servers and a DNS.

mod handles;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crypto::{Curve, PrivateKey};

use super::*;
use crate::document::{self, DocumentError};
use crate::origin::Origin;
use crate::outbound::testing::{Net, Piece, Script, response};
use crate::outbound::{Refusal, Strangers};
use crate::plc::directory;
use crate::plc::log::{Entry, LogError, RateLimits, append};
use crate::plc::{Content, Operation, State};

const PRIMARY: &str = "https://plc.test";
const COPY: &str = "https://copy.test";

/// A resolver on its internet.
struct World {
    net: Net,
    primary: Arc<Directory>,
}

/// An embedded directory of one process: what an operator's server glues to its database.
#[derive(Default)]
struct Directory {
    entries: Mutex<Vec<Entry>>,
    asked: AtomicUsize,
    /// A status to answer everything with.
    broken: Mutex<Option<&'static str>>,
}

impl Directory {
    fn answer(&self, request: &str) -> Vec<Piece> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(status) = *self.broken.lock().unwrap() {
            return response(status, "", "{}");
        }
        let (method, rest) = request.split_once(" /").unwrap();
        let path = rest.split(' ').next().unwrap();
        let (did, what) = path.split_once('/').unwrap_or((path, ""));
        let did: Did = did.parse().unwrap();
        let mut entries = self.entries.lock().unwrap();
        let of_did: Vec<Entry> = entries.iter().filter(|entry| entry.did == did).cloned().collect();
        let outcome = match (method, what) {
            ("GET", "") => directory::document(&did, &of_did),
            ("GET", "data") => directory::data(&did, &of_did),
            ("GET", "log/last") => directory::last_operation(&did, &of_did),
            ("GET", "log/audit") => directory::audit(&did, &of_did),
            ("POST", "") => {
                let body = request.split_once("\r\n\r\n").unwrap().1;
                let now_unix_ms = 1_700_000_000_000;
                let operation = Operation::parse(body.as_bytes()).map_err(Into::into);
                let appended = operation.and_then(|operation| {
                    Ok(append(&did, &of_did, operation, now_unix_ms, RateLimits::Public)?)
                });
                appended.map(|appended| {
                    for entry in entries.iter_mut() {
                        entry.nullified |= appended.nullified.contains(&entry.cid);
                    }
                    entries.push(appended.entry);
                    String::new()
                })
            }
            other => panic!("{other:?}"),
        };
        match outcome {
            Ok(body) => response("200", "content-type: application/did+ld+json\r\n", &body),
            Err(refusal) => response(&refusal.status().to_string(), "", &refusal.to_json()),
        }
    }

    fn break_with(&self, status: Option<&'static str>) {
        *self.broken.lock().unwrap() = status;
    }

    fn take_asked(&self) -> usize {
        self.asked.swap(0, Ordering::SeqCst)
    }
}

impl World {
    async fn new() -> Self {
        let mut net = Net::new();
        let primary = Arc::new(Directory::default());
        let answers = Arc::clone(&primary);
        net.https("plc.test", Arc::new(move |request| answers.answer(request))).await;
        Self { net, primary }
    }

    fn plc(&self) -> PlcClient {
        let http = self.net.upstream(&[PRIMARY, COPY]);
        PlcClient::new(http, PRIMARY.parse().unwrap(), Duration::from_secs(5))
    }

    fn sources(&self) -> Sources {
        let dns = Arc::clone(&self.net.dns);
        Sources {
            plc: self.plc(),
            http: self.net.client(Strangers::default()),
            dns,
            backup_dns: None,
            time_max: Duration::from_secs(5),
        }
    }

    fn resolver(&self) -> Resolver {
        Resolver::new(self.sources(), Memory::default())
    }

    /// Makes an identity in the directory.
    async fn create(&self, handle: &str) -> (Did, PrivateKey) {
        let key = PrivateKey::generate(Curve::Secp256k1);
        let pds = "https://pds.test".parse().unwrap();
        let mut state = State::of_account(&handle.parse().unwrap(), &key.public_key(), &pds);
        state.rotation_keys.push((&key.public_key()).into());
        let operation = Content::genesis(state).sign(&key).unwrap();
        let did = operation.did().unwrap();
        self.plc().submit(&did, &operation).await.unwrap();
        self.primary.take_asked();
        (did, key)
    }

    /// Sets the handle of an identity in the directory.
    async fn rename(&self, did: &Did, key: &PrivateKey, handle: &str) {
        let last = self.plc().last_operation(did).await.unwrap();
        let mut state = last.state().unwrap();
        state.set_handle(&handle.parse().unwrap());
        let operation = Content::update(&last, state).sign(key).unwrap();
        self.plc().submit(did, &operation).await.unwrap();
        self.primary.take_asked();
    }
}

fn web_document(did: &Did) -> String {
    document::write(did, &State::of_server(&"https://pds.test".parse().unwrap()))
}

fn file(body: impl Into<String>) -> Script {
    let body = body.into();
    Arc::new(move |_| response("200", "", &body))
}

#[tokio::test]
async fn a_directory_is_written_to_and_read() {
    let world = World::new().await;
    let plc = world.plc();
    let (did, key) = world.create("alice.test").await;
    let document = plc.document(&did).await.unwrap();
    assert_eq!(document.signing_key(), Some(key.public_key()));
    let genesis = plc.last_operation(&did).await.unwrap();
    world.rename(&did, &key, "bob.test").await;
    assert_eq!(plc.state(&did).await.unwrap().also_known_as, ["at://bob.test"]);
    let log = plc.audited_log(&did).await.unwrap();
    assert_eq!(log.entries().len(), 2);

    let late = Content::update(&genesis, genesis.state().unwrap()).sign(&key).unwrap();
    let late = plc.submit(&did, &late).await;
    assert!(matches!(late, Err(PlcError::Conflict)), "{late:?}");
    let stranger = PrivateKey::generate(Curve::P256);
    let last = plc.last_operation(&did).await.unwrap();
    let forged = Content::tombstone(&last).sign(&stranger).unwrap();
    match plc.submit(&did, &forged).await {
        Err(PlcError::Refused { message }) => assert!(message.contains("signature"), "{message}"),
        other => panic!("{other:?}"),
    }
    let end = Content::tombstone(&last).sign(&key).unwrap();
    plc.submit(&did, &end).await.unwrap();
    assert!(matches!(plc.document(&did).await, Err(ResolveError::NotFound)));
    assert!(matches!(plc.state(&did).await, Err(PlcError::NotFound)));
    assert_eq!(plc.audited_log(&did).await.unwrap().state(), None);

    world.primary.entries.lock().unwrap().truncate(1);
    world.primary.entries.lock().unwrap()[0].nullified = true;
    world.primary.entries.lock().unwrap().push(Entry {
        operation: end.clone(),
        cid: end.cid(),
        nullified: false,
        did: did.clone(),
        created_at: "2030-01-01T00:00:00.000Z".parse().unwrap(),
    });
    let false_log = plc.audited_log(&did).await;
    assert!(matches!(false_log, Err(PlcError::Log(LogError::UnknownPrev))), "{false_log:?}");
    world.primary.break_with(Some("500"));
    assert!(matches!(plc.state(&did).await, Err(PlcError::Status(500))));
    world.primary.break_with(Some("200"));
    assert!(matches!(plc.state(&did).await, Err(PlcError::Malformed(_))));
}

#[tokio::test]
async fn a_copy_is_read_first_and_not_believed_to_miss_anything() {
    let mut world = World::new().await;
    let (did, key) = world.create("alice.test").await;
    let multikey = key.public_key().to_multikey();
    // No context, absolute ids, another media type.
    let replica = format!(
        r##"{{"id":"{did}","alsoKnownAs":["at://alice.test"],
        "verificationMethod":[{{"id":"{did}#atproto","type":"Multikey","controller":"{did}",
        "publicKeyMultibase":"{multikey}"}}],
        "service":[{{"id":"{did}#atproto_pds","type":"AtprotoPersonalDataServer",
        "serviceEndpoint":"https://pds.test"}}]}}"##
    );
    let status = Arc::new(Mutex::new("200"));
    let answer = Arc::clone(&status);
    let media_type = "content-type: application/did+json\r\n";
    let script: Script = Arc::new(move |_| response(*answer.lock().unwrap(), media_type, &replica));
    world.net.https("copy.test", script).await;
    let plc = world.plc().with_copies(vec![COPY.parse().unwrap()]);

    let copied = plc.document(&did).await.unwrap();
    assert_eq!(world.primary.take_asked(), 0);
    let primary = plc.document_from_primary(&did).await.unwrap();
    assert_eq!(copied.verification_methods(), primary.verification_methods());
    assert_eq!(copied.services(), primary.services());
    assert_eq!((copied.handle(), copied.did()), (primary.handle(), primary.did()));
    for failing in ["404", "410", "500", "302"] {
        *status.lock().unwrap() = failing;
        assert_eq!(plc.document(&did).await.unwrap(), primary, "{failing}");
    }
}

#[tokio::test]
async fn unusual_dids_are_refused_without_asking_anybody() {
    let world = World::new().await;
    let resolver = world.resolver();
    for did in [
        "did:web:a.example.com:path",
        "did:web:a.example.com%3A8443",
        "did:web:a.local",
        "did:web:a.internal",
        "did:web:127.0.0.1",
        "did:key:zQ3shhCGUqDKjStzuDxPkTxN6ujddP4RkEKJJouJGRRkaLGbg",
    ] {
        let result = resolver.document(&did.parse().unwrap()).await;
        assert!(matches!(result, Err(ResolveError::Unsupported)), "{did}: {result:?}");
    }
    for did in ["did:plc:export", "did:plc:EWVI7NXZYOUN6ZHXRHS64OIZ", "did:plc:..%2Fexport"] {
        let result = resolver.document(&did.parse().unwrap()).await;
        assert!(matches!(result, Err(ResolveError::NotFound)), "{did}: {result:?}");
    }
    for handle in ["a.local", "a.onion", "handle.invalid"] {
        let result = resolver.did_of(&handle.parse().unwrap()).await;
        assert!(matches!(result, Err(ResolveError::Unsupported)), "{handle}: {result:?}");
    }
    // This machine is no host on the internet.
    let result = resolver.document(&"did:web:localhost%3A2583".parse().unwrap()).await;
    let refused = matches!(result, Err(ResolveError::Http(outbound::Error::Refused(_))));
    assert!(refused, "{result:?}");
    assert_eq!(world.net.take_dialed(), []);
}

#[tokio::test]
async fn documents_on_the_web_are_read_from_their_host_alone() {
    let mut world = World::new().await;
    let did: Did = "did:web:a.test".parse().unwrap();
    let text = web_document(&did);
    let moved: Script = Arc::new(|_| response("301", "location: https://a.test/other\r\n", ""));
    world.net.https("a.test", file(&text)).await;
    world.net.https("other.test", file(&text)).await;
    world.net.https("moved.test", moved).await;
    world.net.https("html.test", file("<!DOCTYPE html>")).await;
    world.net.https("large.test", file("x".repeat(1 << 20))).await;
    world.net.https("none.test", Arc::new(|_| response("404", "", ""))).await;
    world.net.https("ended.test", Arc::new(|_| response("410", "", ""))).await;
    world.net.dns.set_addresses("inside.test", vec!["169.254.169.254".parse().unwrap()]);
    let resolver = world.resolver();
    let found = resolver.document(&did).await.unwrap();
    assert_eq!((found.as_json(), found.did()), (text.as_str(), &did));

    let fault = async |host: &str| {
        resolver.document(&format!("did:web:{host}").parse().unwrap()).await.unwrap_err()
    };
    assert!(matches!(fault("other.test").await, ResolveError::OtherDid(other) if other == did));
    assert!(matches!(fault("moved.test").await, ResolveError::Status(301)));
    assert!(matches!(fault("html.test").await, ResolveError::Malformed(DocumentError::Json)));
    assert!(matches!(fault("none.test").await, ResolveError::NotFound));
    assert!(matches!(fault("ended.test").await, ResolveError::Ended));
    let large = fault("large.test").await;
    assert!(matches!(large, ResolveError::Http(outbound::Error::TooLarge { .. })), "{large:?}");
    world.net.take_dialed();
    match fault("inside.test").await {
        ResolveError::Http(outbound::Error::Refused(Refusal::Address(_))) => {}
        other => panic!("{other:?}"),
    }
    assert_eq!(world.net.take_dialed(), []);
}

#[tokio::test]
async fn a_local_server_is_resolved_where_its_origin_is_an_exception() {
    let mut world = World::new().await;
    let text = Arc::new(Mutex::new(String::new()));
    let answer = Arc::clone(&text);
    let local =
        world.net.local(Arc::new(move |_| response("200", "", &answer.lock().unwrap()))).await;
    let did: Did = format!("did:web:localhost%3A{}", local.port()).parse().unwrap();
    *text.lock().unwrap() = web_document(&did);
    let exception: Origin = format!("http://localhost:{}", local.port()).parse().unwrap();
    let strangers = Strangers { exceptions: vec![exception], ..Strangers::default() };
    let sources = Sources { http: world.net.client(strangers), ..world.sources() };
    let resolver = Resolver::new(sources, Memory::default());
    assert_eq!(resolver.document(&did).await.unwrap().did(), &did);
}

#[tokio::test]
async fn a_changed_document_is_seen_after_it_is_forgotten_or_wanted_anew() {
    let world = World::new().await;
    let (did, key) = world.create("alice.test").await;
    let resolver = world.resolver();
    let handle = async || resolver.document(&did).await.unwrap().handle().unwrap();
    assert_eq!(handle().await, "alice.test");
    world.rename(&did, &key, "bob.test").await;
    assert_eq!(handle().await, "alice.test");
    resolver.forget(&did);
    assert_eq!(handle().await, "bob.test");

    world.rename(&did, &key, "carol.test").await;
    for _ in 0..50 {
        let document = resolver.document_anew(&did).await.unwrap();
        assert_eq!(document.handle().unwrap(), "carol.test");
    }
    assert_eq!(world.primary.take_asked(), 1);
    assert_eq!(handle().await, "carol.test");
}

#[tokio::test]
async fn a_directory_that_is_down_is_not_one_without_the_did() {
    let world = World::new().await;
    let (did, _) = world.create("alice.test").await;
    let stale = Memory { stale_after: Duration::ZERO, ..Memory::default() };
    let resolver = Resolver::new(world.sources(), stale);
    let known = resolver.document(&did).await.unwrap();
    for status in ["500", "429", "302", "200"] {
        world.primary.break_with(Some(status));
        assert_eq!(resolver.document(&did).await.unwrap(), known, "{status}");
        assert_eq!(resolver.document_anew(&did).await.unwrap(), known, "{status}");
        let fresh = world.resolver().document(&did).await;
        assert!(fresh.is_err_and(|error| !error.is_answer()), "{status}");
    }
    world.primary.break_with(None);
    let unknown = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa".parse().unwrap();
    let absent = resolver.document(&unknown).await;
    assert!(matches!(absent, Err(ResolveError::NotFound)), "{absent:?}");
}
