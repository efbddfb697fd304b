//! Sign-ins that wait for a mailed code: the password was right, in this browser, a moment ago.

use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lru::LruCache;
use store::{Account, DeviceId};

use crate::clock::millis;

/// How many wait at a time. Those that have waited longest go first.
const WAITING_MAX: NonZeroUsize = NonZeroUsize::new(10_000).expect("it is not zero");
/// How long one waits: as long as the code is good.
const TIME: Duration = Duration::from_secs(15 * 60);

/// A sign-in that waits.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) account: Account,
    /// Whether the browser is to remember the account.
    pub(super) is_remembered: bool,
    /// The request of an app that it is for: the hash of its id.
    pub(super) request: Option<[u8; 32]>,
    at_ms: u64,
}

/// All that wait, in memory: after a restart people type their passwords again.
pub(crate) struct Pending(Mutex<LruCache<DeviceId, Waiting>>);

impl Default for Pending {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(WAITING_MAX)))
    }
}

impl Pending {
    /// Lets a sign-in wait, in place of another one in the same browser.
    pub(super) fn put(
        &self,
        browser: DeviceId,
        account: Account,
        is_remembered: bool,
        request: Option<[u8; 32]>,
        now_ms: u64,
    ) {
        let waiting = Waiting { account, is_remembered, request, at_ms: now_ms };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).put(browser, waiting);
    }

    /// Returns the sign-in that waits in a browser for the same purpose.
    pub(super) fn get(
        &self,
        browser: &DeviceId,
        request: Option<[u8; 32]>,
        now_ms: u64,
    ) -> Option<Waiting> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = all.get(browser).filter(|waiting| now_ms < waiting.at_ms + millis(TIME));
        found.filter(|waiting| waiting.request == request).cloned()
    }

    /// Forgets the sign-in that waits in a browser.
    pub(super) fn remove(&self, browser: &DeviceId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).pop(browser);
    }
}
