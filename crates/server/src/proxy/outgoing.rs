//! A request's body on its way to a service.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream;
use http::header::CONTENT_LENGTH;
use http::{HeaderMap, Method as Verb};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};
use identity::outbound::{RequestBody, empty, full};

use crate::failure::Refusal;
use crate::xrpc::{Call, LimitedBody};

/// The most bytes of a body: what is too much for a service, that says itself.
const BYTES_MAX: u64 = 1 << 30;
/// The most bytes of a body that is read before it is sent on. Most are: then a connection that the
/// service has just closed can be taken for another one without anybody noticing.
const WHOLE_BYTES_MAX: u64 = 256 * 1024;

/// A body, and what went wrong with it while it was sent.
pub(super) struct Outgoing {
    body: Body,
    fault: Arc<Mutex<Option<Refusal>>>,
}

enum Body {
    Whole(Bytes),
    Stream(LimitedBody),
}

impl Outgoing {
    /// Returns a body of nothing.
    pub(super) fn empty() -> Self {
        Self { body: Body::Whole(Bytes::new()), fault: Arc::default() }
    }

    /// Takes the body of a request.
    ///
    /// # Errors
    ///
    /// [`Refusal`] if it is far too large, or broke off.
    pub(super) async fn of(call: &mut Call) -> Result<Self, Refusal> {
        if call.head.method != Verb::POST {
            return Ok(Self::empty());
        }
        let length = length(&call.head.headers);
        if length.is_some_and(|length| length > BYTES_MAX) {
            return Err(crate::xrpc::too_large());
        }
        let body = LimitedBody::new(std::mem::take(&mut call.body), BYTES_MAX);
        let body = match length {
            Some(length) if length <= WHOLE_BYTES_MAX => Body::Whole(body.bytes().await?),
            _ => Body::Stream(body),
        };
        Ok(Self { body, fault: Arc::default() })
    }

    /// Returns all of the body, if it is not so long that it streams.
    pub(super) fn bytes(&self) -> Option<&Bytes> {
        match &self.body {
            Body::Whole(bytes) => Some(bytes),
            Body::Stream(_) => None,
        }
    }

    /// Returns the body to be sent, and where what goes wrong with it is noted.
    pub(super) fn into_parts(self) -> (RequestBody, Arc<Mutex<Option<Refusal>>>) {
        let body = match self.body {
            Body::Whole(bytes) if bytes.is_empty() => empty(),
            Body::Whole(bytes) => full(bytes),
            Body::Stream(body) => streamed(body, Arc::clone(&self.fault)),
        };
        (body, self.fault)
    }
}

fn streamed(body: LimitedBody, fault: Arc<Mutex<Option<Refusal>>>) -> RequestBody {
    let pieces = stream::unfold((body, fault), |(mut body, fault)| async move {
        match body.next().await {
            Ok(Some(bytes)) => Some((Ok(Frame::data(bytes)), (body, fault))),
            Ok(None) => None,
            Err(refusal) => {
                let message = refusal.message().to_owned();
                *fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(refusal);
                Some((Err(message.into()), (body, fault)))
            }
        }
    });
    StreamBody::new(pieces).boxed_unsync()
}

fn length(headers: &HeaderMap) -> Option<u64> {
    match headers.get(CONTENT_LENGTH) {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None if headers.contains_key(http::header::TRANSFER_ENCODING) => None,
        None => Some(0),
    }
}
