//! Access tokens: what a client shows with each request, beside a proof by its key.
//!
//! Clients take them for random. They are signed with a secret, so that most false ones are found
//! without asking the database; that a session is still there is asked for each of them. What it
//! may do is in its row and not in the token.
//!
//! Sessions that begin with a password have tokens of the same `typ`. Neither does as the other:
//! these here name their client's key (`cnf`) and are made with a secret of their own, which is
//! derived from the one that both have.
//!
//! Spec: RFC 9068, RFC 9449

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use syntax::Did;
use thiserror::Error;

use crate::error::{ErrorCode, Refusal};
use crate::jose::{self, Thumbprint};
use crate::token::TokenId;

/// The header of all tokens. Whatever else is there instead is not ours.
const HEADER: &str = r#"{"typ":"at+jwt","alg":"HS256"}"#;

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// Which one it is, as [`TokenId`] writes it.
    pub jti: String,
    /// Whose account it is for.
    pub sub: Did,
    /// The origin of this server.
    pub iss: String,
    /// The DID of this server.
    pub aud: Did,
    /// When it was made, in seconds since 1970.
    pub iat: u64,
    /// When it ends.
    pub exp: u64,
    /// Whose it is.
    pub client_id: String,
    /// The key that it was given to.
    pub cnf: Confirmation,
}

/// The key that has to confirm each use of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The thumbprint of the key.
    pub jkt: Thumbprint,
}

/// Makes access tokens and knows its own.
pub struct AccessTokens {
    secret: [u8; 32],
}

/// Says why an access token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AccessError {
    /// It is not a token of ours, or not for here.
    #[error("access token could not be verified")]
    Unverified,
    /// It has ended.
    #[error("access token has expired")]
    Expired,
    /// Its key is not the one that has made the proof.
    #[error("access token was given to another key than that of the DPoP proof")]
    Key,
}

impl Refusal for AccessError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unverified | Self::Expired => ErrorCode::InvalidToken,
            Self::Key => ErrorCode::InvalidDpopProof,
        }
    }
}

impl AccessClaims {
    /// Returns which token it is.
    pub fn id(&self) -> Option<TokenId> {
        TokenId::parse(&self.jti)
    }

    /// Checks that a proof is by the key that the token was given to.
    ///
    /// # Errors
    ///
    /// [`AccessError::Key`] if it is not.
    pub fn check_key(&self, jkt: Thumbprint) -> Result<(), AccessError> {
        if self.cnf.jkt == jkt { Ok(()) } else { Err(AccessError::Key) }
    }
}

impl AccessTokens {
    /// Signs with a key that is derived from a secret, which others may use for other things.
    pub fn new(secret: &[u8]) -> Self {
        let mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
        let mac = mac.chain_update(b"OAuth access tokens");
        Self { secret: mac.finalize().into_bytes().into() }
    }

    /// Makes a token.
    pub fn make(&self, claims: &AccessClaims) -> String {
        let claims = serde_json::to_vec(claims).expect("texts and numbers are JSON");
        self.sign(HEADER, &claims)
    }

    fn sign(&self, header: &str, claims: &[u8]) -> String {
        let mut token = BASE64URL_NOPAD.encode(header.as_bytes());
        token.push('.');
        BASE64URL_NOPAD.encode_append(claims, &mut token);
        let tag = self.mac(&token).finalize().into_bytes();
        token.push('.');
        BASE64URL_NOPAD.encode_append(&tag, &mut token);
        token
    }

    /// Reads a token, and checks that we made it, for this server.
    ///
    /// `now_s` is left out where it does not matter whether the token has ended: to revoke it.
    ///
    /// # Errors
    ///
    /// [`AccessError`] if it is none of ours, or has ended.
    pub fn verify(
        &self,
        token: &str,
        issuer: &str,
        audience: &Did,
        now_s: Option<u64>,
    ) -> Result<AccessClaims, AccessError> {
        let unverified = AccessError::Unverified;
        let (signed, tag) =
            token.rsplit_once('.').filter(|_| token.len() <= jose::BYTES_MAX).ok_or(unverified)?;
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).map_err(|_| unverified)?;
        self.mac(signed).verify_slice(&tag).map_err(|_| unverified)?;
        let (header, claims) = signed.split_once('.').ok_or(unverified)?;
        #[derive(Deserialize)]
        struct Header {
            typ: String,
            alg: String,
        }
        let Header { typ, alg } = decode(header).ok_or(unverified)?;
        if typ != "at+jwt" || alg != "HS256" {
            return Err(unverified);
        }
        let claims: AccessClaims = decode(claims).ok_or(unverified)?;
        if claims.iss != issuer || claims.aud != *audience || claims.id().is_none() {
            return Err(unverified);
        }
        if now_s.is_some_and(|now_s| claims.exp <= now_s) {
            return Err(AccessError::Expired);
        }
        Ok(claims)
    }

    fn mac(&self, signed: &str) -> Hmac<Sha256> {
        let mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key of any length will do");
        mac.chain_update(signed)
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    serde_json::from_slice(&bytes).ok()
}

#[cfg(test)]
mod tests {
    use crypto::Curve;
    use serde_json::json;

    use super::*;
    use crate::testing::{Key, NOW_S};

    const SECRET: &[u8] = b"0123456789abcdef";
    const ISSUER: &str = "https://pds.test";

