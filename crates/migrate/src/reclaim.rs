//! Winning a did:plc identity back that somebody has led to another host.
//!
//! Within 72 hours a rotation key can take back what a key of a lower rank has signed; later, or
//! against a higher one, an identity can only be changed by a key that it still has.

use crypto::PrivateKey;
use identity::Origin;
use identity::plc::log::{Appended, AuditedLog, Entry, RateLimits, append};
use identity::plc::{Content, DidKey, Difference, LimitError, Operation};
use syntax::{Cid, Did};
use thiserror::Error;

/// What leads an identity back to a host, signed and not yet sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reclaim {
    /// The operation.
    pub operation: Operation,
    /// What changes by it.
    pub differences: Vec<Difference>,
    /// The operations that it takes back.
    pub taken_back: Vec<Cid>,
}

/// Says why an identity is not led back.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReclaimError {
    /// It leads there.
    #[error("identity leads to {0} already")]
    IsThere(Origin),
    /// It never led there.
    #[error("identity has never led to {0}")]
    NeverThere(Origin),
    /// The key may not.
    #[error(
        "key may not change the identity: it is of no higher rank than the one that did, or that was \
         more than 72 hours ago"
    )]
    Key,
    /// No directory would take the state.
    #[error(transparent)]
    Limit(#[from] LimitError),
}

/// Plans what leads an identity back to `host`, as it was when it last led there but for keys that are
/// to go, and signs it.
///
/// # Errors
///
/// [`ReclaimError`] if it cannot be.
pub fn reclaim(
    did: &Did,
    log: &AuditedLog,
    host: &Origin,
    key: &PrivateKey,
    drop: &[DidKey],
    now_ms: u64,
) -> Result<Reclaim, ReclaimError> {
    let present = log.last().operation.state();
    if present.as_ref().is_some_and(|state| state.leads_to(host)) {
        return Err(ReclaimError::IsThere(host.clone()));
    }
    let entries = log.entries();
    let leads = |entry: &&Entry| entry.operation.state().is_some_and(|state| state.leads_to(host));
    let Some(good) = entries.iter().rev().find(leads) else {
        return Err(ReclaimError::NeverThere(host.clone()));
    };
    // If the good one was taken back itself, what took it back follows the same one.
    let fork = match good.nullified {
        false => Some(good),
        true => find(entries, good.operation.prev()),
    };
    let mut state = good.operation.state().unwrap_or_default();
    state.rotation_keys.retain(|key| !drop.contains(key));
    for before in fork.into_iter().chain([log.last()]) {
        let operation = Content::update(&before.operation, state.clone()).sign(key)?;
        if let Ok(Appended { entry, nullified }) =
            append(did, entries, operation, now_ms, RateLimits::Off)
        {
            let differences = present.unwrap_or_default().differences(&state);
            return Ok(Reclaim { operation: entry.operation, differences, taken_back: nullified });
        }
    }
    Err(ReclaimError::Key)
}

/// Returns the keys that may take the operation in force back, within
/// [`RECOVERY_TIME`](crate::switch::RECOVERY_TIME) of it: those of a higher rank than its signer's.
pub fn may_take_back(log: &AuditedLog) -> Vec<DidKey> {
    let Some(before) = find(log.entries(), log.last().operation.prev()) else { return Vec::new() };
    let mut keys = before.operation.state().unwrap_or_default().rotation_keys;
    keys.truncate(log.last().operation.signer(&keys).unwrap_or_default());
    keys
}

/// Returns the key that signed the operation in force, unless it made the identity.
pub fn signer(log: &AuditedLog) -> Option<DidKey> {
    let before = find(log.entries(), log.last().operation.prev())?;
    let keys = before.operation.state()?.rotation_keys;
    log.last().operation.signed_by(&keys).cloned()
}

