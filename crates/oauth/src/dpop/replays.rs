//! The memory of proofs that were taken: none counts twice.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::{iter, mem};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::dpop::{Proof, nonces};
use crate::error::{ErrorCode, Refusal};
use crate::jose::Thumbprint;

/// How long a proof is remembered at least, in seconds. Its nonce is good for less.
const WINDOW_S: u64 = nonces::TIME_S + 60;
/// The most proofs of one key that are remembered at a time: eighty a second, all the time.
const KEY_PROOFS_MAX: usize = 40_000;
/// The most proofs of one owner of keys that are remembered at a time. Somebody can have many keys, who
/// must not thereby have all the room.
const OWNER_PROOFS_MAX: usize = 60_000;
/// After a leap of the clock, with how many windows nothing is forgotten: the second of them lasts longer
/// than a nonce is good, wherever in a window the leap was.
const UNSETTLED: u8 = 2;
/// The most windows before the present one that are remembered around leaps.
const FORMER_MAX: usize = 7;

/// Remembers the proofs of one face of the server. `O` is whose keys they are by, where that is known.
///
/// Nothing is forgotten while it could come again. When there is no room, new proofs are refused:
/// of a key or an owner that has had very many, or of all. So it is best to have one memory for the
/// authorization server, where anybody can come with new keys, and another one for requests with a
/// good token, which strangers then cannot fill.
///
/// What was seen is kept for some time also when the clock leaps to another time, ahead or back: it may
/// come back from there. But the memory goes with the clock, so that it does not fill up until a time
/// that is far ahead.
///
/// The memory is that of one run of the server; [`nonces`](crate::dpop::Nonces) see to it that no
/// proof from before comes through.
pub struct Replays<O> {
    proofs_max: usize,
    /// The number of the present window.
    window: Option<u64>,
    present: Window<O>,
    /// What was seen in windows before, the last one first: one of them, and more around a leap.
    former: VecDeque<Window<O>>,
    /// With how many more windows nothing is forgotten, as the clock has leapt.
    unsettled: u8,
}

/// What was seen in one window.
struct Window<O> {
    by_key: HashMap<Thumbprint, HashSet<[u8; 16]>>,
    by_owner: HashMap<O, usize>,
    count: usize,
}

impl<O> Default for Window<O> {
    fn default() -> Self {
        Self { by_key: HashMap::new(), by_owner: HashMap::new(), count: 0 }
    }
}

/// Says why a proof is not taken, though it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// It was taken before.
    #[error("\"jti\" of the DPoP proof was used before")]
    Replayed,
    /// Its key has had too many of late.
    #[error("there are too many DPoP proofs by this key, try again in some minutes")]
    KeyBusy,
    /// The owner of its key has had too many of late.
    #[error("there are too many DPoP proofs for this account, try again in some minutes")]
    OwnerBusy,
    /// There have been too many of late.
    #[error("there are too many DPoP proofs, try again in some minutes")]
    Busy,
}

impl Refusal for ReplayError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Replayed => ErrorCode::InvalidDpopProof,
            Self::KeyBusy | Self::OwnerBusy | Self::Busy => ErrorCode::TemporarilyUnavailable,
        }
    }
}

impl<O: Copy + Eq + Hash> Replays<O> {
    /// Makes a memory for a number of proofs, of all keys together. Each takes some 40 bytes, and
    /// each key some 200 more.
    pub fn new(proofs_max: usize) -> Self {
        let (present, former) = (Window::default(), VecDeque::new());
        Self { proofs_max, window: None, present, former, unsettled: 0 }
    }

    /// Takes a proof, once. `owner` is whose key it is by, if that is known; `now_s` is the time at which
    /// it was verified, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] if it was taken before, or cannot be remembered.
    pub fn take(&mut self, proof: &Proof, owner: Option<O>, now_s: u64) -> Result<(), ReplayError> {
        self.turn(now_s / WINDOW_S);
        let key = proof.jkt();
        let hash: [u8; 32] = Sha256::digest(proof.jti()).into();
        let id: [u8; 16] = *hash.first_chunk().expect("a hash has 32 bytes");
        let windows = || iter::once(&self.present).chain(&self.former);
        let of_key = || windows().filter_map(|window| window.by_key.get(&key));
        if of_key().any(|ids| ids.contains(&id)) {
            return Err(ReplayError::Replayed);
        }
        if of_key().map(HashSet::len).sum::<usize>() >= KEY_PROOFS_MAX {
            return Err(ReplayError::KeyBusy);
        }
        let of_owner =
            |owner| windows().filter_map(|window| window.by_owner.get(&owner)).sum::<usize>();
        if owner.is_some_and(|owner| of_owner(owner) >= OWNER_PROOFS_MAX) {
            return Err(ReplayError::OwnerBusy);
        }
        if windows().map(|window| window.count).sum::<usize>() >= self.proofs_max {
            return Err(ReplayError::Busy);
        }
        let present = &mut self.present;
        present.by_key.entry(key).or_default().insert(id);
        if let Some(owner) = owner {
            *present.by_owner.entry(owner).or_default() += 1;
        }
        present.count += 1;
        Ok(())
    }

