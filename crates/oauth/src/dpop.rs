//! Proofs of possession: a token is worth nothing without the key that it was given to.
//!
//! A client signs a proof for each request. [`Proof::verify`] checks all of it that needs no
//! memory; [`Replays`] remembers those that were taken. Nonces ([`Nonces`]) make sure that a proof
//! is new. What is wrong with a proof or its nonce is found before anything is used up: a client
//! sends the same code, or the same refresh token, again with a new proof.
//!
//! Spec: RFC 9449, <https://atproto.com/specs/oauth#demonstrating-proof-of-possession-dpop>

mod nonces;
mod replays;

use data_encoding::BASE64URL_NOPAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use thiserror::Error;
use url::Url;

pub use crate::dpop::nonces::{Nonces, RUN_BYTES};
pub use crate::dpop::replays::{ReplayError, Replays};
use crate::error::{ErrorCode, Refusal};
use crate::jose::{ClaimError, Claims, Jwk, JwkError, Jws, JwsError, Thumbprint};

/// The `typ` of a proof.
pub const TYPE: &str = "dpop+jwt";
/// How far a client's clock may be off, either way, in seconds.
const SKEW_S: u64 = 190;
/// What a challenge begins with: the scheme and the algorithms.
const CHALLENGE: &str = r#"DPoP algs="ES256 ES256K""#;

/// What a proof has to be made for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The method of HTTP, as it came.
    pub method: &'a str,
    /// Where the request went to: the origin as it is configured, whatever `Host` says, and the
    /// path. Query and fragment are not looked at.
    pub url: &'a Url,
    /// The access token that came with the request.
    pub access_token: Option<&'a str>,
    /// When it came, in seconds since 1970.
    pub now_s: u64,
}

/// A proof that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    jkt: Thumbprint,
    jti: String,
    iat: u64,
}

/// Says why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ProofError {
    /// There is no header, or an empty one.
    #[error("header DPoP is missing")]
    Missing,
    /// There is more than one header.
    #[error("there is more than one header DPoP")]
    Repeated,
    /// It is not a token, or its signature is not by the key that it brings.
    #[error("DPoP proof does not hold")]
    Jws(#[from] JwsError),
    /// It is a token of another kind.
    #[error("\"typ\" of the DPoP proof is not {TYPE}")]
    Type,
    /// It brings no public key, or none that can be used.
    #[error("\"jwk\" of the DPoP proof is not a public key")]
    Jwk(#[from] JwkError),
    /// It lacks a claim.
    #[error("DPoP proof is incomplete")]
    Claim(#[from] ClaimError),
    /// It was made too long ago, or in the future.
    #[error("\"iat\" of the DPoP proof is more than {SKEW_S} seconds from now")]
    Time,
    /// It is for another method of HTTP.
    #[error("\"htm\" of the DPoP proof is not the method of the request")]
    Method,
    /// It is for another address.
    #[error("\"htu\" of the DPoP proof is not the address of the request")]
    Url,
    /// It has no nonce, one that is too old, or one that is not ours.
    #[error("DPoP proof needs the nonce of the header DPoP-Nonce")]
    Nonce,
    /// It is not for the access token, or there is none that it could be for.
    #[error("\"ath\" of the DPoP proof is not the hash of the access token")]
    Token,
}

impl Refusal for ProofError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Nonce => ErrorCode::UseDpopNonce,
            _ => ErrorCode::InvalidDpopProof,
        }
    }
}

