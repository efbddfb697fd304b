//! The one change of a did:plc identity that moves an account.
//!
//! It changes as little as will do. Keys of the owner's stay, in their order and above those of the
//! new host; those of the old host go. Who could take the change back, and until when, is known
//! before it is made.

use std::time::Duration;

use crypto::PublicKey;
use identity::Origin;
use identity::plc::{DidKey, Difference, LimitError, Operation, State};
use syntax::{Datetime, Handle};
use thiserror::Error;

/// For how long a change can be taken back by a key of a higher rank than the one that signed it.
///
/// Specification: <https://web.plc.directory/spec/v0.1/did-plc>
pub const RECOVERY_TIME: Duration = Duration::from_secs(72 * 60 * 60);

/// Returns until when a change that was accepted at a time can be taken back.
pub fn recoverable_until(accepted: &Datetime) -> Datetime {
    let time_ms = u64::try_from(RECOVERY_TIME.as_millis()).unwrap_or(u64::MAX);
    Datetime::from_unix_ms(accepted.unix_ms().saturating_add(time_ms))
}

/// Where an account goes.
#[derive(Debug, Clone)]
pub struct Destination {
    /// The new host.
    pub host: Origin,
    /// The handle that the account will have.
    pub handle: Handle,
    /// The key that will sign the repository.
    pub signing_key: PublicKey,
    /// The new host's own rotation keys, the highest first.
    pub rotation_keys: Vec<DidKey>,
}

/// A change that is to be looked at before it is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switch {
    /// The state that the directory has now.
    pub before: State,
    /// The state that it will have.
    pub after: State,
    /// Keys of the owner's, which stay.
    pub kept: Vec<DidKey>,
    /// Keys of the old host, which go.
    pub dropped: Vec<DidKey>,
}

/// Says why an identity cannot be moved.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SwitchError {
    /// The identity has ended.
    #[error("identity has ended")]
    Ended,
    /// No directory would take the state.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// What was signed is not the change that was looked at.
    #[error("signed operation differs: {}", list(.0))]
    Differs(Vec<Difference>),
    /// What was signed follows another operation than the last.
    #[error("signed operation does not follow the last one")]
    Late,
    /// Nobody who may has signed.
    #[error("operation is not signed by a rotation key")]
    Unsigned,
}

impl Switch {
    /// Plans the change that follows `last`. `old_host` are the keys that the old host calls its own;
    /// `own` is a new key of the owner's, which comes after those that they have.
    ///
    /// # Errors
    ///
    /// [`SwitchError`] if the identity has ended.
    pub fn plan(
        last: &Operation,
        old_host: &[DidKey],
        to: &Destination,
        own: Option<DidKey>,
    ) -> Result<Self, SwitchError> {
        let before = last.state().ok_or(SwitchError::Ended)?;
        let is_new_host = |key: &DidKey| to.rotation_keys.contains(key);
        let (dropped, mut kept): (Vec<DidKey>, Vec<DidKey>) = before
            .rotation_keys
            .iter()
            .filter(|key| !is_new_host(key))
            .cloned()
            .partition(|key| old_host.contains(key));
        kept.extend(own.filter(|own| !before.rotation_keys.contains(own) && !is_new_host(own)));
        let mut after = before.clone();
        after.rotation_keys = kept.iter().chain(&to.rotation_keys).cloned().collect();
        after.set_handle(&to.handle);
        after.set_signing_key(&to.signing_key);
        after.set_pds(&to.host);
        Ok(Self { before, after, kept, dropped })
    }

    /// Returns what changes, for somebody to look at.
    pub fn differences(&self) -> Vec<Difference> {
        self.before.differences(&self.after)
    }

    /// Returns the keys that could take the change back within [`RECOVERY_TIME`], if `signer` signs
    /// it: those of a higher rank.
    pub fn may_undo(&self, signer: &DidKey) -> &[DidKey] {
        let keys = &self.before.rotation_keys;
        let rank = keys.iter().position(|key| key == signer).unwrap_or_default();
        &keys[..rank]
    }

    /// Checks what somebody else has signed: that it is this change, that it follows `last`, and
    /// that directories will take it. Returns the key that signed.
    ///
    /// # Errors
    ///
    /// [`SwitchError`] with what is wrong.
    pub fn check(&self, signed: &Operation, last: &Operation) -> Result<DidKey, SwitchError> {
        let state = signed.state().ok_or(SwitchError::Ended)?;
        let differences = self.after.differences(&state);
        if !differences.is_empty() {
            return Err(SwitchError::Differs(differences));
        }
        if signed.prev() != Some(last.cid()) {
            return Err(SwitchError::Late);
        }
        signed.check_limits()?;
        let keys = &self.before.rotation_keys;
        signed.signed_by(keys).cloned().ok_or(SwitchError::Unsigned)
    }
}