    /// Goes on to a window, and forgets what was seen before the last one, unless the clock has leapt.
    fn turn(&mut self, window: u64) {
        let Some(before) = self.window else {
            self.window = Some(window);
            return;
        };
        // A clock that is set back by a little is waited for.
        if window == before || window + 1 == before {
            return;
        }
        let leaps = window != before + 1;
        let kept = if leaps || self.unsettled > 0 { FORMER_MAX } else { 1 };
        self.former.push_front(mem::take(&mut self.present));
        self.former.truncate(kept);
        self.window = Some(window);
        self.unsettled = if leaps { UNSETTLED } else { self.unsettled.saturating_sub(1) };
    }
}

#[cfg(test)]
mod tests {
    use crypto::Curve;

    use super::*;
    use crate::testing::{Key, NOW_S};

    fn proof(seed: u8, jti: impl ToString) -> Proof {
        let jkt = Key::new(Curve::P256, seed).jwk().thumbprint();
        Proof { jkt, jti: jti.to_string(), iat: NOW_S }
    }

    fn memory(proofs_max: usize) -> Replays<u8> {
        Replays::new(proofs_max)
    }

    fn remembered(replays: &Replays<u8>) -> usize {
        iter::once(&replays.present).chain(&replays.former).map(|window| window.count).sum()
    }

    #[test]
    fn a_proof_is_taken_once_while_its_nonce_is_good() {
        // At any place of the window.
        for start_s in (NOW_S..NOW_S + WINDOW_S).step_by(7) {
            let mut replays = memory(100);
            assert_eq!(replays.take(&proof(1, "a"), None, start_s), Ok(()));
            assert_eq!(replays.take(&proof(1, "b"), None, start_s), Ok(()));
            assert_eq!(replays.take(&proof(2, "a"), None, start_s), Ok(()), "of another key");
            for later_s in [0, 1, 60, nonces::TIME_S, WINDOW_S] {
                let again = replays.take(&proof(1, "a"), None, start_s + later_s);
                assert_eq!(again, Err(ReplayError::Replayed), "{start_s} + {later_s}");
            }
            assert_eq!(replays.take(&proof(1, "a"), None, start_s + 2 * WINDOW_S), Ok(()));
            assert_eq!(remembered(&replays), 1, "old ones are forgotten");
        }
    }

