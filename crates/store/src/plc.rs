//! The logs of the embedded PLC directory. What may be in one is for others to say.

use syntax::Did;

use crate::error::Error;
use crate::tx::{Row, Tx, Value, int};

/// An operation in a DID's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlcEntry {
    /// Whose log it is.
    pub did: Did,
    /// The operation's CID.
    pub cid: String,
    /// The operation as JSON.
    pub operation: String,
    /// Whether a recovery has undone it.
    pub nullified: bool,
    /// When it came, in milliseconds since 1970.
    pub created_at: u64,
    /// Its number in the directory.
    pub seq: u64,
}

fn read(row: &Row<'_>) -> Result<PlcEntry, Error> {
    Ok(PlcEntry {
        did: row.did(0)?,
        cid: row.text(1)?,
        operation: row.text(2)?,
        nullified: row.bool(3)?,
        created_at: row.uint(4)?,
        seq: row.uint(5)?,
    })
}

impl Tx<'_> {
    /// Returns a DID's log, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn plc_log(&mut self, did: &Did) -> Result<Vec<PlcEntry>, Error> {
        self.query_all(
            "SELECT did, cid, operation, nullified, created_at, seq FROM plc_operation
             WHERE did = $1 ORDER BY place",
            &[Value::Text(did.as_str())],
            read,
        )
    }

    /// Returns entries of all logs after a number, up to so many.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn plc_entries_after(&mut self, seq: u64, count_max: u64) -> Result<Vec<PlcEntry>, Error> {
        self.query_all(
            "SELECT did, cid, operation, nullified, created_at, seq FROM plc_operation
             WHERE seq > $1 ORDER BY seq LIMIT $2",
            &[Value::Int(int(seq)), Value::Int(int(count_max))],
            read,
        )
    }

    /// Returns entries of all logs after a time, in milliseconds since 1970, by time.
    ///
    /// There are so many, and more where the last of them share their time with others: who goes on
    /// after that time would not see those.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn plc_entries_since(
        &mut self,
        created_after: Option<u64>,
        count: u64,
    ) -> Result<Vec<PlcEntry>, Error> {
        let after = created_after.map_or(-1, int);
        self.query_all(
            "SELECT did, cid, operation, nullified, created_at, seq FROM plc_operation
             WHERE created_at > $1 AND created_at <= coalesce(
               (SELECT created_at FROM plc_operation WHERE created_at > $1
                ORDER BY created_at LIMIT 1 OFFSET $2), $3)
             ORDER BY created_at, seq",
            &[Value::Int(after), Value::Int(int(count.saturating_sub(1))), Value::Int(i64::MAX)],
            read,
        )
    }

    /// Returns how many operations a DID's log has, those undone included.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn plc_log_length(&mut self, did: &Did) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM plc_operation WHERE did = $1";
        self.query_one(sql, &[Value::Text(did.as_str())], |row| row.uint(0))
    }

    /// Appends an operation to a DID's log, marks others as undone, and returns its number.
    ///
    /// # Errors
    ///
    /// [`Error`] if the database failed.
    pub fn append_plc(
        &mut self,
        did: &Did,
        cid: &str,
        operation: &str,
        created_at: u64,
        nullified: &[String],
    ) -> Result<u64, Error> {
        for cid in nullified {
            let values = [Value::Text(did.as_str()), Value::Text(cid)];
            let sql = "UPDATE plc_operation SET nullified = 1 WHERE did = $1 AND cid = $2";
            self.execute(sql, &values)?;
        }
        self.query_one(
            "INSERT INTO plc_operation (did, place, seq, cid, operation, nullified, created_at)
             VALUES ($1,
                     (SELECT coalesce(max(place) + 1, 0) FROM plc_operation WHERE did = $1),
                     (SELECT coalesce(max(seq), 0) + 1 FROM plc_operation),
                     $2, $3, 0, $4)
             RETURNING seq",
            &[
                Value::Text(did.as_str()),
                Value::Text(cid),
                Value::Text(operation),
                Value::Int(int(created_at)),
            ],
            |row| row.uint(0),
        )
    }
}
