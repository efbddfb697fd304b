//! What time it is, and the identifiers that are made of it.

use std::sync::Arc;
use std::time::Duration;

use syntax::{Datetime, Tid, TidClock};

/// A source of time and of TIDs, which never repeat. Clones are the same clock.
#[derive(Clone)]
pub(crate) struct Clock {
    source: store::Clock,
    tids: Arc<TidClock>,
}

impl Clock {
    /// Makes a clock of a source of time. Two servers should not have the same clock id, which is
    /// below 1024.
    pub(crate) fn new(source: store::Clock, clock_id: u16) -> Self {
        Self { source, tids: Arc::new(TidClock::new(clock_id)) }
    }

    /// Returns the time in microseconds since 1970.
    pub(crate) fn now_us(&self) -> u64 {
        self.source.now_us()
    }

    /// Returns the time in milliseconds since 1970.
    pub(crate) fn now_ms(&self) -> u64 {
        self.source.now_ms()
    }

    /// Returns the time in whole seconds since 1970.
    pub(crate) fn now_s(&self) -> u64 {
        self.now_ms() / 1000
    }

    /// Returns the time as the protocol writes it.
    pub(crate) fn now(&self) -> Datetime {
        Datetime::from_unix_ms(self.now_ms())
    }

    /// Makes the next TID.
    pub(crate) fn next_tid(&self) -> Tid {
        self.tids.next(self.now_us())
    }

    /// Makes the next TID that is also above one.
    pub(crate) fn tid_after(&self, floor: Tid) -> Tid {
        self.tids.next_after(self.now_us(), floor)
    }
}

/// Returns a time in milliseconds, as the database counts it.
pub(crate) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
