//! JSON Web Signatures of others, and the public keys that they are made with.
//!
//! Two algorithms are there: ES256 (P-256) and ES256K (secp256k1). A signature counts only with the
//! algorithm of the key that it is checked with, so that no header can choose a weaker one.
//!
//! Specs: RFC 7515, RFC 7517, RFC 7518, RFC 7638

mod jwk;
mod jwks;

use crypto::Curve;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Map, Value};
use thiserror::Error;

pub use crate::jose::jwk::{Jwk, JwkError, Thumbprint};
pub use crate::jose::jwks::{JwkSet, JwkSetError, SET_BYTES_MAX};

/// The most bytes of a token that are looked at.
pub const BYTES_MAX: usize = 8 * 1024;

/// The names of the algorithms that signatures of clients may be made with.
pub const ALGORITHMS: [&str; 2] = ["ES256", "ES256K"];

/// A signature in compact form, with what it signs. Whether it holds, [`Jws::verify`] tells.
#[derive(Debug, Clone)]
pub struct Jws {
    header: Map<String, Value>,
    algorithm: String,
    payload: Vec<u8>,
    signed: String,
    signature: Vec<u8>,
}

/// What a token claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims(Map<String, Value>);

/// Says why something is not a signed token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum JwsError {
    /// It is longer than [`BYTES_MAX`].
    #[error("token is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// It is not three parts with a dot between each two.
    #[error("token has not three parts")]
    Parts,
    /// A part is not base64url without padding.
    #[error("a part of the token is not base64url without padding")]
    Base64,
    /// The header is not a JSON object.
    #[error("header of the token is not a JSON object")]
    Header,
    /// The claims are not a JSON object.
    #[error("claims of the token are not a JSON object")]
    Claims,
    /// The header names something that has to be understood, and nothing is understood here.
    #[error("header of the token has \"crit\", of which nothing is supported")]
    Critical,
    /// The algorithm is missing, or none of those that there are.
    #[error("\"alg\" of the token is not one of ES256 and ES256K")]
    Algorithm,
    /// The algorithm is not that of the key.
    #[error("\"alg\" of the token is not that of the key")]
    OtherAlgorithm,
    /// The signature is not by the key.
    #[error("signature of the token does not match")]
    Signature,
}

/// Says which claim is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClaimError {
    /// There is none.
    #[error("claim \"{0}\" is missing")]
    Missing(&'static str),
    /// It is something else than it has to be.
    #[error("claim \"{0}\" is not of the right type")]
    Type(&'static str),
}

/// Returns the curve of the keys that an algorithm uses, if it is one of [`ALGORITHMS`].
pub fn curve_of(algorithm: &str) -> Option<Curve> {
    [Curve::P256, Curve::Secp256k1].into_iter().find(|curve| curve.jws_algorithm() == algorithm)
}

impl Jws {
    /// Reads a token. Nothing of it is checked but its form, and that its algorithm is there.
    ///
    /// # Errors
    ///
    /// [`JwsError`] if it has not the form, or another algorithm.
    pub fn parse(token: &str) -> Result<Self, JwsError> {
        if token.len() > BYTES_MAX {
            return Err(JwsError::TooLong);
        }
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(JwsError::Parts);
        };
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes());
        let decoded = decode(header).map_err(|_| JwsError::Base64)?;
        let map: Map<String, Value> =
            serde_json::from_slice(&decoded).map_err(|_| JwsError::Header)?;
        if map.contains_key("crit") {
            return Err(JwsError::Critical);
        }
        let algorithm = map.get("alg").and_then(Value::as_str);
        let algorithm = algorithm.filter(|name| ALGORITHMS.contains(name));
        let algorithm = algorithm.ok_or(JwsError::Algorithm)?.to_owned();
        Ok(Self {
            algorithm,
            header: map,
            payload: decode(payload).map_err(|_| JwsError::Base64)?,
            signed: format!("{header}.{payload}"),
            signature: decode(signature).map_err(|_| JwsError::Base64)?,
        })
    }

    /// Returns the name of the algorithm, one of [`ALGORITHMS`].
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// Returns a text of the header, such as `typ` or `kid`.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name).and_then(Value::as_str)
    }

    /// Returns the key that the header brings with it, whatever it is.
    pub fn embedded_key(&self) -> Option<&Value> {
        self.header.get("jwk")
    }

    /// Reads what the token claims. That it is signed is for [`Jws::verify`] to say.
    ///
    /// # Errors
    ///
    /// [`JwsError::Claims`] if it claims nothing that can be read.
    pub fn claims(&self) -> Result<Claims, JwsError> {
        serde_json::from_slice(&self.payload).map(Claims).map_err(|_| JwsError::Claims)
    }

    /// Checks that a key has signed the token.
    ///
    /// # Errors
    ///
    /// [`JwsError`] if it has not, or if the token has another algorithm than the key.
    pub fn verify(&self, key: &Jwk) -> Result<(), JwsError> {
        if self.algorithm != key.algorithm() {
            return Err(JwsError::OtherAlgorithm);
        }
        let verified = key.public_key().verify_jws(self.signed.as_bytes(), &self.signature);
        verified.map_err(|_| JwsError::Signature)
    }
}

