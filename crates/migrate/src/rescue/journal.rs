//! What is written down before an identity is changed: the one operation, as it will be sent.
//!
//! An operation that was sent and whose answer was lost is found again by its name. So that there is
//! never a second one, it is on disk before it goes anywhere.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use identity::Origin;
use identity::plc::Operation;
use serde::{Deserialize, Serialize};
use syntax::{Cid, Datetime, Did};
use thiserror::Error;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// What the file of an operation is called in the end that another one came before.
const OVERTAKEN: &str = "overtaken";

/// What is written down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Entry {
    /// The version of the form: 1.
    pub version: u32,
    /// Whose identity it is.
    pub did: Did,
    /// The host that the account goes to.
    pub host: Origin,
    /// When it was written.
    pub written: Datetime,
    /// The operation's name.
    pub cid: Cid,
    /// The operation.
    pub operation: Operation,
}

/// The file that it is written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journal {
    path: PathBuf,
}

/// Says why the journal cannot be used.
#[derive(Debug, Error)]
pub enum JournalError {
    /// The file cannot be read or written.
    #[error("journal {}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// It is not a journal, or of another account.
    #[error("{} is not the journal of this rescue", .0.display())]
    Other(PathBuf),
}

impl Journal {
    /// Names the file, which need not be there.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Returns what was written down, if anything was.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it cannot be read, or is of another account or another host.
    pub fn read(&self, did: &Did, host: &Origin) -> Result<Option<Entry>, JournalError> {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(JournalError::File(self.path.clone(), error)),
        };
        let other = || JournalError::Other(self.path.clone());
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|_| other())?;
        let is_same = entry.version == VERSION
            && (&entry.did, &entry.host) == (did, host)
            && entry.cid == entry.operation.cid();
        if is_same { Ok(Some(entry)) } else { Err(other()) }
    }

    /// Writes an operation down. It is on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it cannot be written.
    pub fn write(
        &self,
        did: &Did,
        host: &Origin,
        written: Datetime,
        operation: Operation,
    ) -> Result<Entry, JournalError> {
        let (did, host, cid) = (did.clone(), host.clone(), operation.cid());
        let entry = Entry { version: VERSION, did, host, written, cid, operation };
        let bytes = serde_json::to_vec_pretty(&entry).expect("texts and lists are JSON");
        self.put(&bytes).map_err(|error| JournalError::File(self.path.clone(), error))?;
        Ok(entry)
    }

    /// Puts the file of an operation aside that the directory will never take, as another came first.
    ///
    /// # Errors
    ///
    /// [`JournalError`] if it cannot be renamed.
    pub fn set_aside(&self) -> Result<(), JournalError> {
        let to = self.path.with_extension(OVERTAKEN);
        fs::rename(&self.path, to).map_err(|error| JournalError::File(self.path.clone(), error))
    }

    fn put(&self, bytes: &[u8]) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let draft = self.path.with_extension("part");
        let mut file = File::create(&draft)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&draft, &self.path)?;
        File::open(folder)?.sync_all()
    }
}
