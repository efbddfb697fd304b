//! Reading what hosts have: patiently, several things at once, and believing nothing but bytes.

use std::fs::File;
use std::io;
use std::time::Duration;

use repo::archive::{Archive, ArchiveError, ArchiveReader};
use repo::car::Spool;
use sha2::{Digest as _, Sha256};
use syntax::Cid;
use thiserror::Error;
use tokio::task::JoinSet;

use crate::host::{Download, HostError};
use crate::report::{Blob, Loss};

/// How often something is tried that may succeed later.
const ATTEMPTS_MAX: u32 = 4;
/// The longest wait between two attempts.
const WAIT_MAX: Duration = Duration::from_secs(60);
/// How many blobs are on their way at once.
const AT_ONCE: usize = 4;
/// How many bytes of blocks stay in memory before they go to a temporary file.
const MEMORY_BYTES_MAX: usize = 32 << 20;

/// A spool that opens temporary files.
pub(crate) type TempSpool = Spool<File, fn() -> io::Result<File>>;
/// A repository whose blocks may be in a temporary file.
pub(crate) type TempArchive = Archive<File, fn() -> io::Result<File>>;

/// Says why a repository could not be read from a host.
#[derive(Debug, Error)]
pub(crate) enum DownloadError {
    /// The host does not give it.
    #[error(transparent)]
    Host(#[from] HostError),
    /// What it gives is not whole.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

pub(crate) fn spool() -> TempSpool {
    Spool::new(MEMORY_BYTES_MAX, tempfile::tempfile)
}

/// Reads a repository to its end.
pub(crate) async fn repository(mut download: Download) -> Result<TempArchive, DownloadError> {
    let mut reader = ArchiveReader::new(spool());
    while let Some(piece) = download.next().await? {
        reader.push(&piece)?;
    }
    Ok(reader.finish()?)
}

/// Reads a blob to its end and hashes it. That it is not what it should be is no error.
pub(crate) async fn blob(
    mut download: Download,
    cid: Cid,
) -> Result<Result<Blob, Loss>, HostError> {
    let (mut hash, mut size) = (Sha256::new(), 0);
    while let Some(piece) = download.next().await? {
        hash.update(&piece);
        size += u64::try_from(piece.len()).unwrap_or_default();
    }
    let sha256: [u8; 32] = hash.finalize().into();
    if sha256 != *cid.digest() {
        return Ok(Err(Loss::Damaged));
    }
    let mime_type = download.mime_type().unwrap_or_default().to_owned();
    Ok(Ok(Blob { cid, size, mime_type, is_rehashed: true }))
}

/// Works at several things at once, and hands what comes of each to `ended`.
pub(crate) async fn at_once<I, T, F, E>(
    items: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> F,
    mut ended: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E>
where
    T: Send + 'static,
    F: Future<Output = T> + Send + 'static,
{
    let (mut items, mut running) = (items.into_iter(), JoinSet::new());
    loop {
        while running.len() < AT_ONCE
            && let Some(item) = items.next()
        {
            running.spawn(work(item));
        }
        match running.join_next().await {
            None => return Ok(()),
            Some(Ok(done)) => ended(done)?,
            // Nobody cancels them, so that it is a panic, which is not for us to hide.
            Some(Err(error)) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
}

/// Asks again, after a while, what may succeed later.
pub(crate) async fn patiently<T, F: Future<Output = Result<T, HostError>>>(
    ask: impl Fn() -> F,
) -> Result<T, HostError> {
    let mut attempt = 1;
    loop {
        let error = match ask().await {
            Err(error) if error.is_passing() && attempt < ATTEMPTS_MAX => error,
            outcome => return outcome,
        };
        let usual = Duration::from_secs(1 << attempt);
        let wait = match error {
            HostError::Busy { retry_after: Some(time) } if time > WAIT_MAX => return Err(error),
            HostError::Busy { retry_after: Some(time) } => time,
            _ => usual,
        };
        tokio::time::sleep(wait).await;
        attempt += 1;
    }
}
