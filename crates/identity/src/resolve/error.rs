//! What can go wrong between an identifier and what it stands for.

use std::sync::Arc;

use syntax::Did;
use thiserror::Error;

use crate::dns::DnsError;
use crate::document::DocumentError;
use crate::outbound;
use crate::plc::log::LogError;
use crate::resolve::AmbiguousTxt;

/// Says why an identifier is not resolved.
#[derive(Debug, Clone, Error)]
pub enum ResolveError {
    /// There is no such thing.
    #[error("there is none")]
    NotFound,
    /// The DID has ended.
    #[error("DID has ended")]
    Ended,
    /// The identifier is of a kind that the protocol does not resolve: another method, a path or
    /// a port in did:web, a domain that is not on the internet.
    #[error("identifier is of a kind that is not resolved")]
    Unsupported,
    /// The DNS has several DIDs for a handle.
    #[error(transparent)]
    Ambiguous(#[from] AmbiguousTxt),
    /// What was found is not a document.
    #[error("what was found is not a DID document")]
    Malformed(#[from] DocumentError),
    /// The document that was found is of another DID.
    #[error("what was found is the document of {0}")]
    OtherDid(Did),
    /// The server's answer says neither yes nor no.
    #[error("server answered with status {0}")]
    Status(u16),
    /// The server could not be asked.
    #[error("server could not be asked")]
    Http(#[from] outbound::Error),
    /// The DNS could not be asked.
    #[error("DNS could not be asked")]
    Dns(#[source] Arc<DnsError>),
    /// There are too many look-ups under way, or this one was broken off.
    #[error("too many look-ups")]
    Busy,
}

impl ResolveError {
    /// Tells whether this is an answer, and not the lack of one.
    ///
    /// After an answer there is nothing to be had. Without one there may be, later.
    pub fn is_answer(&self) -> bool {
        match self {
            Self::NotFound | Self::Ended | Self::Unsupported | Self::Ambiguous(_) => true,
            // The document or its server may be mended, and the one before may still hold.
            Self::Malformed(_) | Self::OtherDid(_) | Self::Status(_) => false,
            Self::Http(_) | Self::Dns(_) | Self::Busy => false,
        }
    }
}

/// Says why a directory of did:plc did not do what it was asked for.
#[derive(Debug, Clone, Error)]
pub enum PlcError {
    /// There is no such DID.
    #[error("there is no such DID")]
    NotFound,
    /// The DID has ended.
    #[error("DID has ended")]
    Ended,
    /// The directory refuses the operation, in its own words.
    #[error("directory refuses the operation: {message}")]
    Refused {
        /// What the directory says.
        message: String,
    },
    /// Another operation was there first: make a new one that follows it.
    #[error("another operation came first")]
    Conflict,
    /// The directory's answer says neither yes nor no.
    #[error("directory answered with status {0}")]
    Status(u16),
    /// The directory could not be asked. An operation that was sent may have been accepted: the
    /// log tells.
    #[error("directory could not be asked")]
    Http(#[from] outbound::Error),
    /// The directory's answer is not of the form that it should have.
    #[error("directory's answer is malformed")]
    Malformed(#[source] Arc<serde_json::Error>),
    /// The log that the directory gave cannot be true.
    #[error("directory's log is false")]
    Log(#[from] LogError),
}