impl Proof {
    /// Checks the proof of a request. `headers` are all values of the header `DPoP`.
    ///
    /// That the key is the one of the token or the session is for the caller to see, as is whether
    /// the proof was there before: [`Replays`] comes last, when nothing else is wrong.
    ///
    /// # Errors
    ///
    /// [`ProofError`] with the first thing that is wrong. [`ProofError::Missing`] if there is none.
    pub fn verify<'h>(
        headers: impl IntoIterator<Item = &'h [u8]>,
        request: &Request<'_>,
        nonces: &Nonces,
    ) -> Result<Self, ProofError> {
        let mut headers = headers.into_iter();
        let header = headers.next().filter(|header| !header.is_empty());
        let header = header.ok_or(ProofError::Missing)?;
        if headers.next().is_some() {
            return Err(ProofError::Repeated);
        }
        let header = str::from_utf8(header).map_err(|_| JwsError::Base64)?;
        let jws = Jws::parse(header)?;
        if jws.header("typ") != Some(TYPE) {
            return Err(ProofError::Type);
        }
        let key = Jwk::read(jws.embedded_key().ok_or(JwkError::Form)?)?;
        jws.verify(&key)?;

        let claims = jws.claims()?;
        let iat = claims.time("iat")?.ok_or(ClaimError::Missing("iat"))?;
        if iat.abs_diff(request.now_s) > SKEW_S {
            return Err(ProofError::Time);
        }
        let jti = claims.text("jti")?;
        if jti.is_empty() {
            return Err(ClaimError::Missing("jti").into());
        }
        if claims.text("htm")? != request.method {
            return Err(ProofError::Method);
        }
        if !is_same_place(claims.text("htu")?, request.url) {
            return Err(ProofError::Url);
        }
        let nonce = claims.value("nonce").and_then(|nonce| nonce.as_str());
        if !nonce.is_some_and(|nonce| nonces.is_fresh(nonce, iat, request.now_s)) {
            return Err(ProofError::Nonce);
        }
        check_token_hash(&claims, request.access_token)?;
        Ok(Self { jkt: key.thumbprint(), jti: jti.to_owned(), iat })
    }

    /// Returns the thumbprint of the key.
    pub fn jkt(&self) -> Thumbprint {
        self.jkt
    }

    /// Returns which of the key's proofs it is.
    pub fn jti(&self) -> &str {
        &self.jti
    }

    /// Returns when the client says that it has made it, in seconds since 1970.
    pub fn iat(&self) -> u64 {
        self.iat
    }
}

/// Tells whether `htu` is the address of the request. Some clients leave the query in it.
fn is_same_place(htu: &str, url: &Url) -> bool {
    let Ok(htu) = Url::parse(htu) else { return false };
    let is_plain = htu.username().is_empty() && htu.password().is_none();
    let is_http = matches!(htu.scheme(), "http" | "https");
    is_plain && is_http && htu.origin() == url.origin() && htu.path() == url.path()
}

fn check_token_hash(claims: &Claims, token: Option<&str>) -> Result<(), ProofError> {
    let (token, hash) = match (token, claims.value("ath")) {
        (None, None) => return Ok(()),
        (Some(token), Some(hash)) => (token, hash.as_str().unwrap_or_default()),
        _ => return Err(ProofError::Token),
    };
    let expected = BASE64URL_NOPAD.encode(&Sha256::digest(token));
    let is_same = bool::from(expected.as_bytes().ct_eq(hash.as_bytes()));
    if is_same { Ok(()) } else { Err(ProofError::Token) }
}

