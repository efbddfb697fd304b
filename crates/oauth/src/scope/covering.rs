//! Which scopes contain others, and what two of them have in common.
//!
//! All is by what scopes grant, not by how they are written, and errs to less.

use super::account::{AccountAction, AccountAttr, AccountScope};
use super::identity::IdentityAttr;
use super::names::Names;
use super::need::{Method, Need};
use super::repo::{RepoAction, RepoScope};
use super::rpc::{RpcScope, is_chat};
use super::{Scope, Scopes};

impl Scopes {
    /// Tells whether all that a scope grants is granted by these, together.
    pub fn covers(&self, scope: &Scope) -> bool {
        if self.contains(scope) {
            return true;
        }
        match scope {
            Scope::Atproto | Scope::TransitionGeneric | Scope::TransitionChat => false,
            Scope::TransitionEmail => self
                .allows(&Need::Account { attr: AccountAttr::Email, action: AccountAction::Read }),
            Scope::Repo(scope) => scope.actions().iter().all(|action| {
                let one = |collection| self.allows(&Need::Repo { collection, action });
                match scope.collections().as_listed() {
                    None => self.iter().any(|given| is_for_all_records(given, action)),
                    Some(listed) => listed.iter().all(one),
                }
            }),
            Scope::Rpc(scope) => {
                // No service has the text that stands for all.
                let audience = scope.audiences().as_str();
                let one =
                    |method| self.allows(&Need::Rpc { method: Method::One(method), audience });
                match scope.methods().as_listed() {
                    None => self.covers_all_methods(audience),
                    Some(listed) => listed.iter().all(one),
                }
            }
            Scope::Blob(scope) => scope.accept().iter().all(|range| {
                self.iter().any(|given| match given {
                    Scope::TransitionGeneric => true,
                    Scope::Blob(given) => given.contains(range),
                    _ => false,
                })
            }),
            Scope::Account(scope) => {
                self.allows(&Need::Account { attr: scope.attr(), action: scope.action() })
            }
            Scope::Identity(attr) => self.allows(&Need::Identity(*attr)),
            Scope::Include(include) => {
                self.includes().any(|given| include.intersection(given).as_ref() == Some(include))
            }
        }
    }

    /// Tells whether others grant, together, all that these do.
    pub fn is_subset_of(&self, others: &Self) -> bool {
        self.iter().all(|scope| others.covers(scope))
    }

    /// Returns what of these is granted by others, too.
    ///
    /// A scope that is granted only in part becomes those parts. What cannot be written as a scope
    /// is left out: all methods of a service but those of chats.
    #[must_use]
    pub fn narrowed_to(&self, others: &Self) -> Self {
        let parts = self.iter().flat_map(|scope| {
            let is_covered = others.covers(scope);
            let whole = is_covered.then(|| scope.clone());
            let parts = others.iter().filter(move |_| !is_covered);
            whole.into_iter().chain(parts.filter_map(|other| intersection(scope, other)))
        });
        parts.collect()
    }

    fn covers_all_methods(&self, audience: &str) -> bool {
        let (generic, chat) = (&Scope::TransitionGeneric, &Scope::TransitionChat);
        let need = Need::Rpc { method: Method::Any, audience };
        let is_granted = |given: &Scope| matches!(given, Scope::Rpc(_)) && given.allows(&need);
        self.iter().any(is_granted) || (self.contains(generic) && self.contains(chat))
    }
}

fn is_for_all_records(given: &Scope, action: RepoAction) -> bool {
    match given {
        Scope::TransitionGeneric => true,
        Scope::Repo(given) => given.collections().are_all() && given.actions().contains(action),
        _ => false,
    }
}

