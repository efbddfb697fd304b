//! `account:`: how the account is hosted.

use std::fmt;

use super::ScopeError;
use super::parts::{self, Parts};

pub(super) const RESOURCE: &str = "account";
const ATTR: &str = "attr";
const ACTION: &str = "action";

/// Something of how an account is hosted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountAttr {
    /// Its e-mail address.
    Email,
    /// Its repository as a whole, which an import replaces.
    Repo,
}

/// What may be done with it. To manage something is also to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountAction {
    /// To see it.
    Read,
    /// To see and to change it.
    Manage,
}

/// What of the account may be seen or changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AccountScope {
    attr: AccountAttr,
    action: AccountAction,
}

impl AccountAttr {
    /// Returns the text that scopes have.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Repo => "repo",
        }
    }
}

impl AccountAction {
    /// Returns the text that scopes have.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Manage => "manage",
        }
    }
}

impl AccountScope {
    /// Makes a scope.
    pub const fn new(attr: AccountAttr, action: AccountAction) -> Self {
        Self { attr, action }
    }

    pub(super) fn read(parts: Parts<'_>) -> Result<Self, ScopeError> {
        let mut params = parts.named(ATTR)?;
        let attr = params.one(ATTR)?;
        let actions = params.many(ACTION);
        params.end()?;
        let attr = match attr.ok_or(ScopeError::Missing(ATTR))?.as_ref() {
            "email" => AccountAttr::Email,
            "repo" => AccountAttr::Repo,
            _ => return Err(ScopeError::Value(ATTR)),
        };
        let mut action = AccountAction::Read;
        for text in actions {
            action = action.max(match text.as_ref() {
                "read" => AccountAction::Read,
                "manage" => AccountAction::Manage,
                _ => return Err(ScopeError::Value(ACTION)),
            });
        }
        Ok(Self { attr, action })
    }

    /// Returns what it is about.
    pub const fn attr(self) -> AccountAttr {
        self.attr
    }

    /// Returns what may be done with it.
    pub const fn action(self) -> AccountAction {
        self.action
    }
}

impl fmt::Display for AccountScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let action = (self.action != AccountAction::Read).then(|| self.action.as_str());
        let action = action.map(|action| (ACTION, action));
        parts::write(f, RESOURCE, (ATTR, [self.attr.as_str()]), action)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::super::need::Need;
    use super::*;

    #[test]
    fn who_may_manage_something_may_read_it() {
        let needs = [
            (AccountAttr::Email, AccountAction::Read),
            (AccountAttr::Email, AccountAction::Manage),
            (AccountAttr::Repo, AccountAction::Read),
            (AccountAttr::Repo, AccountAction::Manage),
        ];
        for (text, allowed) in [
            ("account:email", [true, false, false, false]),
            ("account:email?action=read", [true, false, false, false]),
            ("account?action=manage&attr=email", [true, true, false, false]),
            ("account:email?action=manage&action=read", [true, true, false, false]),
            ("account:repo", [false, false, true, false]),
            ("account:repo?action=manage", [false, false, true, true]),
            ("transition:email", [true, false, false, false]),
            ("transition:generic", [false; 4]),
            ("transition:chat.bsky", [false; 4]),
            ("identity:*", [false; 4]),
            ("atproto", [false; 4]),
        ] {
            let scope = Scope::parse(text).unwrap();
            for ((attr, action), expected) in needs.into_iter().zip(allowed) {
                let need = Need::Account { attr, action };
                assert_eq!(scope.allows(&need), expected, "{text}: {need}");
            }
        }
    }

    #[test]
    fn what_is_not_known_of_an_account_is_no_scope() {
        for (text, fault) in [
            ("account:status", ScopeError::Value(ATTR)),
            ("account:*", ScopeError::Value(ATTR)),
            ("account:Email", ScopeError::Value(ATTR)),
            ("account:email?action=write", ScopeError::Value(ACTION)),
            ("account:email?action=", ScopeError::Value(ACTION)),
            ("account:email?action=manage&action=write", ScopeError::Value(ACTION)),
            ("account:email?attr=email", ScopeError::Repeated(ATTR)),
            ("account", ScopeError::Missing(ATTR)),
        ] {
            assert_eq!(Scope::parse(text), Err(fault), "{text}");
        }
    }
}
