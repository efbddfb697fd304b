//! Bodies of responses that are more than one piece of memory.

mod file;
mod outflow;

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use rustix::io::{ReadWriteFlags, preadv2};
use tokio::task::{JoinHandle, spawn_blocking};

pub(crate) use crate::sending::file::FileBody;
pub(crate) use crate::sending::outflow::{Outflows, PushError};

/// The most bytes that are read of a file at once.
const PIECE_BYTES: u64 = 256 << 10;

/// A piece of a file on its way from the disk.
struct Reading(JoinHandle<io::Result<Bytes>>);

/// What came of trying to read a piece of a file.
enum Piece {
    /// It was in memory.
    Here(Bytes),
    /// It has to come from the disk.
    OnItsWay(Reading),
}

/// Reads the next piece of a file, of which so many bytes are left.
///
/// What the kernel has in memory is taken at once: another thread would cost more than the copy.
fn read(file: &Arc<File>, offset: u64, left: u64) -> Piece {
    let length = usize::try_from(left.min(PIECE_BYTES)).unwrap_or(usize::MAX);
    let mut piece = vec![0; length];
    let at_once = ReadWriteFlags::NOWAIT;
    match preadv2(&**file, &mut [IoSliceMut::new(&mut piece)], offset, at_once) {
        Ok(read) if read > 0 => {
            piece.truncate(read);
            Piece::Here(piece.into())
        }
        // Not all of the file systems that there are can tell; errors come up again.
        Ok(_) | Err(_) => {
            let file = Arc::clone(file);
            Piece::OnItsWay(Reading(spawn_blocking(move || {
                file.read_exact_at(&mut piece, offset)?;
                Ok(piece.into())
            })))
        }
    }
}

impl Reading {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let Poll::Ready(piece) = std::pin::Pin::new(&mut self.0).poll(cx) else {
            return Poll::Pending;
        };
        Poll::Ready(piece.map_err(io::Error::other).flatten())
    }
}

/// Returns how many bytes there are.
fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("a length in memory fits into 64 bits")
}
