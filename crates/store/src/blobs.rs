//! The bytes of blobs, as files: `blobs/<shard>/<DID>/<CID>`.
//!
//! Whether an account may have a blob, and whether anybody may see it, is in the database; files
//! are only reached through a row. An upload is written to `.incoming`, made durable, and moved to
//! its place under its CID. What is deleted is moved to `.quarantine` and goes from there later. What
//! the host took down is moved to `.takendown`, where it stays until it is put up again or deleted.

mod upload;

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use sha2::{Digest as _, Sha256};
use syntax::{Cid, Did};
use thiserror::Error;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::task::spawn_blocking;

pub use crate::blobs::upload::{Received, Upload};

/// The name of the folder in the data directory.
const FOLDER: &str = "blobs";
const INCOMING: &str = ".incoming";
const QUARANTINE: &str = ".quarantine";
const TAKEN_DOWN: &str = ".takendown";
/// How many locks there are for all blobs.
const LOCKS: usize = 64;

/// The folder of blobs.
pub struct Blobs {
    root: PathBuf,
    next: AtomicU64,
    /// Whoever moves a blob's file and changes its row holds the blob's lock meanwhile, so that
    /// uploading it again and removing it do not cross.
    locks: Vec<Arc<Mutex<()>>>,
}

/// Says why a blob could not be kept or had.
#[derive(Debug, Error)]
pub enum BlobError {
    /// The blob is larger than allowed.
    #[error("blob is larger than {0} bytes")]
    TooLarge(u64),
    /// A file failed.
    #[error("file of a blob failed")]
    File(#[from] io::Error),
}

/// A blob's lock, held until it is dropped.
#[derive(Debug)]
pub struct BlobLock(#[expect(dead_code, reason = "held, not used")] OwnedMutexGuard<()>);

impl Blobs {
    /// Opens the folder. What uploads that did not end left behind is removed.
    pub(crate) fn open(data: &Path) -> io::Result<Self> {
        let root = data.join(FOLDER);
        let incoming = root.join(INCOMING);
        if incoming.exists() {
            fs::remove_dir_all(&incoming)?;
        }
        fs::create_dir_all(&incoming)?;
        fs::create_dir_all(root.join(QUARANTINE))?;
        let locks = (0..LOCKS).map(|_| Arc::default()).collect();
        Ok(Self { root, next: AtomicU64::new(0), locks })
    }

    /// Returns where in a data directory the bytes of a blob are, for who reads without a server.
    pub fn file_in(data: &Path, did: &Did, cid: &Cid) -> PathBuf {
        file(&data.join(FOLDER), did, cid)
    }

    /// Waits for a blob's lock.
    pub async fn lock(&self, did: &Did, cid: &Cid) -> BlobLock {
        let mut hasher = DefaultHasher::new();
        (did, cid).hash(&mut hasher);
        let locks = u64::try_from(self.locks.len()).expect("there are few locks");
        let index = usize::try_from(hasher.finish() % locks).expect("there are few locks");
        BlobLock(Arc::clone(&self.locks[index]).lock_owned().await)
    }

    /// Begins an upload of at most so many bytes.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if no file can be made for it.
    pub async fn upload(&self, bytes_max: u64) -> Result<Upload, BlobError> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.root.join(INCOMING).join(number.to_string());
        Upload::begin(path, bytes_max).await
    }

    /// Moves what was received to its place, durably. The caller holds the blob's lock.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if the file cannot be moved.
    ///
    /// # Panics
    ///
    /// Never: moving a file does not.
    pub async fn keep(&self, did: &Did, received: Received) -> Result<(), BlobError> {
        let folder = folder(&self.root, did);
        let task = spawn_blocking(move || {
            let is_new = !folder.exists();
            fs::create_dir_all(&folder)?;
            received.move_to(&folder.join(received.cid.to_string()))?;
            File::open(&folder)?.sync_all()?;
            if let Some(parent) = folder.parent().filter(|_| is_new) {
                File::open(parent)?.sync_all()?;
            }
            Ok(())
        });
        task.await.expect("moving a file does not panic")
    }

    /// Opens a blob's file, and tells its size.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if it cannot be opened, other than that it is not there.
    ///
    /// # Panics
    ///
    /// Never: opening a file does not.
    pub async fn open_blob(&self, did: &Did, cid: &Cid) -> Result<Option<(File, u64)>, BlobError> {
        let path = file(&self.root, did, cid);
        let task = spawn_blocking(move || match File::open(path) {
            Ok(file) => {
                let size = file.metadata()?.len();
                Ok(Some((file, size)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        });
        task.await.expect("opening a file does not panic")
    }

    /// Moves a blob's file to where nothing is served from, if it is there. The caller holds the
    /// blob's lock.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if the file cannot be moved.
    pub async fn take_down(&self, did: &Did, cid: &Cid) -> Result<(), BlobError> {
        move_file(file(&self.root, did, cid), self.taken_down(did, cid)).await
    }

    /// Moves the file of a blob that was taken down back to its place, if it is there. The caller
    /// holds the blob's lock.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if the file cannot be moved.
    pub async fn put_up(&self, did: &Did, cid: &Cid) -> Result<(), BlobError> {
        move_file(self.taken_down(did, cid), file(&self.root, did, cid)).await
    }

    fn taken_down(&self, did: &Did, cid: &Cid) -> PathBuf {
        folder(&self.root.join(TAKEN_DOWN), did).join(cid.to_string())
    }

    /// Moves a blob's file to the quarantine, if it is there. The caller holds the blob's lock.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if the file cannot be moved.
    ///
    /// # Panics
    ///
    /// Never: moving a file does not.
    pub async fn remove(&self, did: &Did, cid: &Cid) -> Result<(), BlobError> {
        let paths = [file(&self.root, did, cid), self.taken_down(did, cid)];
        let folder = self.root.join(QUARANTINE).join(did.as_str());
        let name = cid.to_string();
        let task = spawn_blocking(move || {
            fs::create_dir_all(&folder)?;
            let place = folder.join(name);
            for path in paths {
                match fs::rename(&path, &place) {
                    // The time that it came here is what decides when it goes.
                    Ok(()) => File::options().append(true).open(&place)?.set_modified(now())?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(BlobError::from(error)),
                }
            }
            Ok(())
        });
        task.await.expect("moving a file does not panic")
    }

    /// Returns the blobs that an account has files of, whatever the database knows of them.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if the account's folder cannot be read.
    ///
    /// # Panics
    ///
    /// Never: reading a folder does not.
    pub async fn files_of(&self, did: &Did) -> Result<Vec<Cid>, BlobError> {
        let folders = [folder(&self.root, did), folder(&self.root.join(TAKEN_DOWN), did)];
        let task = spawn_blocking(move || {
            let mut found = Vec::new();
            for folder in folders {
                let names = match fs::read_dir(folder) {
                    Ok(files) => files.map(|file| file.map(|file| file.file_name())),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => return Err(error.into()),
                };
                let names: Vec<_> = names.collect::<io::Result<_>>()?;
                found.extend(names.iter().filter_map(|name| Cid::parse(name.to_str()?).ok()));
            }
            Ok(found)
        });
        task.await.expect("reading a folder does not panic")
    }

    /// Deletes what has been in the quarantine for so long, and returns how many files that were.
    ///
    /// # Errors
    ///
    /// [`BlobError`] if a file cannot be deleted.
    ///
    /// # Panics
    ///
    /// Never: deleting files does not.
    pub async fn empty_quarantine(&self, age_min: Duration) -> Result<usize, BlobError> {
        let root = self.root.join(QUARANTINE);
        let task = spawn_blocking(move || {
            let mut deleted = 0;
            for folder in fs::read_dir(root)? {
                let folder = folder?.path();
                for file in fs::read_dir(&folder)? {
                    let file = file?;
                    let age = now().duration_since(file.metadata()?.modified()?);
                    if age.is_ok_and(|age| age >= age_min) {
                        fs::remove_file(file.path())?;
                        deleted += 1;
                    }
                }
                // Fails while there is something in it, which is meant.
                let _ = fs::remove_dir(&folder);
            }
            Ok(deleted)
        });
        task.await.expect("deleting files does not panic")
    }
}

/// Moves a file, durably, if it is there.
async fn move_file(from: PathBuf, to: PathBuf) -> Result<(), BlobError> {
    let task = spawn_blocking(move || {
        let (Some(source), Some(target)) = (from.parent(), to.parent()) else { return Ok(()) };
        fs::create_dir_all(target)?;
        match fs::rename(&from, &to) {
            Ok(()) => {
                File::open(target)?.sync_all()?;
                Ok(File::open(source)?.sync_all()?)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error.into()),
        }
    });
    task.await.expect("moving a file does not panic")
}

fn file(root: &Path, did: &Did, cid: &Cid) -> PathBuf {
    folder(root, did).join(cid.to_string())
}

/// Returns an account's folder, in one of 256 so that no folder has too many.
fn folder(root: &Path, did: &Did) -> PathBuf {
    let shard = Sha256::digest(did.as_str())[0];
    root.join(format!("{shard:02x}")).join(did.as_str())
}

#[expect(clippy::disallowed_methods, reason = "the files' own times are the system's")]
fn now() -> SystemTime {
    SystemTime::now()
}