    fn claims() -> AccessClaims {
        AccessClaims {
            jti: TokenId::from_random([1; 16]).expose(),
            sub: Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap(),
            iss: ISSUER.to_owned(),
            aud: Did::parse("did:web:pds.test").unwrap(),
            iat: NOW_S,
            exp: NOW_S + 900,
            client_id: "https://app.test/client.json".to_owned(),
            cnf: Confirmation { jkt: Key::new(Curve::P256, 1).jwk().thumbprint() },
        }
    }

    fn verify(token: &str, now_s: u64) -> Result<AccessClaims, AccessError> {
        AccessTokens::new(SECRET).verify(token, ISSUER, &claims().aud, Some(now_s))
    }

    #[test]
    fn a_token_is_read_as_it_was_made() {
        let token = AccessTokens::new(SECRET).make(&claims());
        assert_eq!(verify(&token, NOW_S + 899), Ok(claims()));
        assert_eq!(verify(&token, NOW_S + 900), Err(AccessError::Expired));
        let ended = AccessTokens::new(SECRET).verify(&token, ISSUER, &claims().aud, None);
        assert_eq!(ended, Ok(claims()));
        assert_eq!(claims().id(), Some(TokenId::from_random([1; 16])));
        let payload = token.split('.').nth(1).unwrap();
        let json: serde_json::Value = decode(payload).unwrap();
        let jkt = claims().cnf.jkt.to_string();
        assert_eq!(json["cnf"], json!({ "jkt": jkt }), "an object, not a text");
    }

    #[test]
    fn a_token_is_for_one_key() {
        let (own, other) = (Key::new(Curve::P256, 1).jwk(), Key::new(Curve::P256, 2).jwk());
        assert_eq!(claims().check_key(own.thumbprint()), Ok(()));
        assert_eq!(claims().check_key(other.thumbprint()), Err(AccessError::Key));
    }

    #[test]
    fn what_was_changed_is_refused() {
        let token = AccessTokens::new(SECRET).make(&claims());
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(verify(&changed, NOW_S), Err(AccessError::Unverified), "{changed}");
        }
        for token in ["", ".", "..", "a.b.c", &"x".repeat(10_000), &format!("{token}.")] {
            assert_eq!(verify(token, NOW_S), Err(AccessError::Unverified), "{token:.80}");
        }
    }

    #[test]
    fn tokens_of_others_and_for_others_are_refused() {
        let unverified = Err(AccessError::Unverified);
        let other = AccessTokens::new(b"another secret 0").make(&claims());
        assert_eq!(verify(&other, NOW_S), unverified);
        let tokens = AccessTokens::new(SECRET);
        let token = tokens.make(&claims());
        let at = |issuer, audience: &str| {
            tokens.verify(&token, issuer, &Did::parse(audience).unwrap(), Some(NOW_S))
        };
        assert_eq!(at("https://other.test", "did:web:pds.test"), unverified);
        assert_eq!(at(ISSUER, "did:web:other.test"), unverified);
        let json = serde_json::to_value(claims()).unwrap();
        for header in [r#"{"typ":"JWT","alg":"HS256"}"#, r#"{"typ":"at+jwt","alg":"none"}"#, "{}"] {
            let token = tokens.sign(header, json.to_string().as_bytes());
            assert_eq!(verify(&token, NOW_S), unverified, "{header}");
        }
        for (name, value) in [
            ("cnf", json!(claims().cnf.jkt.to_string())),
            ("cnf", json!({})),
            ("cnf", json!(null)),
            ("jti", json!("strange")),
            ("exp", json!("never")),
        ] {
            let mut json = json.clone();
            json[name] = value;
            let token = tokens.sign(HEADER, json.to_string().as_bytes());
            assert_eq!(verify(&token, NOW_S), unverified, "{name}");
        }
    }

    /// Signs as sessions that begin with a password do: with the secret itself.
    fn sign_as_session(claims: &serde_json::Value) -> String {
        let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
        let signed = format!("{}.{}", part(HEADER), part(&claims.to_string()));
        let mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap().chain_update(&signed);
        format!("{signed}.{}", BASE64URL_NOPAD.encode(&mac.finalize().into_bytes()))
    }

    #[test]
    fn a_session_token_is_no_access_token_though_type_and_secret_are_the_same() {
        let session = json!({
            "scope": "com.atproto.access", "aud": "did:web:pds.test", "iat": NOW_S,
            "sub": "did:plc:ewvi7nxzyoun6zhxrhs64oiz", "exp": NOW_S + 900, "jti": "a",
        });
        assert_eq!(verify(&sign_as_session(&session), NOW_S), Err(AccessError::Unverified));
        let claims = serde_json::to_value(claims()).unwrap();
        assert_eq!(verify(&sign_as_session(&claims), NOW_S), Err(AccessError::Unverified));
        let token = AccessTokens::new(SECRET).sign(HEADER, session.to_string().as_bytes());
        assert_eq!(verify(&token, NOW_S), Err(AccessError::Unverified), "it has no key");
    }

    #[test]
    fn an_access_token_is_not_signed_as_a_session_token_is() {
        let token = AccessTokens::new(SECRET).make(&claims());
        assert_ne!(token, sign_as_session(&serde_json::to_value(claims()).unwrap()));
        let (signed, tag) = token.rsplit_once('.').unwrap();
        let tag = BASE64URL_NOPAD.decode(tag.as_bytes()).unwrap();
        let mac = Hmac::<Sha256>::new_from_slice(SECRET).unwrap().chain_update(signed);
        assert!(mac.verify_slice(&tag).is_err());
    }
}
