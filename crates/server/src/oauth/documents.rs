//! The documents in which clients find everything else.

use std::time::Duration;

use ::oauth::metadata::{ResourceMetadata, ServerMetadata};
use axum::body::Body;
use axum::extract::State;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderValue, Response};
use serde::Serialize;
use serde_json::json;

use crate::pds::Pds;

/// How long clients may remember them.
const AGE_MAX: Duration = Duration::from_secs(300);

/// `/.well-known/oauth-protected-resource`: who lets apps in to what is here.
pub(super) async fn resource(State(pds): State<Pds>) -> Response<Body> {
    document(&ResourceMetadata::new(&pds.oauth.issuer))
}

/// `/.well-known/oauth-authorization-server`: what this server can do, and where.
pub(super) async fn server(State(pds): State<Pds>) -> Response<Body> {
    document(&ServerMetadata::new(&pds.oauth.issuer, &pages::Lang::ALL.map(pages::Lang::tag), true))
}

/// `/oauth/jwks`: the keys with which others could check tokens: none, as only we read ours.
pub(super) async fn keys() -> Response<Body> {
    document(&json!({ "keys": [] }))
}

fn document(document: &impl Serialize) -> Response<Body> {
    let body = serde_json::to_vec(document).expect("documents are texts and lists");
    let mut response = Response::new(Body::from(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let cache = format!("max-age={}", AGE_MAX.as_secs());
    headers.insert(CACHE_CONTROL, HeaderValue::try_from(cache).expect("a number fits in a header"));
    response
}
