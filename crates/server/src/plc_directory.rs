//! The embedded directory of did:plc, for development and closed networks: its HTTP face.
//!
//! It keeps the public directory's rules and gives its answers. What they are is said by
//! [`identity::plc`]; here they go over HTTP and into the store. DIDs that are made here are known
//! to nobody who does not ask here.
//!
//! Spec: <https://web.plc.directory/api/redoc>

mod answer;
mod export;
mod logs;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::middleware;
use axum::routing::{MethodRouter, get};
use identity::plc::Operation;
use identity::plc::directory::{self, DOCUMENT_TYPE, Refusal};
use identity::plc::log::{Entry, RateLimits};
use store::Store;
use syntax::Did;

use crate::plc_directory::answer::{Answer, Failure, JSON, TEXT, say};
use crate::xrpc::LimitedBody;

/// The most bytes of a request's body, as in the public directory.
const BODY_BYTES_MAX: u64 = 100 * 1024;

const NOTICE: &str = "\
This is a directory of did:plc, embedded in Pagurus.

It keeps the public directory's rules, but the DIDs in it are not part of the public network: only
those who ask here can resolve them.
";
const HEALTH: &str = concat!(r#"{"version":""#, env!("CARGO_PKG_VERSION"), r#""}"#);

/// A directory. Clones are the same directory.
#[derive(Clone)]
struct Directory {
    store: Store,
    rates: RateLimits,
}

/// Writes an answer from a DID's log.
type Write = fn(&Did, &[Entry]) -> Result<String, Refusal>;

/// A part of a path, or why it is not text.
type Part = Result<Path<String>, PathRejection>;

/// Makes the router of a directory whose logs are in `store`.
pub(crate) fn router(store: Store, rates: RateLimits) -> Router {
    Router::new()
        .route("/", get(async || say(TEXT, NOTICE)))
        .route("/_health", get(health))
        .route("/export", get(export::export))
        .route("/{did}", answer_with(directory::document, DOCUMENT_TYPE).post(append))
        .route("/{did}/data", answer_with(directory::data, JSON))
        .route("/{did}/log", answer_with(directory::operations, JSON))
        .route("/{did}/log/audit", answer_with(directory::audit, JSON))
        .route("/{did}/log/last", answer_with(directory::last_operation, JSON))
        .fallback(async || Failure::NoRoute)
        .method_not_allowed_fallback(async || Failure::NoRoute)
        .layer(middleware::from_fn(answer::open_to_scripts))
        .with_state(Directory { store, rates })
}

/// `GET /_health`: whether operations can be written.
async fn health(State(directory): State<Directory>) -> Answer {
    if directory.store.has_stopped() { Err(Failure::Unwell) } else { Ok(say(JSON, HEALTH)) }
}

/// `GET /:did…`: what is written from the log of a DID.
fn answer_with(write: Write, media_type: &'static str) -> MethodRouter<Directory> {
    get(move |State(directory): State<Directory>, part: Part| async move {
        let text = text_of(part)?;
        // Whatever is no DID is not registered.
        let did = Did::parse(&text).map_err(|_| Refusal::NotRegistered(text))?;
        let entries = logs::load(&directory.store, &did).await?;
        Answer::Ok(say(media_type, write(&did, &entries)?))
    })
}

/// `POST /:did`: adds an operation to the log of a DID, or begins one.
async fn append(State(directory): State<Directory>, part: Part, body: Body) -> Answer {
    let did = Did::parse(&text_of(part)?).map_err(|_| Failure::NoDid)?;
    let body = LimitedBody::new(body, BODY_BYTES_MAX).bytes().await.map_err(Failure::Body)?;
    let operation = Operation::parse(&body).map_err(Refusal::from)?;
    let cid = logs::append(&directory.store, &did, operation, directory.rates).await?;
    tracing::info!(%did, %cid, "operation accepted");
    Ok(say(TEXT, "OK"))
}

fn text_of(part: Part) -> Result<String, Failure> {
    part.map(|Path(text)| text).map_err(|_| Failure::NoRoute)
}
