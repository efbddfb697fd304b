//! Bundles: all that an account has, in a directory, in forms that outlive every server.
//!
//! ```text
//! manifest.json      what there is, with the hash of each part; signed by the account's key
//! repo.car           the repository, a standard CAR file
//! diffs/<rev>.car    what came after it, each from the revision where the one before ends
//! blobs/<cid>        the blobs, by what is in them
//! blobs.tsv          their CIDs, sizes and MIME types
//! plc-log.json       the log of the identity
//! private.age        preferences, e-mail and the like, encrypted to those who may read it
//! ```
//!
//! A part is never changed. One that takes the place of another has a number in its name
//! (`blobs.7.tsv`), and the manifest, which comes last, says which one counts. So a bundle is whole
//! at every moment, and a [`Backup`] that ends early leaves what was there before. The account's
//! private key is never in it: whoever holds a rotation key needs none.
//!
//! [`check()`] reads a bundle as a restore would, and writes nothing; [`files()`] says where the parts
//! are that a restore needs.

mod backup;
mod blobs;
mod check;
mod files;
mod folder;
mod manifest;
mod private;

pub use crate::bundle::backup::{Backed, Backup, BackupError, PlcLog};
pub use crate::bundle::blobs::hash as blob_hash;
pub use crate::bundle::check::{CheckError, Damage, Report, Trust, Verdict, check};
pub use crate::bundle::files::{BlobFile, Files, PrivateError, files, open_private, read_manifest};
pub use crate::bundle::folder::{Change, Faults};
pub use crate::bundle::manifest::{
    BlobList, Link, Manifest, ManifestError, Missing, Part, PrivatePart, Why, WithoutLog,
};
pub use crate::bundle::private::{AppPassword, Private};

/// The manifest's file.
const MANIFEST: &str = "manifest.json";
/// The most bytes that a manifest is read with: room for hundreds of thousands of missing blobs.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;
/// The most bytes that a log of an identity is read with: as many as a directory's answer may have.
const PLC_LOG_BYTES_MAX: u64 = 16 << 20;
/// The directory of what came after the base.
const DIFFS: &str = "diffs";
/// The directory of blobs.
const BLOBS: &str = "blobs";
