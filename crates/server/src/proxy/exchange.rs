//! One question to a service, and its answer.

use std::io::Read as _;
use std::sync::PoisonError;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::header::{
    ACCEPT_ENCODING, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER,
};
use http::request::Parts;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode};
use identity::outbound::{Error, Limits, ResponseBody};
use serde_json::Value;

use super::outgoing::Outgoing;
use super::target::Target;
use crate::failure::{Refusal, chain, name_of};
use crate::pds::Pds;

pub(super) const REPO_REV: HeaderName = HeaderName::from_static("atproto-repo-rev");
pub(super) const CONTENT_LABELERS: HeaderName = HeaderName::from_static("atproto-content-labelers");
/// What of a request a service is told.
const ASKED_WITH: [HeaderName; 7] = [
    ACCEPT_LANGUAGE,
    HeaderName::from_static("atproto-accept-labelers"),
    HeaderName::from_static("x-bsky-topics"),
    CONTENT_TYPE,
    CONTENT_ENCODING,
    CONTENT_LENGTH,
    ACCEPT_ENCODING,
];
/// What of a service's answer the client is told.
pub(super) const ANSWERED_WITH: [HeaderName; 7] = [
    CONTENT_LENGTH,
    CONTENT_ENCODING,
    CONTENT_TYPE,
    CONTENT_LANGUAGE,
    REPO_REV,
    CONTENT_LABELERS,
    RETRY_AFTER,
];
/// What of that goes with an error.
const REFUSED_WITH: [HeaderName; 3] = [REPO_REV, CONTENT_LABELERS, RETRY_AFTER];
/// How answers may be compressed: ways that can be undone here, where something has to be patched.
const CODINGS: [&str; 5] = ["gzip", "deflate", "br", "zstd", "identity"];

/// What one answer may take. Exports may be long, but do not stand still.
const LIMITS: Limits = Limits {
    head_time_max: Duration::from_secs(10),
    idle_time_max: Duration::from_secs(30),
    total_time_max: Duration::from_secs(30 * 60),
    body_bytes_max: 1 << 30,
    redirects_max: 0,
};
/// What a small document may take.
pub(super) const DOCUMENT: Limits = Limits::document(Duration::from_secs(10), 1 << 20);
/// The most bytes of an error that are read.
const ERROR_BYTES_MAX: u64 = 64 * 1024;

/// Marks an answer that comes from a service as it is: nothing waits for all of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Passed;

/// What a service is asked.
pub(super) struct Question<'a> {
    /// The client's request, without its body.
    pub(super) head: &'a Parts,
    pub(super) body: Outgoing,
    /// What speaks for the account.
    pub(super) token: Option<String>,
}

/// Asks a service, and returns its answer if it is a good one.
///
/// # Errors
///
/// [`Refusal`] with what the service refused, or if there is no answer.
pub(super) async fn ask(
    pds: &Pds,
    target: &Target,
    question: Question<'_>,
) -> Result<Response<ResponseBody>, Refusal> {
    let Question { head, body, token } = question;
    let path = head.uri.path_and_query().cloned();
    let path = path.unwrap_or_else(|| PathAndQuery::from_static("/"));
    let (body, fault) = body.into_parts();
    let mut request = Request::new(body);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = target.origin.url(path);
    for name in ASKED_WITH {
        if let Some(value) = head.headers.get(&name) {
            request.headers_mut().insert(name, value.clone());
        }
    }
    let codings = codings(&head.headers);
    request.headers_mut().insert(ACCEPT_ENCODING, codings);
    if let Some(token) = token {
        let bearer = HeaderValue::try_from(format!("Bearer {token}"));
        request.headers_mut().insert(AUTHORIZATION, bearer.expect("tokens are plain text"));
    }
    let answer = pds.proxy.client(target).send(request, &LIMITS).await;
    let answer = answer.map_err(|error| {
        let fault = fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        fault.unwrap_or_else(|| refused(target, &error))
    })?;
    if answer.status().as_u16() < 400 { Ok(answer) } else { Err(error_of(answer).await) }
}

