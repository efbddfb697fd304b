//! One public key in JSON, and the thumbprint by which it is known.

use std::fmt;
use std::str::FromStr;

use crypto::{Curve, PublicKey};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::jose::curve_of;

/// Members that only private and secret keys have, of any kind of key.
const PRIVATE: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/// A public key that signatures can be checked with.
#[derive(Clone, PartialEq, Eq)]
pub struct Jwk {
    key: PublicKey,
    id: Option<String>,
    thumbprint: Thumbprint,
}

/// The SHA-256 of a key's necessary members, by RFC 7638: the same for every form of the key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Thumbprint([u8; 32]);

/// Says why something is not a public key that signatures can be checked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwkError {
    /// It is not a JSON object.
    #[error("key is not a JSON object")]
    Form,
    /// There is a private member. Whoever published it has lost the key.
    #[error("key has the private member \"{0}\"")]
    Private(&'static str),
    /// It is of another kind than elliptic curves.
    #[error("\"kty\" of the key is not EC")]
    Kind,
    /// The curve is neither of the two that there are.
    #[error("\"crv\" of the key is neither P-256 nor secp256k1")]
    Curve,
    /// It is not for signatures.
    #[error("\"{0}\" of the key does not allow to verify signatures with it")]
    Usage(&'static str),
    /// It is for another algorithm than its curve has.
    #[error("\"alg\" of the key is not that of its curve")]
    Algorithm,
    /// A coordinate is not 32 bytes in base64url, or they are no point of the curve.
    #[error("\"x\" and \"y\" of the key are not a point of the curve in base64url")]
    Point,
}

/// Says that a text is not a thumbprint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a SHA-256 thumbprint in base64url")]
pub struct ThumbprintError;

impl Jwk {
    /// Reads a key.
    ///
    /// # Errors
    ///
    /// [`JwkError`] if it is not one, is private, or is for something else than signatures.
    pub fn read(json: &Value) -> Result<Self, JwkError> {
        let map = json.as_object().ok_or(JwkError::Form)?;
        if let Some(name) = private_member(map) {
            return Err(JwkError::Private(name));
        }
        let text = |name: &str| map.get(name).and_then(Value::as_str);
        if text("kty") != Some("EC") {
            return Err(JwkError::Kind);
        }
        let curve = match text("crv") {
            Some("P-256") => Curve::P256,
            Some("secp256k1") => Curve::Secp256k1,
            _ => return Err(JwkError::Curve),
        };
        check_usage(map)?;
        if map.contains_key("alg") && text("alg").and_then(curve_of) != Some(curve) {
            return Err(JwkError::Algorithm);
        }
        let mut point = Vec::with_capacity(65);
        // The mark of a point that is not compressed.
        point.push(4);
        for name in ["x", "y"] {
            let bytes = BASE64URL_NOPAD.decode(text(name).unwrap_or_default().as_bytes());
            point.extend(bytes.ok().filter(|bytes| bytes.len() == 32).ok_or(JwkError::Point)?);
        }
        let key = PublicKey::from_sec1(curve, &point).map_err(|_| JwkError::Point)?;
        let id = text("kid").map(str::to_owned);
        Ok(Self { key, id, thumbprint: Thumbprint::of(curve, &point[1..33], &point[33..]) })
    }

    /// Returns the key.
    pub fn public_key(&self) -> &PublicKey {
        &self.key
    }

    /// Returns the name of the one algorithm that the key is for.
    pub fn algorithm(&self) -> &'static str {
        self.key.curve().jws_algorithm()
    }

    /// Returns what the key's owner calls it, `kid`.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the key's thumbprint.
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }
}

/// Returns the first member that only private keys have.
pub(super) fn private_member(map: &Map<String, Value>) -> Option<&'static str> {
    PRIVATE.into_iter().find(|name| map.contains_key(*name))
}

fn check_usage(map: &Map<String, Value>) -> Result<(), JwkError> {
    if map.get("use").is_some_and(|usage| usage.as_str() != Some("sig")) {
        return Err(JwkError::Usage("use"));
    }
    let verifies = |operations: &Value| {
        operations.as_array().is_some_and(|all| all.iter().any(|one| one == "verify"))
    };
    if map.get("key_ops").is_some_and(|operations| !verifies(operations)) {
        return Err(JwkError::Usage("key_ops"));
    }
    Ok(())
}

