//! What people see of their own account, and change: the pages behind `/account`.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::routing::get;
use http::{Request, Response};
use pages::path;

use super::entry;
use super::visit::look;
use crate::pds::Pds;

/// Makes the router of the pages.
pub(super) fn router() -> Router<Pds> {
    entry::steps(path::ACCOUNT)
        .route(path::ACCOUNT, get(accounts))
        .route(path::RESET, get(entry::reset_form).post(entry::reset))
        .route(path::RESET_CONFIRM, get(entry::confirm_form).post(entry::confirm))
}

/// `GET /account`: the accounts of this browser.
async fn accounts(State(pds): State<Pds>, request: Request<Body>) -> Response<Body> {
    look(pds, request, async |visit| entry::choose_page(visit, None, None).await).await
}
