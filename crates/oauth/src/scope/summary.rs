//! Scopes as people are asked about them: by what they are for. The words for it are not here.

use std::collections::BTreeMap;
use std::fmt;

use syntax::Nsid;

use super::account::{AccountAction, AccountAttr};
use super::audience::Audiences;
use super::blob::{BlobScope, MediaRange};
use super::identity::IdentityAttr;
use super::include::Include;
use super::names::Names;
use super::repo::RepoActions;
use super::{Scope, Scopes};

/// What tells an area from others, also to a form that is filled in: for the same scopes it is
/// always the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AreaKey(String);

/// All that an application would do of one kind, to be agreed to as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    key: AreaKey,
    content: Content,
    scopes: Vec<Scope>,
}

/// What an application would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// It is told whose account it is. This cannot be left out.
    SignIn,
    /// Nearly everything: what `transition:generic` is.
    Generic,
    /// All that can be done with chats.
    Chats,
    /// Whatever a permission set grants.
    Set(Include),
    /// It writes records: in these collections, by these actions. No collection is listed twice.
    Records(Vec<(Names, RepoActions)>),
    /// It asks services in the name of the account.
    Calls {
        /// What it asks them for.
        methods: Names,
        /// Which ones.
        audiences: Audiences,
    },
    /// It uploads files of these media types.
    Files(Vec<MediaRange>),
    /// It sees the e-mail address, or changes it, too.
    Email(AccountAction),
    /// It replaces the repository as a whole, or does nothing, if it may only read it.
    Repository(AccountAction),
    /// It changes the handle, or the whole identity.
    Identity(IdentityAttr),
}

