//! What is asked of services of others.

mod passing;
mod read_after_write;

use crypto::{Curve, PrivateKey};
use data_encoding::BASE64URL_NOPAD;
use identity::plc::{Content, DidKey, Service, State};
use serde_json::Value;
use server::config::{AppView, Upstream};

use crate::harness::{Fault, Pds, Proxy, Seen};
use crate::identity::directory;

/// The DID of the AppView of the settings.
const APPVIEW: &str = "did:web:appview.test";
/// The DID of the moderation service of the settings.
const MODERATION: &str = "did:web:moderation.test";

/// A server, and the services that it asks.
struct Net {
    pds: Pds,
    appview: Proxy,
    moderation: Proxy,
    /// One that the server is not told of.
    other: Proxy,
    /// Its DID.
    other_did: String,
}

impl Net {
    async fn start() -> Self {
        let (appview, moderation, other) =
            (Proxy::listen().await, Proxy::listen().await, Proxy::listen().await);
        let upstream = |at: &Proxy, did: &str| Upstream {
            url: at.origin().parse().unwrap(),
            did: did.parse().unwrap(),
        };
        let Upstream { url, did } = upstream(&appview, APPVIEW);
        let pds = Pds::start_with(|config| {
            config.appview = Some(AppView { url, did, cdn_url_pattern: None });
            config.moderation = Some(upstream(&moderation, MODERATION));
            // Which are no limits for what others answer.
            config.limits.blob_bytes = 1000;
            config.private_origins = vec![other.origin().parse().unwrap()];
        })
        .await;
        let other_did = other_did(&pds, &other).await;
        Self { pds, appview, moderation, other, other_did }
    }
}

/// Makes an identity that has services at a place.
async fn other_did(pds: &Pds, other: &Proxy) -> String {
    let key = PrivateKey::generate(Curve::Secp256k1);
    let service = |kind: &str| Service { kind: kind.to_owned(), endpoint: other.origin() };
    let state = State {
        rotation_keys: vec![DidKey::from(&key.public_key())],
        services: [("bsky_chat", "BskyChatService"), ("bsky_notif", "BskyNotificationService")]
            .map(|(name, kind)| (name.to_owned(), service(kind)))
            .into(),
        ..State::default()
    };
    let genesis = Content::genesis(state).sign(&key).unwrap();
    let did = genesis.did().unwrap();
    directory(pds).submit(&did, &genesis).await.unwrap();
    did.to_string()
}

/// Answers with JSON.
fn json(value: &Value) -> Fault {
    Fault::Answer(200, ("content-type", "application/json".to_owned()), value.to_string().into())
}

/// Returns what the token says that a request came with.
fn claims(seen: &Seen) -> Value {
    let token = seen.headers["authorization"].to_str().unwrap();
    let payload = token.strip_prefix("Bearer ").unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64URL_NOPAD.decode(payload.as_bytes()).unwrap()).unwrap()
}
