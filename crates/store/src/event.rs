//! The log of events, from which the firehose is served.
//!
//! The sequence number is the time in microseconds, or one more than the last: it never goes back,
//! whatever backup was restored. It is drawn within the transaction, which one thread runs after
//! the other, so that the order of numbers is the order of commits.

use bytes::Bytes;
use repo::event::Frame;
use rusqlite::Connection;

use crate::account::AccountId;
use crate::error::Error;
use crate::tx::{Tx, Value, int};

/// The setting that says up to which number events were pruned.
const PRUNED_TO: &str = "event.pruned_to";

/// Gives out sequence numbers; there is one, and the writing thread has it.
#[derive(Debug)]
pub(crate) struct Sequence {
    last: u64,
    /// What the open transaction has appended.
    appended: Vec<StoredEvent>,
}

/// An event as it is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEvent {
    /// The sequence number.
    pub seq: u64,
    /// The frame.
    pub frame: Bytes,
}

impl Sequence {
    pub(crate) fn new(last: u64) -> Self {
        Self { last, appended: Vec::new() }
    }

    /// Returns the newest number that was drawn.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Returns how many events the open transaction has appended.
    pub(crate) fn appended(&self) -> usize {
        self.appended.len()
    }

    /// Forgets what the open transaction has appended after the first so many. Their numbers are not
    /// given out again.
    pub(crate) fn truncate(&mut self, count: usize) {
        self.appended.truncate(count);
    }

    /// Returns what the transaction that was committed has appended.
    pub(crate) fn commit(&mut self) -> Vec<StoredEvent> {
        std::mem::take(&mut self.appended)
    }

    /// Numbers that were drawn in vain are not drawn again: nobody saw them, and gaps are allowed.
    pub(crate) fn append(
        &mut self,
        connection: &Connection,
        now_us: u64,
        account: AccountId,
        frame: Frame,
    ) -> Result<u64, Error> {
        let seq = now_us.max(self.last + 1);
        self.last = seq;
        let frame = Bytes::from(frame.into_bytes_with_seq(seq));
        connection
            .prepare_cached("INSERT INTO event (seq, account, frame) VALUES (?1, ?2, ?3)")?
            .execute((int(seq), account.0, &frame[..]))?;
        self.appended.push(StoredEvent { seq, frame });
        Ok(seq)
    }
}

impl Tx<'_> {
    /// Returns the number of the newest event, 0 if there has been none.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn last_seq(&mut self) -> Result<u64, Error> {
        let last = self.query_opt("SELECT max(seq) FROM event", &[], |row| row.opt_uint(0))?;
        Ok(last.flatten().unwrap_or_default())
    }

    /// Returns events after a number in their order, up to so many and about so many bytes.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn events_after(
        &mut self,
        seq: u64,
        count_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<StoredEvent>, Error> {
        let sql = "SELECT seq, frame FROM event WHERE seq > ?1 ORDER BY seq LIMIT ?2";
        let mut statement = self.connection.prepare_cached(sql)?;
        let limit = int(u64::try_from(count_max).unwrap_or(u64::MAX));
        let mut rows = statement.query((int(seq), limit))?;
        let (mut events, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            let seq = u64::try_from(seq).map_err(|_| Error::Malformed("sequence number"))?;
            let frame: Vec<u8> = row.get(1)?;
            bytes += frame.len();
            events.push(StoredEvent { seq, frame: frame.into() });
            if bytes >= bytes_max {
                break;
            }
        }
        Ok(events)
    }

    /// Appends an event about an account and returns its sequence number.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    ///
    /// # Panics
    ///
    /// Panics in a transaction that only reads.
    pub fn append(&mut self, account: AccountId, frame: Frame) -> Result<u64, Error> {
        let sequence =
            self.sequence.as_mut().expect("events are appended where writing is allowed");
        sequence.append(self.connection, self.now_us, account, frame)
    }

    /// Deletes up to so many events before a number, but never the newest, and returns how many it
    /// deleted.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn prune_events(&mut self, before_seq: u64, count_max: u64) -> Result<usize, Error> {
        // The newest stays, whatever its age: the next number has to be above it.
        let before = before_seq.min(self.last_seq()?);
        let last = self.query_one(
            "SELECT max(seq) FROM (SELECT seq FROM event WHERE seq < $1 ORDER BY seq LIMIT $2)",
            &[Value::Int(int(before)), Value::Int(int(count_max))],
            |row| row.opt_uint(0),
        )?;
        let Some(last) = last else { return Ok(0) };
        let values = [Value::Int(int(last))];
        let pruned = self.execute("DELETE FROM event WHERE seq <= $1", &values)?;
        self.set_setting(PRUNED_TO, &last.to_string())?;
        Ok(pruned)
    }

    /// Returns the number up to which events were pruned for their age, 0 if none were.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn pruned_to(&mut self) -> Result<u64, Error> {
        let Some(number) = self.setting(PRUNED_TO)? else { return Ok(0) };
        number.parse().map_err(|_| Error::Malformed("setting"))
    }

    /// Returns the numbers of an account's events after a number, up to so many. It goes through
    /// all events: there is no index for what is rare.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn events_of(
        &mut self,
        account: AccountId,
        after: u64,
        count_max: u64,
    ) -> Result<Vec<u64>, Error> {
        let sql = "SELECT seq FROM event WHERE account = $1 AND seq > $2 ORDER BY seq LIMIT $3";
        let values = [Value::Int(account.0), Value::Int(int(after)), Value::Int(int(count_max))];
        self.query_all(sql, &values, |row| row.uint(0))
    }

    /// Deletes events.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn delete_events(&mut self, seqs: &[u64]) -> Result<(), Error> {
        for seq in seqs {
            let values = [Value::Int(int(*seq))];
            self.execute("DELETE FROM event WHERE seq = $1", &values)?;
        }
        Ok(())
    }
}
