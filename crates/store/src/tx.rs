//! A transaction, and the four ways to use one.
//!
//! Each query outside the hot path goes through here, written once: `$1` stands for the first
//! parameter. The body of a transaction is straight code that cannot await.

use std::array::TryFromSliceError;
use std::num::TryFromIntError;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ToSql};
use syntax::{Cid, Did, Tid};

use crate::error::Error;
use crate::event::Sequence;
use crate::fault::{FaultPoint, Faults};

/// A transaction. What is done in it is done whole or not at all.
pub struct Tx<'a> {
    pub(crate) connection: &'a Connection,
    /// Where the next events go; `None` where only reading is allowed.
    pub(crate) sequence: Option<&'a mut Sequence>,
    pub(crate) faults: Option<&'a Faults>,
    pub(crate) now_us: u64,
    /// Whether it has changed or deleted an account.
    pub(crate) has_changed_accounts: bool,
}

/// A value for a query.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

/// A row that a query found.
pub(crate) struct Row<'a>(&'a rusqlite::Row<'a>);

impl<'a> Tx<'a> {
    /// Returns the time of the transaction, in milliseconds since 1970.
    pub fn now_ms(&self) -> u64 {
        self.now_us / 1000
    }

    /// Lets a test fail here.
    pub(crate) fn fault(&self, point: FaultPoint) -> Result<(), Error> {
        self.faults.map_or(Ok(()), |faults| faults.at(point))
    }

    /// Runs a statement and returns how many rows it changed.
    pub(crate) fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<usize, Error> {
        Ok(self.prepare(sql, values)?.raw_execute()?)
    }

    /// Reads the one row of a query.
    pub(crate) fn query_one<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.query_opt(sql, values, read)?.ok_or(Error::Missing)
    }

    /// Reads the row of a query, if it has one.
    pub(crate) fn query_opt<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnOnce(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut statement = self.prepare(sql, values)?;
        let mut rows = statement.raw_query();
        rows.next()?.map(|row| read(&Row(row))).transpose()
    }

    /// Reads all rows of a query.
    pub(crate) fn query_all<T>(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut statement = self.prepare(sql, values)?;
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read(&Row(row))?);
        }
        Ok(found)
    }

    fn prepare(&self, sql: &str, values: &[Value<'_>]) -> Result<CachedStatement<'a>, Error> {
        let mut statement = self.connection.prepare_cached(sql)?;
        for (index, value) in values.iter().enumerate() {
            // A parameter's name, not its place: a query may use them in any order.
            let name = [
                "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13",
                "$14", "$15", "$16",
            ]
            .get(index)
            .expect("no query has more than sixteen parameters");
            let place = statement.parameter_index(name)?;
            statement.raw_bind_parameter(place.ok_or(Error::Malformed("parameter"))?, value)?;
        }
        Ok(statement)
    }
}

impl Row<'_> {
    pub(crate) fn int(&self, column: usize) -> Result<i64, Error> {
        Ok(self.0.get(column)?)
    }

    pub(crate) fn opt_int(&self, column: usize) -> Result<Option<i64>, Error> {
        Ok(self.0.get(column)?)
    }

    /// Reads a count, a size or a time, which are never negative.
    pub(crate) fn uint(&self, column: usize) -> Result<u64, Error> {
        u64::try_from(self.int(column)?).map_err(|_| Error::Malformed("negative number"))
    }

    pub(crate) fn opt_uint(&self, column: usize) -> Result<Option<u64>, Error> {
        let number = self.opt_int(column)?.map(u64::try_from).transpose();
        number.map_err(|_: TryFromIntError| Error::Malformed("negative number"))
    }

    pub(crate) fn bool(&self, column: usize) -> Result<bool, Error> {
        Ok(self.int(column)? != 0)
    }

    pub(crate) fn text(&self, column: usize) -> Result<String, Error> {
        Ok(self.0.get(column)?)
    }

    pub(crate) fn opt_text(&self, column: usize) -> Result<Option<String>, Error> {
        Ok(self.0.get(column)?)
    }

    pub(crate) fn blob(&self, column: usize) -> Result<Vec<u8>, Error> {
        Ok(self.0.get(column)?)
    }

    pub(crate) fn opt_blob(&self, column: usize) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.get(column)?)
    }

    /// Reads a hash or an id, which have a fixed length.
    pub(crate) fn array<const N: usize>(&self, column: usize) -> Result<[u8; N], Error> {
        self.opt_array(column)?.ok_or(Error::Malformed("NULL"))
    }

    pub(crate) fn opt_array<const N: usize>(
        &self,
        column: usize,
    ) -> Result<Option<[u8; N]>, Error> {
        let bytes = self.0.get_ref(column)?.as_blob_or_null();
        let bytes = bytes.map_err(|_| Error::Malformed("bytes"))?;
        let array = bytes.map(|bytes| bytes.try_into()).transpose();
        array.map_err(|_: TryFromSliceError| Error::Malformed("length"))
    }

    pub(crate) fn did(&self, column: usize) -> Result<Did, Error> {
        Did::parse(&self.text(column)?).map_err(|_| Error::Malformed("DID"))
    }

    pub(crate) fn cid(&self, column: usize) -> Result<Cid, Error> {
        let bytes = self.0.get_ref(column)?.as_blob().map_err(|_| Error::Malformed("CID"))?;
        Cid::decode(bytes).map_err(|_| Error::Malformed("CID"))
    }

    pub(crate) fn tid(&self, column: usize) -> Result<Tid, Error> {
        Ok(Tid::from_u64(self.uint(column)?))
    }
}

impl<'a> Value<'a> {
    /// Returns bytes, or none.
    pub(crate) fn opt_blob<const N: usize>(bytes: Option<&'a [u8; N]>) -> Self {
        bytes.map_or(Self::Null, |bytes| Self::Blob(bytes))
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<Option<i64>> for Value<'_> {
    fn from(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Int(i64::from(value))
    }
}

/// Returns a count, a size or a time as databases hold it. None of ours comes near the limit.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
