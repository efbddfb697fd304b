//! What is left of an account: a bundle, or a CAR file with a folder of blobs.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crypto::PublicKey;
use identity::plc::log::AuditedLog;
use repo::archive::{ArchiveError, ArchiveReader};
use syntax::{Cid, Did, Handle};
use tempfile::NamedTempFile;
use thiserror::Error;

use crate::age;
use crate::bundle::{
    self, BlobFile, CheckError, Damage, Private, PrivateError, blob_hash, check, files,
};
use crate::reading::{TempArchive, spool};
use crate::report::{Blob, Blobs, Contents, ContentsError, Head, Loss};

const PIECE_BYTES: usize = 256 << 10;

/// Where an account is brought back from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The directory of a bundle.
    Bundle(PathBuf),
    /// A repository, as any host exports it.
    Car {
        /// The CAR file.
        file: PathBuf,
        /// A directory with blobs, in files that are called by their CIDs.
        blobs: Option<PathBuf>,
    },
}

/// What is left of an account, read and checked.
#[derive(Debug)]
pub struct Source {
    /// The CAR files, in the order in which they are to be imported.
    pub files: Vec<PathBuf>,
    /// The commit that they lead to.
    pub head: Head,
    /// What is in the repository.
    pub contents: Contents,
    /// The blobs that its records refer to and that are there, whole.
    pub blobs: BTreeMap<Cid, BlobFile>,
    /// Those that are not, and why.
    pub lost: BTreeMap<Cid, Loss>,
    /// The handle that the account had, if that is known.
    pub handle: Option<Handle>,
    /// What is nobody else's, if it is there and was opened.
    pub private: Option<Private>,
    /// A CAR file that was made here, which has to stay as long as it is needed.
    pub(super) made: Option<NamedTempFile>,
}

