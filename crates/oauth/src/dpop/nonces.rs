//! Nonces: what shows that a proof was made a moment ago.
//!
//! They are the same for everybody and are not remembered: a nonce is the MAC of the minute that it
//! is for. It also says which run of the server has handed it out. The secret outlives runs, so
//! that a restart does not turn everybody's nonces stale; but which proofs were seen does not
//! outlive them, so that a proof from before must not come through a second time. One with a nonce
//! of this run was certainly made in it. One with an older nonce counts if its client says that it
//! was made after the start; otherwise the client is asked for another one, which has a nonce of
//! this run, so that it counts whatever the client's clock shows.

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

/// How long a window is, in seconds. A nonce is good in the window that it is for, the one before,
/// in which it is handed out, and the one after.
const WINDOW_S: u64 = 60;
/// For how long a nonce is good at most, in seconds.
pub(super) const TIME_S: u64 = 3 * WINDOW_S;
/// How many bytes say which run of the server a nonce is of.
pub const RUN_BYTES: usize = 8;
/// How many bytes of the MAC a nonce has.
const TAG_BYTES: usize = 16;

/// Makes nonces and knows its own.
pub struct Nonces {
    secret: [u8; 32],
    run: [u8; RUN_BYTES],
    started_s: u64,
}

impl Nonces {
    /// Makes nonces with a secret that is kept for the next run, and bytes that are drawn for this
    /// run of the server, which began at `started_s` (seconds since 1970).
    pub fn new(secret: [u8; 32], run: [u8; RUN_BYTES], started_s: u64) -> Self {
        Self { secret, run, started_s }
    }

    /// Returns the nonce to hand out at a time: that of the next window.
    pub fn next(&self, now_s: u64) -> String {
        let window = (now_s / WINDOW_S).saturating_add(1);
        let nonce = [&self.run[..], &self.tag(self.run, window)].concat();
        BASE64URL_NOPAD.encode(&nonce)
    }

    /// Tells whether a nonce is ours and still good, for a proof that was made at `iat` by its
    /// client's clock.
    pub fn is_fresh(&self, nonce: &str, iat: u64, now_s: u64) -> bool {
        // Longer ones are not decoded: what is compared has a size.
        if nonce.len() > BASE64URL_NOPAD.encode_len(RUN_BYTES + TAG_BYTES) {
            return false;
        }
        let decoded = BASE64URL_NOPAD.decode(nonce.as_bytes()).unwrap_or_default();
        let Some((run, tag)) = decoded.split_first_chunk::<RUN_BYTES>() else { return false };
        if *run != self.run && iat < self.started_s {
            return false;
        }
        let now = now_s / WINDOW_S;
        let windows = [now.saturating_sub(1), now, now.saturating_add(1)];
        windows.into_iter().any(|window| bool::from(self.tag(*run, window).ct_eq(tag)))
    }

    fn tag(&self, run: [u8; RUN_BYTES], window: u64) -> [u8; TAG_BYTES] {
        let mac =
            Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key of any length will do");
        let mac = mac.chain_update(b"DPoP nonce").chain_update(run);
        let mac = mac.chain_update(window.to_be_bytes()).finalize().into_bytes();
        *mac.first_chunk().expect("a MAC has 32 bytes")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: [u8; 32] = [7; 32];
    const RUN: [u8; 8] = [1; 8];
    /// The beginning of a window.
    const START_S: u64 = 1_767_225_600;

    #[test]
    fn a_nonce_is_good_for_two_to_three_windows() {
        let nonces = Nonces::new(SECRET, RUN, START_S - 10_000);
        for handed_out_s in [START_S, START_S + 59] {
            let nonce = nonces.next(handed_out_s);
            for (now_s, is_fresh) in [
                (START_S - 1, false),
                (START_S, true),
                (START_S + 60, true),
                (START_S + 179, true),
                (START_S + 180, false),
            ] {
                assert_eq!(nonces.is_fresh(&nonce, now_s, now_s), is_fresh, "{now_s}");
            }
        }
        assert_eq!(nonces.next(START_S), nonces.next(START_S + 59));
        assert_ne!(nonces.next(START_S), nonces.next(START_S + 60));
    }

    #[test]
    fn what_was_not_handed_out_is_not_fresh() {
        let nonces = Nonces::new(SECRET, RUN, START_S);
        let good = nonces.next(START_S);
        let other = Nonces::new([8; 32], RUN, START_S).next(START_S);
        let long = "A".repeat(100_000);
        let flipped = if good.starts_with('A') { "B" } else { "A" };
        let flipped = format!("{flipped}{}", &good[1..]);
        for nonce in ["", "A", &other, &long, &good[..31], &good[..12], &flipped, "é"] {
            assert!(!nonces.is_fresh(nonce, START_S, START_S), "{nonce:.40}");
        }
        assert!(!nonces.is_fresh(&format!("{good}="), START_S, START_S));
    }

    #[test]
    fn after_a_restart_old_nonces_do_for_new_proofs_only() {
        let old = Nonces::new(SECRET, RUN, START_S - 10_000).next(START_S);
        let nonces = Nonces::new(SECRET, [2; 8], START_S + 10);
        let now_s = START_S + 20;
        assert!(nonces.is_fresh(&old, START_S + 10, now_s), "a new proof with an old nonce");
        assert!(!nonces.is_fresh(&old, START_S + 9, now_s), "an old proof, replayed");
        // A client whose clock is behind comes through with the nonce that it is told.
        assert!(nonces.is_fresh(&nonces.next(now_s), START_S - 100, now_s));
    }
}