impl Claims {
    /// Returns a claim, whatever it is.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Returns a text.
    ///
    /// # Errors
    ///
    /// [`ClaimError`] if it is not there, or not a text.
    pub fn text(&self, name: &'static str) -> Result<&str, ClaimError> {
        let value = self.value(name).ok_or(ClaimError::Missing(name))?;
        value.as_str().ok_or(ClaimError::Type(name))
    }

    /// Returns a time, in seconds since 1970, if there is one.
    ///
    /// # Errors
    ///
    /// [`ClaimError::Type`] if it is not a whole number, or below zero.
    pub fn time(&self, name: &'static str) -> Result<Option<u64>, ClaimError> {
        let time = |value: &Value| value.as_u64().ok_or(ClaimError::Type(name));
        self.value(name).map(time).transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::testing::Key;

    #[test]
    fn a_token_holds_for_its_key_and_its_algorithm_alone() {
        for curve in [Curve::P256, Curve::Secp256k1] {
            let (key, other) = (Key::new(curve, 1), Key::new(curve, 2));
            let token = key.sign(json!({ "typ": "x+jwt", "kid": "a" }), &json!({ "a": 1 }));
            let jws = Jws::parse(&token).unwrap();
            assert_eq!(jws.verify(&key.jwk()), Ok(()));
            assert_eq!(jws.verify(&other.jwk()), Err(JwsError::Signature));
            assert_eq!(jws.algorithm(), curve.jws_algorithm());
            assert_eq!((jws.header("typ"), jws.header("kid")), (Some("x+jwt"), Some("a")));
            assert_eq!((jws.header("jwk"), jws.embedded_key()), (None, None));
            assert_eq!(jws.claims().unwrap().value("a"), Some(&json!(1)));
        }
        let (key, other) = (Key::new(Curve::P256, 1), Key::new(Curve::Secp256k1, 1));
        let jws = Jws::parse(&key.sign(json!({}), &json!({}))).unwrap();
        assert_eq!(jws.verify(&other.jwk()), Err(JwsError::OtherAlgorithm));
    }

    #[test]
    fn the_example_of_rfc_9449_holds() {
        let token = concat!(
            "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgt",
            "MzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VO",
            "SmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRj",
            "IiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0Ijox",
            "NTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJ",
            "K70nfbV37xRZT3Lg",
        );
        let jws = Jws::parse(token).unwrap();
        let key = Jwk::read(jws.embedded_key().unwrap()).unwrap();
        assert_eq!(jws.verify(&key), Ok(()));
        let claims = jws.claims().unwrap();
        assert_eq!(claims.text("htu"), Ok("https://server.example.com/token"));
        assert_eq!(claims.time("iat"), Ok(Some(1_562_262_616)));
    }

    #[test]
    fn both_forms_of_a_signature_hold() {
        for curve in [Curve::P256, Curve::Secp256k1] {
            let key = Key::new(curve, 1);
            let token = key.sign(json!({}), &json!({}));
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let high = key.with_high_s(&BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap());
            let high = format!("{signed}.{}", BASE64URL_NOPAD.encode(&high));
            assert_ne!(high, token);
            assert_eq!(Jws::parse(&high).unwrap().verify(&key.jwk()), Ok(()));
        }
    }

    #[test]
    fn nothing_signed_can_be_changed() {
        let key = Key::new(Curve::P256, 1);
        let token = key.sign(json!({ "typ": "x" }), &json!({ "a": "b" }));
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            let verified = Jws::parse(&changed).and_then(|jws| jws.verify(&key.jwk()));
            assert!(verified.is_err(), "{changed}");
        }
    }

