//! Accounts as they were last read, until any account changes: every request asks for one, and they
//! hardly ever change.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;
use syntax::Did;

use crate::account::Account;

/// How many accounts are remembered, at less than a kilobyte each.
const ACCOUNTS_MAX: NonZeroUsize = NonZeroUsize::new(4096).expect("it is not zero");

/// Accounts that were read and have not changed since.
pub(crate) struct Known(Mutex<Inner>);

struct Inner {
    accounts: LruCache<Did, Arc<Account>>,
    /// How often accounts have changed.
    changes: u64,
}

/// When an account was looked for. It may be remembered only if nothing has changed since.
#[derive(Clone, Copy)]
pub(crate) struct Moment(u64);

impl Known {
    pub(crate) fn new() -> Self {
        Self(Mutex::new(Inner { accounts: LruCache::new(ACCOUNTS_MAX), changes: 0 }))
    }

    /// Returns an account, or the moment from which on it has to be read.
    pub(crate) fn account(&self, did: &Did) -> Result<Arc<Account>, Moment> {
        let mut inner = self.lock();
        let changes = inner.changes;
        inner.accounts.get(did).map(Arc::clone).ok_or(Moment(changes))
    }

    /// Remembers an account that was read after `moment`.
    pub(crate) fn remember(&self, account: &Arc<Account>, moment: Moment) {
        let mut inner = self.lock();
        // Else it may have been read just before it changed.
        if inner.changes == moment.0 {
            inner.accounts.put(account.did.clone(), Arc::clone(account));
        }
    }

    /// Forgets all accounts. Called after a change can be read, and before anybody is told of it.
    pub(crate) fn forget(&self) {
        let mut inner = self.lock();
        inner.changes += 1;
        inner.accounts.clear();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing in here leaves it half changed, so a panic elsewhere does not spoil it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::{AccountId, AccountState};

    fn account(handle: &str) -> Arc<Account> {
        Arc::new(Account {
            id: AccountId(1),
            did: Did::parse("did:web:a.test").unwrap(),
            handle: Some(syntax::Handle::parse(handle).unwrap()),
            email: None,
            email_confirmed_at: None,
            email_auth_factor: false,
            password: None,
            created_at: 0,
            state: AccountState::default(),
            signing_key: Vec::new(),
        })
    }

    #[test]
    fn what_was_read_before_a_change_is_not_remembered_after_it() {
        let known = Known::new();
        let old = account("old.test");
        let early = known.account(&old.did).unwrap_err();
        known.remember(&old, early);
        assert_eq!(known.account(&old.did).ok(), Some(Arc::clone(&old)));

        known.forget();
        known.remember(&old, early);
        let later = known.account(&old.did).unwrap_err();
        let new = account("new.test");
        known.remember(&new, later);
        assert_eq!(known.account(&old.did).ok(), Some(new));
    }
}