    #[test]
    fn a_clock_that_leaps_away_and_back_forgets_nothing_that_is_still_good() {
        let day_s = 24 * 60 * 60;
        // At any place of the window, also right before its end, so that the next one begins meanwhile.
        for start_s in (NOW_S..NOW_S + WINDOW_S).step_by(7) {
            for away_s in [start_s + day_s, start_s - day_s, start_s + day_s + WINDOW_S / 2] {
                let mut replays = memory(100);
                assert_eq!(replays.take(&proof(1, "a"), None, start_s), Ok(()));
                let way = [away_s, away_s + 5, start_s + 5, start_s + 10, start_s + nonces::TIME_S];
                for (step, at_s) in way.into_iter().enumerate() {
                    let again = replays.take(&proof(1, "a"), None, at_s);
                    assert_eq!(again, Err(ReplayError::Replayed), "{start_s} {away_s} {step}");
                    assert_eq!(replays.take(&proof(1, step), None, at_s), Ok(()));
                }
                // Once it goes as it should, nothing is kept for longer than usual.
                for window in 2..10 {
                    let at_s = start_s + window * WINDOW_S;
                    assert_eq!(replays.take(&proof(2, window), None, at_s), Ok(()));
                }
                assert_eq!(remembered(&replays), 2);
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_by_a_little_forgets_nothing() {
        let mut replays = memory(100);
        let way = [NOW_S, NOW_S - 60, NOW_S - WINDOW_S, NOW_S, NOW_S + 60];
        for (step, at_s) in way.into_iter().enumerate() {
            assert_eq!(replays.take(&proof(1, step), None, at_s), Ok(()));
            for before in 0..=step {
                let again = replays.take(&proof(1, before), None, at_s);
                assert_eq!(again, Err(ReplayError::Replayed), "{before} at {step}");
            }
        }
    }

    #[test]
    fn a_clock_that_wavers_between_two_windows_forgets_nothing() {
        let boundary_s = (NOW_S / WINDOW_S + 1) * WINDOW_S;
        let mut replays = memory(100);
        assert_eq!(replays.take(&proof(1, "a"), None, boundary_s - 1), Ok(()));
        for step in 0..50 {
            let again = replays.take(&proof(1, "a"), None, boundary_s - step % 2);
            assert_eq!(again, Err(ReplayError::Replayed), "{step}");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_for_good_does_not_fill_the_memory() {
        let mut replays = memory(200);
        assert_eq!(replays.take(&proof(1, "a"), None, NOW_S + 365 * 24 * 60 * 60), Ok(()));
        for window in 0..10 {
            for jti in 0..40 {
                let now_s = NOW_S + window * WINDOW_S;
                let jti = format!("{window}.{jti}");
                assert_eq!(replays.take(&proof(1, &jti), None, now_s), Ok(()), "{jti}");
            }
        }
        assert_eq!(remembered(&replays), 80);
    }

    #[test]
    fn a_flood_by_one_owner_hurts_this_owner_alone() {
        let mut replays = memory(OWNER_PROOFS_MAX + 10);
        let mut flood = proof(1, "");
        let other_key = proof(2, "").jkt;
        for jti in 0..OWNER_PROOFS_MAX {
            flood.jti = jti.to_string();
            if jti == KEY_PROOFS_MAX / 2 {
                flood.jkt = other_key;
            }
            // One key in this window and another one, which is used on, in the next.
            let now_s = NOW_S + if jti < OWNER_PROOFS_MAX / 2 { 0 } else { WINDOW_S };
            assert_eq!(replays.take(&flood, Some(1), now_s), Ok(()), "{jti}");
        }
        let now_s = NOW_S + WINDOW_S;
        assert_eq!(replays.take(&proof(3, "a"), Some(1), now_s), Err(ReplayError::OwnerBusy));
        assert_eq!(replays.take(&flood, Some(1), now_s), Err(ReplayError::Replayed));
        assert_eq!(replays.take(&proof(3, "a"), Some(2), now_s), Ok(()));
        assert_eq!(replays.take(&proof(3, "b"), None, now_s), Ok(()));
        // As the first half is forgotten there is room again.
        let later_s = NOW_S + 2 * WINDOW_S;
        assert_eq!(replays.take(&proof(3, "c"), Some(1), later_s), Ok(()));
    }

    #[test]
    fn a_flood_by_one_key_hurts_this_key_alone() {
        let mut replays = memory(KEY_PROOFS_MAX + 2);
        assert_eq!(replays.take(&proof(2, "first"), None, NOW_S), Ok(()));
        let mut flood = proof(1, "");
        for jti in 0..KEY_PROOFS_MAX {
            flood.jti = jti.to_string();
            assert_eq!(replays.take(&flood, None, NOW_S), Ok(()));
        }
        assert_eq!(replays.take(&proof(1, "more"), None, NOW_S), Err(ReplayError::KeyBusy));
        assert_eq!(replays.take(&proof(1, "0"), None, NOW_S), Err(ReplayError::Replayed));
        assert_eq!(replays.take(&proof(2, "first"), None, NOW_S), Err(ReplayError::Replayed));
        assert_eq!(replays.take(&proof(2, "second"), None, NOW_S), Ok(()));
        assert_eq!(replays.take(&proof(3, "a"), None, NOW_S), Err(ReplayError::Busy));
        assert_eq!(replays.take(&proof(2, "second"), None, NOW_S), Err(ReplayError::Replayed));
        assert_eq!(replays.take(&proof(3, "a"), None, NOW_S + WINDOW_S), Err(ReplayError::Busy));
        let later_s = NOW_S + 2 * WINDOW_S;
        assert_eq!(replays.take(&proof(3, "a"), None, later_s), Ok(()));
        assert_eq!(replays.take(&proof(1, "more"), None, later_s), Ok(()));
    }
}
