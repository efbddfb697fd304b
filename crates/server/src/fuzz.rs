//! What strangers send and this room reads, each on its own, for fuzzing. It is no API.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};

use ::http::{HeaderMap, HeaderName, HeaderValue};
use syntax::Did;

use crate::caller::Credentials;

use crate::token::{
    ServiceToken, Use, make_session_token, sign_session_token, verify_session_token,
};

const SECRET: &[u8] = b"a secret of no importance";

/// Reads a session's token whose header and claims are a stranger's, and the signature ours.
///
/// # Panics
///
/// Panics if what was read is not what is written again.
pub fn session_token(header: &[u8], claims: &[u8]) {
    let token = sign_session_token(SECRET, header, claims);
    let audience = Did::parse("did:web:localhost").expect("it is a DID");
    for usage in [Use::Access, Use::Refresh] {
        for now_s in [None, Some(0), Some(u64::MAX)] {
            let Ok(read) = verify_session_token(SECRET, usage, &audience, &token, now_s) else {
                continue;
            };
            let again = make_session_token(SECRET, usage, &read);
            let again = verify_session_token(SECRET, usage, &audience, &again, now_s);
            assert_eq!(again.as_ref(), Ok(&read));
        }
    }
}

/// Reads a token that comes as a header's value.
pub fn token(token: &str) {
    let audience = Did::parse("did:web:localhost").expect("it is a DID");
    // Nobody has the secret.
    assert!(verify_session_token(SECRET, Use::Access, &audience, token, None).is_err());
    black_box((ServiceToken::is_one(token), ServiceToken::parse(token).is_ok()));
}

/// Reads headers, a line each.
pub fn head(lines: &str) {
    let mut headers = HeaderMap::new();
    for (name, value) in lines.lines().filter_map(|line| line.split_once(':')) {
        let name = HeaderName::try_from(name.trim());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::try_from(value.trim())) {
            headers.append(name, value);
        }
    }
    if let Ok(token) = Credentials::of(&headers).bearer() {
        assert!(!token.is_empty());
    }
    crate::http::fuzz(&headers, IpAddr::V4(Ipv4Addr::LOCALHOST));
    crate::api::fuzz(&headers);
}
