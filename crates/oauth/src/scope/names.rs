//! The collections or methods that a scope is for.

use std::borrow::Cow;

use syntax::Nsid;

use super::ScopeError;

/// What stands for all names.
const ALL: &str = "*";

/// Collections, or methods: all of them, or those that are listed.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Names {
    /// In order, each once, and at least one; `None` stands for all that there are.
    listed: Option<Vec<Nsid>>,
}

impl Names {
    /// All names.
    pub const ALL: Self = Self { listed: None };

    /// Lists names; `None` if there are none.
    pub fn listed(names: impl IntoIterator<Item = Nsid>) -> Option<Self> {
        let mut names: Vec<Nsid> = names.into_iter().collect();
        names.sort_unstable();
        names.dedup();
        (!names.is_empty()).then_some(Self { listed: Some(names) })
    }

    /// Reads the values of a parameter.
    pub(super) fn read(
        values: &[Cow<'_, str>],
        parameter: &'static str,
    ) -> Result<Self, ScopeError> {
        let names = values.iter().filter(|value| *value != ALL).map(|name| Nsid::parse(name));
        let names = names.collect::<Result<Vec<_>, _>>();
        let names = names.map_err(|_| ScopeError::Value(parameter))?;
        if names.len() < values.len() {
            return Ok(Self::ALL);
        }
        Self::listed(names).ok_or(ScopeError::Missing(parameter))
    }

    /// Tells whether these are all names.
    pub fn are_all(&self) -> bool {
        self.listed.is_none()
    }

    /// Returns the names in order; `None` if all are meant.
    pub fn as_listed(&self) -> Option<&[Nsid]> {
        self.listed.as_deref()
    }

    /// Tells whether a name is among them.
    pub fn contains(&self, name: &Nsid) -> bool {
        self.listed.as_ref().is_none_or(|listed| listed.binary_search(name).is_ok())
    }

    /// Returns those that are among others, too.
    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        match (&self.listed, &other.listed) {
            (None, _) => Some(other.clone()),
            (_, None) => Some(self.clone()),
            (Some(listed), Some(_)) => {
                Self::listed(listed.iter().filter(|name| other.contains(name)).cloned())
            }
        }
    }

    /// Returns these and others.
    pub(super) fn union(&self, other: &Self) -> Self {
        match (&self.listed, &other.listed) {
            (Some(some), Some(others)) => {
                let names = Self::listed(some.iter().chain(others).cloned());
                names.expect("there is one in each")
            }
            _ => Self::ALL,
        }
    }

    /// Returns them as scopes have them.
    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        let all = self.are_all().then_some(ALL);
        all.into_iter().chain(self.listed.iter().flatten().map(Nsid::as_str))
    }
}
