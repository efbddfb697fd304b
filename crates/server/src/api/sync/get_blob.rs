//! `com.atproto.sync.getBlob`: the bytes of a blob.
//!
//! Lexicon: `lexicons/com/atproto/sync/getBlob.json`.

use std::fs::File;
use std::ops::Range;

use axum::body::Body;
use http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, IF_RANGE, RANGE,
    X_CONTENT_TYPE_OPTIONS,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use lexicon::com::atproto::sync::get_blob::{Error, Params};
use store::Blob;
use syntax::Cid;

use crate::caller::{OrApp, OrTakenDown, Standard, Viewer};
use crate::failure::{Failure, Fault};
use crate::hosted;
use crate::pds::Pds;
use crate::sending::FileBody;

/// What caches may do. The bytes never change, but may be taken down, which caches should notice
/// within the day.
const PUBLIC: HeaderValue = HeaderValue::from_static("public, max-age=86400, immutable");
const PRIVATE: HeaderValue = HeaderValue::from_static("private, max-age=86400, immutable");

/// What part of a blob a client gets.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Of(Range<u64>),
    /// None of what was asked for is there.
    Nothing,
}

/// Answers with a blob that a record refers to, or with the part of it that is asked for.
///
/// One that was taken down is for nobody, its owner included.
pub(super) async fn get_blob(
    pds: Pds,
    viewer: Viewer<OrApp<OrTakenDown<Standard>>>,
    params: Params,
    head: Parts,
) -> Result<Response<Body>, Failure<Error>> {
    let Params { cid, did } = params;
    let sees_all = viewer.is_owner_or_admin(&did);
    let read = pds.store.read(|tx| {
        let account = hosted::available(tx.account(&did)?, did.as_str(), sees_all)?;
        Ok::<_, Fault>(tx.blob(account.id, &cid)?)
    });
    let not_found = || Failure::declared(Error::BlobNotFound, "Blob not found");
    let is_served = |blob: &Blob| blob.takedown_ref.is_none() && blob.expires_at.is_none();
    let blob = read.await?.filter(is_served).ok_or_else(not_found)?;

    let cache = if matches!(viewer, Viewer::Stranger) { PUBLIC } else { PRIVATE };
    let etag = etag(&cid);
    let is_known = head.headers.get_all(IF_NONE_MATCH).iter().any(|known| names(known, &etag));
    if is_known {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().insert(CACHE_CONTROL, cache);
        response.headers_mut().insert(ETAG, etag);
        return Ok(response);
    }
    let file = pds.store.blobs().open_blob(&did, &cid).await.map_err(Failure::internal)?;
    let (file, size) = file.ok_or_else(not_found)?;
    let part = part(&head.headers, &etag, size);
    let mut response = body(file, size, &part, &head.method);
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, cache);
    headers.insert(ETAG, etag);
    describe(headers, &cid, &blob.mime_type);
    Ok(response)
}

/// Says what it is, and that browsers should not take it for a page of ours.
fn describe(headers: &mut HeaderMap, cid: &Cid, mime_type: &str) {
    let octets = HeaderValue::from_static("application/octet-stream");
    headers.insert(CONTENT_TYPE, HeaderValue::try_from(mime_type).unwrap_or(octets));
    let file_name = format!("attachment; filename=\"{cid}\"");
    let file_name = HeaderValue::try_from(file_name).expect("a CID is letters and digits");
    headers.insert(CONTENT_DISPOSITION, file_name);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let policy = HeaderValue::from_static("default-src 'none'; sandbox");
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
}

