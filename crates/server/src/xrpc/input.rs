//! Bodies of requests: how much of them is read, how fast, and what has to be said of them.

use std::io::Read as _;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use http::{HeaderMap, StatusCode};
use http_body::Body as _;
use http_body_util::BodyExt as _;
use tokio::time::{Instant, timeout_at};

use crate::failure::Refusal;

/// How long the first bytes of a body may take, and how long any pause may be.
const PAUSE_MAX: Duration = Duration::from_secs(30);
/// The slowest that a body may come in, after the first pause.
const BYTES_PER_S_MIN: u64 = 8 * 1024;
/// How much room is made for a body before any of it is there.
const ROOM_BYTES: u64 = 64 * 1024;

/// A body that is read up to so many bytes, and not too slowly.
pub(crate) struct LimitedBody {
    body: Body,
    bytes_max: u64,
    read: u64,
    begun: Instant,
}

impl LimitedBody {
    /// Reads no more than `bytes_max` bytes.
    pub(crate) fn new(body: Body, bytes_max: u64) -> Self {
        Self { body, bytes_max, read: 0, begun: Instant::now() }
    }

    /// Returns the next bytes; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if there are too many, or none for too long.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            let expected = Duration::from_secs(self.read / BYTES_PER_S_MIN);
            let deadline = (self.begun + expected + PAUSE_MAX).min(Instant::now() + PAUSE_MAX);
            let too_slow =
                |_| Refusal::of_status(StatusCode::REQUEST_TIMEOUT, "Request body came too slowly");
            let Some(frame) = timeout_at(deadline, self.body.frame()).await.map_err(too_slow)?
            else {
                return Ok(None);
            };
            let broken = |_| Refusal::invalid_request("Request body broke off");
            let Ok(bytes) = frame.map_err(broken)?.into_data() else {
                continue;
            };
            self.read += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            if self.read > self.bytes_max {
                return Err(too_large());
            }
            return Ok(Some(bytes));
        }
    }

    /// Reads all of it.
    ///
    /// # Errors
    ///
    /// As [`LimitedBody::next`].
    pub(crate) async fn bytes(mut self) -> Result<Bytes, Refusal> {
        let Some(first) = self.next().await? else {
            return Ok(Bytes::new());
        };
        // Most bodies come in one piece, and are not copied.
        let Some(second) = self.next().await? else {
            return Ok(first);
        };
        let rest = self.body.size_hint().lower().min(ROOM_BYTES);
        let room = first.len() + second.len() + usize::try_from(rest).unwrap_or_default();
        let mut all = BytesMut::with_capacity(room);
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(bytes) = self.next().await? {
            all.extend_from_slice(&bytes);
        }
        Ok(all.freeze())
    }
}

/// What the head of a request says of its body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Announced {
    /// There is none.
    Nothing,
    /// There is one, which may be empty.
    Something,
}

impl Announced {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let has_length = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        if has_length || headers.contains_key(TRANSFER_ENCODING) {
            Self::Something
        } else {
            Self::Nothing
        }
    }
}

/// Refuses a body that the head says is too large, before any of it is read.
pub(super) fn check_length(headers: &HeaderMap, bytes_max: u64) -> Result<(), Refusal> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    match length {
        Some(length) if bytes_max < length => Err(too_large()),
        _ => Ok(()),
    }
}

/// Refuses a body whose type is not the method's, and returns the type without its parameters.
pub(super) fn check_type<'a>(headers: &'a HeaderMap, expected: &str) -> Result<&'a str, Refusal> {
    let Some(given) = headers.get(CONTENT_TYPE) else {
        let message = "Request encoding (Content-Type) required but not provided";
        return Err(Refusal::invalid_request(message));
    };
    let given = given.to_str().unwrap_or_default();
    let essence = given.split(';').next().unwrap_or_default().trim();
    let fits = match expected {
        "*/*" => essence.contains('/'),
        _ => essence.eq_ignore_ascii_case(expected),
    };
    if fits {
        return Ok(essence);
    }
    let message = format!("Wrong request encoding (Content-Type): {given}");
    Err(Refusal::invalid_request(message))
}

/// Undoes what `Content-Encoding` says was done to a body.
pub(super) fn decompress(
    headers: &HeaderMap,
    body: Bytes,
    bytes_max: u64,
) -> Result<Bytes, Refusal> {
    let Some(encodings) = headers.get(CONTENT_ENCODING) else {
        return Ok(body);
    };
    let encodings = encodings.to_str().unwrap_or("?");
    encodings.split(',').rev().map(str::trim).try_fold(body, |body, encoding| {
        let mut decoded = Vec::new();
        // One more than allowed tells that there are too many.
        let room = bytes_max.saturating_add(1);
        let outcome = match encoding.to_ascii_lowercase().as_str() {
            "identity" | "" => return Ok(body),
            "gzip" | "x-gzip" => {
                flate2::read::MultiGzDecoder::new(&*body).take(room).read_to_end(&mut decoded)
            }
            "deflate" => {
                flate2::read::ZlibDecoder::new(&*body).take(room).read_to_end(&mut decoded)
            }
            "zstd" => zstd::Decoder::new(&*body)
                .and_then(|decoder| decoder.take(room).read_to_end(&mut decoded)),
            _ => {
                let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
                return Err(Refusal::of_status(status, "unsupported content-encoding"));
            }
        };
        match outcome {
            Err(_) => Err(Refusal::invalid_request("Request body does not decompress")),
            Ok(length) if u64::try_from(length).is_ok_and(|length| length <= bytes_max) => {
                Ok(decoded.into())
            }
            Ok(_) => Err(too_large()),
        }
    })
}

/// Refuses a body that is too large.
pub(crate) fn too_large() -> Refusal {
    Refusal::of_status(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large")
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use http_body::Frame;
    use http_body_util::StreamBody;
    use tokio::time::sleep;

    use super::*;

    /// Makes a body of pieces that come one after the other, with pauses.
    fn slow(pieces: usize, bytes: usize, pause: Duration) -> Body {
        let next = move |left: usize| async move {
            if left == 0 {
                return None;
            }
            sleep(pause).await;
            let frame = Frame::data(Bytes::from(vec![0; bytes]));
            Some((Ok::<_, Infallible>(frame), left - 1))
        };
        Body::new(StreamBody::new(futures_util::stream::unfold(pieces, next)))
    }

    async fn length(body: Body, bytes_max: u64) -> Result<usize, StatusCode> {
        let body = LimitedBody::new(body, bytes_max).bytes().await;
        body.map(|bytes| bytes.len()).map_err(|refusal| refusal.into_response().status())
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_be_slow_but_neither_stand_still_nor_trickle() {
        let second = Duration::from_secs(1);
        assert_eq!(length(Body::empty(), 0).await, Ok(0));
        assert_eq!(length(slow(100, 20_000, second), 2_000_000).await, Ok(2_000_000));
        assert_eq!(length(slow(1, 10, 29 * second), 10).await, Ok(10));
        assert_eq!(length(slow(1, 10, 31 * second), 10).await, Err(StatusCode::REQUEST_TIMEOUT));
        assert_eq!(length(slow(100, 10, second), 1_000).await, Err(StatusCode::REQUEST_TIMEOUT));
        let large = StatusCode::PAYLOAD_TOO_LARGE;
        assert_eq!(length(slow(100, 20_000, second), 1_999_999).await, Err(large));
    }
}