fn list(differences: &[Difference]) -> String {
    let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

#[cfg(test)]
mod tests {
    use crypto::{Curve, PrivateKey};
    use identity::plc::Content;

    use super::*;

    struct Keys {
        owner: [PrivateKey; 2],
        old: PrivateKey,
        new: PrivateKey,
        signing: PrivateKey,
    }

    fn did_key(key: &PrivateKey) -> DidKey {
        DidKey::from(&key.public_key())
    }

    /// An identity with keys of the owner above and below that of the old host.
    fn identity() -> (Keys, Operation, Destination) {
        let key = || PrivateKey::generate(Curve::Secp256k1);
        let keys = Keys { owner: [key(), key()], old: key(), new: key(), signing: key() };
        let old_host = Origin::parse("https://old.example.com").unwrap();
        let handle = Handle::parse("alice.old.example.com").unwrap();
        let mut state = State::of_account(&handle, &key().public_key(), &old_host);
        state.rotation_keys =
            vec![did_key(&keys.owner[0]), did_key(&keys.old), did_key(&keys.owner[1])];
        state.also_known_as.push("https://alice.example.org".to_owned());
        let genesis = Content::genesis(state).sign(&keys.old).unwrap();
        let to = Destination {
            host: Origin::parse("https://new.example.com").unwrap(),
            handle: Handle::parse("alice.new.example.com").unwrap(),
            signing_key: keys.signing.public_key(),
            rotation_keys: vec![did_key(&keys.new)],
        };
        (keys, genesis, to)
    }

    #[test]
    fn the_owners_keys_stay_above_those_of_the_new_host() {
        let (keys, genesis, to) = identity();
        let own = PrivateKey::generate(Curve::P256);
        let old = [did_key(&keys.old)];
        let switch = Switch::plan(&genesis, &old, &to, Some(did_key(&own))).unwrap();
        let owner: Vec<DidKey> = keys.owner.iter().chain([&own]).map(did_key).collect();
        assert_eq!(switch.kept, owner);
        assert_eq!(switch.dropped, old);
        let all: Vec<DidKey> = owner.into_iter().chain([did_key(&keys.new)]).collect();
        assert_eq!(switch.after.rotation_keys, all);
        let names = ["at://alice.new.example.com", "https://alice.example.org"];
        assert_eq!(switch.after.also_known_as, names);
        assert!(!switch.differences().is_empty());

        // The old host signs: only the owner's first key is above it.
        assert_eq!(switch.may_undo(&did_key(&keys.old)), [did_key(&keys.owner[0])]);
        assert!(switch.may_undo(&did_key(&keys.owner[0])).is_empty());
    }

    #[test]
    fn who_comes_back_gets_no_key_twice() {
        let (keys, genesis, mut to) = identity();
        to.rotation_keys = vec![did_key(&keys.old)];
        let own = did_key(&keys.owner[1]);
        let switch = Switch::plan(&genesis, &[did_key(&keys.old)], &to, Some(own)).unwrap();
        let expected = [&keys.owner[0], &keys.owner[1], &keys.old].map(did_key);
        assert_eq!(switch.after.rotation_keys, expected);
        assert!(switch.dropped.is_empty());
    }

    #[test]
    fn what_another_signs_is_the_change_that_was_looked_at_or_nothing() {
        let (keys, genesis, to) = identity();
        let switch = Switch::plan(&genesis, &[did_key(&keys.old)], &to, None).unwrap();
        let sign = |last: &Operation, state: &State, key: &PrivateKey| {
            Content::update(last, state.clone()).sign(key).unwrap()
        };
        let good = sign(&genesis, &switch.after, &keys.old);
        assert_eq!(switch.check(&good, &genesis), Ok(did_key(&keys.old)));

        let mut other = switch.after.clone();
        other.rotation_keys.push(did_key(&keys.old));
        let outcome = switch.check(&sign(&genesis, &other, &keys.old), &genesis);
        assert!(matches!(outcome, Err(SwitchError::Differs(_))), "{outcome:?}");
        let by_stranger = sign(&genesis, &switch.after, &keys.signing);
        assert_eq!(switch.check(&by_stranger, &genesis), Err(SwitchError::Unsigned));
        assert_eq!(
            switch.check(&sign(&good, &switch.after, &keys.new), &genesis),
            Err(SwitchError::Late)
        );
    }
}