fn body(file: File, size: u64, part: &Part, method: &Method) -> Response<Body> {
    let range = match part {
        Part::Whole => 0..size,
        Part::Of(range) => range.clone(),
        Part::Nothing => 0..0,
    };
    let length = range.end - range.start;
    let body = match method {
        &Method::HEAD => Body::empty(),
        _ => Body::new(FileBody::new(file, range.clone())),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    let (status, shown) = match part {
        Part::Whole => return response,
        Part::Of(range) => {
            let shown = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            (StatusCode::PARTIAL_CONTENT, shown)
        }
        Part::Nothing => (StatusCode::RANGE_NOT_SATISFIABLE, format!("bytes */{size}")),
    };
    *response.status_mut() = status;
    let shown = HeaderValue::try_from(shown).expect("numbers are allowed in headers");
    response.headers_mut().insert(CONTENT_RANGE, shown);
    response
}

/// Reads the headers that ask for a part: see [`crate::fuzz`].
///
/// # Panics
///
/// Panics if there is a part that the blob does not have.
pub(super) fn fuzz(headers: &HeaderMap) {
    let tag = HeaderValue::from_static("\"tag\"");
    for size in [0, 1, 1000, u64::MAX] {
        if let Part::Of(range) = part(headers, &tag, size) {
            assert!(range.start < range.end && range.end <= size);
        }
    }
    let known = headers.get_all(IF_NONE_MATCH).iter().filter(|known| names(known, &tag));
    std::hint::black_box(known.count());
}

fn etag(cid: &Cid) -> HeaderValue {
    HeaderValue::try_from(format!("\"{cid}\"")).expect("a CID is letters and digits")
}

/// Tells whether a list of tags has one, or stands for all.
fn names(list: &HeaderValue, etag: &HeaderValue) -> bool {
    let (Ok(list), Ok(etag)) = (list.to_str(), etag.to_str()) else { return false };
    let mut tags = list.split(',').map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

/// Reads which part is asked for. A range that is malformed or of several parts is as good as none.
fn part(headers: &HeaderMap, etag: &HeaderValue, size: u64) -> Part {
    if headers.get(IF_RANGE).is_some_and(|condition| condition != etag) {
        return Part::Whole;
    }
    let range = headers.get(RANGE).and_then(|range| range.to_str().ok()?.strip_prefix("bytes="));
    let Some((first, last)) = range.and_then(|range| range.trim().split_once('-')) else {
        return Part::Whole;
    };
    let is_number = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(first) || !is_number(last) {
        return Part::Whole;
    }
    let (first, last) = (first.parse::<u64>().ok(), last.parse::<u64>().ok());
    let range = match (first, last) {
        (Some(first), Some(last)) if last < first => return Part::Whole,
        (Some(first), last) => first..last.map_or(size, |last| size.min(last.saturating_add(1))),
        (None, Some(length)) => size.saturating_sub(length)..size,
        (None, None) => return Part::Whole,
    };
    if range.is_empty() { Part::Nothing } else { Part::Of(range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_what_the_header_asks_for() {
        let etag = HeaderValue::from_static("\"x\"");
        for (range, part_of_ten) in [
            ("bytes=0-3", Part::Of(0..4)),
            ("bytes=3-", Part::Of(3..10)),
            ("bytes=-3", Part::Of(7..10)),
            ("bytes=-30", Part::Of(0..10)),
            ("bytes=9-99", Part::Of(9..10)),
            ("bytes=10-", Part::Nothing),
            ("bytes=-0", Part::Nothing),
            ("bytes=3-2", Part::Whole),
            ("bytes=-", Part::Whole),
            ("bytes=0-1,3-4", Part::Whole),
            ("bytes=a-b", Part::Whole),
            ("bytes=+1-2", Part::Whole),
            ("lines=1-2", Part::Whole),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RANGE, range.parse().unwrap());
            assert_eq!(part(&headers, &etag, 10), part_of_ten, "{range}");
            headers.insert(IF_RANGE, etag.clone());
            assert_eq!(part(&headers, &etag, 10), part_of_ten, "{range}");
            headers.insert(IF_RANGE, HeaderValue::from_static("\"y\""));
            assert_eq!(part(&headers, &etag, 10), Part::Whole, "{range}");
        }
    }

    #[test]
    fn a_tag_is_known_in_either_strength() {
        let etag = HeaderValue::from_static("\"x\"");
        for (list, is_known) in
            [("\"x\"", true), ("\"a\", W/\"x\"", true), ("*", true), ("\"y\"", false), ("x", false)]
        {
            assert_eq!(names(&HeaderValue::from_static(list), &etag), is_known, "{list}");
        }
    }
}
