//! Making proofs of possession.

use std::fmt;

use crypto::{Curve, PrivateKey, PrivateKeyError};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::dpop::TYPE;

/// A key that tokens are bound to: of P-256, which all servers know. Printing it shows nothing.
#[derive(Clone)]
pub struct ProofKey(PrivateKey);

/// What a proof is made for.
#[derive(Debug, Clone, Copy)]
pub struct ProofOf<'a> {
    /// The method of HTTP.
    pub method: &'a str,
    /// Where the request goes to. Query and fragment are left out.
    pub url: &'a str,
    /// The nonce that the server has handed out last.
    pub nonce: Option<&'a str>,
    /// The access token that goes along.
    pub access_token: Option<&'a str>,
    /// When it is made, in seconds since 1970.
    pub now_s: u64,
    /// What tells it from all others.
    pub id: [u8; 16],
}

#[derive(Serialize)]
struct Claims<'a> {
    jti: String,
    htm: &'a str,
    htu: &'a str,
    iat: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ath: Option<String>,
}

impl ProofKey {
    /// Makes a new key from the operating system's random numbers.
    pub fn generate() -> Self {
        Self(PrivateKey::generate(Curve::P256))
    }

    /// Reads a key that was kept.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError`] if it is none.
    pub fn from_hex(hex: &str) -> Result<Self, PrivateKeyError> {
        PrivateKey::from_hex(Curve::P256, hex).map(Self)
    }

    /// Returns the key, to be kept where nobody sees it.
    pub fn to_hex(&self) -> Zeroizing<String> {
        self.0.to_hex()
    }

    /// Makes a proof, as the header `DPoP` has it.
    pub fn prove(&self, of: &ProofOf<'_>) -> String {
        let (x, y) = self.0.public_key().coordinates();
        let (x, y) = (BASE64URL_NOPAD.encode(&x), BASE64URL_NOPAD.encode(&y));
        let header = json!({
            "typ": TYPE,
            "alg": self.0.curve().jws_algorithm(),
            "jwk": { "kty": "EC", "crv": "P-256", "x": x, "y": y },
        });
        let claims = Claims {
            jti: BASE64URL_NOPAD.encode(&of.id),
            htm: of.method,
            htu: of.url.split(['?', '#']).next().unwrap_or_default(),
            iat: of.now_s,
            nonce: of.nonce,
            ath: of.access_token.map(|token| BASE64URL_NOPAD.encode(&Sha256::digest(token))),
        };
        let part = |json: String| BASE64URL_NOPAD.encode(json.as_bytes());
        let signed = format!("{}.{}", part(header.to_string()), part(json!(claims).to_string()));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_bytes()))
    }
}

impl fmt::Debug for ProofKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProofKey")
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::dpop::{Nonces, Proof, ProofError, Request};
    use crate::testing::NOW_S;

    fn verify(proof: &str, method: &str, token: Option<&str>) -> Result<Proof, ProofError> {
        let url = Url::parse("https://pds.test/xrpc/a.b.c?d=e").unwrap();
        let request = Request { method, url: &url, access_token: token, now_s: NOW_S };
        Proof::verify([proof.as_bytes()], &request, &nonces())
    }

    fn nonces() -> Nonces {
        Nonces::new([1; 32], [2; 8], NOW_S - 1000)
    }

    #[test]
    fn a_proof_of_ours_is_one_that_servers_take() {
        let key = ProofKey::generate();
        let nonce = nonces().next(NOW_S);
        let url = "https://pds.test/xrpc/a.b.c?d=e#f";
        let of = ProofOf {
            method: "GET",
            url,
            nonce: Some(&nonce),
            access_token: Some("token"),
            now_s: NOW_S,
            id: [1; 16],
        };
        let proof = key.prove(&of);
        let first = verify(&proof, "GET", Some("token")).unwrap();
        assert_eq!(verify(&proof, "POST", Some("token")), Err(ProofError::Method));
        assert_eq!(verify(&proof, "GET", Some("another")), Err(ProofError::Token));
        assert_eq!(verify(&proof, "GET", None), Err(ProofError::Token));
        let without = key.prove(&ProofOf { nonce: None, ..of });
        assert_eq!(verify(&without, "GET", Some("token")), Err(ProofError::Nonce));

        // What was kept is the same key.
        let kept = ProofKey::from_hex(&key.to_hex()).unwrap();
        let second = kept.prove(&ProofOf { id: [2; 16], ..of });
        let second = verify(&second, "GET", Some("token")).unwrap();
        assert_eq!(first.jkt(), second.jkt());
        assert_ne!(first.jti(), second.jti());
        assert_eq!(format!("{key:?}"), "ProofKey");
    }
}
