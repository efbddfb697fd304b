//! Bodies of responses that are more than one piece of memory.

mod file;
mod outflow;

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use bytes::Bytes;
use tokio::task::{JoinHandle, spawn_blocking};

pub(crate) use crate::sending::file::FileBody;
pub(crate) use crate::sending::outflow::{Outflows, PushError};

/// The most bytes that are read of a file at once: as many as one look of another thread is worth.
const PIECE_BYTES: u64 = 256 << 10;

/// A piece of a file on its way from the disk.
type Reading = JoinHandle<io::Result<Bytes>>;

/// Begins to read the next piece of a file, of which so many bytes are left.
fn read(file: &Arc<File>, offset: u64, left: u64) -> Reading {
    let file = Arc::clone(file);
    let length = usize::try_from(left.min(PIECE_BYTES)).unwrap_or(usize::MAX);
    spawn_blocking(move || {
        let mut piece = vec![0; length];
        file.read_exact_at(&mut piece, offset)?;
        Ok(piece.into())
    })
}

/// Returns how many bytes there are.
fn count(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).expect("a length in memory fits into 64 bits")
}
