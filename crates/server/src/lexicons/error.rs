//! Why a schema is not to be had.

use std::sync::Arc;

use identity::outbound;
use identity::resolve::{LookupError, ResolveError};
use lexicon::schema::SchemaError;
use repo::data::cbor::DecodeError;
use repo::slice::SliceError;
use syntax::{Did, Nsid};
use thiserror::Error;

/// Says why a schema is not to be had.
#[derive(Debug, Clone, Error)]
pub(crate) enum LexiconError {
    /// Nobody publishes one under the name.
    #[error("no schema is published under the name")]
    NotFound,
    /// The authority's identity is not to be had.
    #[error("authority's identity is not resolved")]
    Authority(#[from] ResolveError),
    /// The authority's document names no host or no key.
    #[error("authority {0} has no host or no key")]
    NoHost(Did),
    /// The authority's host could not be asked.
    #[error("authority's host could not be asked")]
    Http(#[from] outbound::Error),
    /// The authority's host says neither yes nor no.
    #[error("authority's host answered with status {0}")]
    Status(u16),
    /// What the authority's host sent proves nothing.
    #[error("proof is not one")]
    Proof(#[source] Arc<SliceError>),
    /// The proof is of another account, or not signed by the authority.
    #[error("proof is not signed by the authority")]
    Signature,
    /// What is published is not a record.
    #[error("what is published is not a record")]
    Decode(#[source] Arc<DecodeError>),
    /// What is published is not a schema.
    #[error("what is published is not a schema")]
    Malformed(#[source] Arc<SchemaError>),
    /// The schema that is published under the name has another.
    #[error("what is published is the schema of {0}")]
    OtherName(Nsid),
    /// The own database failed.
    #[error("database failed")]
    Store(#[source] Arc<store::Error>),
    /// There are too many look-ups under way, or this one was broken off.
    #[error("too many look-ups")]
    Busy,
}

impl LookupError for LexiconError {
    fn is_answer(&self) -> bool {
        match self {
            Self::NotFound | Self::OtherName(_) => true,
            Self::Authority(error) => error.is_answer(),
            // What is wrong there may be mended, and the one before may still hold.
            Self::NoHost(_) | Self::Http(_) | Self::Status(_) | Self::Proof(_) => false,
            Self::Signature | Self::Decode(_) | Self::Malformed(_) => false,
            Self::Store(_) | Self::Busy => false,
        }
    }

    fn busy() -> Self {
        Self::Busy
    }
}
