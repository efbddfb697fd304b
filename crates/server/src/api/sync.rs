//! `com.atproto.sync`: repositories, blobs and events, for whoever follows them.

mod get_blob;
mod get_blocks;
mod get_checkout;
mod get_head;
mod get_host_status;
mod get_latest_commit;
mod get_record;
pub(crate) mod get_repo;
mod get_repo_status;
mod list_blobs;
mod list_repos;
mod list_repos_by_collection;
mod subscribe_repos;

use axum::body::Body;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use lexicon::com::atproto::sync::get_blob::GetBlob;
use lexicon::com::atproto::sync::get_blocks::GetBlocks;
use lexicon::com::atproto::sync::get_checkout::GetCheckout;
use lexicon::com::atproto::sync::get_head::GetHead;
use lexicon::com::atproto::sync::get_host_status::GetHostStatus;
use lexicon::com::atproto::sync::get_latest_commit::GetLatestCommit;
use lexicon::com::atproto::sync::get_record::GetRecord;
use lexicon::com::atproto::sync::get_repo::GetRepo;
use lexicon::com::atproto::sync::get_repo_status::GetRepoStatus;
use lexicon::com::atproto::sync::list_blobs::ListBlobs;
use lexicon::com::atproto::sync::list_repos::ListRepos;
use lexicon::com::atproto::sync::list_repos_by_collection::ListReposByCollection;
use lexicon::com::atproto::sync::subscribe_repos::SubscribeRepos;
use repo::car;

use crate::rate::{GET_BLOCKS, GET_REPO, LIST_BY_COLLECTION};
use crate::xrpc::Methods;

pub(super) fn register(methods: &mut Methods) {
    methods.raw_query(GetBlob, get_blob::get_blob);
    methods.raw_query(GetBlocks, get_blocks::get_blocks).rate_by_ip(&GET_BLOCKS);
    methods.raw_query(GetCheckout, get_checkout::get_checkout).uncounted().rate_by_ip(&GET_REPO);
    methods.query(GetHead, get_head::get_head);
    methods.query(GetHostStatus, get_host_status::get_host_status);
    methods.query(GetLatestCommit, get_latest_commit::get_latest_commit);
    methods.raw_query(GetRecord, get_record::get_record);
    methods.raw_query(GetRepo, get_repo::get_repo).uncounted().rate_by_ip(&GET_REPO);
    methods.query(GetRepoStatus, get_repo_status::get_repo_status);
    methods.query(ListBlobs, list_blobs::list_blobs);
    methods.query(ListRepos, list_repos::list_repos);
    methods
        .query(ListReposByCollection, list_repos_by_collection::list_repos_by_collection)
        .rate_by_ip(&LIST_BY_COLLECTION);
    methods.subscription(SubscribeRepos, subscribe_repos::subscribe_repos);
}

/// Makes the response that is a CAR file.
fn car_file(body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(car::MIME_TYPE));
    response
}

/// Reads headers as methods read them: see [`crate::fuzz`].
pub(super) fn fuzz(headers: &http::HeaderMap) {
    get_blob::fuzz(headers);
}
