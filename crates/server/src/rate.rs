//! How often something may be done: points in windows of time, by who asks.
//!
//! Windows are fixed, from the first request on, because that is what the headers tell clients:
//! so many of so many left until then. The reference counts the same way with the same numbers.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;
use std::time::Duration;

use data_encoding::HEXLOWER;
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::{Digest as _, Sha256};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::failure::Refusal;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// How many locks there are, so that requests seldom wait for each other.
const SHARDS: usize = 16;
/// The number of windows in a shard from which those that have ended are swept out.
const SWEEP_FROM: usize = 4096;

/// A rule: how many points within which time.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Bucket {
    name: &'static str,
    points: u32,
    window: Duration,
}

impl Bucket {
    const fn new(name: &'static str, points: u32, window: Duration) -> Self {
        Self { name, points, window }
    }

    #[expect(clippy::as_conversions, reason = "constant, and far below the limit")]
    const fn window_ms(&self) -> u64 {
        self.window.as_millis() as u64
    }
}

/// All methods together, by address.
pub(crate) static GLOBAL: Bucket = Bucket::new("global", 3000, MINUTE.saturating_mul(5));
/// Writes to a repository: 3 points for a create, 2 for an update, 1 for a delete.
pub(crate) static REPO_WRITE: [Bucket; 2] =
    [Bucket::new("repo-write-hour", 5000, HOUR), Bucket::new("repo-write-day", 35_000, DAY)];
/// New accounts, by address.
pub(crate) static CREATE_ACCOUNT: [Bucket; 1] =
    [Bucket::new("create-account", 100, MINUTE.saturating_mul(5))];
/// Sign-ins at other hosts on behalf of those who move here, by address.
pub(crate) static BEGIN_MOVE: [Bucket; 1] =
    [Bucket::new("begin-move", 30, MINUTE.saturating_mul(5))];
/// Sign-ins, by identifier and address.
pub(crate) static CREATE_SESSION: [Bucket; 2] = [
    Bucket::new("create-session-day", 300, DAY),
    Bucket::new("create-session", 30, MINUTE.saturating_mul(5)),
];
/// Mails with a code for signing in, by account: whoever knows a password could send many.
pub(crate) static SIGN_IN_CODE: [Bucket; 2] =
    [Bucket::new("sign-in-code-day", 30, DAY), Bucket::new("sign-in-code", 10, HOUR)];
/// Guesses of mailed tokens for deleting, by address.
pub(crate) static DELETE_ACCOUNT: [Bucket; 1] =
    [Bucket::new("delete-account", 50, MINUTE.saturating_mul(5))];
/// Guesses of mailed tokens for a new password, by address.
pub(crate) static RESET_PASSWORD: [Bucket; 1] =
    [Bucket::new("reset-password", 50, MINUTE.saturating_mul(5))];
/// Mails about lost passwords, by address.
pub(crate) static REQUEST_PASSWORD_RESET: [Bucket; 2] = [
    Bucket::new("request-password-reset-day", 50, DAY),
    Bucket::new("request-password-reset", 15, HOUR),
];
/// Mails about deleting, by account.
pub(crate) static REQUEST_ACCOUNT_DELETE: [Bucket; 2] = [
    Bucket::new("request-account-delete-day", 15, DAY),
    Bucket::new("request-account-delete", 5, HOUR),
];
/// Mails that confirm an address, by account.
pub(crate) static REQUEST_EMAIL_CONFIRMATION: [Bucket; 2] = [
    Bucket::new("request-email-confirmation-day", 15, DAY),
    Bucket::new("request-email-confirmation", 5, HOUR),
];
/// Mails about another address, by account.
pub(crate) static REQUEST_EMAIL_UPDATE: [Bucket; 2] = [
    Bucket::new("request-email-update-day", 15, DAY),
    Bucket::new("request-email-update", 5, HOUR),
];
/// Mails about changing an identity, by account.
pub(crate) static REQUEST_PLC_OPERATION: [Bucket; 2] = [
    Bucket::new("request-plc-operation-day", 15, DAY),
    Bucket::new("request-plc-operation", 5, HOUR),
];
/// Changes of handles, by account.
pub(crate) static UPDATE_HANDLE: [Bucket; 2] = [
    Bucket::new("update-handle", 10, MINUTE.saturating_mul(5)),
    Bucket::new("update-handle-day", 50, DAY),
];
/// Looks for a free handle, by address: clients ask while people type.
pub(crate) static CHECK_HANDLE_AVAILABILITY: [Bucket; 1] =
    [Bucket::new("check-handle-availability", 500, MINUTE.saturating_mul(5))];
