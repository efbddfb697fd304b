//! What can go wrong with a database, whatever was asked of it.

use std::sync::Arc;

use thiserror::Error;

/// Says why something could not be read or written.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// A row that has to be there is not.
    #[error("row is missing")]
    Missing,
    /// A row goes against a rule of its table, such as a name that may be there once.
    #[error("row is in conflict with another")]
    Conflict(#[source] Arc<rusqlite::Error>),
    /// A row has something in it that is never written.
    #[error("row is malformed: {0}")]
    Malformed(&'static str),
    /// The disk is full; nothing of the transaction was written.
    #[error("disk is full")]
    Full,
    /// The database undid what shared a commit with something that failed; nothing was written.
    #[error("database gave the transaction up")]
    RolledBack,
    /// Writing failed in a way after which nothing can be promised, and has stopped.
    #[error("writing has stopped after a failure of the disk")]
    Stopped,
    /// Too much is waiting to be written.
    #[error("too many writes are waiting")]
    Overloaded,
    /// The database failed.
    #[error("database failed")]
    Database(#[source] Arc<rusqlite::Error>),
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            _ if matches!(error, rusqlite::Error::QueryReturnedNoRows) => Self::Missing,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::ConstraintViolation) => Self::Conflict(Arc::new(error)),
            _ => Self::Database(Arc::new(error)),
        }
    }
}
