//! Tokens: those of sessions, which only we read, and those by which accounts speak to services.
//!
//! Session tokens are signed with a secret (HS256), service tokens with the key of an account
//! (ES256K or ES256). Whom a token lets do what is for `caller` to say.

mod service;
mod session;

use data_encoding::BASE64URL_NOPAD;
use serde::de::DeserializeOwned;

pub(crate) use crate::token::service::{
    ServiceClaims, ServiceToken, ServiceTokenError, make_service_token,
};
pub(crate) use crate::token::session::{
    ACCESS_TIME, REFRESH_TIME, Scope, SessionClaims, SessionTokenError, Use, make_session_token,
    sign_session_token, verify_session_token,
};

/// The most bytes of a token that are looked at.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// The three parts of a token, as its text has them.
struct Parts<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Parts<'a> {
    fn of(token: &'a str) -> Option<Self> {
        let (header, rest) = token.split_once('.').filter(|_| token.len() <= TOKEN_BYTES_MAX)?;
        let (payload, signature) = rest.split_once('.')?;
        (!signature.contains('.')).then_some(Self { header, payload, signature })
    }

    /// What is signed.
    fn signed<'t>(&self, token: &'t str) -> &'t str {
        &token[..self.header.len() + 1 + self.payload.len()]
    }
}

fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    let bytes = BASE64URL_NOPAD.decode(part.as_bytes()).ok()?;
    serde_json::from_slice(&bytes).ok()
}