/// Looks for accounts by what they have, by address: for each of these many are looked at.
pub(crate) static LIST_BY_COLLECTION: [Bucket; 1] =
    [Bucket::new("list-by-collection", 600, MINUTE.saturating_mul(5))];
/// Uploads, by address.
pub(crate) static UPLOAD_BLOB: [Bucket; 1] = [Bucket::new("upload-blob", 1000, DAY)];
/// Exports of repositories, by address, which count here alone.
pub(crate) static GET_REPO: [Bucket; 1] = [Bucket::new("get-repo", 6000, MINUTE.saturating_mul(5))];
/// Blocks by CID, by address: for each of these a whole repository is gone through.
pub(crate) static GET_BLOCKS: [Bucket; 1] =
    [Bucket::new("get-blocks", 600, MINUTE.saturating_mul(5))];

/// Whom points are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// An address; of IPv6 the first half, as that is what one client has.
    Ip(IpAddr),
    /// Anything else.
    Text(String),
}

/// How much is left in the window that is nearest to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    limit: u32,
    remaining: u32,
    reset_at_ms: u64,
    window: Duration,
}

/// Counts what was done.
pub(crate) struct Rates {
    on: bool,
    hasher: RandomState,
    shards: [Mutex<HashMap<(&'static str, Key), Window>>; SHARDS],
}

struct Window {
    ends_at_ms: u64,
    used: u32,
}

impl Key {
    /// Returns the key of what somebody has typed to say who they are, from an address. However it is
    /// typed, and however long it is, it is one key of one length.
    pub(crate) fn of_identifier(identifier: &str, ip: IpAddr) -> Self {
        let identifier = identifier.trim().trim_start_matches('@').to_lowercase();
        let hash = Sha256::digest(identifier);
        Self::Text(format!("{:?} {}", Self::of_ip(ip), HEXLOWER.encode(&hash)))
    }

    /// Returns the key of a client's address.
    pub(crate) fn of_ip(ip: IpAddr) -> Self {
        Self::Ip(match ip.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6([a, b, c, d, 0, 0, 0, 0].into())
            }
            v4 => v4,
        })
    }
}

impl Rates {
    pub(crate) fn new(on: bool) -> Self {
        Self { on, hasher: RandomState::new(), shards: Default::default() }
    }

    /// Takes points from buckets, and returns how much is left in the tightest of them; nothing
    /// where rates are not limited.
    pub(crate) fn take(
        &self,
        buckets: &'static [Bucket],
        key: &Key,
        points: u32,
        now_ms: u64,
    ) -> Result<Option<Standing>, (Refusal, Standing)> {
        if !self.on {
            return Ok(None);
        }
        let mut tightest = None;
        for bucket in buckets {
            let standing = self.take_one(bucket, key, points, now_ms);
            match standing {
                Ok(standing) => tightest = Standing::tightest(tightest, Some(standing)),
                Err(standing) => {
                    let left_ms = standing.reset_at_ms.saturating_sub(now_ms);
                    return Err((Refusal::rate_limited(left_ms.div_ceil(1000)), standing));
                }
            }
        }
        Ok(tightest)
    }

