//! Random tokens: of requests, codes, sessions. Whoever has one needs nothing else to find its row.
//!
//! A token is a prefix, which says what it is for, and hexadecimal digits. Only its hash is stored,
//! so that nobody can use what they read in a database or a backup.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

/// The SHA-256 of a token, as it is stored.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenHash([u8; 32]);

impl TokenHash {
    /// Takes the bytes of a stored hash.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes, to be stored or looked for.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenHash({})", HEXLOWER.encode(&self.0))
    }
}

/// Makes a kind of token. `Debug` does not show it, so that no log has it.
macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// How many random bytes a token of this kind is made of.
            pub const BYTES: usize = $bytes;
            const PREFIX: &str = $prefix;

            /// Makes a token of bytes that were drawn at random.
            pub fn from_random(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Reads a token, if it is one of this kind.
            pub fn parse(text: &str) -> Option<Self> {
                let digits = text.strip_prefix(Self::PREFIX)?;
                let is_long = digits.len() == 2 * Self::BYTES;
                let bytes = is_long.then(|| HEXLOWER.decode(digits.as_bytes()).ok())??;
                bytes.try_into().ok().map(Self)
            }

            /// Returns the text, for the one whose token it is.
            pub fn expose(&self) -> String {
                format!("{}{}", Self::PREFIX, HEXLOWER.encode(&self.0))
            }

            /// Returns the bytes that it is made of.
            pub fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }

            /// Returns what is stored of it.
            pub fn hash(&self) -> TokenHash {
                TokenHash(Sha256::digest(self.expose()).into())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}…", Self::PREFIX)
            }
        }
    };
}

token! {
    /// A pushed request: what the browser of the account's owner comes with.
    RequestId, "req-", 16
}

token! {
    /// An authorization code: what the client gets tokens for, once.
    AuthorizationCode, "cod-", 32
}

token! {
    /// A refresh token: what the client gets other tokens for, once.
    RefreshToken, "ref-", 32
}

token! {
    /// Which access token it is: the `jti` of those that were given out at a time.
    TokenId, "tok-", 16
}

/// What goes before the id of a request in `request_uri`.
const REQUEST_URI_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

impl RequestId {
    /// Reads the id of a request from `request_uri`, if it is one of ours.
    pub fn from_uri(uri: &str) -> Option<Self> {
        Self::parse(uri.strip_prefix(REQUEST_URI_PREFIX)?)
    }

    /// Returns `request_uri`.
    pub fn to_uri(&self) -> String {
        format!("{REQUEST_URI_PREFIX}{}", self.expose())
    }
}

impl RefreshToken {
    /// Makes the first token of a session. All tokens of a session begin with its id, so that one that
    /// was used long ago is recognised and nothing has to be kept of it.
    pub fn first(session: [u8; 16], random: [u8; 16]) -> Self {
        Self::of(session, random)
    }

    /// Returns the id of the session that a token says it is of.
    pub fn session(&self) -> [u8; 16] {
        *self.0.first_chunk().expect("a token is longer than an id")
    }

    fn of(session: [u8; 16], secret: [u8; 16]) -> Self {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&session);
        bytes[16..].copy_from_slice(&secret);
        Self(bytes)
    }
}

/// Derives what comes after a refresh token.
///
/// Whoever sends a token twice, because an answer got lost or two windows of an app were faster
/// than each other, has to get the same answer twice. As no token is stored, its successor follows
/// from it and from a secret: whoever has one of the two alone learns nothing.
pub struct Successors {
    secret: [u8; 32],
}

impl Successors {
    /// Derives with a secret, which has to stay the same while a successor may be asked for again.
    pub fn new(secret: [u8; 32]) -> Self {
        Self { secret }
    }

    /// Returns the token that takes the place of another.
    pub fn refresh_token(&self, of: &RefreshToken) -> RefreshToken {
        let derived = self.derive(b"refresh token after", of);
        let secret = derived.first_chunk().expect("a MAC has 32 bytes");
        RefreshToken::of(of.session(), *secret)
    }

    /// Returns the id of the access token that is given out beside the successor of a token.
    pub fn token_id(&self, of: &RefreshToken) -> TokenId {
        let derived = self.derive(b"access token after", of);
        TokenId(*derived.first_chunk().expect("a MAC has 32 bytes"))
    }

    fn derive(&self, purpose: &[u8], of: &RefreshToken) -> [u8; 32] {
        let mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key of any length will do");
        mac.chain_update(purpose).chain_update(of.0).finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_as_it_was_written() {
        let token = RefreshToken::from_random([0xab; 32]);
        assert_eq!(token.expose(), format!("ref-{}", "ab".repeat(32)));
        assert_eq!(RefreshToken::parse(&token.expose()), Some(token));
        assert_eq!(AuthorizationCode::parse(&token.expose()), None);
        let code = AuthorizationCode::from_random([0xab; 32]);
        assert_ne!(code.hash(), token.hash(), "the kind is part of what is hashed");
        assert_eq!(TokenHash::from_bytes(*code.hash().as_bytes()), code.hash());
        let digits = "ab".repeat(32);
        for text in [
            String::new(),
            "ref-".to_owned(),
            digits.clone(),
            format!("ref-{}", &digits[1..]),
            format!("ref-{digits}00"),
            format!("ref-{}", digits.to_uppercase()),
            format!("REF-{digits}"),
            format!("ref-{}é", &digits[2..]),
            format!("ref-{}", "a".repeat(1_000_000)),
        ] {
            assert_eq!(RefreshToken::parse(&text), None, "{text:.80}");
        }
    }

    #[test]
    fn no_log_shows_a_token() {
        let token = RefreshToken::from_random([0xab; 32]);
        assert_eq!(format!("{token:?}"), "ref-…");
    }

    #[test]
    fn the_uri_of_a_request_is_a_urn() {
        let id = RequestId::from_random([1; 16]);
        let uri = "urn:ietf:params:oauth:request_uri:req-01010101010101010101010101010101";
        assert_eq!(id.to_uri(), uri);
        assert_eq!(RequestId::from_uri(uri), Some(id));
        for uri in ["", "req-01010101010101010101010101010101", &uri[..uri.len() - 1]] {
            assert_eq!(RequestId::from_uri(uri), None, "{uri}");
        }
    }

    #[test]
    fn a_successor_follows_from_the_token_and_the_secret() {
        let (token, other) =
            (RefreshToken::from_random([1; 32]), RefreshToken::from_random([2; 32]));
        let (successors, others) = (Successors::new([3; 32]), Successors::new([4; 32]));
        let next = successors.refresh_token(&token);
        assert_eq!(next, successors.refresh_token(&token));
        for different in [token, successors.refresh_token(&other), others.refresh_token(&token)] {
            assert_ne!(next, different);
        }
        assert_ne!(successors.refresh_token(&next), next);
        assert_eq!(successors.token_id(&token), successors.token_id(&token));
        assert_ne!(successors.token_id(&token), successors.token_id(&other));
        assert_ne!(successors.token_id(&token).0[..], next.0[16..]);
    }

    #[test]
    fn all_tokens_of_a_session_say_which_one() {
        let successors = Successors::new([3; 32]);
        let first = RefreshToken::first([1; 16], [2; 16]);
        let next = successors.refresh_token(&first);
        assert_eq!([first.session(), next.session()], [[1; 16]; 2]);
        assert_ne!(next.0[16..], first.0[16..]);
        let other = RefreshToken::first([5; 16], [2; 16]);
        assert_ne!(successors.refresh_token(&other).0[16..], next.0[16..]);
    }
}
