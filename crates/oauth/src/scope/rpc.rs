//! `rpc:`: asking services in the name of the account, through this server or with a token from it.

use std::fmt;

use syntax::Nsid;

use super::ScopeError;
use super::audience::Audiences;
use super::names::Names;
use super::parts::{self, Parts};

pub(super) const RESOURCE: &str = "rpc";
const LXM: &str = "lxm";
pub(super) const AUD: &str = "aud";
/// What the methods of chats have in common.
const CHAT: &str = "chat.bsky.";

/// Which methods of which services may be called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RpcScope {
    methods: Names,
    audiences: Audiences,
}

impl RpcScope {
    /// Makes a scope; `None` if it would be for all methods of all services.
    pub fn new(methods: Names, audiences: Audiences) -> Option<Self> {
        let is_everything = methods.are_all() && audiences == Audiences::All;
        (!is_everything).then_some(Self { methods, audiences })
    }

    pub(super) fn read(parts: Parts<'_>) -> Result<Self, ScopeError> {
        let mut params = parts.named(LXM)?;
        let methods = params.many(LXM);
        let audience = params.one(AUD)?;
        params.end()?;
        let methods = Names::read(&methods, LXM)?;
        let audience = audience.ok_or(ScopeError::Missing(AUD))?;
        let audiences = Audiences::read(&audience).ok_or(ScopeError::Value(AUD))?;
        Self::new(methods, audiences).ok_or(ScopeError::Everywhere)
    }

    /// Returns the methods that may be called.
    pub fn methods(&self) -> &Names {
        &self.methods
    }

    /// Returns the services whose methods may be called.
    pub fn audiences(&self) -> &Audiences {
        &self.audiences
    }
}

impl fmt::Display for RpcScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.methods.texts(), self.audiences.as_str())
    }
}

/// Writes the scope for some methods and services.
pub(super) fn write<'a>(
    f: &mut fmt::Formatter<'_>,
    methods: impl Iterator<Item = &'a str>,
    audiences: &'a str,
) -> fmt::Result {
    parts::write(f, RESOURCE, (LXM, methods), [(AUD, audiences)])
}

/// Tells whether a method is one of chats, which `transition:generic` leaves out.
///
/// Authorities are host names, which mean the same in upper case.
pub(super) fn is_chat(method: &Nsid) -> bool {
    let begin = method.as_str().get(..CHAT.len());
    begin.is_some_and(|begin| begin.eq_ignore_ascii_case(CHAT))
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::super::need::{Method, Need};
    use super::*;

    #[test]
    fn a_scope_is_for_its_methods_and_services_alone() {
        let methods = ["com.example.m", "com.example.n", "chat.bsky.convo.getLog"];
        let methods = methods.map(|method| Nsid::parse(method).unwrap());
        let [m, n, chat] = &methods;
        let every = [Method::One(m), Method::One(n), Method::One(chat), Method::Any];
        let services = ["did:web:a.test#s", "did:web:a.test#t", "did:web:a.test"];
        // For each service: m, n, c(hat), and a(ny method).
        for (text, allowed) in [
            ("rpc:com.example.m?aud=did:web:a.test%23s", ["m", "", ""]),
            ("rpc:com.example.m?aud=did:web:a.test#t", ["", "m", ""]),
            ("rpc:com.example.m?aud=*", ["m", "m", "m"]),
            ("rpc?lxm=com.example.m&lxm=com.example.n&aud=*", ["mn", "mn", "mn"]),
            ("rpc:*?aud=did:web:a.test%23s", ["mnca", "", ""]),
            ("rpc:com.example.M?aud=*", ["", "", ""]),
            ("transition:generic", ["mna", "mna", "mna"]),
            ("transition:chat.bsky", ["c", "c", "c"]),
            ("transition:email", ["", "", ""]),
            ("atproto", ["", "", ""]),
            ("repo:com.example.m", ["", "", ""]),
            ("include:com.example.m?aud=did:web:a.test%23s", ["", "", ""]),
        ] {
            let scope = Scope::parse(text).unwrap();
            for (audience, allowed) in services.iter().zip(allowed) {
                for (method, letter) in every.into_iter().zip("mnca".chars()) {
                    let need = Need::Rpc { method, audience };
                    assert_eq!(scope.allows(&need), allowed.contains(letter), "{text}: {need}");
                }
            }
        }
    }

    #[test]
    fn chats_are_told_by_their_authority() {
        for (method, expected) in [
            ("chat.bsky.getLog", true),
            ("chat.bsky.convo.getLog", true),
            ("Chat.Bsky.convo.getLog", true),
            ("chat.bskyx.convo.getLog", false),
            ("app.chat.bsky.getLog", false),
        ] {
            assert_eq!(is_chat(&Nsid::parse(method).unwrap()), expected, "{method}");
        }
    }

    #[test]
    fn all_methods_of_all_services_are_no_scope() {
        for text in ["rpc:*?aud=*", "rpc?lxm=*&aud=*", "rpc?lxm=com.example.m&lxm=*&aud=*"] {
            assert_eq!(Scope::parse(text), Err(ScopeError::Everywhere), "{text}");
        }
        assert_eq!(RpcScope::new(Names::ALL, Audiences::All), None);
    }
}