    /// Takes points from one bucket. An attempt that is refused counts, too, as in the reference.
    fn take_one(
        &self,
        bucket: &'static Bucket,
        key: &Key,
        points: u32,
        now_ms: u64,
    ) -> Result<Standing, Standing> {
        let mut shard = self.shard(bucket.name, key);
        if shard.len() >= SWEEP_FROM && shard.len() == shard.capacity() {
            shard.retain(|_, window| window.ends_at_ms > now_ms);
        }
        let fresh = || Window { ends_at_ms: now_ms + bucket.window_ms(), used: 0 };
        let window = shard.entry((bucket.name, key.clone())).or_insert_with(fresh);
        if window.ends_at_ms <= now_ms {
            *window = fresh();
        }
        window.used = window.used.saturating_add(points);
        let standing = Standing {
            limit: bucket.points,
            remaining: bucket.points.saturating_sub(window.used),
            reset_at_ms: window.ends_at_ms,
            window: bucket.window,
        };
        if window.used > bucket.points { Err(standing) } else { Ok(standing) }
    }

    fn shard(
        &self,
        name: &'static str,
        key: &Key,
    ) -> MutexGuard<'_, HashMap<(&'static str, Key), Window>> {
        let hash = self.hasher.hash_one((name, key)).to_le_bytes();
        let shard = &self.shards[usize::from(hash[0]) % SHARDS];
        // Counts that a panic left half done are still counts.
        shard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// Returns the one of two that has less left.
    pub(crate) fn tightest(a: Option<Self>, b: Option<Self>) -> Option<Self> {
        match (a, b) {
            (Some(a), Some(b)) if a.remaining <= b.remaining => Some(a),
            (a, None) => a,
            (_, b) => b,
        }
    }

    /// Returns after how many seconds there is something left again.
    pub(crate) fn seconds_left(&self, now_ms: u64) -> u64 {
        self.reset_at_ms.saturating_sub(now_ms).div_ceil(1000)
    }

    /// Tells clients.
    pub(crate) fn write_to(&self, headers: &mut HeaderMap) {
        const LIMIT: HeaderName = HeaderName::from_static("ratelimit-limit");
        const REMAINING: HeaderName = HeaderName::from_static("ratelimit-remaining");
        const RESET: HeaderName = HeaderName::from_static("ratelimit-reset");
        const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
        headers.insert(LIMIT, self.limit.into());
        headers.insert(REMAINING, self.remaining.into());
        headers.insert(RESET, self.reset_at_ms.div_ceil(1000).into());
        let policy = format!("{};w={}", self.limit, self.window.as_secs());
        if let Ok(policy) = HeaderValue::try_from(policy) {
            headers.insert(POLICY, policy);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    static BUCKETS: [Bucket; 2] = [Bucket::new("minute", 3, MINUTE), Bucket::new("hour", 10, HOUR)];

    #[test]
    fn a_window_lets_its_points_through_and_then_none_until_it_ends() {
        let rates = Rates::new(true);
        let key = Key::Text("a".to_owned());
        for left in [2, 1, 0] {
            let standing = rates.take(&BUCKETS, &key, 1, 1000).unwrap().unwrap();
            assert_eq!((standing.remaining, standing.limit), (left, 3));
        }
        assert!(rates.take(&BUCKETS, &key, 1, 60_999).is_err());
        assert!(rates.take(&BUCKETS, &Key::Text("b".to_owned()), 1, 60_999).is_ok());
        assert!(rates.take(&BUCKETS, &key, 3, 61_000).is_ok());
        assert!(Rates::new(false).take(&BUCKETS, &key, 99, 0).unwrap().is_none());
    }

    #[test]
    fn the_longer_window_counts_on() {
        let rates = Rates::new(true);
        let key = Key::Text("a".to_owned());
        for minute in 0..3 {
            assert!(rates.take(&BUCKETS, &key, 3, minute * 60_000).is_ok());
        }
        assert!(rates.take(&BUCKETS, &key, 2, 180_000).is_err());
    }

    #[test]
    fn neighbours_in_ipv6_are_one_client() {
        let key = |text: &str| Key::of_ip(text.parse().unwrap());
        assert_eq!(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::"));
        assert_ne!(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
        assert_eq!(key("::ffff:192.0.2.1"), key("192.0.2.1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }
}