fn find(entries: &[Entry], cid: Option<Cid>) -> Option<&Entry> {
    entries.iter().find(|entry| Some(entry.cid) == cid)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crypto::Curve;
    use identity::plc::State;
    use syntax::Handle;

    use super::*;
    use crate::switch::RECOVERY_TIME;

    const BEGAN_MS: u64 = 1_700_000_000_000;

    struct Identity {
        did: Did,
        entries: Vec<Entry>,
        now_ms: u64,
    }

    impl Identity {
        fn new(state: State, key: &PrivateKey) -> Self {
            let genesis = Content::genesis(state).sign(key).unwrap();
            let did = genesis.did().unwrap();
            let mut identity = Self { did, entries: Vec::new(), now_ms: BEGAN_MS };
            identity.add(genesis);
            identity
        }

        fn add(&mut self, operation: Operation) {
            self.now_ms += 1000;
            let Appended { entry, nullified } =
                append(&self.did, &self.entries, operation, self.now_ms, RateLimits::Off).unwrap();
            for entry in &mut self.entries {
                entry.nullified |= nullified.contains(&entry.cid);
            }
            self.entries.push(entry);
        }

        fn change(&mut self, prev: usize, to: &Origin, keys: &[&PrivateKey], signer: &PrivateKey) {
            let before = &self.entries[prev].operation;
            let mut state = before.state().unwrap();
            state.set_pds(to);
            state.rotation_keys = keys.iter().map(|key| did_key(key)).collect();
            self.add(Content::update(before, state).sign(signer).unwrap());
        }

        fn log(&self) -> AuditedLog {
            AuditedLog::check(&self.did, self.entries.clone()).unwrap()
        }

        fn reclaim(&self, host: &Origin, key: &PrivateKey) -> Result<Reclaim, ReclaimError> {
            reclaim(&self.did, &self.log(), host, key, &[], self.now_ms + 1000)
        }
    }

    fn did_key(key: &PrivateKey) -> DidKey {
        DidKey::from(&key.public_key())
    }

    fn hosts() -> (Origin, Origin) {
        let origin = |host: &str| Origin::https(host).unwrap();
        (origin("old.example.com"), origin("new.example.com"))
    }

    fn keys() -> [PrivateKey; 3] {
        std::array::from_fn(|_| PrivateKey::generate(Curve::Secp256k1))
    }

    /// An identity with these keys at the old host, the second of which made it.
    fn at_old_host(keys: &[&PrivateKey], signing: &PrivateKey) -> Identity {
        let handle = Handle::parse("alice.example.org").unwrap();
        let mut state = State::of_account(&handle, &signing.public_key(), &hosts().0);
        state.rotation_keys = keys.iter().map(|key| did_key(key)).collect();
        Identity::new(state, keys[1])
    }

    /// Somebody with a key of their own, the old host's, and an identity that has moved.
    fn moved(first: &PrivateKey, second: &PrivateKey, new: &PrivateKey) -> Identity {
        let mut identity = at_old_host(&[first, second], new);
        identity.change(0, &hosts().1, &[first, new], second);
        identity
    }

    #[test]
    fn what_an_old_key_took_back_a_higher_one_brings_again() {
        let [owner, old, new] = keys();
        let (old_host, new_host) = hosts();
        let mut identity = moved(&owner, &old, &new);
        assert_eq!(
            identity.reclaim(&new_host, &owner),
            Err(ReclaimError::IsThere(new_host.clone()))
        );
        identity.change(1, &old_host, &[&owner, &old], &new);
        assert_eq!(signer(&identity.log()), Some(did_key(&new)));
        assert_eq!(may_take_back(&identity.log()), [did_key(&owner)]);

        let stranger = PrivateKey::generate(Curve::P256);
        assert_eq!(identity.reclaim(&new_host, &stranger), Err(ReclaimError::Key));
        let found = identity.reclaim(&new_host, &owner).unwrap();
        assert_eq!(found.taken_back, [identity.entries[2].cid]);
        assert!(!found.differences.is_empty());
        identity.add(found.operation);
        let state = identity.log().state().unwrap();
        assert!(state.leads_to(&new_host));
        assert_eq!(state.rotation_keys, [did_key(&owner), did_key(&new)]);
    }

    #[test]
    fn a_change_that_was_taken_back_is_brought_again() {
        let [owner, old, new] = keys();
        let (old_host, new_host) = hosts();
        // Three ranks: the owner, the old host, and a lower one that signs the move.
        let lower = PrivateKey::generate(Curve::P256);
        let mut identity = at_old_host(&[&owner, &old, &lower], &new);
        identity.change(0, &new_host, &[&owner, &old, &new], &lower);
        identity.change(0, &old_host, &[&old], &old);
        assert!(identity.log().entries()[1].nullified);

        let (log, drop) = (identity.log(), [did_key(&old)]);
        let found =
            reclaim(&identity.did, &log, &new_host, &owner, &drop, identity.now_ms + 1000).unwrap();
        identity.add(found.operation);
        let state = identity.log().state().unwrap();
        assert!(state.leads_to(&new_host));
        assert_eq!(state.rotation_keys, [did_key(&owner), did_key(&new)]);
    }

    #[test]
    fn after_three_days_only_a_key_that_is_still_there_will_do() {
        let [owner, old, new] = keys();
        let (old_host, new_host) = hosts();
        let mut identity = moved(&owner, &old, &new);
        identity.change(1, &old_host, &[&old], &new);
        identity.now_ms +=
            u64::try_from((RECOVERY_TIME + Duration::from_secs(1)).as_millis()).unwrap();
        assert_eq!(identity.reclaim(&new_host, &owner), Err(ReclaimError::Key));
        let found = identity.reclaim(&new_host, &old).unwrap();
        assert_eq!(found.taken_back, []);
        identity.add(found.operation);
        assert!(identity.log().state().unwrap().leads_to(&new_host));
        let nowhere = Origin::https("nowhere.example.com").unwrap();
        assert_eq!(
            identity.reclaim(&nowhere, &old),
            Err(ReclaimError::NeverThere(nowhere.clone()))
        );
    }
}
