//! What an archive may leave out because whoever reads it has it already.

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use syntax::Cid;

use crate::mst::{Key, Position, SourceError};

/// A repository as it was, which an archive of what is newer is read over.
pub trait Base {
    /// Takes note of what the archive lacks, before any of it is asked for.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if looking for it failed.
    fn prepare(&mut self, absent: &Absent) -> Result<(), SourceError>;

    /// Returns a node that the archive lacks, or that is below one. The place is the one in the new
    /// tree; what is left of the node may have been another key before.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if looking for it failed.
    fn node(&mut self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError>;

    /// Returns a record that the archive lacks.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if looking for it failed.
    fn record(&mut self, key: &Key, cid: &Cid) -> Result<Option<Bytes>, SourceError>;
}

/// What an archive lacks of its tree. What is below a node that it lacks is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Absent {
    /// The nodes.
    pub nodes: HashSet<Cid>,
    /// The records, each with one of the keys that lead to it.
    pub records: HashMap<Cid, Key>,
}

/// Nothing, for archives that have to be whole.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoBase;

impl Base for NoBase {
    fn prepare(&mut self, _: &Absent) -> Result<(), SourceError> {
        Ok(())
    }

    fn node(&mut self, _: Position<'_>, _: &Cid) -> Result<Option<Bytes>, SourceError> {
        Ok(None)
    }

    fn record(&mut self, _: &Key, _: &Cid) -> Result<Option<Bytes>, SourceError> {
        Ok(None)
    }
}
