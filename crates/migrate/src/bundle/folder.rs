//! The directory that a bundle is in.
//!
//! All that is asked of it is here: to read a file, to make one that is there whole or not at all, to
//! list and to remove. Any other place for bundles, such as a bucket, has to do no more.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::manifest::Part;

/// What files are called until they are whole.
const DRAFT: &str = ".part";
/// How many bytes are read or written at once.
pub(super) const PIECE_BYTES: usize = 256 << 10;

/// A bundle's directory.
pub(super) struct Folder {
    root: PathBuf,
    faults: Faults,
    /// Held as long as a backup runs: two at a time would remove each other's files.
    _lock: Option<File>,
}

/// A file that is being written.
pub(super) struct Draft<'a> {
    folder: &'a Folder,
    name: String,
    path: PathBuf,
    file: File,
    hash: Sha256,
    size: u64,
}

/// What is done before each change of a directory: nothing, but in tests.
#[derive(Clone, Default)]
pub struct Faults(Option<Arc<Inject>>);

type Inject = dyn Fn(Change, &Path) -> io::Result<()> + Send + Sync;

/// A change of a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A file is made that is not whole yet.
    Create,
    /// Something is written to it.
    Write,
    /// It is made durable.
    Sync,
    /// It gets its name.
    Rename,
    /// The names in a directory are made durable.
    SyncFolder,
    /// A file is removed.
    Remove,
}

impl Folder {
    /// Opens a directory to write to it; it is made if it is not there.
    pub(super) fn create(root: &Path, faults: Faults) -> io::Result<Self> {
        let is_new = !root.exists();
        fs::create_dir_all(root)?;
        if let Some(parent) = root.parent().filter(|_| is_new) {
            let parent = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
            File::open(parent)?.sync_all()?;
        }
        let lock = File::open(root)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::Error(error) => error,
            TryLockError::WouldBlock => {
                io::Error::new(io::ErrorKind::ResourceBusy, "another backup writes to it")
            }
        })?;
        Ok(Self { root: root.to_owned(), faults, _lock: Some(lock) })
    }

    /// Opens a directory to read it. Nothing is ever written then.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        fs::read_dir(root)?;
        Ok(Self { root: root.to_owned(), faults: Faults::default(), _lock: None })
    }

    /// Opens a file.
    pub(super) fn read(&self, name: &str) -> io::Result<Option<impl Read + use<>>> {
        match File::open(self.root.join(name)) {
            Ok(file) => Ok(Some(BufReader::with_capacity(PIECE_BYTES, file))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads a small file; one with more bytes than that is cut.
    pub(super) fn read_all(&self, name: &str, bytes_max: u64) -> io::Result<Option<Vec<u8>>> {
        let Some(file) = self.read(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(bytes_max).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// Returns how many bytes a file has.
    pub(super) fn size(&self, name: &str) -> io::Result<Option<u64>> {
        match fs::metadata(self.root.join(name)) {
            Ok(metadata) => Ok(Some(metadata.len()).filter(|_| metadata.is_file())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Begins a file, which gets its name when it is whole.
    pub(super) fn draft(&self, name: &str) -> io::Result<Draft<'_>> {
        let path = self.root.join(format!("{name}{DRAFT}"));
        self.before(Change::Create, &path)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        let file = OpenOptions::new().write(true).create(true).truncate(true).open(&path)?;
        Ok(Draft { folder: self, name: name.to_owned(), path, file, hash: Sha256::new(), size: 0 })
    }

    /// Writes a small file.
    pub(super) fn write(&self, name: &str, bytes: &[u8]) -> io::Result<Part> {
        let mut draft = self.draft(name)?;
        draft.write_all(bytes)?;
        draft.finish()
    }

    /// Makes the names in a directory durable, if it is there: `""` is the bundle's own.
    pub(super) fn sync(&self, folder: &str) -> io::Result<()> {
        let path = self.root.join(folder);
        match File::open(&path) {
            Ok(file) => {
                self.before(Change::SyncFolder, &path)?;
                file.sync_all()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Returns the names of the files in a directory, which need not be there.
    pub(super) fn list(&self, folder: &str) -> io::Result<Vec<String>> {
        let files = match fs::read_dir(self.root.join(folder)) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for file in files {
            let file = file?;
            if file.file_type()?.is_file() {
                // Of ours all have a name that is text.
                names.extend(file.file_name().into_string());
            }
        }
        names.sort_unstable();
        Ok(names)
    }

    /// Removes a file.
    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        let path = self.root.join(name);
        self.before(Change::Remove, &path)?;
        fs::remove_file(path)
    }

    /// Tells whether a file is one that was not finished.
    pub(super) fn is_draft(name: &str) -> bool {
        name.ends_with(DRAFT)
    }

    fn before(&self, change: Change, path: &Path) -> io::Result<()> {
        self.faults.0.as_ref().map_or(Ok(()), |inject| inject(change, path))
    }
}

impl Draft<'_> {
    /// Makes the file durable and gives it its name. The name is durable when its directory is.
    pub(super) fn finish(self) -> io::Result<Part> {
        self.folder.before(Change::Sync, &self.path)?;
        self.file.sync_all()?;
        self.folder.before(Change::Rename, &self.path)?;
        fs::rename(&self.path, self.folder.root.join(&self.name))?;
        Ok(Part { file: self.name, size: self.size, sha256: self.hash.finalize().into() })
    }

    /// Returns the hash of what was written so far.
    pub(super) fn sha256(&self) -> [u8; 32] {
        self.hash.clone().finalize().into()
    }

    /// Removes the file.
    pub(super) fn discard(self) -> io::Result<()> {
        self.folder.before(Change::Remove, &self.path)?;
        fs::remove_file(&self.path)
    }
}

impl Write for Draft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.folder.before(Change::Write, &self.path)?;
        let count = self.file.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.size += u64::try_from(count).expect("a length in memory fits into 64 bits");
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Faults {
    /// Calls a function before each change, which may fail.
    pub fn new(inject: impl Fn(Change, &Path) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(inject)))
    }
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}