/// Returns what both of two scopes grant, as far as that is a scope.
fn intersection(one: &Scope, other: &Scope) -> Option<Scope> {
    if one == other {
        return Some(one.clone());
    }
    match (one, other) {
        (Scope::Repo(one), Scope::Repo(other)) => {
            let collections = one.collections().intersection(other.collections())?;
            let actions = one.actions().intersection(other.actions());
            RepoScope::new(collections, actions).map(Scope::Repo)
        }
        (Scope::Rpc(one), Scope::Rpc(other)) => {
            let methods = one.methods().intersection(other.methods())?;
            let audiences = one.audiences().intersection(other.audiences())?;
            RpcScope::new(methods, audiences).map(Scope::Rpc)
        }
        (Scope::Blob(one), Scope::Blob(other)) => one.intersection(other).map(Scope::Blob),
        (Scope::Account(one), Scope::Account(other)) => {
            let action = one.action().min(other.action());
            let scope = AccountScope::new(one.attr(), action);
            (one.attr() == other.attr()).then_some(Scope::Account(scope))
        }
        // They differ, and the one that is for all has the other.
        (Scope::Identity(_), Scope::Identity(_)) => Some(Scope::Identity(IdentityAttr::Handle)),
        (Scope::Include(one), Scope::Include(other)) => one.intersection(other).map(Scope::Include),
        (transition, scope) => {
            of_transition(transition, scope).or_else(|| of_transition(scope, transition))
        }
    }
}

/// Returns what a scope of the transition has in common with one that is none.
fn of_transition(transition: &Scope, scope: &Scope) -> Option<Scope> {
    match (transition, scope) {
        (Scope::TransitionGeneric, Scope::Repo(_) | Scope::Blob(_)) => Some(scope.clone()),
        (Scope::TransitionGeneric, Scope::Rpc(scope)) => {
            methods_of(scope, |is_chat| !is_chat).map(Scope::Rpc)
        }
        (Scope::TransitionChat, Scope::Rpc(scope)) => {
            methods_of(scope, |is_chat| is_chat).map(Scope::Rpc)
        }
        (Scope::TransitionEmail, Scope::Account(scope)) => {
            let email = AccountScope::new(AccountAttr::Email, AccountAction::Read);
            (scope.attr() == AccountAttr::Email).then_some(Scope::Account(email))
        }
        _ => None,
    }
}

