//! What can go wrong on the way out.

use std::error::Error as StdError;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;

use hyper_util::client::legacy;
use thiserror::Error;

use crate::dns::DnsError;
use crate::origin::{Origin, OriginError};

/// Says why there is no response, or no more of it.
#[derive(Debug, Clone, Error)]
pub enum Error {
    /// The request would go where this client does not go.
    #[error("request refused")]
    Refused(#[from] Refusal),
    /// No connection could be made.
    #[error("server cannot be reached")]
    Unreachable(#[from] Unreachable),
    /// Something took longer than it may.
    #[error("time ran out {0}")]
    Timeout(Phase),
    /// The response's body is larger than it may be.
    #[error("response has more than {bytes_max} bytes")]
    TooLarge {
        /// The bytes that it may have.
        bytes_max: u64,
    },
    /// There are more redirects than are followed.
    #[error("too many redirects")]
    TooManyRedirects,
    /// A redirect leads to no URL.
    #[error("redirect to what is no URL")]
    BadRedirect,
    /// The connection broke, or the server does not speak HTTP.
    #[error("no proper response")]
    Protocol(#[source] Arc<dyn StdError + Send + Sync>),
    /// The request's body could not be read to its end. The caller knows why.
    #[error("request's body failed")]
    RequestBody(#[source] Arc<dyn StdError + Send + Sync>),
}

/// What took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Phase {
    /// Making the connection.
    #[error("while connecting")]
    Connection,
    /// Waiting for the response's head.
    #[error("before the response")]
    Head,
    /// Waiting for more of the response's body.
    #[error("within the response")]
    Body,
    /// All of it.
    #[error("as a whole")]
    Total,
}

/// Says why a request is not made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Refusal {
    /// The URL has no origin that requests can go to.
    #[error(transparent)]
    Url(#[from] OriginError),
    /// The scheme is `http`, which is not allowed.
    #[error("URL is not https")]
    Scheme,
    /// The port is not one of those that are allowed.
    #[error("port {0} is not allowed")]
    Port(u16),
    /// The client is for other origins only.
    #[error("{0} is not one of the allowed origins")]
    Origin(Origin),
    /// The host is not on the public internet: this is one of its addresses, which strangers are not told.
    #[error("host has an address that is not public")]
    Address(IpAddr),
}

/// Says why no connection could be made.
#[derive(Debug, Clone, Error)]
pub enum Unreachable {
    /// The DNS has no address for the host.
    #[error("host has no address")]
    NoAddress,
    /// The DNS gave no answer.
    #[error("host's address is not known")]
    Dns(#[source] Arc<DnsError>),
    /// No address took the connection. This is the last one's reason.
    #[error("no connection")]
    Connect(#[source] Arc<io::Error>),
    /// The host could not prove who it is, or does not speak TLS.
    #[error("no secure connection")]
    Tls(#[source] Arc<io::Error>),
}

impl Error {
    /// Tells what an error of the pool is.
    pub(super) fn of_pool(error: legacy::Error) -> Self {
        // The connector's own words are the source of the pool's.
        let source = error.source();
        if let Some(own) = source.and_then(|source| source.downcast_ref::<Self>()) {
            return own.clone();
        }
        match source.and_then(|source| source.downcast_ref::<hyper::Error>()) {
            Some(fault) if fault.is_user() => Self::RequestBody(Arc::new(error)),
            _ => Self::Protocol(Arc::new(error)),
        }
    }
}
