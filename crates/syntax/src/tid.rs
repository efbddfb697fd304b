//! Timestamp identifiers, and the counter that makes them. What time it is, the caller says.

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use smol_str::SmolStr;
use thiserror::Error;

use crate::text::serde_as_text;

/// The characters of a TID, in their order, which is that of ASCII.
const ALPHABET: &[u8; 32] = b"234567abcdefghijklmnopqrstuvwxyz";
/// The length of every TID.
const TID_BYTES: usize = 13;
/// How many low bits hold the clock's identifier.
const CLOCK_ID_BITS: u32 = 10;
/// The latest time that a TID made here has: 53 bits of microseconds, in the year 2255.
const TIMESTAMP_US_MAX: u64 = (1 << 53) - 1;

/// A TID: microseconds since 1970 and a clock's identifier, as 13 characters that sort by time.
///
/// Spec: <https://atproto.com/specs/tid>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tid(u64);

/// Says why a text is not a TID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TidError {
    /// The text does not have 13 bytes.
    #[error("TID does not have {TID_BYTES} characters")]
    Length,
    /// There is a character other than `2`–`7` and `a`–`z`.
    #[error("TID has a character other than 2 to 7 and a to z")]
    Character,
    /// The first character stands for more than 64 bits can hold.
    #[error("TID's first character is above \"j\"")]
    Overflow,
}

impl Tid {
    /// Joins a time in microseconds since 1970 and a clock identifier.
    ///
    /// Times after the year 2255 become that year's last; of the identifier, ten bits count.
    pub fn new(timestamp_us: u64, clock_id: u16) -> Self {
        let clock_id = u64::from(clock_id) & ((1 << CLOCK_ID_BITS) - 1);
        Self(timestamp_us.min(TIMESTAMP_US_MAX) << CLOCK_ID_BITS | clock_id)
    }

    /// Parses a TID.
    ///
    /// # Errors
    ///
    /// [`TidError`] if the text is not a TID. Times in the future are not refused.
    pub fn parse(text: &str) -> Result<Self, TidError> {
        if text.len() != TID_BYTES {
            return Err(TidError::Length);
        }
        let mut value: u64 = 0;
        for (index, byte) in text.bytes().enumerate() {
            let digit = match byte {
                b'2'..=b'7' => byte - b'2',
                b'a'..=b'z' => byte - b'a' + 6,
                _ => return Err(TidError::Character),
            };
            if index == 0 && digit > 15 {
                return Err(TidError::Overflow);
            }
            value = value << 5 | u64::from(digit);
        }
        Ok(Self(value))
    }

    /// Returns the time in microseconds since 1970.
    pub fn timestamp_us(self) -> u64 {
        self.0 >> CLOCK_ID_BITS
    }

    /// Returns the identifier of the clock, 0 to 1,023.
    pub fn clock_id(self) -> u16 {
        u16::try_from(self.0 & ((1 << CLOCK_ID_BITS) - 1)).expect("ten bits fit into sixteen")
    }

    /// Returns the whole TID as a number that sorts like it.
    pub fn to_u64(self) -> u64 {
        self.0
    }

    /// Returns the TID that [`Tid::to_u64`] gave the number of.
    pub fn from_u64(value: u64) -> Self {
        Self(value)
    }

    /// Returns the text, which fits inline: nothing is allocated.
    pub(crate) fn text(self) -> SmolStr {
        let mut text = [0; TID_BYTES];
        let mut rest = self.0;
        for byte in text.iter_mut().rev() {
            let digit = usize::try_from(rest & 31).expect("five bits fit");
            *byte = ALPHABET[digit];
            rest >>= 5;
        }
        SmolStr::new_inline(std::str::from_utf8(&text).expect("the alphabet is ASCII"))
    }
}

impl FromStr for Tid {
    type Err = TidError;

    fn from_str(text: &str) -> Result<Self, TidError> {
        Self::parse(text)
    }
}

impl fmt::Display for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Tid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text().as_str(), f)
    }
}

serde_as_text!(Tid);

/// Makes TIDs that strictly rise, whatever the threads that ask and the clock's steps back.
#[derive(Debug)]
pub struct TidClock {
    clock_id: u16,
    /// The time of the newest TID made. Any thread may raise it, none lowers it.
    last_us: AtomicU64,
}

impl TidClock {
    /// Makes a clock with an identifier of ten bits, which should be drawn at random per process.
    pub fn new(clock_id: u16) -> Self {
        Self { clock_id, last_us: AtomicU64::new(0) }
    }

    /// Makes a TID of the time `now_us`, or the least one above all that this clock has made.
    pub fn next(&self, now_us: u64) -> Tid {
        let next = |last: u64| now_us.max(last.saturating_add(1));
        // Relaxed is enough: each update is a single atomic step, and nothing else hangs on it.
        let last = self
            .last_us
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |last| Some(next(last)))
            .unwrap_or_else(|last| last);
        Tid::new(next(last), self.clock_id)
    }

    /// Makes a TID as [`TidClock::next`] does, that is also above `floor`.
    ///
    /// A floor in the future, such as the revision of an imported repository, holds for the answer
    /// alone and does not carry the clock with it.
    pub fn next_after(&self, now_us: u64, floor: Tid) -> Tid {
        let next = self.next(now_us);
        if next > floor { next } else { Tid::new(floor.timestamp_us() + 1, self.clock_id) }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::thread;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_come_back() {
        let tid = Tid::new(1_700_000_000_123_456, 999);
        assert_eq!((tid.timestamp_us(), tid.clock_id()), (1_700_000_000_123_456, 999));
        assert_eq!(Tid::parse("3jzfcijpj2z2a").unwrap().to_string(), "3jzfcijpj2z2a");
    }

    #[test]
    fn each_fault_has_its_name() {
        for (text, fault) in [
            ("3jzfcijpj2z2", TidError::Length),
            ("3jzfcijpj2z21", TidError::Character),
            ("3JZFCIJPJ2Z2A", TidError::Character),
            ("kjzfcijpj2z2a", TidError::Overflow),
        ] {
            assert_eq!(Tid::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_clock_that_steps_back_still_rises() {
        let clock = TidClock::new(7);
        let tids = [10, 11, 5, 0, 11, 40].map(|now| clock.next(now));
        assert!(tids.is_sorted_by(|a, b| a < b), "{tids:?}");
        assert_eq!(tids[5].timestamp_us(), 40);
    }

    #[test]
    fn a_floor_in_the_future_does_not_carry_the_clock() {
        let clock = TidClock::new(7);
        let floor = Tid::new(9_000, 900);
        assert!(clock.next_after(50, floor) > floor);
        assert_eq!(clock.next(60).timestamp_us(), 60);
        assert_eq!(clock.next_after(70, Tid::new(1, 1)).timestamp_us(), 70);
    }

    #[test]
    fn threads_never_share_a_tid() {
        let clock = TidClock::new(0);
        let made: Vec<Vec<Tid>> = thread::scope(|scope| {
            let ask = || (0..1000).map(|now| clock.next(now)).collect();
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(ask)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(made.iter().all(|tids: &Vec<Tid>| tids.is_sorted_by(|a, b| a < b)));
        assert_eq!(made.iter().flatten().collect::<BTreeSet<_>>().len(), 4000);
    }

    proptest! {
        #[test]
        fn text_and_number_are_opposites_and_sort_alike(a: u64, b: u64) {
            let (a, b) = (Tid::from_u64(a), Tid::from_u64(b));
            prop_assert_eq!(Tid::parse(&a.to_string()).unwrap(), a);
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }
    }
}
