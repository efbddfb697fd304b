//! Bodies on the way out and back.

use std::error::Error as StdError;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::{Instant, Sleep, sleep_until};

use crate::outbound::{Error, Limits, Phase, after};

/// A request's body: see [`empty`](super::empty) and [`full`](super::full).
///
/// Any other body becomes one by `http_body_util::BodyExt::boxed_unsync`.
pub type RequestBody = UnsyncBoxBody<Bytes, Box<dyn StdError + Send + Sync>>;

/// A response's body, bounded in time and size while it is read.
pub struct ResponseBody {
    /// Gone once the body has ended or failed, and the connection with it if there is more to come.
    incoming: Option<Incoming>,
    bytes_left: u64,
    bytes_max: u64,
    idle_time_max: Duration,
    idle: Pin<Box<Sleep>>,
    total: Pin<Box<Sleep>>,
}

impl ResponseBody {
    pub(super) fn new(incoming: Incoming, limits: &Limits, deadline: Instant) -> Self {
        Self {
            incoming: Some(incoming),
            bytes_left: limits.body_bytes_max,
            bytes_max: limits.body_bytes_max,
            idle_time_max: limits.idle_time_max,
            idle: Box::pin(sleep_until(after(limits.idle_time_max))),
            total: Box::pin(sleep_until(deadline)),
        }
    }

    /// Bounds the size of what is still to come.
    #[must_use]
    pub fn limited(mut self, bytes_max: u64) -> Self {
        self.bytes_left = self.bytes_left.min(bytes_max);
        self.bytes_max = self.bytes_max.min(bytes_max);
        self
    }

    /// Reads all of the body.
    ///
    /// # Errors
    ///
    /// [`Error`] if it takes longer than it may, is larger than it may be, or breaks off.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        let mut read = BytesMut::new();
        while let Some(frame) = self.frame().await {
            if let Ok(data) = frame?.into_data() {
                read.extend_from_slice(&data);
            }
        }
        Ok(read.freeze())
    }

    fn poll_within_limits(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(incoming) = &mut self.incoming else {
            return Poll::Ready(None);
        };
        if self.total.as_mut().poll(cx).is_ready() {
            return Poll::Ready(Some(Err(Error::Timeout(Phase::Total))));
        }
        let Poll::Ready(frame) = Pin::new(incoming).poll_frame(cx) else {
            ready!(self.idle.as_mut().poll(cx));
            return Poll::Ready(Some(Err(Error::Timeout(Phase::Body))));
        };
        self.idle.as_mut().reset(after(self.idle_time_max));
        Poll::Ready(match frame {
            None => None,
            Some(Err(error)) => Some(Err(Error::Protocol(Arc::new(error)))),
            Some(Ok(frame)) => {
                let length = frame.data_ref().map_or(0, |data| data.len());
                match u64::try_from(length)
                    .ok()
                    .and_then(|bytes| self.bytes_left.checked_sub(bytes))
                {
                    Some(left) => {
                        self.bytes_left = left;
                        Some(Ok(frame))
                    }
                    None => Some(Err(Error::TooLarge { bytes_max: self.bytes_max })),
                }
            }
        })
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let body = self.get_mut();
        let frame = ready!(body.poll_within_limits(cx));
        if matches!(frame, None | Some(Err(_))) {
            body.incoming = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}