impl AreaKey {
    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for AreaKey {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Display for AreaKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Area {
    /// Returns what tells it from others.
    pub fn key(&self) -> &AreaKey {
        &self.key
    }

    /// Returns what the application would do.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Returns the scopes of which it is made. Each scope belongs to one area.
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// Tells whether people may say no to it and still go on.
    pub fn is_optional(&self) -> bool {
        self.content != Content::SignIn
    }
}

impl Scopes {
    /// Returns the scopes by what they are for, in an order that is always the same.
    pub fn areas(&self) -> Vec<Area> {
        let mut groups: Vec<(u8, AreaKey, Vec<Scope>)> = Vec::new();
        for scope in self.iter() {
            let (place, key) = place(scope);
            match groups.iter_mut().find(|(_, known, _)| *known == key) {
                Some((_, _, scopes)) => scopes.push(scope.clone()),
                None => groups.push((place, key, vec![scope.clone()])),
            }
        }
        // It leaves sets and services in the order in which they were asked for.
        groups.sort_by_key(|(place, _, _)| *place);
        let areas = groups
            .into_iter()
            .filter_map(|(_, key, scopes)| Some(Area { key, content: content(&scopes)?, scopes }));
        areas.collect()
    }

    /// Returns the scopes of some areas alone, and `atproto`, if it is there.
    ///
    /// This is for forms, which say what was agreed to: an area that is not named, or that there is
    /// not, is not agreed to.
    #[must_use]
    pub fn only(&self, keys: &[impl AsRef<str>]) -> Self {
        self.kept(|key| keys.iter().any(|agreed| agreed.as_ref() == key.as_str()))
    }

    /// Returns the scopes without those of some areas. `atproto` stays.
    #[must_use]
    pub fn without(&self, keys: &[impl AsRef<str>]) -> Self {
        self.kept(|key| keys.iter().all(|refused| refused.as_ref() != key.as_str()))
    }

    fn kept(&self, is_wanted: impl Fn(&AreaKey) -> bool) -> Self {
        let is_kept = |scope: &&Scope| **scope == Scope::Atproto || is_wanted(&place(scope).1);
        self.iter().filter(is_kept).cloned().collect()
    }
}

/// Returns which area a scope belongs to, and where that is among others.
fn place(scope: &Scope) -> (u8, AreaKey) {
    let (place, key) = match scope {
        Scope::Atproto => (0, scope.to_string()),
        Scope::TransitionGeneric => (1, scope.to_string()),
        Scope::TransitionChat => (2, scope.to_string()),
        Scope::Include(include) => (3, include.to_string()),
        Scope::Repo(_) => (4, "repo".to_owned()),
        Scope::Blob(_) => (5, "blob".to_owned()),
        Scope::Rpc(scope) => (6, format!("rpc:{}", scope.audiences().as_str())),
        Scope::TransitionEmail => (7, "account:email".to_owned()),
        Scope::Account(scope) => {
            let attr = scope.attr();
            let place = if attr == AccountAttr::Email { 7 } else { 8 };
            (place, format!("account:{}", attr.as_str()))
        }
        Scope::Identity(_) => (9, "identity".to_owned()),
    };
    (place, AreaKey(key))
}

/// Returns what the scopes of one area are for.
fn content(scopes: &[Scope]) -> Option<Content> {
    let (first, others) = scopes.split_first()?;
    let first = match first {
        Scope::Repo(_) => Content::Records(records(scopes)),
        Scope::Blob(_) => Content::Files(files(scopes)),
        Scope::Atproto => Content::SignIn,
        Scope::TransitionGeneric => Content::Generic,
        Scope::TransitionChat => Content::Chats,
        Scope::TransitionEmail => Content::Email(AccountAction::Read),
        Scope::Include(include) => Content::Set(include.clone()),
        Scope::Rpc(scope) => Content::Calls {
            methods: scope.methods().clone(),
            audiences: scope.audiences().clone(),
        },
        Scope::Account(scope) => match scope.attr() {
            AccountAttr::Email => Content::Email(scope.action()),
            AccountAttr::Repo => Content::Repository(scope.action()),
        },
        Scope::Identity(attr) => Content::Identity(*attr),
    };
    Some(others.iter().fold(first, with))
}

/// Adds another scope of the same area, where one line says both.
fn with(content: Content, scope: &Scope) -> Content {
    match (content, scope) {
        (Content::Calls { methods, audiences }, Scope::Rpc(scope)) => {
            Content::Calls { methods: methods.union(scope.methods()), audiences }
        }
        (Content::Email(action), Scope::Account(scope)) => {
            Content::Email(action.max(scope.action()))
        }
        (Content::Repository(action), Scope::Account(scope)) => {
            Content::Repository(action.max(scope.action()))
        }
        (Content::Identity(attr), Scope::Identity(other)) => Content::Identity(attr.max(*other)),
        (content, _) => content,
    }
}

/// Returns the collections by what may be done with their records: first all, then those with which
/// more may be done than with all.
fn records(scopes: &[Scope]) -> Vec<(Names, RepoActions)> {
    let mut of_all = RepoActions::NONE;
    let mut by_collection: BTreeMap<&Nsid, RepoActions> = BTreeMap::new();
    for scope in scopes {
        let Scope::Repo(scope) = scope else { continue };
        match scope.collections().as_listed() {
            None => of_all = of_all.union(scope.actions()),
            Some(listed) => {
                for collection in listed {
                    let actions = by_collection.entry(collection).or_insert(RepoActions::NONE);
                    *actions = actions.union(scope.actions());
                }
            }
        }
    }
    let mut rows = Vec::new();
    if !of_all.are_none() {
        rows.push((Names::ALL, of_all));
    }
    let mut by_actions: Vec<(RepoActions, Vec<Nsid>)> = Vec::new();
    for (collection, actions) in by_collection {
        let actions = actions.union(of_all);
        if actions == of_all {
            continue;
        }
        match by_actions.iter_mut().find(|(known, _)| *known == actions) {
            Some((_, collections)) => collections.push(collection.clone()),
            None => by_actions.push((actions, vec![collection.clone()])),
        }
    }
    let listed = by_actions
        .into_iter()
        .filter_map(|(actions, collections)| Some((Names::listed(collections)?, actions)));
    rows.extend(listed);
    rows
}

fn files(scopes: &[Scope]) -> Vec<MediaRange> {
    let ranges = scopes.iter().flat_map(|scope| match scope {
        Scope::Blob(scope) => scope.accept(),
        _ => &[],
    });
    BlobScope::new(ranges.cloned()).map_or_else(Vec::new, |scope| scope.accept().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: &str = "identity:handle account:repo?action=manage account:email transition:email \
        rpc:com.example.b?aud=did:web:a.test%23s rpc:com.example.c?aud=* blob:image/png \
        rpc:com.example.a?aud=did:web:a.test%23s repo:com.example.b?action=create \
        repo:com.example.a include:com.example.t include:com.example.s?aud=did:web:a.test%23s \
        transition:generic blob:image/* repo:com.example.c transition:chat.bsky atproto";

    fn names(names: &[&str]) -> Names {
        Names::listed(names.iter().map(|name| Nsid::parse(name).unwrap())).unwrap()
    }

    fn content_of(text: &str) -> Content {
        let areas = Scopes::parse(text).areas();
        assert_eq!(areas.len(), 1, "{text}");
        areas[0].content().clone()
    }

    #[test]
    fn each_scope_belongs_to_one_area() {
        let scopes = Scopes::parse(ASKED);
        let areas = scopes.areas();
        let keys: Vec<&str> = areas.iter().map(|area| area.key().as_str()).collect();
        let expected = [
            "atproto",
            "transition:generic",
            "transition:chat.bsky",
            "include:com.example.t",
            "include:com.example.s?aud=did:web:a.test%23s",
            "repo",
            "blob",
            "rpc:did:web:a.test#s",
            "rpc:*",
            "account:email",
            "account:repo",
            "identity",
        ];
        assert_eq!(keys, expected);
        let counts: Vec<usize> = areas.iter().map(|area| area.scopes().len()).collect();
        assert_eq!(counts, [1, 1, 1, 1, 1, 3, 2, 2, 1, 2, 1, 1]);
        assert_eq!(counts.iter().sum::<usize>(), scopes.iter().len());
        let fixed: Vec<_> = areas.iter().filter(|area| !area.is_optional()).collect();
        assert!(matches!(fixed[..], [area] if area.key().as_str() == "atproto"));
    }

    #[test]
    fn what_is_refused_is_not_there_any_more() {
        let scopes = Scopes::parse(ASKED);
        let all: Vec<AreaKey> = scopes.areas().iter().map(|area| area.key().clone()).collect();
        assert_eq!(scopes.without(&all).to_string(), "atproto");
        assert_eq!(scopes.without(&[""; 0]), scopes);
        assert_eq!(scopes.without(&["unknown"]), scopes);
        for area in scopes.areas() {
            let without = scopes.without(&[area.key()]);
            let count = if area.is_optional() { area.scopes().len() } else { 0 };
            assert_eq!(without.iter().len() + count, scopes.iter().len(), "{}", area.key());
            let is_there = |scope: &Scope| without.contains(scope);
            assert_eq!(area.scopes().iter().any(is_there), !area.is_optional(), "{}", area.key());
        }
    }

    #[test]
    fn only_what_is_agreed_to_stays() {
        let scopes = Scopes::parse(ASKED);
        let all: Vec<AreaKey> = scopes.areas().iter().map(|area| area.key().clone()).collect();
        assert_eq!(scopes.only(&all), scopes);
        for (keys, expected) in [
            (&[][..], "atproto"),
            (&["unknown", "identity:*", "repo:*"], "atproto"),
            (&["identity", "atproto"], "identity:handle atproto"),
            (&["account:email"], "account:email transition:email atproto"),
            (&["rpc:*"], "rpc:com.example.c?aud=* atproto"),
        ] {
            assert_eq!(scopes.only(keys).to_string(), expected, "{keys:?}");
        }
        assert!(Scopes::parse("repo:*").only(&["atproto"]).is_empty(), "nothing is added");
    }

    #[test]
    fn records_are_shown_by_what_is_done_with_them() {
        let row = |collections: &[&str], actions: &[super::super::RepoAction]| {
            (names(collections), actions.iter().copied().collect::<RepoActions>())
        };
        use super::super::RepoAction::{Create, Delete, Update};
        let text = "repo:com.example.b?action=create repo:com.example.a repo:com.example.c \
            repo:com.example.b?action=update repo:com.example.d?action=update&action=create";
        let expected = vec![
            row(&["com.example.a", "com.example.c"], &[Create, Update, Delete]),
            row(&["com.example.b", "com.example.d"], &[Create, Update]),
        ];
        assert_eq!(content_of(text), Content::Records(expected));
        let text = "repo:com.example.a?action=create repo:*?action=create repo:com.example.b";
        let expected = vec![
            (Names::ALL, RepoActions::from_iter([Create])),
            row(&["com.example.b"], &[Create, Update, Delete]),
        ];
        assert_eq!(content_of(text), Content::Records(expected));
    }

    #[test]
    fn what_is_asked_for_twice_is_shown_once() {
        let calls = |methods, audience| Content::Calls {
            methods,
            audiences: Audiences::read(audience).unwrap(),
        };
        for (text, expected) in [
            (
                "rpc:com.example.b?aud=* rpc?lxm=com.example.a&lxm=com.example.b&aud=*",
                calls(names(&["com.example.a", "com.example.b"]), "*"),
            ),
            (
                "rpc:com.example.b?aud=did:web:a.test%23s rpc:*?aud=did:web:a.test%23s",
                calls(Names::ALL, "did:web:a.test#s"),
            ),
            ("transition:email account:email?action=manage", Content::Email(AccountAction::Manage)),
            ("account:email?action=manage transition:email", Content::Email(AccountAction::Manage)),
            ("account:email transition:email", Content::Email(AccountAction::Read)),
            (
                "account:repo account:repo?action=manage account:repo",
                Content::Repository(AccountAction::Manage),
            ),
            ("identity:* identity:handle", Content::Identity(IdentityAttr::All)),
            ("identity:handle identity:*", Content::Identity(IdentityAttr::All)),
        ] {
            assert_eq!(content_of(text), expected, "{text}");
        }
        let Content::Files(ranges) = content_of("blob:image/png blob:text/html blob:image/*")
        else {
            panic!("they are files");
        };
        let ranges: Vec<&str> = ranges.iter().map(MediaRange::as_str).collect();
        assert_eq!(ranges, ["image/*", "text/html"]);
    }
}
