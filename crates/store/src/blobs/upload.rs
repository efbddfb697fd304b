//! Bytes on their way in.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use syntax::{Cid, Codec};
use tokio::task::spawn_blocking;

use super::BlobError;

/// How many bytes are gathered before they are hashed and written.
const PIECE_BYTES: usize = 512 << 10;
/// How many parts, as they came in, are gathered at most: a part may be one byte.
const PARTS_MAX: usize = 256;
/// How many bytes of a blob's beginning are kept, to see what it is.
const BEGINNING_BYTES: usize = 4096;

/// An upload. Dropped before its end, it leaves nothing behind.
pub struct Upload {
    /// The file and its hash so far; `None` while a piece is being written, and after that failed.
    file: Option<(Temporary, Sha256)>,
    gathered: Vec<Bytes>,
    gathered_bytes: usize,
    beginning: Vec<u8>,
    bytes: u64,
    bytes_max: u64,
}

/// A blob that was received whole and is durable under a passing name.
pub struct Received {
    /// Its CID.
    pub cid: Cid,
    /// Its size in bytes.
    pub size: u64,
    /// Its first bytes, up to 4,096.
    pub beginning: Vec<u8>,
    file: Temporary,
}

/// A file that is deleted with its handle.
struct Temporary {
    path: PathBuf,
    file: File,
}

impl Upload {
    pub(super) async fn begin(path: PathBuf, bytes_max: u64) -> Result<Self, BlobError> {
        let task = spawn_blocking(move || {
            let file = File::options().write(true).create_new(true).open(&path)?;
            Ok::<_, io::Error>(Temporary { path, file })
        });
        let file = task.await.expect("making a file does not panic")?;
        let file = Some((file, Sha256::new()));
        let (gathered, beginning) = (Vec::new(), Vec::new());
        Ok(Self { file, gathered, gathered_bytes: 0, beginning, bytes: 0, bytes_max })
    }

    /// Adds the next bytes.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if there are more bytes than allowed, or the file failed.
    pub async fn push(&mut self, bytes: Bytes) -> Result<(), BlobError> {
        self.bytes += u64::try_from(bytes.len()).expect("a length in memory fits into 64 bits");
        if self.bytes > self.bytes_max {
            return Err(BlobError::TooLarge(self.bytes_max));
        }
        let room = BEGINNING_BYTES - self.beginning.len();
        self.beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.gathered_bytes += bytes.len();
        self.gathered.push(bytes);
        if self.gathered_bytes < PIECE_BYTES && self.gathered.len() < PARTS_MAX {
            return Ok(());
        }
        self.write().await
    }

    /// Ends the upload, when the bytes are durable.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if the file failed.
    ///
    /// # Panics
    ///
    /// Never: writing a file does not.
    pub async fn finish(mut self) -> Result<Received, BlobError> {
        self.write().await?;
        let (file, hash) =
            self.file.take().ok_or(io::ErrorKind::BrokenPipe).map_err(io::Error::from)?;
        let task = spawn_blocking(move || file.file.sync_data().map(|()| file));
        let file = task.await.expect("writing a file does not panic")?;
        let cid = Cid::from_digest(Codec::Raw, hash.finalize().into());
        Ok(Received { cid, size: self.bytes, beginning: self.beginning, file })
    }

    async fn write(&mut self) -> Result<(), BlobError> {
        let file = self.file.take().ok_or(io::ErrorKind::BrokenPipe).map_err(io::Error::from)?;
        let (mut file, mut hash) = file;
        let gathered = std::mem::take(&mut self.gathered);
        self.gathered_bytes = 0;
        let task = spawn_blocking(move || {
            for bytes in gathered {
                hash.update(&bytes);
                file.file.write_all(&bytes)?;
            }
            Ok::<_, io::Error>((file, hash))
        });
        self.file = Some(task.await.expect("writing a file does not panic")?);
        Ok(())
    }
}

impl Received {
    pub(super) fn move_to(&self, place: &Path) -> io::Result<()> {
        fs::rename(&self.file.path, place)
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Not there any more if it was moved to its place.
        let _ = fs::remove_file(&self.path);
    }
}
