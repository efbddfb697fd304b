//! From connections to requests, and what every response gets.
//!
//! Methods go straight to [`xrpc`](crate::xrpc); all other paths to a router. What is said of each
//! request in log and figures is said here, once.

mod again;
mod client_ip;
mod compress;
mod idle;
mod listen;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    CONNECTION, VARY,
};
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use metrics::{counter, histogram};
use tower_service::Service as _;

use crate::failure::ErrorName;
pub(crate) use crate::http::listen::{listen, listen_router};
use crate::oauth;
use crate::pds::Pds;
use crate::well_known;
use crate::xrpc::{self, Call, Methods};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What scripts in browsers may read of a response.
const EXPOSED: &str = "DPoP-Nonce, WWW-Authenticate, RateLimit-Limit, RateLimit-Remaining, \
                       RateLimit-Reset, RateLimit-Policy, Retry-After, atproto-repo-rev, \
                       atproto-content-labelers, Atproto-Upstream-Lag, X-Request-Id";

/// The server's face: answers requests.
pub(crate) struct Face {
    pds: Pds,
    methods: Methods,
    router: Router,
    /// Begins at random, so that ids of different runs differ.
    next_id: AtomicU64,
}

/// What is told of a request when it was answered.
struct Told<'a> {
    verb: Method,
    path: &'a str,
    /// The name of the method, if it is one of ours.
    method: Option<&'static str>,
    ip: IpAddr,
    id: &'a HeaderValue,
    begun: Instant,
}

impl Face {
    pub(crate) fn new(pds: Pds, methods: Methods, router: Router) -> Arc<Self> {
        let mut first = [0; 8];
        getrandom::fill(&mut first).expect("the operating system gives random numbers");
        let next_id = AtomicU64::new(u64::from_le_bytes(first));
        Arc::new(Self { pds, methods, router, next_id })
    }

    /// Answers a request that came from a peer.
    pub(crate) async fn answer(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        let begun = Instant::now();
        let (mut head, body) = request.into_parts();
        let ip = client_ip::of(&head.headers, peer);
        let uri = head.uri.clone();
        let verb = head.method.clone();
        let id = self.next_id();
        let may_compress = compress::accepted(&head.headers);
        let is_from_app = oauth::is_from_app(&head.headers);

        let mut response = match head.uri.path().strip_prefix(xrpc::PREFIX) {
            _ if head.method == Method::OPTIONS && is_for_scripts(head.uri.path()) => {
                preflight(&head.headers)
            }
            Some("_health") => well_known::health(&self.pds).await,
            Some(_) => {
                let call = Call::new(head, Body::new(body), ip);
                self.methods.answer(&self.pds, call).await
            }
            None => {
                head.extensions.insert(ip);
                let request = Request::from_parts(head, Body::new(body));
                let answer = self.router.clone().call(request).await;
                answer.unwrap_or_else(|never| match never {})
            }
        };
        if let Some(coding) = may_compress {
            response = compress::compress(response, coding).await;
        }
        let is_cut_short = response.status() == StatusCode::PAYLOAD_TOO_LARGE;
        let headers = response.headers_mut();
        if is_cut_short {
            // The rest of the body is not read, so that nothing else can come on this connection.
            headers.insert(CONNECTION, HeaderValue::from_static("close"));
        }
        if is_from_app {
            let nonce = || self.pds.oauth.nonce(self.pds.clock.now_s());
            headers.entry(oauth::DPOP_NONCE).or_insert_with(nonce);
        }
        if is_for_scripts(uri.path()) {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
            headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
        }
        headers.insert(REQUEST_ID, id.clone());
        let method = self.methods.known(uri.path());
        tell(&Told { verb, path: uri.path(), method, ip, id: &id, begun }, &response);
        response
    }

    fn next_id(&self) -> HeaderValue {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        HeaderValue::try_from(format!("{id:016x}")).expect("digits are allowed in headers")
    }
}

/// Reads headers as a request's are read: see [`crate::fuzz`].
pub(crate) fn fuzz(headers: &http::HeaderMap, peer: IpAddr) {
    std::hint::black_box((client_ip::of(headers, peer), compress::accepted(headers).is_some()));
}

/// Tells whether scripts of other sites may read what is at a path: methods, documents, and what clients of
/// OAuth ask. Pages are for people.
fn is_for_scripts(path: &str) -> bool {
    path.starts_with(xrpc::PREFIX) || path.starts_with("/.well-known/") || oauth::is_direct(path)
}

/// Answers what browsers ask before they let a script ask.
fn preflight(headers: &http::HeaderMap) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let wanted = headers.get(ACCESS_CONTROL_REQUEST_HEADERS).cloned();
    let answer = response.headers_mut();
    let verbs = HeaderValue::from_static("GET,HEAD,PUT,PATCH,POST,DELETE");
    answer.insert(ACCESS_CONTROL_ALLOW_METHODS, verbs);
    answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("86400"));
    answer.insert(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    if let Some(wanted) = wanted {
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, wanted);
    }
    response
}

/// Writes the one line of log that a request has, and counts it.
fn tell(told: &Told<'_>, response: &Response<Body>) {
    let took = told.begun.elapsed();
    let status = response.status();
    let error = response.extensions().get::<ErrorName>().map_or("", |name| &name.0);
    count(told.method, status, took);
    // Those who ask whether we are there ask often.
    if told.path.ends_with("/_health") && status.is_success() {
        return;
    }
    tracing::info!(
        target: "pagurus::request",
        id = told.id.to_str().unwrap_or_default(),
        ip = %told.ip,
        verb = told.verb.as_str(),
        path = told.path,
        status = status.as_u16(),
        error,
        us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
        "request"
    );
}

/// Counts requests by method. Names of others may be made up without end, and are not told apart.
fn count(method: Option<&'static str>, status: StatusCode, took: Duration) {
    let method = method.unwrap_or("other");
    let class = match status.as_u16() / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    };
    counter!("http_requests_total", "method" => method, "status" => class).increment(1);
    histogram!("http_request_seconds", "method" => method).record(took.as_secs_f64());
}
