//! Requests that show that their sender has the key of a token.
//!
//! Servers want a nonce of theirs in each proof, and tell a new one with each answer. Each origin has its
//! own.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};
use oauth::outgoing::{ProofKey, ProofOf};

use super::HostError;
use crate::random;

/// Tells the time in seconds since 1970.
pub type TimeSource = Arc<dyn Fn() -> u64 + Send + Sync>;

/// The header with a proof.
pub(super) const DPOP: HeaderName = HeaderName::from_static("dpop");
/// The header with the nonce to use next.
const DPOP_NONCE: HeaderName = HeaderName::from_static("dpop-nonce");
/// How many origins are remembered: there are a host and its authorization server.
const ORIGINS_MAX: usize = 8;
/// The most bytes of a nonce.
const NONCE_BYTES_MAX: usize = 1024;

/// Whoever has a key, and knows what servers want to see in its proofs. Clones are the same.
#[derive(Clone)]
pub(super) struct Prover {
    pub(super) key: ProofKey,
    pub(super) time: TimeSource,
    /// The nonces, by authority. Held for moments.
    nonces: Arc<Mutex<HashMap<String, String>>>,
}

impl Prover {
    pub(super) fn new(key: ProofKey, time: TimeSource) -> Self {
        Self { key, time, nonces: Arc::default() }
    }

    /// Makes the header for a request.
    pub(super) fn prove(
        &self,
        method: &Method,
        url: &Uri,
        token: Option<&str>,
    ) -> Result<HeaderValue, HostError> {
        let nonce = self.lock().get(&authority(url)).cloned();
        let proof = self.key.prove(&ProofOf {
            method: method.as_str(),
            url: &url.to_string(),
            nonce: nonce.as_deref(),
            access_token: token,
            now_s: (self.time)(),
            id: random(),
        });
        HeaderValue::try_from(proof).map_err(|_| HostError::Malformed("address"))
    }

    /// Takes the nonce of an answer.
    pub(super) fn learn(&self, url: &Uri, headers: &HeaderMap) {
        let nonce = headers.get(DPOP_NONCE).and_then(|nonce| nonce.to_str().ok());
        let Some(nonce) = nonce.filter(|nonce| nonce.len() <= NONCE_BYTES_MAX) else { return };
        let (mut all, authority) = (self.lock(), authority(url));
        if all.len() < ORIGINS_MAX || all.contains_key(&authority) {
            all.insert(authority, nonce.to_owned());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, String>> {
        // Nothing in here leaves it half changed.
        self.nonces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn authority(url: &Uri) -> String {
    url.authority().map_or("", |authority| authority.as_str()).to_owned()
}
