//! Tokens of sessions: access for two hours, refresh for ninety days.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use syntax::Did;
use thiserror::Error;

use super::{Parts, decode};

/// How long an access token is good for.
pub(crate) const ACCESS_TIME: Duration = Duration::from_secs(2 * 60 * 60);
/// How long a refresh token is good for.
pub(crate) const REFRESH_TIME: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// What a token lets its owner do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Scope {
    /// Everything: the session began with the account's password.
    #[serde(rename = "com.atproto.access")]
    Access,
    /// What apps may: the session began with an app password.
    #[serde(rename = "com.atproto.appPass")]
    AppPassword,
    /// What apps may that read messages, too.
    #[serde(rename = "com.atproto.appPassPrivileged")]
    PrivilegedAppPassword,
    /// What the owner of an account may that was taken down: to leave.
    #[serde(rename = "com.atproto.takendown")]
    TakenDown,
    /// To get other tokens.
    #[serde(rename = "com.atproto.refresh")]
    Refresh,
    /// Something that this server never grants.
    #[serde(other, rename = "unknown")]
    Unknown,
}

/// What kind of token it is, which its header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// `at+jwt`
    Access,
    /// `refresh+jwt`
    Refresh,
}

/// What a token says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionClaims {
    /// What it is good for.
    pub(crate) scope: Scope,
    /// The server's DID.
    pub(crate) aud: String,
    /// Whose it is.
    pub(crate) sub: Did,
    /// When it was made, in seconds since 1970.
    pub(crate) iat: u64,
    /// When it ends.
    pub(crate) exp: u64,
    /// Which refresh token it is, or, of an access token, which one it was made with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) jti: Option<String>,
}

/// Says why a token is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum SessionTokenError {
    /// It is not a token of ours, not of this kind, or not for this server.
    #[error("token could not be verified")]
    Unverified,
    /// It is signed by us, and lacks what our tokens have, or has what they have not.
    #[error("malformed token")]
    Malformed,
    /// It has ended.
    #[error("token has expired")]
    Expired,
}

impl Use {
    fn type_name(self) -> &'static str {
        match self {
            Self::Access => "at+jwt",
            Self::Refresh => "refresh+jwt",
        }
    }
}

/// Makes a token.
pub(crate) fn make_session_token(secret: &[u8], usage: Use, claims: &SessionClaims) -> String {
    let header = format!(r#"{{"typ":"{}","alg":"HS256"}}"#, usage.type_name());
    let claims = serde_json::to_vec(claims).expect("texts and numbers are JSON");
    sign_session_token(secret, header.as_bytes(), &claims)
}

/// Makes a token of its parts.
pub(crate) fn sign_session_token(secret: &[u8], header: &[u8], claims: &[u8]) -> String {
    let mut token = BASE64URL_NOPAD.encode(header);
    token.push('.');
    BASE64URL_NOPAD.encode_append(claims, &mut token);
    let tag = mac(secret, &token).finalize().into_bytes();
    token.push('.');
    BASE64URL_NOPAD.encode_append(&tag, &mut token);
    token
}

/// Reads a token, and checks that we made it, for this use, for this server.
///
/// `now_s` is left out where it does not matter whether the token has ended.
pub(crate) fn verify_session_token(
    secret: &[u8],
    usage: Use,
    audience: &Did,
    token: &str,
    now_s: Option<u64>,
) -> Result<SessionClaims, SessionTokenError> {
    #[derive(Deserialize)]
    struct Header {
        typ: String,
        alg: String,
    }
    /// What tells that a token is of another kind, whatever its header says.
    #[derive(Deserialize)]
    struct Strange {
        aud: Option<serde_json::Value>,
        lxm: Option<serde_json::Value>,
        cnf: Option<serde_json::Value>,
    }
    let unverified = SessionTokenError::Unverified;
    let parts = Parts::of(token).ok_or(unverified)?;
    let header: Header = decode(parts.header).ok_or(unverified)?;
    if header.typ != usage.type_name() || header.alg != "HS256" {
        return Err(unverified);
    }
    let tag = BASE64URL_NOPAD.decode(parts.signature.as_bytes()).map_err(|_| unverified)?;
    mac(secret, parts.signed(token)).verify_slice(&tag).map_err(|_| unverified)?;

    let payload = BASE64URL_NOPAD.decode(parts.payload.as_bytes()).map_err(|_| unverified)?;
    let strange: Strange = serde_json::from_slice(&payload).map_err(|_| unverified)?;
    if strange.aud.as_ref().and_then(|aud| aud.as_str()) != Some(audience.as_str()) {
        return Err(unverified);
    }
    if strange.lxm.is_some() || strange.cnf.is_some() {
        return Err(SessionTokenError::Malformed);
    }
    let claims: SessionClaims =
        serde_json::from_slice(&payload).map_err(|_| SessionTokenError::Malformed)?;
    if now_s.is_some_and(|now_s| claims.exp <= now_s) {
        return Err(SessionTokenError::Expired);
    }
    Ok(claims)
}

fn mac(secret: &[u8], signed: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("a key of any length will do");
    mac.update(signed.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef";

    fn claims() -> SessionClaims {
        SessionClaims {
            scope: Scope::AppPassword,
            aud: "did:web:pds.test".to_owned(),
            sub: "did:web:alice.test".parse().unwrap(),
            iat: 100,
            exp: 200,
            jti: None,
        }
    }

    fn verify(token: &str, usage: Use, now_s: u64) -> Result<SessionClaims, SessionTokenError> {
        let audience = "did:web:pds.test".parse().unwrap();
        verify_session_token(SECRET, usage, &audience, token, Some(now_s))
    }

    #[test]
    fn a_token_is_read_as_it_was_made() {
        let token = make_session_token(SECRET, Use::Access, &claims());
        assert_eq!(verify(&token, Use::Access, 199), Ok(claims()));
        assert_eq!(verify(&token, Use::Access, 200), Err(SessionTokenError::Expired));
        assert_eq!(verify(&token, Use::Refresh, 199), Err(SessionTokenError::Unverified));
    }

    #[test]
    fn what_was_changed_is_refused() {
        let token = make_session_token(SECRET, Use::Access, &claims());
        for index in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[index] = if bytes[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(verify(&changed, Use::Access, 0), Err(SessionTokenError::Unverified));
        }
        let other = SessionClaims { aud: "did:web:other.test".to_owned(), ..claims() };
        let other = make_session_token(SECRET, Use::Access, &other);
        assert_eq!(verify(&other, Use::Access, 0), Err(SessionTokenError::Unverified));
        let other = make_session_token(b"another secret 0", Use::Access, &claims());
        assert_eq!(verify(&other, Use::Access, 0), Err(SessionTokenError::Unverified));
    }
}