    #[test]
    fn each_fault_of_form_has_its_name() {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let good = part(r#"{"alg":"ES256"}"#);
        let deep = format!(r#"{{"alg":"ES256","a":{}1{}}}"#, "[".repeat(900), "]".repeat(900));
        for (token, fault) in [
            (String::new(), JwsError::Parts),
            (good.clone(), JwsError::Parts),
            (format!("{good}.e30"), JwsError::Parts),
            (format!("{good}.e30.AA.AA"), JwsError::Parts),
            (format!("{good}=.e30.AA"), JwsError::Base64),
            (format!("{good}.e31.AA"), JwsError::Base64),
            (format!("{good}.e30.A+"), JwsError::Base64),
            (format!("{good}.e30.AA=="), JwsError::Base64),
            (format!("{good}.e30.AA\n"), JwsError::Base64),
            (format!("{}.e30.AA", part("[]")), JwsError::Header),
            (format!("{}.e30.AA", part("{")), JwsError::Header),
            (format!("{}.e30.AA", part(&deep)), JwsError::Header),
            (format!("{}.e30.AA", part("{}")), JwsError::Algorithm),
            (format!("{}.e30.AA", part(r#"{"alg":"none"}"#)), JwsError::Algorithm),
            (format!("{}.e30.AA", part(r#"{"alg":"HS256"}"#)), JwsError::Algorithm),
            (format!("{}.e30.AA", part(r#"{"alg":"es256"}"#)), JwsError::Algorithm),
            (format!("{}.e30.AA", part(r#"{"alg":["ES256"]}"#)), JwsError::Algorithm),
            (format!("{}.e30.AA", part(r#"{"alg":"ES256","crit":["b64"]}"#)), JwsError::Critical),
            ("x".repeat(BYTES_MAX + 1), JwsError::TooLong),
        ] {
            assert_eq!(Jws::parse(&token).unwrap_err(), fault, "{token:.80}");
        }
        let jws = Jws::parse(&format!("{good}.{}.AA", part("[1]"))).unwrap();
        assert_eq!(jws.claims(), Err(JwsError::Claims));
    }

    #[test]
    fn claims_are_of_the_type_that_is_asked_for() {
        let key = Key::new(Curve::P256, 1);
        let claims = json!({ "a": "b", "n": 5, "f": 5.5, "m": -1, "z": null });
        let claims = Jws::parse(&key.sign(json!({}), &claims)).unwrap().claims().unwrap();
        assert_eq!(claims.text("a"), Ok("b"));
        assert_eq!(claims.text("x"), Err(ClaimError::Missing("x")));
        assert_eq!(claims.text("n"), Err(ClaimError::Type("n")));
        assert_eq!(claims.time("n"), Ok(Some(5)));
        assert_eq!(claims.time("x"), Ok(None));
        for name in ["f", "m", "a", "z"] {
            assert_eq!(claims.time(name), Err(ClaimError::Type(name)));
        }
    }
}
