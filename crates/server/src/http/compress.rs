//! Compressing answers in JSON and text, where clients can read that and it is worth it.

use std::io::Write as _;

use axum::body::{Body, HttpBody as _};
use http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, VARY,
};
use http::{HeaderMap, HeaderValue, Response};
use http_body_util::BodyExt as _;

use crate::proxy::Passed;

/// The fewest bytes that are compressed: less fits into one packet as it is.
const BYTES_MIN: u64 = 1024;
/// The most bytes that are compressed at once, as that takes one of the threads for requests.
const BYTES_MAX: u64 = 8 * 1024 * 1024;
/// How hard to try: answers are made once and read once.
const LEVEL: u32 = 1;

/// How something is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Zstd,
    Gzip,
}

/// Returns the best way to compress that a client can read.
pub(super) fn accepted(headers: &HeaderMap) -> Option<Coding> {
    let accepted = headers.get(ACCEPT_ENCODING)?.to_str().ok()?;
    let reads = |name: &str| {
        accepted.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|coding| coding.eq_ignore_ascii_case(name));
            is_named
                && !parts.any(|weight| matches!(weight, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        })
    };
    if reads("zstd") { Some(Coding::Zstd) } else { reads("gzip").then_some(Coding::Gzip) }
}

/// Compresses an answer, if it is of a kind and size for that.
pub(super) async fn compress(response: Response<Body>, coding: Coding) -> Response<Body> {
    let Some(length) = response.body().size_hint().exact() else {
        return response;
    };
    // What comes from a service is not in memory, and was asked for as the client reads it.
    if response.extensions().get::<Passed>().is_some() {
        return response;
    }
    let headers = response.headers();
    let kind = headers.get(CONTENT_TYPE).map_or(&b""[..], |kind| kind.as_bytes());
    let is_text = kind.starts_with(b"application/json") || kind.starts_with(b"text/");
    let is_done = headers.contains_key(CONTENT_ENCODING);
    // What has a secret beside what somebody else may have chosen: its length would tell of the secret.
    let is_secret = headers.get(CACHE_CONTROL).is_some_and(|cache| cache == "no-store");
    if !is_text || is_done || is_secret || !(BYTES_MIN..=BYTES_MAX).contains(&length) {
        return response;
    }
    let (mut head, body) = response.into_parts();
    // A body of known length is in memory, and is there at once.
    let Ok(body) = body.collect().await else {
        return Response::from_parts(head, Body::empty());
    };
    let body = body.to_bytes();
    let (name, compressed) = match coding {
        Coding::Zstd => ("zstd", zstd::encode_all(&*body, 1)),
        Coding::Gzip => ("gzip", gzip(&body)),
    };
    let Ok(compressed) = compressed else {
        return Response::from_parts(head, Body::from(body));
    };
    head.headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    head.headers.append(VARY, HeaderValue::from_static("Accept-Encoding"));
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(compressed))
}

fn gzip(body: &[u8]) -> std::io::Result<Vec<u8>> {
    let room = Vec::with_capacity(body.len() / 4);
    let mut encoder = flate2::write::GzEncoder::new(room, flate2::Compression::new(LEVEL));
    encoder.write_all(body)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn pages_with_secrets_have_the_length_that_they_have() {
        for (cache, is_compressed) in [("private", true), ("no-store", false)] {
            let page = Response::builder()
                .header(CONTENT_TYPE, "text/html; charset=utf-8")
                .header(CACHE_CONTROL, cache)
                .body(Body::from("a".repeat(10_000)));
            let response = compress(page.unwrap(), Coding::Gzip).await;
            assert_eq!(response.headers().contains_key(CONTENT_ENCODING), is_compressed, "{cache}");
        }
    }

    #[test]
    fn what_clients_refuse_is_not_sent() {
        for (header, coding) in [
            ("gzip, deflate, br, zstd", Some(Coding::Zstd)),
            ("gzip;q=0.5, zstd;q=0", Some(Coding::Gzip)),
            ("br", None),
            ("identity", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_ENCODING, header.parse().unwrap());
            assert_eq!(accepted(&headers), coding, "{header}");
        }
        assert_eq!(accepted(&HeaderMap::new()), None);
    }
}
