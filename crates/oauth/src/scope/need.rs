//! What a call needs.

use std::fmt;

use syntax::Nsid;

use super::account::{AccountAction, AccountAttr, AccountScope};
use super::identity::IdentityAttr;
use super::repo::{self, RepoAction, RepoActions};
use super::{blob, rpc};

/// What a call needs, beyond a session.
///
/// It is written as the narrowest scope that grants it, which clients are told of if they lack it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need<'a> {
    /// To write a record.
    Repo {
        /// The record's collection.
        collection: &'a Nsid,
        /// What is done with it.
        action: RepoAction,
    },
    /// To upload a file.
    Blob {
        /// What the client says that it is.
        media_type: &'a str,
    },
    /// To ask a service, or to be given a token for it.
    Rpc {
        /// What it is asked for.
        method: Method<'a>,
        /// Which one: its DID, `#`, and its name there.
        audience: &'a str,
    },
    /// To see or change something of how the account is hosted.
    Account {
        /// What that is.
        attr: AccountAttr,
        /// What is done with it.
        action: AccountAction,
    },
    /// To change something of the identity.
    Identity(IdentityAttr),
}

/// What a service is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method<'a> {
    /// This method.
    One(&'a Nsid),
    /// Any: with a token that names none.
    Any,
}

impl fmt::Display for Need<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Repo { collection, action } => {
                let actions = RepoActions::from_iter([action]);
                repo::write(f, [collection.as_str()].into_iter(), actions)
            }
            Self::Blob { media_type } => {
                let range = blob::essence(media_type);
                blob::write(f, [range.as_deref().unwrap_or(blob::ALL)].into_iter())
            }
            Self::Rpc { method, audience } => {
                let method = match method {
                    Method::One(method) => method.as_str(),
                    Method::Any => "*",
                };
                rpc::write(f, [method].into_iter(), audience)
            }
            Self::Account { attr, action } => AccountScope::new(attr, action).fmt(f),
            Self::Identity(attr) => attr.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::*;

    #[test]
    fn a_need_is_written_as_the_scope_that_grants_it() {
        let name = Nsid::parse("com.example.foo").unwrap();
        let repo = |action| Need::Repo { collection: &name, action };
        let rpc = |method, audience| Need::Rpc { method, audience };
        let service = "did:web:localhost%3A1#s";
        let account = |attr, action| Need::Account { attr, action };
        for (need, expected) in [
            (repo(RepoAction::Create), "repo:com.example.foo?action=create"),
            (repo(RepoAction::Update), "repo:com.example.foo?action=update"),
            (repo(RepoAction::Delete), "repo:com.example.foo?action=delete"),
            (Need::Blob { media_type: "Image/PNG; a=b" }, "blob:image/png"),
            (Need::Blob { media_type: "image" }, "blob:*/*"),
            (
                rpc(Method::One(&name), "did:web:a.test#s"),
                "rpc:com.example.foo?aud=did:web:a.test%23s",
            ),
            (rpc(Method::Any, service), "rpc:*?aud=did:web:localhost%253A1%23s"),
            (account(AccountAttr::Email, AccountAction::Read), "account:email"),
            (account(AccountAttr::Repo, AccountAction::Manage), "account:repo?action=manage"),
            (Need::Identity(IdentityAttr::Handle), "identity:handle"),
            (Need::Identity(IdentityAttr::All), "identity:*"),
        ] {
            let text = need.to_string();
            assert_eq!(text, expected);
            assert!(Scope::parse(&text).unwrap().allows(&need), "{text}");
        }
        // A DID alone is not a service, but the sentence has to name it all the same.
        let text = rpc(Method::One(&name), "did:web:a.test \"#").to_string();
        assert_eq!(text, "rpc:com.example.foo?aud=did:web:a.test%20%22%23");
    }
}
