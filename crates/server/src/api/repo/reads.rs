//! The half of `com.atproto.repo` that changes no repository, and how records are shown.

use std::io::Write as _;

use axum::body::Body;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use lexicon::com::atproto::repo::describe_repo::DescribeRepo;
use lexicon::com::atproto::repo::get_record::GetRecord;
use lexicon::com::atproto::repo::list_missing_blobs::ListMissingBlobs;
use lexicon::com::atproto::repo::list_records::ListRecords;
use lexicon::com::atproto::repo::upload_blob::UploadBlob;
use repo::data::cbor::DecodeError;
use repo::data::{Limits, json};
use store::repo::StoredRecord;
use syntax::Did;

use super::{describe_repo, get_record, list_missing_blobs, list_records, upload_blob};
use crate::config::Config;
use crate::rate::UPLOAD_BLOB;
use crate::xrpc::Methods;

pub(super) fn register_reads(methods: &mut Methods, config: &Config) {
    methods.raw_query(DescribeRepo, describe_repo::describe_repo);
    methods.raw_query(GetRecord, get_record::get_record);
    methods.query(ListMissingBlobs, list_missing_blobs::list_missing_blobs);
    methods.raw_query(ListRecords, list_records::list_records);
    methods
        .upload(UploadBlob, upload_blob::upload_blob)
        .body_max(config.limits.blob_bytes)
        .rate_by_ip(&UPLOAD_BLOB);
}

/// Appends a record in JSON, with its address: `{"uri": …, "cid": …, "value": …}`.
///
/// It goes from its block to the bytes of the response, without a value in between. DIDs, paths and
/// CIDs have no character that JSON would write in another way.
///
/// # Errors
///
/// [`DecodeError`] if the block is not CBOR, after which `out` has a part.
pub(super) fn put_record(
    out: &mut Vec<u8>,
    did: &Did,
    record: &StoredRecord,
) -> Result<(), DecodeError> {
    write!(
        out,
        r#"{{"uri":"at://{did}/{path}","cid":"{cid}","value":"#,
        path = record.path,
        cid = record.cid
    )
    .expect("writing to memory does not fail");
    json::from_cbor(&record.bytes, &Limits::FOREIGN, out)?;
    out.push(b'}');
    Ok(())
}

/// Returns how much room a record in JSON is likely to take.
pub(super) fn room(record: &StoredRecord) -> usize {
    record.bytes.len() + record.bytes.len() / 2 + 256
}

/// Makes the response of a body in JSON.
pub(super) fn json_response(json: Vec<u8>) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from(json)));
    let kind = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}
