//! Sending files, however large, without holding them in memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use identity::outbound::RequestBody;
use tokio::sync::mpsc;

use super::HostError;

/// How many bytes are read at once.
const PIECE_BYTES: usize = 128 << 10;
/// How many pieces are read ahead.
const PIECES_MAX: usize = 2;

/// A file on its way out. Another thread reads it: disks may be slow.
struct FileBody {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    bytes_left: u64,
}

/// Opens a file to be sent from its beginning.
pub(super) async fn file(path: &Path) -> Result<RequestBody, HostError> {
    let path = path.to_owned();
    let opened = tokio::task::spawn_blocking(move || {
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok::<_, io::Error>((file, size))
    });
    let opened = opened.await.map_err(|error| HostError::File(error.into()))?;
    let (file, size) = opened.map_err(HostError::File)?;
    let (sender, pieces) = mpsc::channel(PIECES_MAX);
    tokio::task::spawn_blocking(move || read(file, size, &sender));
    Ok(FileBody { pieces, bytes_left: size }.map_err(Into::into).boxed_unsync())
}

/// Reads as many bytes as the file had when it was opened: so many were promised.
fn read(file: File, size: u64, to: &mpsc::Sender<io::Result<Bytes>>) {
    let (mut file, mut left) = (file.take(size), size);
    while left > 0 {
        let mut piece = vec![0; PIECE_BYTES];
        let read = match file.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => {
                left = left.saturating_sub(u64::try_from(count).unwrap_or(left));
                piece.truncate(count);
                Ok(Bytes::from(piece))
            }
            Err(error) => Err(error),
        };
        let is_over = read.is_err();
        // Whoever sent it may have been answered before its end.
        if to.blocking_send(read).is_err() || is_over {
            return;
        }
    }
}

impl Body for FileBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let body = self.get_mut();
        body.pieces.poll_recv(cx).map(|piece| {
            let piece = piece?;
            if let Ok(piece) = &piece {
                let count = u64::try_from(piece.len()).unwrap_or(body.bytes_left);
                body.bytes_left = body.bytes_left.saturating_sub(count);
            }
            Some(piece.map(Frame::data))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.bytes_left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes_left)
    }
}