/// Returns the part of a scope that is for some of the methods that it lists.
fn methods_of(scope: &RpcScope, is_wanted: impl Fn(bool) -> bool) -> Option<RpcScope> {
    let listed = scope.methods().as_listed()?;
    let wanted = listed.iter().filter(|method| is_wanted(is_chat(method)));
    RpcScope::new(Names::listed(wanted.cloned())?, scope.audiences().clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_may_be_granted_by_several_together() {
        for (given, scope, expected) in [
            ("repo:*", "repo:com.example.a?action=create", true),
            ("repo:com.example.a", "repo:*", false),
            (
                "repo:com.example.a repo:com.example.b?action=create",
                "repo?collection=com.example.a&collection=com.example.b&action=create",
                true,
            ),
            (
                "repo:com.example.a repo:com.example.b?action=create",
                "repo?collection=com.example.a&collection=com.example.b",
                false,
            ),
            ("repo:*?action=create repo:*?action=delete repo:*?action=update", "repo:*", true),
            ("repo:*?action=create repo:com.example.a", "repo:*", false),
            ("rpc:com.example.a?aud=*", "rpc:com.example.a?aud=did:web:a.test%23s", true),
            ("rpc:com.example.a?aud=did:web:a.test%23s", "rpc:com.example.a?aud=*", false),
            (
                "rpc:*?aud=did:web:a.test%23s rpc:com.example.a?aud=*",
                "rpc:com.example.b?aud=did:web:a.test%23s",
                true,
            ),
            ("rpc:com.example.a?aud=*", "rpc:*?aud=did:web:a.test%23s", false),
            ("blob:image/* blob:text/html", "blob?accept=image/png&accept=text/html", true),
            ("blob:image/* blob:text/html", "blob:*/*", false),
            ("blob:image/png", "blob:image/*", false),
            ("blob:*/*", "blob:image/*", true),
            ("account:email?action=manage", "account:email", true),
            ("account:email", "account:email?action=manage", false),
            ("account:email?action=manage", "account:repo", false),
            ("identity:*", "identity:handle", true),
            ("identity:handle", "identity:*", false),
            ("include:com.example.s?aud=did:web:a.test%23s", "include:com.example.s", true),
            ("include:com.example.s", "include:com.example.s?aud=did:web:a.test%23s", false),
            ("include:com.example.s", "include:com.example.t", false),
            ("transition:generic", "repo:*", true),
            ("transition:generic", "blob:*/*", true),
            ("transition:generic", "rpc:com.example.a?aud=*", true),
            ("transition:generic", "rpc:chat.bsky.a?aud=*", false),
            ("transition:generic", "rpc:*?aud=did:web:a.test%23s", false),
            ("transition:generic transition:chat.bsky", "rpc:*?aud=did:web:a.test%23s", true),
            ("transition:chat.bsky", "rpc:chat.bsky.a?aud=*", true),
            ("transition:chat.bsky", "rpc:com.example.a?aud=*", false),
            ("transition:generic", "account:email", false),
            ("transition:generic", "identity:handle", false),
            ("transition:email", "account:email", true),
            ("account:email", "transition:email", true),
            ("repo:* blob:*/*", "transition:generic", false),
            ("transition:generic", "transition:chat.bsky", false),
            ("transition:generic repo:*", "atproto", false),
            ("atproto", "atproto", true),
            ("", "atproto", false),
        ] {
            let found = Scopes::parse(given).covers(&Scope::parse(scope).unwrap());
            assert_eq!(found, expected, "{scope} by {given}");
        }
    }

    #[test]
    fn what_two_have_in_common_is_left() {
        for (asked, given, expected) in [
            ("atproto repo:*", "atproto repo:com.example.a", "atproto repo:com.example.a"),
            ("repo:com.example.a atproto", "atproto repo:*", "repo:com.example.a atproto"),
            ("atproto identity:*", "repo:* identity:handle", "identity:handle"),
            (
                "repo:*?action=create",
                "repo:com.example.a?action=create&action=delete repo:com.example.b?action=delete",
                "repo:com.example.a?action=create",
            ),
            (
                "repo?collection=com.example.a&collection=com.example.b",
                "repo:com.example.a?action=create repo:com.example.b?action=delete",
                "repo:com.example.a?action=create repo:com.example.b?action=delete",
            ),
            (
                "rpc:*?aud=did:web:a.test%23s",
                "rpc:com.example.a?aud=* rpc:com.example.b?aud=did:web:b.test%23s",
                "rpc:com.example.a?aud=did:web:a.test%23s",
            ),
            (
                "blob?accept=image/*&accept=a/b",
                "blob?accept=image/png&accept=a/*",
                "blob?accept=a/b&accept=image/png",
            ),
            ("account:email?action=manage", "account:email", "account:email"),
            ("account:email?action=manage", "transition:email", "account:email"),
            ("transition:email", "account:email?action=manage", "transition:email"),
            (
                "transition:generic",
                "atproto repo:* blob:image/* rpc:com.example.a?aud=* rpc:chat.bsky.a?aud=*",
                "repo:* blob:image/* rpc:com.example.a?aud=*",
            ),
            (
                "rpc?lxm=chat.bsky.a&lxm=com.example.a&aud=*",
                "transition:chat.bsky",
                "rpc:chat.bsky.a?aud=*",
            ),
            ("rpc:*?aud=did:web:a.test%23s", "transition:generic", ""),
            (
                "include:com.example.s?aud=did:web:a.test%23s",
                "include:com.example.s?aud=did:web:b.test%23s",
                "include:com.example.s",
            ),
            ("include:com.example.s", "include:com.example.t", ""),
            ("include:com.example.s", "repo:* transition:generic", ""),
            ("account:repo", "account:email identity:*", ""),
            ("atproto", "", ""),
        ] {
            let narrowed = Scopes::parse(asked).narrowed_to(&Scopes::parse(given));
            assert_eq!(narrowed.to_string(), expected, "{asked} by {given}");
        }
    }
}
