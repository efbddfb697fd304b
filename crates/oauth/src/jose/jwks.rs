//! The keys that a client publishes.

use serde_json::Value;
use thiserror::Error;

use crate::error::{ErrorCode, Refusal};
use crate::jose::{Jwk, JwkError, jwk};

/// The most bytes of a set that stands on its own.
pub const SET_BYTES_MAX: usize = 64 * 1024;
/// The most keys of a set, usable or not. Clients have a handful.
const KEYS_MAX: usize = 64;

/// The keys of a set that can be used here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JwkSet(Vec<Jwk>);

/// Says why something is not a set of keys that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwkSetError {
    /// It is longer than [`SET_BYTES_MAX`].
    #[error("set of keys is longer than {SET_BYTES_MAX} bytes")]
    TooLong,
    /// It is not JSON with a list of keys.
    #[error("set of keys is not a JSON object with the array \"keys\"")]
    Form,
    /// There are more than 64 keys.
    #[error("set of keys has more than {KEYS_MAX} keys")]
    TooMany,
    /// One of the keys is private: whoever published it has lost it, and may lose the others.
    #[error("a key of the set has the private member \"{0}\"")]
    Private(&'static str),
    /// No key can be used here. What is wrong with the first one is the source.
    #[error("set of keys has none for signatures with ES256 or ES256K")]
    Unusable(#[source] Option<JwkError>),
}

impl Refusal for JwkSetError {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidClient
    }
}

impl JwkSet {
    /// Reads a set that stands on its own, as it is behind `jwks_uri`.
    ///
    /// # Errors
    ///
    /// [`JwkSetError`] if it is none, has a private key, or none that can be used.
    pub fn parse(document: &[u8]) -> Result<Self, JwkSetError> {
        if document.len() > SET_BYTES_MAX {
            return Err(JwkSetError::TooLong);
        }
        Self::read(&serde_json::from_slice(document).map_err(|_| JwkSetError::Form)?)
    }

    /// Reads a set. Keys that are for something else, or of a kind that is not known here, are left
    /// out: they may serve others.
    ///
    /// # Errors
    ///
    /// [`JwkSetError`] if it is none, has a private key, or none that can be used.
    pub fn read(json: &Value) -> Result<Self, JwkSetError> {
        let keys = json.get("keys").and_then(Value::as_array).ok_or(JwkSetError::Form)?;
        if keys.len() > KEYS_MAX {
            return Err(JwkSetError::TooMany);
        }
        if let Some(name) = keys.iter().filter_map(Value::as_object).find_map(jwk::private_member) {
            return Err(JwkSetError::Private(name));
        }
        let mut fault = None;
        let mut usable = Vec::new();
        for key in keys {
            match Jwk::read(key) {
                Ok(key) => usable.push(key),
                Err(err) => fault = fault.or(Some(err)),
            }
        }
        if usable.is_empty() { Err(JwkSetError::Unusable(fault)) } else { Ok(Self(usable)) }
    }

    /// Returns the key with an id that is for an algorithm.
    pub fn find(&self, id: &str, algorithm: &str) -> Option<&Jwk> {
        self.0.iter().find(|key| key.id() == Some(id) && key.algorithm() == algorithm)
    }

    /// Returns the keys that can be used, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &Jwk> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use crypto::Curve;
    use serde_json::json;

    use super::*;
    use crate::testing::Key;

    fn named(curve: Curve, seed: u8, id: &str) -> Value {
        let mut json = Key::new(curve, seed).json();
        json["kid"] = json!(id);
        json
    }

    #[test]
    fn unusable_keys_do_not_spoil_the_others() {
        let mut encrypts = named(Curve::P256, 4, "enc");
        encrypts["use"] = json!("enc");
        let mut derives = named(Curve::P256, 5, "ops");
        derives["key_ops"] = json!(["deriveBits"]);
        let set = json!({ "keys": [
            { "kty": "RSA", "alg": "RSA-OAEP", "use": "enc", "n": "AA", "e": "AQAB", "kid": "rsa" },
            { "kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "okp" },
            { "kty": "of the future" },
            encrypts,
            derives,
            "strange",
            named(Curve::P256, 1, "a"),
            named(Curve::Secp256k1, 1, "a"),
            Key::new(Curve::P256, 2).json(),
        ] });
        let set = JwkSet::parse(set.to_string().as_bytes()).unwrap();
        assert_eq!(set.iter().count(), 3);
        let found = |id, algorithm| set.find(id, algorithm).map(Jwk::thumbprint);
        let key = |curve| Some(Key::new(curve, 1).jwk().thumbprint());
        assert_eq!(found("a", "ES256"), key(Curve::P256));
        assert_eq!(found("a", "ES256K"), key(Curve::Secp256k1));
        for id in ["enc", "ops", "rsa", "okp", ""] {
            assert_eq!(found(id, "ES256"), None, "{id}");
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let good = named(Curve::P256, 1, "a");
        let mut lost = named(Curve::P256, 2, "b");
        lost["d"] = json!("AA");
        let secret = json!({ "kty": "oct", "k": "AA" });
        let rsa = json!({ "kty": "RSA", "n": "AA", "e": "AQAB" });
        for (set, fault) in [
            (json!([]), JwkSetError::Form),
            (json!({ "keys": {} }), JwkSetError::Form),
            (json!({ "keys": vec![&good; KEYS_MAX + 1] }), JwkSetError::TooMany),
            (json!({ "keys": [&good, lost] }), JwkSetError::Private("d")),
            (json!({ "keys": [&good, secret] }), JwkSetError::Private("k")),
            (json!({ "keys": [] }), JwkSetError::Unusable(None)),
            (json!({ "keys": [rsa, 5] }), JwkSetError::Unusable(Some(JwkError::Kind))),
        ] {
            assert_eq!(JwkSet::read(&set).unwrap_err(), fault, "{fault}");
        }
        assert_eq!(JwkSet::parse(b"{"), Err(JwkSetError::Form));
        let long = vec![b' '; SET_BYTES_MAX + 1];
        assert_eq!(JwkSet::parse(&long), Err(JwkSetError::TooLong));
    }
}