/// Builds the value of `WWW-Authenticate` for a request that is refused with 401.
///
/// Clients look for the scheme and for `error` in it, to ask again or to refresh.
pub fn challenge_of(refusal: &impl Refusal) -> String {
    let (code, description) = (refusal.code(), refusal.explain());
    format!(r#"{CHALLENGE}, error="{code}", error_description="{description}""#)
}

#[cfg(test)]
mod tests {
    use crypto::Curve;
    use serde_json::{Value, json};

    use super::*;
    use crate::testing::{Key, NOW_S};

    const TOKEN: &str = "access.token";

    fn nonces() -> Nonces {
        Nonces::new([1; 32], [2; 8], NOW_S - 1000)
    }

    fn claims() -> Value {
        json!({
            "jti": "a", "htm": "POST", "htu": "https://pds.test/oauth/token", "iat": NOW_S,
            "nonce": nonces().next(NOW_S),
        })
    }

    fn header(key: &Key) -> Value {
        json!({ "typ": "dpop+jwt", "jwk": key.json() })
    }

    fn verify(proof: &str, access_token: Option<&str>) -> Result<Proof, ProofError> {
        let url = Url::parse("https://pds.test/oauth/token").unwrap();
        let request = Request { method: "POST", url: &url, access_token, now_s: NOW_S };
        Proof::verify([proof.as_bytes()], &request, &nonces())
    }

    #[test]
    fn a_proof_tells_whose_it_is() {
        for curve in [Curve::P256, Curve::Secp256k1] {
            let key = Key::new(curve, 1);
            let proof = verify(&key.sign(header(&key), &claims()), None).unwrap();
            assert_eq!(proof.jkt(), key.jwk().thumbprint());
            assert_eq!((proof.jti(), proof.iat()), ("a", NOW_S));
        }
    }

    #[test]
    fn the_header_is_one_token_of_the_right_kind() {
        let (key, other) = (Key::new(Curve::P256, 1), Key::new(Curve::P256, 2));
        let good = key.sign(header(&key), &claims());
        let mut private = header(&key);
        private["jwk"]["d"] = json!("AA");
        let with = |name: &str, value: Value| {
            let mut header = header(&key);
            header[name] = value;
            key.sign(header, &claims())
        };
        for (proof, fault) in [
            (String::new(), ProofError::Missing),
            (format!("{good},{good}"), JwsError::Parts.into()),
            (format!("{good}, {good}"), JwsError::Parts.into()),
            ("é".to_owned(), JwsError::Parts.into()),
            (with("typ", json!("JWT")), ProofError::Type),
            (with("typ", json!("DPoP+jwt")), ProofError::Type),
            (with("typ", Value::Null), ProofError::Type),
            (with("alg", json!("none")), JwsError::Algorithm.into()),
            (with("alg", json!("HS256")), JwsError::Algorithm.into()),
            (with("alg", json!("ES256K")), JwsError::OtherAlgorithm.into()),
            (with("jwk", json!("key")), JwkError::Form.into()),
            (key.sign(json!({ "typ": "dpop+jwt" }), &claims()), JwkError::Form.into()),
            (key.sign(private, &claims()), JwkError::Private("d").into()),
            (key.sign(header(&other), &claims()), JwsError::Signature.into()),
        ] {
            assert_eq!(verify(&proof, None), Err(fault), "{proof}");
        }
        let url = Url::parse("https://pds.test/oauth/token").unwrap();
        let request = Request { method: "POST", url: &url, access_token: None, now_s: NOW_S };
        let headers = |headers: &[&[u8]]| {
            Proof::verify(headers.iter().copied(), &request, &nonces()).map(|_| ())
        };
        assert_eq!(headers(&[]), Err(ProofError::Missing));
        assert_eq!(headers(&[good.as_bytes()]), Ok(()));
        assert_eq!(headers(&[good.as_bytes(), good.as_bytes()]), Err(ProofError::Repeated));
        assert_eq!(headers(&[b"\xff"]), Err(JwsError::Base64.into()));
    }

    #[test]
    fn each_claim_is_checked() {
        let key = Key::new(Curve::P256, 1);
        let missing = |name| ProofError::from(ClaimError::Missing(name));
        let of_type = |name| ProofError::from(ClaimError::Type(name));
        for (name, value, fault) in [
            ("iat", Some(json!(NOW_S - 191)), ProofError::Time),
            ("iat", Some(json!(NOW_S + 191)), ProofError::Time),
            ("iat", Some(json!(u64::MAX)), ProofError::Time),
            ("iat", Some(json!("now")), of_type("iat")),
            ("iat", None, missing("iat")),
            ("jti", Some(json!("")), missing("jti")),
            ("jti", Some(json!(5)), of_type("jti")),
            ("jti", None, missing("jti")),
            ("htm", Some(json!("post")), ProofError::Method),
            ("htm", Some(json!("GET")), ProofError::Method),
            ("htm", None, missing("htm")),
            ("htu", None, missing("htu")),
            ("nonce", Some(json!("strange")), ProofError::Nonce),
            ("nonce", Some(json!(5)), ProofError::Nonce),
            ("nonce", None, ProofError::Nonce),
            ("ath", Some(json!("AA")), ProofError::Token),
            ("ath", Some(json!(null)), ProofError::Token),
        ] {
            let mut claims = claims();
            match &value {
                Some(value) => claims[name] = value.clone(),
                None => drop(claims.as_object_mut().unwrap().remove(name)),
            }
            let proof = key.sign(header(&key), &claims);
            assert_eq!(verify(&proof, None), Err(fault), "{name} {value:?}");
        }
        for iat in [NOW_S - 190, NOW_S + 190] {
            let mut claims = claims();
            (claims["iat"], claims["exp"]) = (json!(iat), json!(1));
            assert!(verify(&key.sign(header(&key), &claims), None).is_ok(), "{iat}");
        }
    }

    #[test]
    fn the_address_is_compared_without_its_query() {
        let key = Key::new(Curve::P256, 1);
        for (htu, holds) in [
            ("https://pds.test/oauth/token", true),
            ("https://pds.test:443/oauth/token", true),
            ("https://PDS.test/oauth/token?a=b#c", true),
            ("https://pds.test/oauth/./token", true),
            ("http://pds.test/oauth/token", false),
            ("https://pds.test:8443/oauth/token", false),
            ("https://pds.test.evil.test/oauth/token", false),
            ("https://other.test/oauth/token", false),
            ("https://pds.test/oauth/token/", false),
            ("https://pds.test/oauth/Token", false),
            ("https://pds.test/", false),
            ("https://me@pds.test/oauth/token", false),
            ("https://:pw@pds.test/oauth/token", false),
            ("ftp://pds.test/oauth/token", false),
            ("/oauth/token", false),
            ("", false),
        ] {
            let mut claims = claims();
            claims["htu"] = json!(htu);
            let expected = if holds { Ok(()) } else { Err(ProofError::Url) };
            let proof = key.sign(header(&key), &claims);
            assert_eq!(verify(&proof, None).map(|_| ()), expected, "{htu}");
        }
    }

    #[test]
    fn a_proof_is_for_one_token() {
        let key = Key::new(Curve::P256, 1);
        let with = |hash: &str| {
            let mut claims = claims();
            claims["ath"] = json!(hash);
            key.sign(header(&key), &claims)
        };
        let hash = |token: &str| BASE64URL_NOPAD.encode(&Sha256::digest(token));
        assert!(verify(&with(&hash(TOKEN)), Some(TOKEN)).is_ok());
        for (proof, token) in [
            (with(&hash("other")), Some(TOKEN)),
            (with(""), Some(TOKEN)),
            (with(&hash(TOKEN)), None),
            (key.sign(header(&key), &claims()), Some(TOKEN)),
        ] {
            assert_eq!(verify(&proof, token), Err(ProofError::Token));
        }
    }

    #[test]
    fn a_challenge_says_what_to_do() {
        assert_eq!(
            challenge_of(&ProofError::Nonce),
            concat!(
                r#"DPoP algs="ES256 ES256K", error="use_dpop_nonce", "#,
                r#"error_description="DPoP proof needs the nonce of the header DPoP-Nonce""#,
            )
        );
        assert_eq!(
            challenge_of(&ProofError::from(JwkError::Private("d"))),
            concat!(
                r#"DPoP algs="ES256 ES256K", error="invalid_dpop_proof", "#,
                r#"error_description="'jwk' of the DPoP proof is not a public key: "#,
                r#"key has the private member 'd'""#,
            )
        );
    }
}
