//! `com.atproto.sync.subscribeRepos`: the firehose.
//!
//! Lexicon: `lexicons/com/atproto/sync/subscribeRepos.json`.

use axum::body::Body;
use http::Response;
use http::request::Parts;

use crate::pds::Pds;

/// Upgrades the connection, on which events follow.
pub(super) async fn subscribe_repos(pds: Pds, head: Parts) -> Response<Body> {
    pds.firehose.subscribe(&pds, head)
}
