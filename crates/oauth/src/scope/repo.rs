//! `repo:`: the writing of records.

use std::fmt;

use super::ScopeError;
use super::names::Names;
use super::parts::{self, Parts};

pub(super) const RESOURCE: &str = "repo";
const COLLECTION: &str = "collection";
const ACTION: &str = "action";

/// What can be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RepoAction {
    /// To make one that is not there.
    Create,
    /// To change one that is there.
    Update,
    /// To delete one.
    Delete,
}

/// Some of the things that can be done with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RepoActions {
    /// One bit for each, see [`RepoAction::bit`].
    bits: u8,
}

/// Which records may be written, and how.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RepoScope {
    collections: Names,
    actions: RepoActions,
}

impl RepoAction {
    /// All there are, in the order in which scopes have them.
    pub const ALL: [Self; 3] = [Self::Create, Self::Update, Self::Delete];

    /// Returns the action as scopes have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    /// Reads the action as scopes have it.
    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Create => 1,
            Self::Update => 2,
            Self::Delete => 4,
        }
    }
}

impl RepoActions {
    /// All that can be done.
    pub const ALL: Self = Self { bits: 7 };
    /// Nothing.
    pub const NONE: Self = Self { bits: 0 };

    /// Tells whether an action is among them.
    pub const fn contains(self, action: RepoAction) -> bool {
        self.bits & action.bit() != 0
    }

    /// Tells whether there are none.
    pub const fn are_none(self) -> bool {
        self.bits == 0
    }

    /// Returns them in the order in which scopes have them.
    pub fn iter(self) -> impl Iterator<Item = RepoAction> {
        RepoAction::ALL.into_iter().filter(move |action| self.contains(*action))
    }

    pub(super) const fn intersection(self, other: Self) -> Self {
        Self { bits: self.bits & other.bits }
    }

    pub(super) const fn union(self, other: Self) -> Self {
        Self { bits: self.bits | other.bits }
    }
}

impl FromIterator<RepoAction> for RepoActions {
    fn from_iter<I: IntoIterator<Item = RepoAction>>(actions: I) -> Self {
        Self { bits: actions.into_iter().fold(0, |bits, action| bits | action.bit()) }
    }
}

impl RepoScope {
    /// Makes a scope; `None` if nothing could be done with it.
    pub fn new(collections: Names, actions: RepoActions) -> Option<Self> {
        (!actions.are_none()).then_some(Self { collections, actions })
    }

    pub(super) fn read(parts: Parts<'_>) -> Result<Self, ScopeError> {
        let mut params = parts.named(COLLECTION)?;
        let collections = params.many(COLLECTION);
        let actions = params.many(ACTION);
        params.end()?;
        let collections = Names::read(&collections, COLLECTION)?;
        let actions: Option<RepoActions> = match &actions[..] {
            [] => Some(RepoActions::ALL),
            some => some.iter().map(|text| RepoAction::read(text)).collect(),
        };
        Ok(Self { collections, actions: actions.ok_or(ScopeError::Value(ACTION))? })
    }

    /// Returns the collections whose records may be written.
    pub fn collections(&self) -> &Names {
        &self.collections
    }

    /// Returns what may be done with them. There is at least one thing.
    pub fn actions(&self) -> RepoActions {
        self.actions
    }
}

impl fmt::Display for RepoScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.collections.texts(), self.actions)
    }
}

/// Writes the scope for some collections and actions.
pub(super) fn write<'a>(
    f: &mut fmt::Formatter<'_>,
    collections: impl Iterator<Item = &'a str>,
    actions: RepoActions,
) -> fmt::Result {
    let named = actions.iter().filter(|_| actions != RepoActions::ALL);
    let named = named.map(|action| (ACTION, action.as_str()));
    parts::write(f, RESOURCE, (COLLECTION, collections), named)
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::super::need::Need;
    use super::*;
    use syntax::Nsid;

    #[test]
    fn a_scope_is_for_its_collections_and_actions_alone() {
        let (foo, bar) = (Nsid::parse("com.example.foo"), Nsid::parse("com.example.bar"));
        let (foo, bar) = (foo.unwrap(), bar.unwrap());
        // What may be done with records of `foo` and of `bar`.
        for (text, of_foo, of_bar) in [
            ("repo:com.example.foo", "cud", ""),
            ("repo:com.example.foo?action=create", "c", ""),
            ("repo:com.example.foo?action=delete&action=update", "ud", ""),
            ("repo?collection=com.example.foo&collection=com.example.bar", "cud", "cud"),
            ("repo:*", "cud", "cud"),
            ("repo:*?action=delete", "d", "d"),
            ("repo:com.example.foO", "", ""),
            ("repo:com.example.foo.foo", "", ""),
            ("transition:generic", "cud", "cud"),
            ("transition:chat.bsky", "", ""),
            ("transition:email", "", ""),
            ("atproto", "", ""),
            ("rpc:com.example.foo?aud=*", "", ""),
            ("include:com.example.foo", "", ""),
        ] {
            let scope = Scope::parse(text).unwrap();
            for (collection, allowed) in [(&foo, of_foo), (&bar, of_bar)] {
                for action in RepoAction::ALL {
                    let expected = allowed.contains(&action.as_str()[..1]);
                    let need = Need::Repo { collection, action };
                    assert_eq!(scope.allows(&need), expected, "{text}: {need}");
                }
            }
        }
    }

    #[test]
    fn a_scope_for_nothing_is_none() {
        assert_eq!(RepoScope::new(Names::ALL, RepoActions::NONE), None);
        assert!(RepoScope::new(Names::ALL, RepoActions::ALL).is_some());
    }
}
