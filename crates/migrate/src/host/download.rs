//! Something large that comes from a host.

use bytes::Bytes;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{Response, StatusCode};
use http_body_util::BodyExt as _;
use identity::outbound::ResponseBody;

use super::HostError;

/// A download, read piece by piece.
pub struct Download {
    body: ResponseBody,
    mime_type: Option<String>,
    begin: u64,
}

impl Download {
    pub(super) fn new(response: Response<ResponseBody>) -> Self {
        let (head, body) = response.into_parts();
        let text = |name| head.headers.get(name)?.to_str().ok();
        let begin = match head.status {
            StatusCode::PARTIAL_CONTENT => text(CONTENT_RANGE).and_then(first_byte).unwrap_or(0),
            _ => 0,
        };
        Self { body, mime_type: text(CONTENT_TYPE).map(str::to_owned), begin }
    }

    /// Returns the type that the host says it is of.
    pub fn mime_type(&self) -> Option<&str> {
        self.mime_type.as_deref()
    }

    /// Returns which byte comes first. It is not 0 only if the host knows ranges.
    pub fn begin(&self) -> u64 {
        self.begin
    }

    /// Returns the next piece; `None` at the end.
    ///
    /// # Errors
    ///
    /// [`HostError`] if the connection breaks or nothing comes for too long.
    pub async fn next(&mut self) -> Result<Option<Bytes>, HostError> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(piece) = frame?.into_data() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

/// Reads the first number of `bytes 5-9/10`.
fn first_byte(range: &str) -> Option<u64> {
    range.strip_prefix("bytes ")?.split('-').next()?.parse().ok()
}
