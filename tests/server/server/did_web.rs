//! Accounts whose identity is a did:web: their owners publish the document, and no server can.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crypto::{Curve, PrivateKey, PublicKey};
use data_encoding::BASE64URL_NOPAD;
use identity::plc::State;
use identity::{Origin, document};
use repo::event::Message;
use serde_json::{Value, json};
use syntax::Did;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::{Answer, Copy, Pds, TestAccount, eventually};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MOVED: &str = "DID document atproto_pds service endpoint does not match PDS public url";

/// Somebody's own web server, which has their document.
pub(crate) struct Site {
    pub(crate) origin: Origin,
    pub(crate) did: Did,
    pub(crate) document: Arc<Mutex<String>>,
}

impl Site {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let document: Arc<Mutex<String>> = Arc::default();
        let shared = Arc::clone(&document);
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    assert_ne!(socket.read_buf(&mut request).await.unwrap(), 0);
                }
                assert!(request.starts_with(b"GET /.well-known/did.json "));
                let body = shared.lock().unwrap().clone();
                let (kind, length) = ("application/json", body.len());
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
                     connection: close\r\n\r\n"
                );
                socket.write_all((head + &body).as_bytes()).await.unwrap();
            }
        });
        Self {
            origin: format!("http://localhost:{port}").parse().unwrap(),
            did: format!("did:web:localhost%3A{port}").parse().unwrap(),
            document,
        }
    }

    /// Publishes a document: the account is at `pds`, and this is the key that it signs with.
    pub(crate) fn publish(&self, pds: &str, key: &PublicKey) {
        let handle = "alice.test".parse().unwrap();
        let state = State::of_account(&handle, key, &pds.parse().unwrap());
        *self.document.lock().unwrap() = document::write(&self.did, &state);
    }

    /// Starts a server that may go there.
    pub(crate) async fn pds(&self, did: &str) -> Pds {
        Pds::start_with(|config| {
            config.private_origins = vec![self.origin.clone()];
            config.service_did = Some(did.parse().unwrap());
            config.retention.sweep_seconds = 1;
        })
        .await
    }

    /// Publishes what a server asks for before it hosts the account.
    pub(crate) async fn publish_for(&self, pds: &Pds, account: &TestAccount) -> PublicKey {
        let ask = pds.get("com.atproto.identity.getRecommendedDidCredentials").by(account);
        let key = ask.send().await.ok()["verificationMethods"]["atproto"].clone();
        let key = PublicKey::from_did_key(key.as_str().unwrap()).unwrap();
        self.publish(&pds.public_url(), &key);
        key
    }

    /// Makes the token of somebody who comes from no server.
    fn token(&self, pds: &Pds, key: &PrivateKey) -> String {
        let header = json!({ "typ": "JWT", "alg": key.curve().jws_algorithm() });
        let claims = json!({
            "iss": self.did, "aud": pds.did(), "exp": pds.now_s() + 60,
            "lxm": "com.atproto.server.createAccount",
        });
        let part = |part: &Value| BASE64URL_NOPAD.encode(part.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = BASE64URL_NOPAD.encode(key.sign(signed.as_bytes()).as_bytes());
        format!("{signed}.{signature}")
    }
}

pub(crate) async fn activate(pds: &Pds, account: &TestAccount) -> Answer {
    pds.post("com.atproto.server.activateAccount").by(account).send().await
}

async fn is_valid(pds: &Pds, account: &TestAccount) -> bool {
    let status = pds.get("com.atproto.server.checkAccountStatus").by(account).send().await;
    status.ok()["validDid"].as_bool().unwrap()
}

/// Opens an account for an identity that has been nowhere yet.
pub(crate) async fn first_account(site: &Site, pds: &Pds) -> TestAccount {
    let key = PrivateKey::generate(Curve::P256);
    site.publish("https://nowhere.example.com", &key.public_key());
    let mut account = TestAccount {
        did: site.did.to_string(),
        handle: "alice.test".to_owned(),
        email: "alice@example.com".to_owned(),
        password: "password of alice".to_owned(),
        access: String::new(),
        refresh: String::new(),
    };
    let input = json!({
        "did": account.did, "handle": account.handle, "email": account.email,
        "password": account.password,
    });
    let ask = pds.post("com.atproto.server.createAccount").json(&input);
    let stranger = PrivateKey::generate(Curve::P256);
    let refused = ask.token(&site.token(pds, &stranger)).send().await;
    assert_eq!(refused.refusal(), (401, "BadJwtSignature".to_owned()));
    let ask = pds.post("com.atproto.server.createAccount").json(&input);
    let made = ask.token(&site.token(pds, &key)).send().await.ok();
    account.access = made["accessJwt"].as_str().unwrap().to_owned();
    account.refresh = made["refreshJwt"].as_str().unwrap().to_owned();
    account
}

#[tokio::test]
async fn an_account_of_a_did_web_comes_and_goes_as_its_document_says() {
    let site = Site::start().await;
    let old = site.pds("did:web:localhost").await;
    let alice = first_account(&site, &old).await;
    assert_eq!(activate(&old, &alice).await.message(), MOVED);
    site.publish_for(&old, &alice).await;
    assert!(is_valid(&old, &alice).await);
    activate(&old, &alice).await.ok();
    old.note(&alice, "a", "written at the old host").await;

    // As long as the document says that the account is at the old host, it is.
    let new = site.pds("did:web:new.test").await;
    let there = new.moved_in(&old, &alice).await;
    new.import(&there, old.export(&alice, None).await.body).await.ok();
    let was = old.download(&alice, None).await;
    assert_eq!(Copy::of(&new.export(&there, None).await).root, was.root);
    assert_eq!(activate(&new, &there).await.message(), MOVED);
    assert!(!is_valid(&new, &there).await);
    old.note(&alice, "b", "written while the account moves").await;
    let since = was.commit.rev.to_string();
    new.import(&there, old.export(&alice, Some(&since)).await.body).await.ok();

    let key = site.publish_for(&new, &there).await;
    activate(&new, &there).await.ok();
    assert!(is_valid(&new, &there).await && !is_valid(&old, &alice).await);
    new.note(&there, "c", "written at the new host").await;
    let moved = new.download(&there, None).await;
    assert_eq!((moved.commit.verify(&key), moved.records().len()), (Ok(()), 3));
    let events = new.events(4).await;
    assert!(matches!(
        &events[..],
        [Message::Account(_), Message::Identity(_), Message::Sync(_), Message::Commit(_)]
    ));

    // The old host lets go, and in the end forgets who is elsewhere.
    let later = json!({ "deleteAfter": "2026-01-02T00:00:00.000Z" });
    let leave = old.post("com.atproto.server.deactivateAccount").by(&alice).json(&later);
    leave.send().await.ok();
    let status = async || {
        let ask = old.get("com.atproto.sync.getRepoStatus").param("did", &alice.did);
        ask.send().await
    };
    assert_eq!(status().await.ok()["status"], "deactivated");
    assert_eq!(activate(&old, &alice).await.message(), MOVED);
    old.advance(2 * DAY);
    eventually(async || (status().await.status == 400).then_some(())).await;
    assert!(old.mails(&alice.email).await.is_empty());
}
