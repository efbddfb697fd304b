//! Scopes: what an application may do in somebody's name.
//!
//! A scope is read by [`Scope::parse`] into what it means, and printed in one normal form. What a
//! session has is [`Scopes`]; what a call needs is a [`Need`]. What is not understood grants
//! nothing. The texts that people read when they are asked are elsewhere.
//!
//! Spec: <https://atproto.com/specs/permission>

mod account;
mod audience;
mod blob;
mod covering;
mod identity;
mod include;
mod names;
mod need;
mod parts;
mod repo;
mod rpc;
mod scopes;
mod summary;

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

pub use self::account::{AccountAction, AccountAttr, AccountScope};
pub use self::audience::{Audience, Audiences};
pub use self::blob::{BlobScope, MediaRange};
pub use self::identity::IdentityAttr;
pub use self::include::Include;
pub use self::names::Names;
pub use self::need::{Method, Need};
pub use self::parts::Parts;
pub use self::repo::{RepoAction, RepoActions, RepoScope};
pub use self::rpc::RpcScope;
pub use self::scopes::Scopes;
pub use self::summary::{Area, AreaKey, Content};

/// The most bytes that scopes are read from, and that they have together when they are printed.
///
/// All that the largest known application may do takes a tenth of it.
pub const BYTES_MAX: usize = 64 * 1024;

const ATPROTO: &str = "atproto";
const TRANSITION_GENERIC: &str = "transition:generic";
const TRANSITION_CHAT: &str = "transition:chat.bsky";
const TRANSITION_EMAIL: &str = "transition:email";

/// One scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scope {
    /// `atproto`: to be told whose account it is. Without it there is no session.
    Atproto,
    /// `transition:generic`: what applications could do with an app password, but chats.
    TransitionGeneric,
    /// `transition:chat.bsky`: chats.
    TransitionChat,
    /// `transition:email`: to read the e-mail address.
    TransitionEmail,
    /// To write records.
    Repo(RepoScope),
    /// To ask services, in the name of the account.
    Rpc(RpcScope),
    /// To upload files.
    Blob(BlobScope),
    /// To see or change something of how the account is hosted.
    Account(AccountScope),
    /// To change the identity.
    Identity(IdentityAttr),
    /// What a permission set grants. By itself it grants nothing.
    Include(Include),
}

/// Says why a text is not a scope that grants anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ScopeError {
    /// It is longer than all scopes together may be.
    #[error("scope is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// There is a space, a quotation mark, a backslash, or something that is not printable ASCII.
    #[error("scope has a character that scopes cannot have")]
    Character,
    /// A percent sign is not followed by two hexadecimal digits, or what they say is not UTF-8.
    #[error("scope has a percent sign that encodes nothing")]
    Escape,
    /// It is about nothing that is known here.
    #[error("scope is about nothing that is known")]
    UnknownResource,
    /// It has a parameter that is not known here, and that may narrow what it grants.
    #[error("scope has a parameter that is not known")]
    UnknownParameter,
    /// A parameter that has one value is there twice, or one is named and in its place, too.
    #[error("scope has the parameter {0} twice")]
    Repeated(&'static str),
    /// A parameter that has to be there is not.
    #[error("scope lacks the parameter {0}")]
    Missing(&'static str),
    /// A parameter has a value that it cannot have.
    #[error("scope has a value of {0} that cannot be")]
    Value(&'static str),
    /// It would be for all methods of all services.
    #[error("scope is for all methods of all services")]
    Everywhere,
}

impl Scope {
    /// Parses a scope.
    ///
    /// # Errors
    ///
    /// [`ScopeError`] if it is malformed, or has anything that is not understood.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        match text {
            ATPROTO => return Ok(Self::Atproto),
            TRANSITION_GENERIC => return Ok(Self::TransitionGeneric),
            TRANSITION_CHAT => return Ok(Self::TransitionChat),
            TRANSITION_EMAIL => return Ok(Self::TransitionEmail),
            _ => {}
        }
        let parts = Parts::parse(text)?;
        Ok(match parts.resource() {
            repo::RESOURCE => Self::Repo(RepoScope::read(parts)?),
            rpc::RESOURCE => Self::Rpc(RpcScope::read(parts)?),
            blob::RESOURCE => Self::Blob(BlobScope::read(parts)?),
            account::RESOURCE => Self::Account(AccountScope::read(parts)?),
            identity::RESOURCE => Self::Identity(IdentityAttr::read(parts)?),
            include::RESOURCE => Self::Include(Include::read(parts)?),
            _ => return Err(ScopeError::UnknownResource),
        })
    }

    /// Tells whether the scope alone grants what a call needs.
    pub fn allows(&self, need: &Need<'_>) -> bool {
        match (self, need) {
            (Self::TransitionGeneric, Need::Repo { .. } | Need::Blob { .. }) => true,
            (Self::TransitionGeneric, Need::Rpc { method, .. }) => match method {
                Method::Any => true,
                Method::One(method) => !rpc::is_chat(method),
            },
            (Self::TransitionChat, Need::Rpc { method: Method::One(method), .. }) => {
                rpc::is_chat(method)
            }
            (Self::TransitionEmail, Need::Account { attr, action }) => {
                (*attr, *action) == (AccountAttr::Email, AccountAction::Read)
            }
            (Self::Repo(scope), Need::Repo { collection, action }) => {
                scope.collections().contains(collection) && scope.actions().contains(*action)
            }
            (Self::Blob(scope), Need::Blob { media_type }) => scope.accepts(media_type),
            (Self::Rpc(scope), Need::Rpc { method, audience }) => {
                let has_method = match method {
                    Method::Any => scope.methods().are_all(),
                    Method::One(method) => scope.methods().contains(method),
                };
                has_method && scope.audiences().contains(audience)
            }
            (Self::Account(scope), Need::Account { attr, action }) => {
                scope.attr() == *attr && scope.action() >= *action
            }
            (Self::Identity(given), Need::Identity(attr)) => {
                matches!(given, IdentityAttr::All) || given == attr
            }
            _ => false,
        }
    }
}

