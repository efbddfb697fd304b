//! A session at a host: that of a password, or that of an app which its owner has let in.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::bound::{Bound, KeptBinding};
use super::proving::{Prover, TimeSource};

/// A session. Printing it shows nothing.
#[derive(Clone)]
pub enum Session {
    /// Somebody has signed in with a password.
    Password(Tokens),
    /// Somebody has let this server in on the pages of the host. Its tokens are bound to a key.
    Bound(Bound),
}

/// The two tokens of a session by password. Printing them shows nothing.
#[derive(Clone)]
pub struct Tokens {
    access: Zeroizing<String>,
    refresh: Zeroizing<String>,
}

/// What it takes to go on with a session, in the form in which it is sealed. Those of passwords have had
/// this form before there were others.
#[derive(Clone, Serialize, Deserialize)]
pub struct Kept {
    access: String,
    refresh: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bound: Option<KeptBinding>,
}

impl Kept {
    /// Tells whether it is of an app that the owner has let in.
    pub fn is_bound(&self) -> bool {
        self.bound.is_some()
    }
}

/// What goes along with a request.
#[derive(Clone)]
pub(super) enum Pass {
    /// The token, and nothing more.
    Bearer(Zeroizing<String>),
    /// The token, and a proof of possession of its key.
    Bound(Zeroizing<String>, Prover),
}

impl Tokens {
    /// Makes a session of its two tokens.
    pub fn new(access: String, refresh: String) -> Self {
        Self { access: Zeroizing::new(access), refresh: Zeroizing::new(refresh) }
    }

    /// Returns the tokens, to be sealed: for access and for renewal.
    pub fn reveal(&self) -> (&str, &str) {
        (&self.access, &self.refresh)
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Session")
    }
}

impl From<Tokens> for Session {
    fn from(tokens: Tokens) -> Self {
        Self::Password(tokens)
    }
}

impl Session {
    /// Goes on with a session that was kept; `None` if that is no longer possible. `time` tells the
    /// seconds since 1970.
    pub fn of(kept: &Kept, time: &TimeSource) -> Option<Self> {
        let (access, refresh) = (kept.access.clone(), kept.refresh.clone());
        match &kept.bound {
            None => Some(Self::Password(Tokens::new(access, refresh))),
            Some(binding) => {
                let tokens = (Zeroizing::new(access), Zeroizing::new(refresh));
                Bound::of(binding, tokens, time).map(Self::Bound)
            }
        }
    }

    /// Returns what it takes to go on with the session, to be sealed.
    pub fn keep(&self) -> Kept {
        let (access, refresh) = self.reveal();
        let (access, refresh) = (access.to_owned(), refresh.to_owned());
        let bound = match self {
            Self::Password(_) => None,
            Self::Bound(bound) => Some(bound.keep()),
        };
        Kept { access, refresh, bound }
    }

    /// Returns the tokens, to be sealed: for access and for renewal.
    pub fn reveal(&self) -> (&str, &str) {
        match self {
            Self::Password(tokens) => tokens.reveal(),
            Self::Bound(bound) => (&bound.access, &bound.refresh),
        }
    }

    /// Returns the session of an app that was let in, if it is one.
    pub fn bound(&self) -> Option<&Bound> {
        match self {
            Self::Password(_) => None,
            Self::Bound(bound) => Some(bound),
        }
    }

    pub(super) fn pass(&self) -> Pass {
        match self {
            Self::Password(tokens) => Pass::Bearer(tokens.access.clone()),
            Self::Bound(bound) => Pass::Bound(bound.access.clone(), bound.binding.prover.clone()),
        }
    }
}

impl Pass {
    pub(super) fn bearer(token: &str) -> Self {
        Self::Bearer(Zeroizing::new(token.to_owned()))
    }

    /// Returns the token.
    pub(super) fn token(&self) -> &str {
        match self {
            Self::Bearer(token) | Self::Bound(token, _) => token,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;

    fn time() -> TimeSource {
        Arc::new(|| 1_767_225_600)
    }

    #[test]
    fn sessions_of_passwords_are_kept_as_they_were_before_there_were_others() {
        let old = json!({ "access": "a", "refresh": "b" });
        let kept: Kept = serde_json::from_value(old.clone()).unwrap();
        let session = Session::of(&kept, &time()).unwrap();
        assert!(session.bound().is_none());
        assert_eq!(session.reveal(), ("a", "b"));
        assert_eq!(serde_json::to_value(session.keep()).unwrap(), old);
    }

    #[test]
    fn a_session_that_is_bound_to_a_key_is_kept_with_it() {
        let key = "11".repeat(32);
        let kept = json!({
            "access": "a", "refresh": "b",
            "bound": {
                "key": key, "token": "https://entry.test/token", "revoke": null,
                "client_id": "https://new.test/a.json", "scope": "atproto",
            },
        });
        let read: Kept = serde_json::from_value(kept.clone()).unwrap();
        let session = Session::of(&read, &time()).unwrap();
        assert_eq!(session.bound().unwrap().scope(), "atproto");
        assert_eq!(serde_json::to_value(session.keep()).unwrap(), kept);
        let mut broken = kept;
        broken["bound"]["key"] = json!("no key");
        let read: Kept = serde_json::from_value(broken).unwrap();
        assert!(Session::of(&read, &time()).is_none());
    }
}
