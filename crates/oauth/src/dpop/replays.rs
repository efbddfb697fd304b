//! The memory of proofs that were taken: none counts twice.

use std::collections::{HashMap, HashSet};
use std::mem;

use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::dpop::{Proof, nonces};
use crate::error::{ErrorCode, Refusal};
use crate::jose::Thumbprint;

/// How long a proof is remembered at least, in seconds. Its nonce is good for less.
const WINDOW_S: u64 = nonces::TIME_S + 60;
/// The most proofs of one key that are remembered at a time: eighty a second, all the time.
const KEY_PROOFS_MAX: usize = 40_000;

/// Remembers the proofs of one face of the server.
///
/// Nothing is forgotten while it could come again. When there is no room, new proofs are refused:
/// of a key that has had very many, or of all. So it is best to have one memory for the
/// authorization server, where anybody can come with new keys, and another one for requests with a
/// good token, which strangers then cannot fill.
///
/// The memory is that of one run of the server; [`nonces`](crate::dpop::Nonces) see to it that no
/// proof from before comes through.
pub struct Replays {
    proofs_max: usize,
    /// The number of the present window.
    window: u64,
    present: Window,
    last: Window,
}

/// What was seen in one window.
#[derive(Default)]
struct Window {
    by_key: HashMap<Thumbprint, HashSet<[u8; 16]>>,
    count: usize,
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
    /// There have been too many of late.
    #[error("there are too many DPoP proofs, try again in some minutes")]
    Busy,
}

impl Refusal for ReplayError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Replayed => ErrorCode::InvalidDpopProof,
            Self::KeyBusy | Self::Busy => ErrorCode::TemporarilyUnavailable,
        }
    }
}

impl Replays {
    /// Makes a memory for a number of proofs, of all keys together. Each takes some 40 bytes, and
    /// each key some 200 more.
    pub fn new(proofs_max: usize) -> Self {
        Self { proofs_max, window: 0, present: Window::default(), last: Window::default() }
    }

    /// Takes a proof, once. `now_s` is the time at which it was verified, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`ReplayError`] if it was taken before, or cannot be remembered.
    pub fn take(&mut self, proof: &Proof, now_s: u64) -> Result<(), ReplayError> {
        self.turn(now_s / WINDOW_S);
        let key = proof.jkt();
        let hash: [u8; 32] = Sha256::digest(proof.jti()).into();
        let id: [u8; 16] = *hash.first_chunk().expect("a hash has 32 bytes");
        let windows = [&self.present, &self.last];
        let seen = windows.map(|window| window.by_key.get(&key));
        if seen.iter().flatten().any(|ids| ids.contains(&id)) {
            return Err(ReplayError::Replayed);
        }
        if seen.iter().flatten().map(|ids| ids.len()).sum::<usize>() >= KEY_PROOFS_MAX {
            return Err(ReplayError::KeyBusy);
        }
        if windows.iter().map(|window| window.count).sum::<usize>() >= self.proofs_max {
            return Err(ReplayError::Busy);
        }
        self.present.by_key.entry(key).or_default().insert(id);
        self.present.count += 1;
        Ok(())
    }

    /// Forgets what was seen before the last window. A clock that is set back changes nothing.
    fn turn(&mut self, window: u64) {
        if window <= self.window {
            return;
        }
        let is_next = window == self.window + 1;
        let ended = mem::take(&mut self.present);
        self.last = if is_next { ended } else { Window::default() };
        self.window = window;
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

    #[test]
    fn a_proof_is_taken_once_while_its_nonce_is_good() {
        // At any place of the window.
        for start_s in (NOW_S..NOW_S + WINDOW_S).step_by(7) {
            let mut replays = Replays::new(100);
            assert_eq!(replays.take(&proof(1, "a"), start_s), Ok(()));
            assert_eq!(replays.take(&proof(1, "b"), start_s), Ok(()));
            assert_eq!(replays.take(&proof(2, "a"), start_s), Ok(()), "of another key");
            for later_s in [0, 1, 60, nonces::TIME_S, WINDOW_S] {
                let again = replays.take(&proof(1, "a"), start_s + later_s);
                assert_eq!(again, Err(ReplayError::Replayed), "{start_s} + {later_s}");
            }
            assert_eq!(replays.take(&proof(1, "a"), start_s + 2 * WINDOW_S), Ok(()));
            assert_eq!(replays.last.count + replays.present.count, 1, "old ones are forgotten");
        }
    }

    #[test]
    fn a_clock_that_is_set_back_forgets_nothing() {
        let mut replays = Replays::new(100);
        assert_eq!(replays.take(&proof(1, "a"), NOW_S), Ok(()));
        assert_eq!(replays.take(&proof(1, "a"), NOW_S - 10_000), Err(ReplayError::Replayed));
        assert_eq!(replays.take(&proof(1, "a"), NOW_S), Err(ReplayError::Replayed));
    }

    #[test]
    fn a_flood_by_one_key_hurts_this_key_alone() {
        let mut replays = Replays::new(KEY_PROOFS_MAX + 2);
        assert_eq!(replays.take(&proof(2, "first"), NOW_S), Ok(()));
        let mut flood = proof(1, "");
        for jti in 0..KEY_PROOFS_MAX {
            flood.jti = jti.to_string();
            assert_eq!(replays.take(&flood, NOW_S), Ok(()));
        }
        assert_eq!(replays.take(&proof(1, "more"), NOW_S), Err(ReplayError::KeyBusy));
        assert_eq!(replays.take(&proof(1, "0"), NOW_S), Err(ReplayError::Replayed));
        assert_eq!(replays.take(&proof(2, "first"), NOW_S), Err(ReplayError::Replayed));
        assert_eq!(replays.take(&proof(2, "second"), NOW_S), Ok(()));
        assert_eq!(replays.take(&proof(3, "a"), NOW_S), Err(ReplayError::Busy));
        assert_eq!(replays.take(&proof(2, "second"), NOW_S), Err(ReplayError::Replayed));
        let later_s = NOW_S + 2 * WINDOW_S;
        assert_eq!(replays.take(&proof(3, "a"), later_s), Ok(()));
        assert_eq!(replays.take(&proof(1, "more"), later_s), Ok(()));
    }
}
