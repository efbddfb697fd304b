//! Places where tests make the store fail.

use std::fmt;
use std::sync::Arc;

use crate::error::Error;

/// A place in the making of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultPoint {
    /// Before the database's transaction is begun.
    BeforeBegin,
    /// After the head was compared and changed.
    AfterHead,
    /// After the records were written.
    AfterRecords,
    /// After the nodes were written.
    AfterNodes,
    /// After references to blobs and subjects were written.
    AfterReferences,
    /// After the event was appended.
    AfterEvent,
    /// Before the journal of a move is written.
    Journal,
    /// Before the database's transaction is committed.
    BeforeCommit,
    /// After it was committed, before anybody is told.
    AfterCommit,
}

/// What is done at each place: nothing, but in tests.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Inject>>);

type Inject = dyn Fn(FaultPoint) -> Result<(), Error> + Send + Sync;

impl Faults {
    /// Calls a function at each place, which may fail, or end the program.
    pub fn new(inject: impl Fn(FaultPoint) -> Result<(), Error> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(inject)))
    }

    pub(crate) fn at(&self, point: FaultPoint) -> Result<(), Error> {
        self.0.as_ref().map_or(Ok(()), |inject| inject(point))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}