/// Makes the response of a service's answer, which comes as it comes in.
pub(super) fn streamed(answer: Response<ResponseBody>) -> Response<Body> {
    let (head, body) = answer.into_parts();
    let mut response = Response::new(Body::new(body));
    *response.status_mut() = head.status;
    copy(&head.headers, response.headers_mut(), &ANSWERED_WITH);
    response.extensions_mut().insert(Passed);
    response
}

/// Says why a service gave no answer.
pub(super) fn refused(target: &Target, error: &Error) -> Refusal {
    tracing::warn!(service = %target.did, at = %target.origin, error = chain(error), "a service gave no answer");
    match error {
        Error::Timeout(_) => Refusal::of_status(
            StatusCode::GATEWAY_TIMEOUT,
            "Upstream service did not answer in time",
        ),
        _ => Refusal::of_status(StatusCode::BAD_GATEWAY, "Upstream service unreachable"),
    }
}

/// Returns how an answer may be compressed: as the client says, where that can be undone here.
fn codings(headers: &HeaderMap) -> HeaderValue {
    let wanted = headers.get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let known = wanted.unwrap_or_default().split(',').map(str::trim).filter(|coding| {
        let name = coding.split(';').next().unwrap_or_default().trim();
        CODINGS.iter().any(|known| known.eq_ignore_ascii_case(name))
    });
    let known = known.collect::<Vec<_>>().join(", ");
    let usual = HeaderValue::from_static("identity");
    if known.is_empty() { usual } else { HeaderValue::try_from(known).unwrap_or(usual) }
}

/// Reads what a service says is wrong.
async fn error_of(answer: Response<ResponseBody>) -> Refusal {
    let (head, body) = answer.into_parts();
    let body = whole(&head.headers, body, ERROR_BYTES_MAX).await;
    let said: Option<Value> = body.and_then(|body| serde_json::from_slice(&body).ok());
    let said = |field: &str| Some(said.as_ref()?.get(field)?.as_str()?.to_owned());
    // Its failures are ours only in so far as we asked.
    let status = match head.status {
        StatusCode::INTERNAL_SERVER_ERROR => StatusCode::BAD_GATEWAY,
        status => status,
    };
    let name = said("error").filter(|name| !name.is_empty());
    let name = name.map_or_else(|| name_of(status).into(), std::borrow::Cow::Owned);
    let message =
        said("message").unwrap_or_else(|| "Upstream service refused the request".to_owned());
    let mut headers = HeaderMap::new();
    copy(&head.headers, &mut headers, &REFUSED_WITH);
    Refusal::new(status, name, message).with_headers(headers)
}

/// Reads all of an answer, as it was before it was compressed; `None` if it is too long, breaks off or
/// cannot be undone.
pub(super) async fn whole(
    headers: &HeaderMap,
    body: ResponseBody,
    bytes_max: u64,
) -> Option<Bytes> {
    let body = body.limited(bytes_max).bytes().await.ok()?;
    undone(headers, body, bytes_max)
}

/// Undoes the compression of a body.
pub(super) fn undone(headers: &HeaderMap, body: Bytes, bytes_max: u64) -> Option<Bytes> {
    let coding = headers.get(CONTENT_ENCODING).map_or(Ok("identity"), |coding| coding.to_str());
    let limit = bytes_max.saturating_add(1);
    let mut undone = Vec::new();
    match coding.ok()?.trim().to_ascii_lowercase().as_str() {
        "identity" | "" => return Some(body),
        "gzip" | "x-gzip" => {
            flate2::read::MultiGzDecoder::new(&*body).take(limit).read_to_end(&mut undone).ok()?
        }
        "deflate" => {
            flate2::read::ZlibDecoder::new(&*body).take(limit).read_to_end(&mut undone).ok()?
        }
        "br" => brotli_decompressor::Decompressor::new(&*body, 4096)
            .take(limit)
            .read_to_end(&mut undone)
            .ok()?,
        "zstd" => zstd::Decoder::new(&*body).ok()?.take(limit).read_to_end(&mut undone).ok()?,
        _ => return None,
    };
    u64::try_from(undone.len()).is_ok_and(|length| length <= bytes_max).then(|| undone.into())
}

pub(super) fn copy(from: &HeaderMap, to: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        if let Some(value) = from.get(name) {
            to.insert(name, value.clone());
        }
    }
}