impl Thumbprint {
    /// Computes a thumbprint of a curve and the coordinates of a point.
    fn of(curve: Curve, x: &[u8], y: &[u8]) -> Self {
        let curve = match curve {
            Curve::P256 => "P-256",
            Curve::Secp256k1 => "secp256k1",
        };
        let (x, y) = (BASE64URL_NOPAD.encode(x), BASE64URL_NOPAD.encode(y));
        let json = format!(r#"{{"crv":"{curve}","kty":"EC","x":"{x}","y":"{y}"}}"#);
        Self(Sha256::digest(json).into())
    }

    /// Takes the bytes of a thumbprint that was stored.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Jwk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwk({})", self.thumbprint)
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl FromStr for Thumbprint {
    type Err = ThumbprintError;

    fn from_str(text: &str) -> Result<Self, ThumbprintError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| ThumbprintError)?;
        bytes.try_into().map(Self).map_err(|_| ThumbprintError)
    }
}

impl Serialize for Thumbprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Thumbprint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Key;

    #[test]
    fn a_thumbprint_is_that_of_rfc_9449() {
        // The key of section 4.1, and the thumbprint of section 6.1.
        let key = Jwk::read(&json!({
            "kty": "EC",
            "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
            "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
            "crv": "P-256",
        }));
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert_eq!(key.unwrap().thumbprint().to_string(), text);
        let thumbprint: Thumbprint = text.parse().unwrap();
        assert_eq!(serde_json::to_value(thumbprint).unwrap(), json!(text));
        assert_eq!(serde_json::from_value::<Thumbprint>(json!(text)).unwrap(), thumbprint);
        for text in ["", "0Zc", &format!("{text}="), &format!("{text}A"), &text[..42]] {
            assert_eq!(text.parse::<Thumbprint>(), Err(ThumbprintError), "{text}");
        }
    }

    #[test]
    fn what_a_key_is_called_does_not_change_what_it_is() {
        let key = Key::new(Curve::Secp256k1, 3);
        let mut json = key.json();
        let bare = Jwk::read(&json).unwrap();
        for (name, value) in [
            ("kid", json!("a")),
            ("use", json!("sig")),
            ("alg", json!("ES256K")),
            ("key_ops", json!(["verify"])),
            ("ext", json!(true)),
        ] {
            json[name] = value;
        }
        let named = Jwk::read(&json).unwrap();
        assert_eq!((bare.id(), named.id()), (None, Some("a")));
        assert_eq!(bare.thumbprint(), named.thumbprint());
        assert_eq!(named.algorithm(), "ES256K");
    }

    #[test]
    fn each_fault_has_its_name() {
        let with = |name: &str, value: Value| {
            let mut json = Key::new(Curve::P256, 1).json();
            json[name] = value;
            json
        };
        let other = Key::new(Curve::P256, 2).json();
        for (json, fault) in [
            (json!("key"), JwkError::Form),
            (with("d", json!("AA")), JwkError::Private("d")),
            (with("k", json!(null)), JwkError::Private("k")),
            (json!({ "kty": "RSA", "n": "AA", "e": "AQAB", "q": "AA" }), JwkError::Private("q")),
            (with("kty", json!("RSA")), JwkError::Kind),
            (json!({}), JwkError::Kind),
            (with("crv", json!("P-384")), JwkError::Curve),
            (with("crv", json!("secp256k1")), JwkError::Point),
            (with("use", json!("enc")), JwkError::Usage("use")),
            (with("key_ops", json!(["deriveKey"])), JwkError::Usage("key_ops")),
            (with("key_ops", json!("verify")), JwkError::Usage("key_ops")),
            (with("alg", json!("ES256K")), JwkError::Algorithm),
            (with("alg", json!("ECDH-ES")), JwkError::Algorithm),
            (with("x", json!("AA")), JwkError::Point),
            (with("x", json!(5)), JwkError::Point),
            (with("x", other["x"].clone()), JwkError::Point),
            (with("y", json!(format!("{}=", other["y"].as_str().unwrap()))), JwkError::Point),
            (with("y", json!("A".repeat(100_000))), JwkError::Point),
        ] {
            assert_eq!(Jwk::read(&json).unwrap_err(), fault, "{fault}");
        }
    }
}
