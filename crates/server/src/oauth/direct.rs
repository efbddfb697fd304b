//! What clients send to this server directly, and what they are answered.

use std::net::{IpAddr, Ipv4Addr};
use std::slice;

use ::oauth::assertion::AssertionError;
use ::oauth::dpop::{Proof, ProofError, ReplayError};
use ::oauth::error::{ErrorCode, Face, Refusal as Rule};
use ::oauth::exchange::ExchangeError;
use ::oauth::lifetime::RefreshError;
use ::oauth::parameters::{BODY_BYTES_MAX, ParameterError, Parameters};
use ::oauth::pkce::PkceError;
use ::oauth::request::RequestError;
use axum::body::Body;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA, RETRY_AFTER};
use http::request::Parts;
use http::{HeaderValue, Request, Response, StatusCode};
use serde::Serialize;
use serde_json::json;

use super::client::{ClientFault, content_type};
use super::sets::UnknownSet;
use super::{DPOP, DPOP_NONCE, take};
use crate::failure::{AnyError, ErrorName, chain};
use crate::pds::Pds;
use crate::rate::{self, Key};
use crate::xrpc::LimitedBody;

/// What a client is told that gets nothing.
#[derive(Debug)]
pub(super) enum Refused {
    /// A rule says no.
    Rule { code: ErrorCode, description: String },
    /// The client has asked too often. It may ask again after so many seconds.
    TooOften(u64),
    /// Something broke. Clients are told that and nothing more.
    Internal(AnyError),
}

/// Lets what rules say be told.
macro_rules! told {
    ($($error:ty),* $(,)?) => {$(
        impl From<$error> for Refused {
            fn from(rule: $error) -> Self {
                Self::Rule { code: rule.code(), description: rule.explain() }
            }
        }
    )*};
}

told!(
    AssertionError,
    ClientFault,
    ExchangeError,
    ParameterError,
    PkceError,
    ProofError,
    RefreshError,
    ReplayError,
    RequestError,
    UnknownSet,
);

impl From<store::Error> for Refused {
    fn from(error: store::Error) -> Self {
        Self::internal(error)
    }
}

impl Refused {
    /// Says that something broke.
    pub(super) fn internal(error: impl Into<AnyError>) -> Self {
        Self::Internal(error.into())
    }

    fn into_response(self) -> Response<Body> {
        let (status, code, description) = match self {
            Self::Rule { code, description } => {
                (code.status(Face::Authorization), code, description)
            }
            Self::TooOften(after_s) => {
                let code = ErrorCode::TemporarilyUnavailable;
                let mut response =
                    error(StatusCode::TOO_MANY_REQUESTS, code, "Rate limit exceeded");
                response.headers_mut().insert(RETRY_AFTER, after_s.into());
                return response;
            }
            Self::Internal(error) => {
                tracing::error!(error = chain(&*error), "a client could not be answered");
                let code = ErrorCode::ServerError;
                (code.status(Face::Authorization), code, "Internal Server Error".to_owned())
            }
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        error(status, code, &description)
    }
}

/// A request of a client's, as far as it was read.
pub(super) struct Direct {
    pub(super) head: Parts,
    pub(super) parameters: Parameters,
}

impl Direct {
    /// Reads a request: a form or JSON.
    ///
    /// # Errors
    ///
    /// [`Refused`] if its address has sent too many, or it is neither.
    pub(super) async fn read(pds: &Pds, request: Request<Body>) -> Result<Self, Refused> {
        let (head, body) = request.into_parts();
        if !pds.passes_rates(&head.headers, ip(&head)) {
            let bucket = slice::from_ref(&rate::GLOBAL);
            let now_ms = pds.clock.now_ms();
            let taken = pds.rates.take(bucket, &Key::of_ip(ip(&head)), 1, now_ms);
            taken.map_err(|(_, standing)| Refused::TooOften(standing.seconds_left(now_ms)))?;
        }
        let bytes_max = u64::try_from(BODY_BYTES_MAX).unwrap_or(u64::MAX);
        let body = LimitedBody::new(body, bytes_max).bytes().await.map_err(|refusal| {
            let description = refusal.message().to_owned();
            Refused::Rule { code: ErrorCode::InvalidRequest, description }
        })?;
        let parameters = match content_type(&head.headers).as_str() {
            "application/x-www-form-urlencoded" => Parameters::from_form(&body)?,
            "application/json" => Parameters::from_json(&body)?,
            found => {
                let description = format!("content type {found:?} is neither a form nor JSON");
                return Err(Refused::Rule { code: ErrorCode::InvalidRequest, description });
            }
        };
        Ok(Self { head, parameters })
    }

    /// Checks the proof of possession, if there is one. That it is new is checked later.
    pub(super) fn proof(&self, pds: &Pds) -> Result<Option<Proof>, Refused> {
        if !self.head.headers.contains_key(DPOP) {
            return Ok(None);
        }
        Ok(Some(pds.oauth.proof(&self.head, None, pds.clock.now_s())?))
    }
}

/// Takes a proof, once: when nothing else is wrong.
pub(super) fn use_up(pds: &Pds, proof: &Proof) -> Result<(), Refused> {
    Ok(take(&pds.oauth.asking, proof, None, pds.clock.now_s())?)
}

/// Returns the address of who has sent a request.
pub(crate) fn ip(head: &Parts) -> IpAddr {
    head.extensions.get().copied().unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

/// Makes the response to a client, which is for nobody else, and has the nonce to use next.
pub(super) fn answer<T: Serialize>(
    pds: &Pds,
    status: StatusCode,
    outcome: Result<T, Refused>,
) -> Response<Body> {
    let mut response = match outcome {
        Ok(answer) => {
            let body = serde_json::to_vec(&answer).expect("texts and numbers are JSON");
            let mut response = Response::new(Body::from(body));
            *response.status_mut() = status;
            response
        }
        Err(refused) => refused.into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    headers.insert(DPOP_NONCE, pds.oauth.nonce(pds.clock.now_s()));
    response
}

fn error(status: StatusCode, code: ErrorCode, description: &str) -> Response<Body> {
    let body = json!({ "error": code.as_str(), "error_description": description });
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.extensions_mut().insert(ErrorName(code.as_str().into()));
    response
}
