//! The newest events, in memory once for all who follow. The writing thread adds them once they are
//! durable, as it has had them in its hands: nobody has to read them again.

use std::collections::VecDeque;

use crate::event::StoredEvent;

/// Events in their order, up to so many bytes; the oldest go first.
pub(crate) struct Recent {
    events: VecDeque<StoredEvent>,
    /// The number after which the ring has every event.
    since: u64,
    bytes: usize,
    bytes_max: usize,
}

impl Recent {
    /// Makes an empty ring that has every event after `since`.
    pub(crate) fn new(since: u64, bytes_max: usize) -> Self {
        Self { events: VecDeque::new(), since, bytes: 0, bytes_max }
    }

    /// Forgets everything up to a number, as it is not known what of it is durable.
    pub(crate) fn forget(&mut self, until: u64) {
        (self.events, self.bytes, self.since) = (VecDeque::new(), 0, until);
    }

    /// Adds events that come next.
    pub(crate) fn extend(&mut self, events: impl IntoIterator<Item = StoredEvent>) {
        for event in events {
            self.bytes += event.frame.len();
            self.events.push_back(event);
        }
        while self.bytes > self.bytes_max
            && let Some(oldest) = self.events.pop_front()
        {
            self.bytes -= oldest.frame.len();
            self.since = oldest.seq;
        }
    }

    /// Returns events after a number, up to so many and about so many bytes; `None` if the ring does
    /// not have all of them.
    pub(crate) fn after(
        &self,
        seq: u64,
        count_max: usize,
        bytes_max: usize,
    ) -> Option<Vec<StoredEvent>> {
        if seq < self.since {
            return None;
        }
        let begin = self.events.partition_point(|event| event.seq <= seq);
        let mut bytes = 0;
        let some = self.events.range(begin..).take(count_max).take_while(|event| {
            let is_within = bytes < bytes_max;
            bytes += event.frame.len();
            is_within
        });
        Some(some.cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(seq: u64) -> StoredEvent {
        StoredEvent { seq, frame: vec![0; 10].into() }
    }

    fn seqs(ring: &Recent, after: u64, count_max: usize, bytes_max: usize) -> Option<Vec<u64>> {
        let events = ring.after(after, count_max, bytes_max)?;
        Some(events.into_iter().map(|event| event.seq).collect())
    }

    #[test]
    fn what_is_not_in_it_any_more_is_not_taken_for_nothing() {
        let mut ring = Recent::new(5, 35);
        assert_eq!(seqs(&ring, 4, 9, 99), None);
        assert_eq!(seqs(&ring, 5, 9, 99), Some(vec![]));
        ring.extend(vec![event(7), event(9), event(10)]);
        assert_eq!(seqs(&ring, 5, 9, 99), Some(vec![7, 9, 10]));
        assert_eq!(seqs(&ring, 8, 9, 99), Some(vec![9, 10]));
        assert_eq!(seqs(&ring, 10, 9, 99), Some(vec![]));
        ring.extend(vec![event(11)]);
        assert_eq!(seqs(&ring, 6, 9, 99), None);
        assert_eq!(seqs(&ring, 7, 9, 99), Some(vec![9, 10, 11]));
        assert_eq!(seqs(&ring, 7, 2, 99), Some(vec![9, 10]));
        assert_eq!(seqs(&ring, 7, 9, 11), Some(vec![9, 10]));
    }

    #[test]
    fn an_event_larger_than_the_ring_is_left_to_the_store() {
        let mut ring = Recent::new(0, 5);
        ring.extend(vec![event(3)]);
        assert_eq!(seqs(&ring, 0, 9, 99), None);
        assert_eq!(seqs(&ring, 3, 9, 99), Some(vec![]));
    }
}
