//! What went wrong, as clients are told. The only place that makes error responses.
//!
//! Names, statuses and sentences are API: clients act on `error`, people read `message`.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::Display;

use axum::body::Body;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use lexicon::{DeclaredError, NoError};
/// Returns an error with all that it came from, in one line.
pub(crate) use migrate::with_sources as chain;
use serde::Serialize;

/// Any error, for the log.
pub(crate) type AnyError = Box<dyn Error + Send + Sync>;

/// Why a method did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum Failure<E = NoError> {
    /// An error that the method's schema declares.
    Declared {
        /// Which one.
        error: E,
        /// The status; 400 but for a few.
        status: StatusCode,
        /// A sentence for people.
        message: String,
    },
    /// An error that any method may have.
    Fault(Fault),
}

/// Why something was not done that no method's schema speaks of.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The request is refused.
    Refused(Refusal),
    /// Something broke. Clients are told that and nothing more.
    Internal(AnyError),
}

/// A refusal: what the client did wrong, or cannot have now.
///
/// In a box, as most functions return one seldom and would carry its room always.
#[derive(Debug, Clone)]
pub(crate) struct Refusal(Box<Told>);

#[derive(Debug, Clone)]
struct Told {
    status: StatusCode,
    name: Cow<'static, str>,
    message: Cow<'static, str>,
    headers: HeaderMap,
}

/// The name of the error that a response carries, for the log.
#[derive(Debug, Clone)]
pub(crate) struct ErrorName(pub(crate) Cow<'static, str>);

impl<E> Failure<E> {
    /// Says that an error happened which the method declares.
    pub(crate) fn declared(error: E, message: impl Display) -> Self {
        Self::Declared { error, status: StatusCode::BAD_REQUEST, message: message.to_string() }
    }

    /// Says that the request is not one that can be done.
    pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Refusal::invalid_request(message).into()
    }

    /// Says that something broke which is no fault of the client's.
    pub(crate) fn internal(error: impl Into<AnyError>) -> Self {
        Self::Fault(Fault::Internal(error.into()))
    }
}

impl Refusal {
    /// Refuses with a status, a name and a sentence.
    pub(crate) fn new(
        status: StatusCode,
        name: impl Into<Cow<'static, str>>,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        let (name, message) = (name.into(), message.into());
        Self(Box::new(Told { status, name, message, headers: HeaderMap::new() }))
    }

    /// Returns the error's name.
    pub(crate) fn name(&self) -> &str {
        &self.0.name
    }

    /// Returns the headers that go with it.
    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Adds headers that go with it.
    pub(crate) fn with_headers(mut self, headers: HeaderMap) -> Self {
        self.0.headers.extend(headers);
        self
    }

    /// Returns what the client is told.
    pub(crate) fn message(&self) -> &str {
        &self.0.message
    }

    /// Refuses with the name that a status has by itself.
    pub(crate) fn of_status(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(status, name_of(status), message)
    }

    /// 400 `InvalidRequest`.
    pub(crate) fn invalid_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_status(StatusCode::BAD_REQUEST, message)
    }

    /// 400 `InvalidToken`.
    pub(crate) fn invalid_token(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidToken", message)
    }

    /// 401 `AuthenticationRequired`.
    pub(crate) fn unauthenticated(message: impl Into<Cow<'static, str>>) -> Self {
        Self::of_status(StatusCode::UNAUTHORIZED, message)
    }

    /// 429 with the seconds after which it may be tried again.
    pub(crate) fn rate_limited(retry_after_s: u64) -> Self {
        let mut refusal = Self::of_status(StatusCode::TOO_MANY_REQUESTS, "Rate Limit Exceeded");
        refusal.0.headers.insert(RETRY_AFTER, retry_after_s.into());
        refusal
    }

    /// Makes the response.
    pub(crate) fn into_response(self) -> Response<Body> {
        #[derive(Serialize)]
        struct Shown<'a> {
            error: &'a str,
            message: &'a str,
        }
        let Told { status, name, message, headers: more } = *self.0;
        let shown = Shown { error: &name, message: &message };
        let body = serde_json::to_vec(&shown).expect("two texts are JSON");
        let mut response = Response::new(Body::from(Bytes::from(body)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        headers.extend(more);
        response.extensions_mut().insert(ErrorName(name));
        response
    }
}

impl Fault {
    /// Makes the response, and logs what is no fault of the client's.
    pub(crate) fn into_response(self) -> Response<Body> {
        match self {
            Self::Refused(refusal) => refusal.into_response(),
            Self::Internal(error) => {
                tracing::error!(error = chain(&*error), "request failed");
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                Refusal::of_status(status, "Internal Server Error").into_response()
            }
        }
    }
}

impl<E: DeclaredError> Failure<E> {
    /// Makes the response.
    pub(crate) fn into_response(self) -> Response<Body> {
        match self {
            Self::Declared { error, status, message } => {
                Refusal::new(status, error.name(), message).into_response()
            }
            Self::Fault(fault) => fault.into_response(),
        }
    }
}

/// Refuses what would give an account more than it may have here.
pub(crate) fn quota(message: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::new(StatusCode::BAD_REQUEST, "QuotaExceeded", message)
}

/// Returns the name that responses of a status carry, where nothing better is known.
pub(crate) fn name_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        401 => "AuthenticationRequired",
        403 => "Forbidden",
        404 => "XRPCNotSupported",
        406 => "NotAcceptable",
        408 => "RequestTimeout",
        413 => "PayloadTooLarge",
        415 => "UnsupportedMediaType",
        429 => "RateLimitExceeded",
        500 => "InternalServerError",
        501 => "MethodNotImplemented",
        502 => "UpstreamFailure",
        503 => "NotEnoughResources",
        504 => "UpstreamTimeout",
        _ => "InvalidRequest",
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl<E> From<Refusal> for Failure<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Fault(Fault::Refused(refusal))
    }
}

impl<E> From<Fault> for Failure<E> {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<store::Error> for Fault {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Overloaded | store::Error::Full | store::Error::Stopped => {
                tracing::error!(error = chain(&error), "store refuses");
                let status = StatusCode::SERVICE_UNAVAILABLE;
                Refusal::of_status(status, "The server cannot write at the moment").into()
            }
            error => Self::Internal(error.into()),
        }
    }
}

impl<E> From<store::Error> for Failure<E> {
    fn from(error: store::Error) -> Self {
        Self::Fault(error.into())
    }
}
