//! `com.atproto.sync.getCheckout`: a whole repository as a CAR file, by its old name.
//!
//! Lexicon: `lexicons/com/atproto/sync/getCheckout.json`.

use axum::body::Body;
use http::Response;
use http::request::Parts;
use lexicon::com::atproto::sync::get_checkout::Params;

use super::get_repo::export;
use crate::caller::Viewer;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers as `getRepo` does.
pub(super) async fn get_checkout(
    pds: Pds,
    viewer: Viewer,
    params: Params,
    head: Parts,
) -> Result<Response<Body>, Failure> {
    let sees_all = viewer.is_owner_or_admin(&params.did);
    Ok(export(pds, params.did, None, sees_all, &head.method).await?)
}
