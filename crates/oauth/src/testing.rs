//! Keys and tokens for tests.

use crypto::{Curve, PrivateKey};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::client::{Client, ClientId, Hosts};
use crate::jose::Jwk;

/// The time at which tests take place.
pub(crate) const NOW_S: u64 = 1_767_225_600;

/// A client's key.
pub(crate) struct Key(PrivateKey);

impl Key {
    /// Makes the key of a number, the same each time.
    pub(crate) fn new(curve: Curve, seed: u8) -> Self {
        Self(PrivateKey::from_bytes(curve, &[seed; 32]).unwrap())
    }

    /// Returns the public half.
    pub(crate) fn jwk(&self) -> Jwk {
        Jwk::read(&self.json()).unwrap()
    }

    /// Returns the public half in JSON.
    pub(crate) fn json(&self) -> Value {
        let point = self.0.public_key().to_sec1();
        let (name, x, y) = match self.0.curve() {
            Curve::P256 => {
                let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
                let point = key.to_sec1_point(false);
                ("P-256", point.as_bytes()[1..33].to_vec(), point.as_bytes()[33..].to_vec())
            }
            Curve::Secp256k1 => {
                let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(&point).unwrap();
                let point = key.to_sec1_point(false);
                ("secp256k1", point.as_bytes()[1..33].to_vec(), point.as_bytes()[33..].to_vec())
            }
        };
        let (x, y) = (BASE64URL_NOPAD.encode(&x), BASE64URL_NOPAD.encode(&y));
        json!({ "kty": "EC", "crv": name, "x": x, "y": y })
    }

    /// Signs claims. `alg` is added to the header if it is not there.
    pub(crate) fn sign(&self, mut header: Value, claims: &Value) -> String {
        if header.get("alg").is_none() {
            header["alg"] = json!(self.0.curve().jws_algorithm());
        }
        let part = |json: &Value| BASE64URL_NOPAD.encode(json.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(claims));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_bytes()))
    }

    /// Returns the other form of a signature.
    pub(crate) fn with_high_s(&self, signature: &[u8]) -> Vec<u8> {
        match self.0.curve() {
            Curve::P256 => {
                let low = p256::ecdsa::Signature::from_slice(signature).unwrap();
                p256::ecdsa::Signature::from_scalars(low.r(), -low.s()).unwrap().to_vec()
            }
            Curve::Secp256k1 => {
                let low = k256::ecdsa::Signature::from_slice(signature).unwrap();
                k256::ecdsa::Signature::from_scalars(low.r(), -low.s()).unwrap().to_vec()
            }
        }
    }
}

/// The id of the clients of tests.
pub(crate) const CLIENT_ID: &str = "https://app.example.com/client.json";

/// A client that cannot prove who it is.
pub(crate) fn public_client() -> Client {
    client(&json!({
        "client_id": CLIENT_ID,
        "scope": "atproto transition:generic transition:email repo:* repo:%zz",
        "redirect_uris": ["https://app.example.com/cb", "https://app.example.com/cb?a=b"],
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "dpop_bound_access_tokens": true,
    }))
}

/// A client with the key of number 1, which it calls `a`.
pub(crate) fn confidential_client() -> Client {
    let mut key = Key::new(Curve::P256, 1).json();
    key["kid"] = json!("a");
    client(&json!({
        "client_id": CLIENT_ID,
        "scope": "atproto transition:generic",
        "redirect_uris": ["https://app.example.com/cb"],
        "grant_types": ["authorization_code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "jwks": { "keys": [key] },
        "dpop_bound_access_tokens": true,
    }))
}

fn client(document: &Value) -> Client {
    let id = ClientId::parse(CLIENT_ID, Hosts::Public).unwrap();
    Client::parse(&id, document.to_string().as_bytes()).unwrap()
}
