//! What a session may do: scopes, each once.

use std::collections::HashSet;
use std::fmt;

use super::include::Include;
use super::need::Need;
use super::{BYTES_MAX, Scope};

/// The most scopes that there are together.
///
/// Applications that list every method that they call have two hundred.
const COUNT_MAX: usize = 512;
/// The most permission sets among them: each may have to be looked up, and may be long.
const INCLUDES_MAX: usize = 32;

/// What a session may do: scopes in the order in which they were asked for, each once.
///
/// There are no more than 512, no more than 32 of them permission sets, and they have no more than
/// [`BYTES_MAX`] bytes when they are printed. What is printed is read again as what it was.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scopes {
    scopes: Vec<Scope>,
}

impl Scopes {
    /// Parses scopes with spaces between them.
    ///
    /// Whatever is not a scope that grants something is left out, and so is what comes after
    /// the bounds are reached: both can only make it less.
    pub fn parse(text: &str) -> Self {
        text.split(' ').filter_map(|scope| Scope::parse(scope).ok()).collect()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// Returns the scopes.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Scope> {
        self.scopes.iter()
    }

    /// Tells whether this scope is among them. What it grants may be granted by others all the same.
    pub fn contains(&self, scope: &Scope) -> bool {
        self.scopes.contains(scope)
    }

    /// Tells whether `atproto` is among them, without which there is no session.
    pub fn has_atproto(&self) -> bool {
        self.contains(&Scope::Atproto)
    }

    /// Returns the permission sets among them. They grant nothing until they are replaced by what
    /// is in them, see [`Scopes::expand`].
    pub fn includes(&self) -> impl Iterator<Item = &Include> {
        self.scopes.iter().filter_map(|scope| match scope {
            Scope::Include(include) => Some(include),
            _ => None,
        })
    }

    /// Tells whether they grant what a call needs.
    pub fn allows(&self, need: &Need<'_>) -> bool {
        self.scopes.iter().any(|scope| scope.allows(need))
    }

    /// Returns the scope that a call lacks, if it does; `None` if it may be made.
    pub fn missing(&self, need: &Need<'_>) -> Option<String> {
        (!self.allows(need)).then(|| need.to_string())
    }
}

impl fmt::Display for Scopes {
    /// Writes the normal forms, with one space between.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.scopes.iter().enumerate() {
            let space = if index == 0 { "" } else { " " };
            write!(f, "{space}{scope}")?;
        }
        Ok(())
    }
}

impl FromIterator<Scope> for Scopes {
    /// Collects scopes, each once, until a bound is reached.
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut collected = Vec::new();
        let mut seen = HashSet::new();
        let (mut bytes, mut includes) = (0, 0);
        for scope in scopes {
            let text = scope.to_string();
            if seen.contains(&text) {
                continue;
            }
            let is_include = matches!(scope, Scope::Include(_));
            if is_include && includes == INCLUDES_MAX {
                continue;
            }
            bytes += text.len() + usize::from(!collected.is_empty());
            if bytes > BYTES_MAX || collected.len() == COUNT_MAX {
                break;
            }
            includes += usize::from(is_include);
            seen.insert(text);
            collected.push(scope);
        }
        Self { scopes: collected }
    }
}

#[cfg(test)]
mod tests {
    use syntax::Nsid;

    use super::super::account::{AccountAction, AccountAttr};
    use super::super::repo::RepoAction;
    use super::*;

    #[test]
    fn what_is_not_a_scope_is_left_out() {
        for (text, normal) in [
            ("", ""),
            ("   ", ""),
            ("atproto", "atproto"),
            (" repo:*  atproto openid repo:%zz ", "repo:* atproto"),
            ("atproto\trepo:*", ""),
            ("atproto account:status blob:x rpc:*?aud=* identity:*", "atproto identity:*"),
            ("atproto transition:generic transition:nothing", "atproto transition:generic"),
        ] {
            assert_eq!(Scopes::parse(text).to_string(), normal, "{text}");
        }
    }

    #[test]
    fn each_scope_is_there_once_and_in_its_place() {
        let text = "repo?collection=com.example.b repo:com.example.a atproto \
            repo:com.example.b?action=delete&action=update&action=create atproto";
        let scopes = Scopes::parse(text);
        assert_eq!(scopes.to_string(), "repo:com.example.b repo:com.example.a atproto");
        assert!(scopes.has_atproto() && !scopes.is_empty() && scopes.iter().len() == 3);
        assert!(!Scopes::parse("repo:*").has_atproto());
    }

    #[test]
    fn there_are_bounds() {
        let many: String = (0..2000).map(|n| format!("repo:com.example.c{n} ")).collect();
        let scopes = Scopes::parse(&many);
        assert_eq!(scopes.iter().len(), COUNT_MAX);
        assert_eq!(Scopes::parse(&scopes.to_string()), scopes);

        let sets: String = (0..100).map(|n| format!("include:com.example.s{n} ")).collect();
        let scopes = Scopes::parse(&format!("{sets} atproto"));
        assert_eq!(scopes.includes().count(), INCLUDES_MAX);
        assert!(scopes.has_atproto(), "what is not a set still is taken");

        let long = |last: char| {
            let names = (0..1000).map(|n| format!("&collection=com.example.c{n}{last}"));
            format!("repo?{} ", names.collect::<String>())
        };
        let text: String = ('a'..='z').map(long).collect();
        let scopes = Scopes::parse(&text);
        assert_eq!(scopes.iter().len(), 2, "each has about 29,000 bytes");
        assert!(scopes.to_string().len() <= BYTES_MAX);
        assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
        // What has no room when it is printed is not taken, though it was shorter when it was read.
        let raw = format!("include:com.example.set?aud=did:web:a.test#{}", "#".repeat(BYTES_MAX));
        assert!(Scopes::parse(&raw).is_empty());
        let raw = format!("include:com.example.set?aud=did:web:a.test#{}", "$".repeat(30_000));
        assert!(Scope::parse(&raw).is_ok() && Scopes::parse(&raw).is_empty());
    }

    #[test]
    fn what_is_missing_is_named() {
        let scopes = Scopes::parse("atproto repo:com.example.foo?action=create account:email");
        let (foo, bar) = (Nsid::parse("com.example.foo"), Nsid::parse("com.example.bar"));
        let (foo, bar) = (foo.unwrap(), bar.unwrap());
        let repo = |collection, action| Need::Repo { collection, action };
        let email = |action| Need::Account { attr: AccountAttr::Email, action };
        for (need, missing) in [
            (repo(&foo, RepoAction::Create), None),
            (repo(&foo, RepoAction::Delete), Some("repo:com.example.foo?action=delete")),
            (repo(&bar, RepoAction::Create), Some("repo:com.example.bar?action=create")),
            (email(AccountAction::Read), None),
            (email(AccountAction::Manage), Some("account:email?action=manage")),
        ] {
            assert_eq!(scopes.missing(&need).as_deref(), missing);
        }
    }
}
