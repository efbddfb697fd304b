//! What can go wrong with another host, sorted by what to do about it.

use std::io;
use std::time::Duration;

use http::header::{RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, Response, StatusCode};
use identity::outbound::{self, ResponseBody};
use serde::Deserialize;
use thiserror::Error;

/// Says why a host did not do what it was asked.
#[derive(Debug, Error)]
pub enum HostError {
    /// It cannot be reached, or the connection broke.
    #[error("host cannot be reached")]
    Http(#[from] outbound::Error),
    /// It wants to be asked again later.
    #[error("host is busy")]
    Busy {
        /// When, if it says so.
        retry_after: Option<Duration>,
    },
    /// It failed.
    #[error("host failed with status {status}: {message}")]
    Failed {
        /// The status.
        status: u16,
        /// What it says of it.
        message: String,
    },
    /// It refuses.
    #[error("host refuses with {name}: {message}")]
    Refused {
        /// The status.
        status: u16,
        /// The name of the error.
        name: String,
        /// What it says of it.
        message: String,
    },
    /// It wants the code that it has mailed.
    #[error("host has mailed a code that it wants to see")]
    FactorNeeded,
    /// The session has ended and cannot be renewed: somebody has to sign in again.
    #[error("session has ended")]
    SessionEnded,
    /// What was to be sent cannot be read.
    #[error("what was to be sent cannot be read")]
    File(#[source] io::Error),
    /// What it sent makes no sense.
    #[error("host sent a malformed {0}")]
    Malformed(&'static str),
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    error: String,
    message: String,
    /// What authorization servers have in place of the message.
    error_description: String,
}

/// The name of the error of a proof that lacks the nonce which came with the answer.
const USE_NONCE: &str = "use_dpop_nonce";

impl HostError {
    /// Reads why a host did not do what it was asked.
    pub(super) async fn of(response: Response<ResponseBody>) -> Self {
        let status = response.status();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| {
            let seconds = value.to_str().ok()?.trim().parse().ok()?;
            Some(Duration::from_secs(seconds))
        });
        // An error without a body that can be read is an error all the same.
        let challenge = challenge(response.headers());
        let body = response.into_body().bytes().await.unwrap_or_default();
        let Body { error, message, error_description } =
            serde_json::from_slice(&body).unwrap_or_default();
        let message = if message.is_empty() { error_description } else { message };
        let name = challenge.unwrap_or(error);
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Self::Busy { retry_after }
            }
            _ if status.is_server_error() => Self::Failed { status: status.as_u16(), message },
            _ if name == "AuthFactorTokenRequired" => Self::FactorNeeded,
            _ => Self::Refused { status: status.as_u16(), name, message },
        }
    }

    /// Tells whether the host does not take the access token any more.
    pub(super) fn is_expired_token(&self) -> bool {
        match self {
            // Servers differ in the status and agree on the names.
            Self::Refused { status, name, .. } => {
                matches!(status, 400 | 401)
                    && matches!(&**name, "ExpiredToken" | "InvalidToken" | "invalid_token")
            }
            _ => false,
        }
    }

    /// Tells whether the same request may succeed with the nonce that came with the answer.
    pub(super) fn is_nonce_needed(&self) -> bool {
        self.is_named(USE_NONCE)
    }

    /// Tells whether the same request may succeed later without anybody doing something.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Http(error) => !matches!(error, outbound::Error::Refused(_)),
            Self::Busy { .. } | Self::Failed { .. } => true,
            Self::Refused { .. }
            | Self::FactorNeeded
            | Self::SessionEnded
            | Self::File(_)
            | Self::Malformed(_) => false,
        }
    }

    /// Tells whether it is the host's word that there is no such thing.
    pub fn is_named(&self, expected: &str) -> bool {
        matches!(self, Self::Refused { name, .. } if name == expected)
    }
}

/// Reads what a host says of a token that is bound to a key, where clients look for it first.
fn challenge(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(WWW_AUTHENTICATE).iter();
    let challenge = values.find_map(|value| value.to_str().ok()?.strip_prefix("DPoP "))?;
    let error = challenge.split("error=\"").nth(1)?.split('"').next()?;
    Some(error.to_owned())
}