/// Says why there is nothing that an account could be brought back from.
#[derive(Debug, Error)]
pub enum SourceError {
    /// A file cannot be read.
    #[error("{}", .0.display())]
    File(PathBuf, #[source] io::Error),
    /// A bundle cannot be checked.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// A bundle is damaged where that cannot be passed over.
    #[error("bundle is damaged: {}", list(.0))]
    Damaged(Vec<Damage>),
    /// The private part of a bundle cannot be read.
    #[error("private part cannot be read")]
    Private(#[from] PrivateError),
    /// The repository is not whole.
    #[error("{}", .0.display())]
    Archive(PathBuf, #[source] ArchiveError),
    /// What is in the repository cannot be told.
    #[error(transparent)]
    Contents(#[from] ContentsError),
    /// It is another account's.
    #[error("repository is that of {0}")]
    OtherDid(Did),
    /// Nobody knows who signed it.
    #[error("repository is not signed by a key that the identity has or had")]
    Unsigned,
}

impl Source {
    /// Reads all of it, and checks it: files, tree, owner and signature.
    ///
    /// `log` is that of the identity, `keys` are others that may have signed. With `opens`, the
    /// private part of a bundle is read, too.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if it is damaged, or not the account's. That blobs are missing is no error.
    pub fn read(
        place: &Place,
        did: &Did,
        log: Option<&AuditedLog>,
        keys: &[PublicKey],
        opens: &[age::Identity],
    ) -> Result<Self, SourceError> {
        let found = match place {
            Place::Bundle(directory) => Found::bundle(directory, opens)?,
            Place::Car { file, blobs } => {
                Found { repo: vec![file.clone()], folder: blobs.clone(), ..Found::default() }
            }
        };
        let mut archive = archive(&found.repo)?;
        if archive.commit().did() != did {
            return Err(SourceError::OtherDid(archive.commit().did().clone()));
        }
        let head = Head::of(*archive.root(), archive.commit(), log, keys);
        // An identity without a log does not tell which keys it had.
        if head.signed_by.is_none() && log.is_some() {
            return Err(SourceError::Unsigned);
        }
        let contents = Contents::of(&mut archive)?;
        let mut source = Self {
            files: found.repo.clone(),
            head,
            contents,
            blobs: BTreeMap::new(),
            lost: BTreeMap::new(),
            handle: found.handle.clone(),
            private: found.private.clone(),
            made: None,
        };
        source.find_blobs(&found)?;
        Ok(source)
    }

    /// Describes the blobs that there are.
    pub fn describe_blobs(&self) -> Blobs {
        let blob = |blob: &BlobFile| Blob {
            cid: blob.cid,
            size: blob.size,
            mime_type: blob.mime_type.clone(),
            is_rehashed: true,
        };
        Blobs::of(self.blobs.values().map(blob), &self.contents.references, &self.lost)
    }

    /// Looks for the blobs of all records, and hashes them.
    fn find_blobs(&mut self, found: &Found) -> Result<(), SourceError> {
        for (cid, _, mime_type) in self.contents.references.iter() {
            let file = match (found.blobs.get(cid), &found.folder) {
                (Some(file), _) => file.clone(),
                (None, Some(folder)) => BlobFile {
                    cid: *cid,
                    size: 0,
                    mime_type: mime_type.to_owned(),
                    path: folder.join(cid.to_string()),
                },
                (None, None) => {
                    self.lost.insert(*cid, Loss::NotFound);
                    continue;
                }
            };
            match hashed(&file.path) {
                Ok((size, sha256)) if sha256 == *cid.digest() => {
                    self.blobs.insert(*cid, BlobFile { size, ..file });
                }
                Ok(_) => drop(self.lost.insert(*cid, Loss::Damaged)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    self.lost.insert(*cid, Loss::NotFound);
                }
                Err(error) => return Err(SourceError::File(file.path, error)),
            }
        }
        Ok(())
    }
}

/// Where things are, before they are looked at.
#[derive(Default)]
struct Found {
    repo: Vec<PathBuf>,
    blobs: BTreeMap<Cid, BlobFile>,
    folder: Option<PathBuf>,
    handle: Option<Handle>,
    private: Option<Private>,
}

impl Found {
    fn bundle(directory: &Path, opens: &[age::Identity]) -> Result<Self, SourceError> {
        let report = check(directory, None, spool())?;
        // A blob that is damaged is one that is missing, and takes the owner's consent.
        let is_blob = |damage: &Damage| damage.part.starts_with("blobs/");
        let damage: Vec<Damage> = report.damage.into_iter().filter(|one| !is_blob(one)).collect();
        let Some(manifest) = report.manifest.filter(|_| damage.is_empty()) else {
            return Err(SourceError::Damaged(damage));
        };
        let parts = files(directory, &manifest);
        let parts = parts.map_err(|error| SourceError::File(directory.to_owned(), error))?;
        let private = match opens {
            [] => None,
            keys => Some(bundle::open_private(directory, &manifest, keys)?),
        };
        Ok(Self {
            repo: parts.repo,
            blobs: parts.blobs.into_iter().map(|blob| (blob.cid, blob)).collect(),
            folder: None,
            handle: manifest.handle,
            private,
        })
    }
}

/// Puts the files of a repository together.
fn archive(files: &[PathBuf]) -> Result<TempArchive, SourceError> {
    let mut reader = ArchiveReader::new(spool());
    for (index, path) in files.iter().enumerate() {
        let of_archive = |error| SourceError::Archive(path.clone(), error);
        each_piece(path, |piece| reader.push(piece).map_err(of_archive))?;
        if index + 1 < files.len() {
            reader.next_file().map_err(of_archive)?;
        }
    }
    let last = files.last().cloned().unwrap_or_default();
    reader.finish().map_err(|error| SourceError::Archive(last, error))
}

/// Reads a file, piece by piece.
pub(super) fn each_piece(
    path: &Path,
    mut found: impl FnMut(&[u8]) -> Result<(), SourceError>,
) -> Result<(), SourceError> {
    let failed = |error| SourceError::File(path.to_owned(), error);
    let mut file = File::open(path).map_err(failed)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let count = file.read(&mut piece).map_err(failed)?;
        if count == 0 {
            return Ok(());
        }
        found(&piece[..count])?;
    }
}

fn hashed(path: &Path) -> io::Result<(u64, [u8; 32])> {
    blob_hash(&mut File::open(path)?, |_| Ok(()))
}

fn list(damage: &[Damage]) -> String {
    let lines: Vec<String> =
        damage.iter().map(|damage| format!("{}: {}", damage.part, damage.what)).collect();
    lines.join("; ")
}
