//! `/.well-known/atproto-did`: the DID of the account whose handle is the host that is asked.
//!
//! This is how the handles under the server's domains lead to their accounts, where the DNS of
//! these domains brings all of their names here.

use axum::body::Body;
use axum::extract::State;
use axum::response::IntoResponse as _;
use http::header::HOST;
use http::uri::Authority;
use http::{HeaderMap, Response, StatusCode};
use syntax::Handle;

use crate::failure::Fault;
use crate::handle;
use crate::pds::Pds;

/// Answers with the DID of an active account.
pub(super) async fn atproto_did(State(pds): State<Pds>, headers: HeaderMap) -> Response<Body> {
    let found = match asked(&headers).filter(|host| handle::is_at_home(&pds, host)) {
        Some(handle) => pds.store.read(|tx| tx.account_by_handle(&handle)).await,
        None => Ok(None),
    };
    match found {
        Ok(Some(account)) if account.state.status().is_active() => {
            account.did.to_string().into_response()
        }
        Ok(_) => (StatusCode::NOT_FOUND, "User not found").into_response(),
        Err(error) => Fault::from(error).into_response(),
    }
}

/// Returns the host that is asked, if it can be a handle.
fn asked(headers: &HeaderMap) -> Option<Handle> {
    let authority: Authority = headers.get(HOST)?.to_str().ok()?.parse().ok()?;
    Handle::parse(authority.host()).ok()
}