impl fmt::Display for Scope {
    /// Writes the normal form.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Atproto => f.write_str(ATPROTO),
            Self::TransitionGeneric => f.write_str(TRANSITION_GENERIC),
            Self::TransitionChat => f.write_str(TRANSITION_CHAT),
            Self::TransitionEmail => f.write_str(TRANSITION_EMAIL),
            Self::Repo(scope) => scope.fmt(f),
            Self::Rpc(scope) => scope.fmt(f),
            Self::Blob(scope) => scope.fmt(f),
            Self::Account(scope) => scope.fmt(f),
            Self::Identity(attr) => attr.fmt(f),
            Self::Include(include) => include.fmt(f),
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_without_parameters_are_known_by_their_whole_text() {
        for text in [ATPROTO, TRANSITION_GENERIC, TRANSITION_CHAT, TRANSITION_EMAIL] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), text);
        }
        for text in [
            "atproto:",
            "atproto?",
            "Atproto",
            "transition",
            "transition:",
            "transition:generic?",
            "transition?x=generic",
            "transition%3Ageneric",
            "transition:gen%65ric",
            "transition:other",
            "openid",
        ] {
            assert_eq!(Scope::parse(text), Err(ScopeError::UnknownResource), "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("repo:{}", "a".repeat(BYTES_MAX));
        for (text, fault) in [
            (long.as_str(), ScopeError::TooLong),
            ("repo:com.example.foo bar", ScopeError::Character),
            ("repo:com.example.\"foo\"", ScopeError::Character),
            ("repo:com.example.foo\\", ScopeError::Character),
            ("repo:com.exämple.foo", ScopeError::Character),
            ("repo:com.example.foo\n", ScopeError::Character),
            ("repo:%zz", ScopeError::Escape),
            ("repo?collection=%", ScopeError::Escape),
            ("", ScopeError::UnknownResource),
            (":", ScopeError::UnknownResource),
            ("repox:*", ScopeError::UnknownResource),
            ("REPO:*", ScopeError::UnknownResource),
            ("repository:com.example.foo", ScopeError::UnknownResource),
            ("repo:*?x=1", ScopeError::UnknownParameter),
            ("repo:*?Action=create", ScopeError::UnknownParameter),
            ("repo:*?collection=*", ScopeError::Repeated("collection")),
            ("account?attr=email&attr=repo", ScopeError::Repeated("attr")),
            ("repo", ScopeError::Missing("collection")),
            ("repo?action=create", ScopeError::Missing("collection")),
            ("rpc:com.example.m", ScopeError::Missing("aud")),
            ("repo:", ScopeError::Value("collection")),
            ("repo:app.bsky.*", ScopeError::Value("collection")),
            ("repo:*?action=Create", ScopeError::Value("action")),
            ("rpc:*?aud=*", ScopeError::Everywhere),
        ] {
            assert_eq!(Scope::parse(text), Err(fault), "{text}");
        }
    }
}
