//! Looking into a store that a running server may be writing to.

use std::path::Path;

use crate::clock::Clock;
use crate::error::Error;
use crate::readers::Readers;
use crate::schema::{self, SchemaError};
use crate::store::DATABASE;
use crate::tx::Tx;

/// A store that is only read. The server that it belongs to need not be stopped.
pub struct Reading(Readers);

impl Reading {
    /// Opens the database in a data directory.
    ///
    /// # Errors
    ///
    /// [`SchemaError`] if there is none, or none of this version.
    pub fn open(directory: &Path, clock: Clock) -> Result<Self, SchemaError> {
        let path = directory.join(DATABASE);
        schema::check(&path)?;
        Ok(Self(Readers::new(&path, clock)))
    }

    /// Runs a body on a snapshot.
    ///
    /// # Errors
    ///
    /// What the body returned; [`Error`] if the database cannot be read.
    pub fn read<T, E: From<Error>>(
        &self,
        body: impl FnOnce(&mut Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.reader_now()?.snapshot(body)
    }
}
