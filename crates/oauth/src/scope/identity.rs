//! `identity:`: who the account is to the network.

use std::fmt;

use super::ScopeError;
use super::parts::{self, Parts};

pub(super) const RESOURCE: &str = "identity";
const ATTR: &str = "attr";

/// What of an identity may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityAttr {
    /// The handle.
    Handle,
    /// All of it, the handle included.
    All,
}

impl IdentityAttr {
    /// Returns the text that scopes have.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Handle => "handle",
            Self::All => "*",
        }
    }

    pub(super) fn read(parts: Parts<'_>) -> Result<Self, ScopeError> {
        let mut params = parts.named(ATTR)?;
        let attr = params.one(ATTR)?;
        params.end()?;
        match attr.ok_or(ScopeError::Missing(ATTR))?.as_ref() {
            "handle" => Ok(Self::Handle),
            "*" => Ok(Self::All),
            _ => Err(ScopeError::Value(ATTR)),
        }
    }
}

impl fmt::Display for IdentityAttr {
    /// Writes the scope for it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        parts::write(f, RESOURCE, (ATTR, [self.as_str()]), [])
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::super::need::Need;
    use super::*;

    #[test]
    fn all_of_an_identity_includes_the_handle() {
        for (text, of_handle, of_all) in [
            ("identity:handle", true, false),
            ("identity?attr=handle", true, false),
            ("identity:*", true, true),
            ("identity:*?", true, true),
            ("account:email?action=manage", false, false),
            ("transition:generic", false, false),
            ("atproto", false, false),
        ] {
            let scope = Scope::parse(text).unwrap();
            assert_eq!(scope.allows(&Need::Identity(IdentityAttr::Handle)), of_handle, "{text}");
            assert_eq!(scope.allows(&Need::Identity(IdentityAttr::All)), of_all, "{text}");
        }
    }
}
