//! What is served beside the methods: who this is, whether it is well, and what proxies ask.

mod atproto_did;
mod dev_mail;
mod moving;

use axum::Router;
use axum::body::Body;
use axum::extract::{Query, State};
use axum::routing::get;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use syntax::Handle;

use crate::failure::Refusal;
use crate::oauth;
use crate::pds::Pds;
use crate::web;

const BANNER: &str = "\
This is Pagurus, a personal data server of the AT Protocol.

Most of what it does is under /xrpc/
Moving an account here, or away: /moving
Protocol: https://atproto.com
";

const ROBOTS: &str = "\
# Crawling the public parts of the API is allowed
User-agent: *
Allow: /
";

/// Makes the router for all paths that are not methods.
pub(crate) fn router(pds: Pds) -> Router {
    let dev = match pds.config.dev {
        true => Router::new().route("/dev/mail", get(dev_mail::dev_mail)),
        false => Router::new(),
    };
    Router::new()
        .merge(dev)
        .merge(oauth::router())
        .merge(web::router())
        .route("/", get(banner))
        .route("/moving", get(moving::moving))
        .route("/robots.txt", get(async || ROBOTS))
        .route("/tls-check", get(tls_check))
        .route("/.well-known/atproto-did", get(atproto_did::atproto_did))
        .route("/.well-known/did.json", get(did_document))
        .with_state(pds)
}

/// `/`: who this is.
async fn banner(State(pds): State<Pds>) -> String {
    let branding = &pds.config.branding;
    let mut text = String::new();
    if let Some(name) = &branding.name {
        text.push_str(&format!("{name}\n\n"));
    }
    text.push_str(BANNER);
    for (what, url) in [("About", &branding.home_url), ("Help", &branding.support_url)] {
        if let Some(url) = url {
            text.push_str(&format!("{what}: {url}\n"));
        }
    }
    text
}

/// `/xrpc/_health`: whether the server is well. It asks the database nothing, but would know.
pub(crate) async fn health(pds: &Pds) -> Response<Body> {
    let version = env!("CARGO_PKG_VERSION");
    if pds.store.has_stopped() {
        let body = json!({ "version": version, "error": "Service Unavailable" });
        return answer(StatusCode::SERVICE_UNAVAILABLE, &body);
    }
    const WELL: &str = concat!(r#"{"version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);
    let mut response = Response::new(Body::from(WELL));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

fn answer(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

#[derive(Deserialize)]
struct TlsCheck {
    domain: Option<String>,
}

/// `/tls-check`: tells a proxy whether it may get a certificate for a name: that of the server, or
/// of an account.
async fn tls_check(State(pds): State<Pds>, Query(query): Query<TlsCheck>) -> Response<Body> {
    let domain = query.domain.unwrap_or_default().to_ascii_lowercase();
    if domain == pds.url.host() {
        return answer(StatusCode::OK, &json!({ "success": true }));
    }
    let is_ours = pds.handle_domains.iter().any(|ours| domain.ends_with(ours.as_str()));
    let Some(handle) = Handle::parse(&domain).ok().filter(|_| is_ours) else {
        let message = "handles are not provided on this domain";
        return Refusal::invalid_request(message).into_response();
    };
    match pds.store.read(|tx| tx.account_by_handle(&handle)).await {
        Ok(Some(account)) if account.state.status().is_active() => {
            answer(StatusCode::OK, &json!({ "success": true }))
        }
        Ok(_) => {
            let status = StatusCode::NOT_FOUND;
            Refusal::new(status, "NotFound", "handle not found for this domain").into_response()
        }
        Err(error) => crate::failure::Fault::from(error).into_response(),
    }
}

/// `/.well-known/did.json`: the document of the server's own DID, if that is the did:web of its
/// host.
async fn did_document(State(pds): State<Pds>) -> Response<Body> {
    if pds.did.method() != "web" || pds.did.identifier() != pds.url.host() {
        return Refusal::new(StatusCode::NOT_FOUND, "NotFound", "Not Found").into_response();
    }
    let document = json!({
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": pds.did,
        "service": [{
            "id": "#atproto_pds",
            "type": "AtprotoPersonalDataServer",
            "serviceEndpoint": pds.url.to_string(),
        }],
    });
    answer(StatusCode::OK, &document)
}
