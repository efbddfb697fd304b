//! Where the parts of a bundle are, for those who put an account back from it.

use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use syntax::Cid;
use thiserror::Error;

use super::blobs;
use super::folder::Folder;
use super::manifest::{Manifest, ManifestError, Signed};
use super::private::Private;
use super::{MANIFEST, MANIFEST_BYTES_MAX};
use crate::age::{self, Identity, OpenError};

/// The most bytes that a private part is read with.
const PRIVATE_BYTES_MAX: u64 = 64 << 20;
/// The version of the private part that is read.
const PRIVATE_VERSION: u32 = 1;

/// The files of a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// A whole repository, then what came after it, in order.
    pub repo: Vec<PathBuf>,
    /// The blobs, by CID.
    pub blobs: Vec<BlobFile>,
}

/// A blob that is a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobFile {
    /// Its CID.
    pub cid: Cid,
    /// How many bytes it has.
    pub size: u64,
    /// Its MIME type.
    pub mime_type: String,
    /// Where it is.
    pub path: PathBuf,
}

/// Says why a private part cannot be read.
#[derive(Debug, Error)]
pub enum PrivateError {
    /// The bundle has none.
    #[error("bundle has no private part")]
    None,
    /// The file cannot be read.
    #[error("file cannot be read")]
    File(#[from] io::Error),
    /// It cannot be decrypted.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It is not of the form that it should have.
    #[error("private part is malformed, or of another version")]
    Form,
}

/// Reads the manifest of a bundle, to know whose it is. Neither its signature nor any part is checked.
///
/// # Errors
///
/// An error of the file, or with a [`ManifestError`] in it.
pub fn read_manifest(directory: &Path) -> io::Result<Manifest> {
    let file = Folder::open(directory)?.read_all(MANIFEST, MANIFEST_BYTES_MAX)?;
    let signed = Signed::decode(&file.ok_or(io::ErrorKind::NotFound)?);
    let of_form = |error: ManifestError| io::Error::new(io::ErrorKind::InvalidData, error);
    Ok(signed.map_err(of_form)?.manifest)
}

/// Returns where the files of a bundle are. That they are what the manifest says,
/// [`check()`](super::check()) tells.
///
/// # Errors
///
/// An error of the list of blobs, which is not there or not a list.
pub fn files(directory: &Path, manifest: &Manifest) -> io::Result<Files> {
    let repo = manifest.repo.iter().map(|link| directory.join(&link.part.file)).collect();
    let folder = Folder::open(directory)?;
    let list = folder.read(&manifest.blobs.part.file)?.ok_or(io::ErrorKind::NotFound)?;
    let mut found = Vec::new();
    blobs::read_list(BufReader::new(list), |line| {
        let listed = line.map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?;
        let path = directory.join(blobs::name(&listed.cid));
        let (cid, size) = (listed.cid, listed.size);
        found.push(BlobFile { cid, size, mime_type: listed.mime_type, path });
        Ok(())
    })?;
    Ok(Files { repo, blobs: found })
}

/// Reads the part of a bundle that is nobody else's.
///
/// # Errors
///
/// [`PrivateError`] if there is none, or none of the keys opens it.
pub fn open_private(
    directory: &Path,
    manifest: &Manifest,
    keys: &[Identity],
) -> Result<Private, PrivateError> {
    let part = &manifest.private.as_ref().ok_or(PrivateError::None)?.part;
    let file = Folder::open(directory)?.read_all(&part.file, PRIVATE_BYTES_MAX)?;
    let content = age::decrypt(&file.ok_or(PrivateError::None)?, keys)?;
    let private: Private = serde_json::from_slice(&content).map_err(|_| PrivateError::Form)?;
    let is_ours = private.version == PRIVATE_VERSION && private.did == manifest.did;
    if is_ours { Ok(private) } else { Err(PrivateError::Form) }
}
