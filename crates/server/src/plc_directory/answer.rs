//! Responses of the directory, and what stands in for one.

use axum::body::Body;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::IntoResponse;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_REQUEST_HEADERS, CONTENT_TYPE,
};
use http::{HeaderValue, Method, Response, StatusCode};
use identity::plc::directory::Refusal;
use serde_json::json;

use crate::failure::{self, AnyError};

pub(super) const JSON: &str = "application/json";
pub(super) const TEXT: &str = "text/plain";

/// What a request leads to.
pub(super) type Answer = Result<Response<Body>, Failure>;

/// Why a request has no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// The directory's rules are against it.
    Refused(Refusal),
    /// The body cannot be read.
    Body(failure::Refusal),
    /// An operation is for something that is no DID.
    NoDid,
    /// A parameter of an export is malformed.
    Parameter(&'static str),
    /// There is nothing at the path.
    NoRoute,
    /// Nothing can be written at the moment.
    Unwell,
    /// Something broke.
    Internal(AnyError),
}

/// Makes a response of some text.
pub(super) fn say(media_type: &str, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    let media_type = HeaderValue::try_from(format!("{media_type}; charset=utf-8"));
    let media_type = media_type.expect("media types are allowed in headers");
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// Lets scripts of all sites ask, and answers what their browsers ask first.
pub(super) async fn open_to_scripts(request: Request, next: Next) -> Response<Body> {
    let wanted = request.headers().get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let mut response = if request.method() == Method::OPTIONS {
        let mut response = StatusCode::NO_CONTENT.into_response();
        let methods = HeaderValue::from_static("GET,HEAD,POST");
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_METHODS, methods);
        if let Some(wanted) = wanted {
            response.headers_mut().insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
        }
        response
    } else {
        next.run(request).await
    };
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        let status = self.status();
        let message = match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Body(refusal) => return refusal.into_response(),
            Self::NoDid => "not a DID".to_owned(),
            Self::Parameter(name) => format!("Invalid {name} parameter"),
            Self::NoRoute => "Not Found".to_owned(),
            Self::Unwell => "Service Unavailable".to_owned(),
            Self::Internal(error) => {
                tracing::error!(error = failure::chain(&*error), "directory failed");
                "Internal Server Error".to_owned()
            }
        };
        let mut response = say(JSON, json!({ "message": message }).to_string());
        *response.status_mut() = status;
        response
    }
}

impl Failure {
    fn status(&self) -> StatusCode {
        match self {
            Self::Refused(refusal) => {
                StatusCode::from_u16(refusal.status()).expect("refusals have statuses of HTTP")
            }
            Self::Body(_) | Self::NoDid | Self::Parameter(_) => StatusCode::BAD_REQUEST,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Unwell => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        match error {
            store::Error::Overloaded | store::Error::Full | store::Error::Stopped => Self::Unwell,
            error => Self::Internal(error.into()),
        }
    }
}
