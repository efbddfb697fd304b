//! A part of a file as a body.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame};

use super::{Piece, Reading, count, read};

/// A part of a file, read piece by piece as it is sent.
///
/// It does not tell its size: that is for the header to say, as what tells it is taken for something
/// that is in memory.
pub(crate) struct FileBody {
    file: Arc<File>,
    range: Range<u64>,
    reading: Option<Reading>,
}

impl FileBody {
    /// Makes a body of the bytes of a file that are in a range.
    pub(crate) fn new(file: File, range: Range<u64>) -> Self {
        Self { file: Arc::new(file), range, reading: None }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.range.is_empty() {
            return Poll::Ready(None);
        }
        let piece = match self.reading.take() {
            None => read(&self.file, self.range.start, self.range.end - self.range.start),
            Some(reading) => Piece::OnItsWay(reading),
        };
        let piece = match piece {
            Piece::Here(piece) => Ok(piece),
            Piece::OnItsWay(mut reading) => match reading.poll(cx) {
                Poll::Ready(piece) => piece,
                Poll::Pending => {
                    self.reading = Some(reading);
                    return Poll::Pending;
                }
            },
        };
        match &piece {
            Ok(piece) => self.range.start += count(piece),
            Err(_) => self.range.start = self.range.end,
        }
        Poll::Ready(Some(piece.map(Frame::data)))
    }

    fn is_end_stream(&self) -> bool {
        self.range.is_empty()
    }
}
