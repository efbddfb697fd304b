//! The manifest: what a bundle has, with the hash of each part, signed by the account's key.

use crypto::{PrivateKey, PublicKey, VerifyError};
use identity::Origin;
use serde::{Deserialize, Serialize};
use syntax::{Cid, Datetime, Did, Handle, Tid};
use thiserror::Error;

use crate::signed;

/// The version that is written, and the only one that is read.
pub(super) const VERSION: u32 = 1;

/// What a bundle has.
///
/// The signature is over the bytes of the file with its field left out: from the first byte to the
/// comma before that field, which does not count, then a line break, a brace and a line break.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Manifest {
    /// The version of the form: 1.
    pub version: u32,
    /// How many times the bundle was written to.
    pub number: u64,
    /// Whose account it is.
    pub did: Did,
    /// The account's handle.
    pub handle: Option<Handle>,
    /// The server that it was on.
    pub host: Origin,
    /// When the bundle was last written to.
    pub created: Datetime,
    /// The key that signs this, which is the account's own.
    pub signing_key: PublicKey,
    /// The revision of the first of the files of `repo`.
    pub base: Tid,
    /// The revision of the last.
    pub rev: Tid,
    /// The commit of the last.
    pub commit: Cid,
    /// The root of the tree that the files of `repo` are together.
    pub data: Cid,
    /// A whole repository, then what came after it, each from where the one before ends.
    pub repo: Vec<Link>,
    /// The list of blobs, sorted, so that its hash stands for all of them.
    pub blobs: BlobList,
    /// Blobs that records refer to and that are not in the bundle.
    pub missing: Vec<Missing>,
    /// The log of the identity, as a directory of did:plc gives it for audit.
    pub plc_log: Option<Part>,
    /// Why there is no log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub without_plc_log: Option<WithoutLog>,
    /// What is nobody else's, encrypted. It is left out if nobody was named who may read it.
    pub private: Option<PrivatePart>,
}

/// A file of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its name in the bundle's directory.
    pub file: String,
    /// How many bytes it has.
    pub size: u64,
    /// Their SHA-256.
    #[serde(with = "hex")]
    pub sha256: [u8; 32],
}

/// A CAR file with a repository, or with what came after a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The file.
    #[serde(flatten)]
    pub part: Part,
    /// The revision that it goes on from.
    pub since: Option<Tid>,
    /// The revision that it leads to.
    pub rev: Tid,
    /// The commit of that revision.
    pub commit: Cid,
    /// The root of its tree.
    pub data: Cid,
}

/// The list of a bundle's blobs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobList {
    /// The file: lines of CID, size and MIME type, with tabs between.
    #[serde(flatten)]
    pub part: Part,
    /// How many blobs there are.
    pub count: u64,
    /// How many bytes they have.
    pub bytes: u64,
}

/// A blob that a record refers to and that is not in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The blob.
    pub cid: Cid,
    /// One of the records that refer to it, unless it was deleted meanwhile.
    pub path: Option<String>,
    /// What became of it.
    pub why: Why,
}

/// Why a blob is not in a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Why {
    /// The server never had it, or knows of none.
    NotUploaded,
    /// The server should have it, and its file is not there.
    FileGone,
    /// The server's file does not have the blob's hash.
    FileDamaged,
    /// The host took it down.
    TakenDown,
    /// The manifest does not say.
    Unknown,
}

/// Why a bundle has no log of its identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WithoutLog {
    /// The identity is not a did:plc.
    NotPlc,
    /// No directory had one to give.
    NoAnswer,
}

/// The part that is nobody else's: preferences, e-mail, names of app passwords.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrivatePart {
    /// The file, encrypted.
    #[serde(flatten)]
    pub part: Part,
    /// Who can read it.
    pub recipients: Vec<String>,
    /// Changes with the content and with the recipients, and tells nothing of either to those who do
    /// not have the account's private key.
    #[serde(with = "hex")]
    pub fingerprint: [u8; 32],
}

/// Says why bytes are not a manifest.
#[derive(Debug, Error)]
pub enum ManifestError {
    /// There is no signature at the end.
    #[error("it does not end with a signature")]
    NoSignature,
    /// The signature is not that of the key which the manifest names.
    #[error("its signature does not hold")]
    Signature,
    /// What is signed is not a manifest.
    #[error("it is malformed")]
    Form(#[from] serde_json::Error),
    /// The manifest is of another version.
    #[error("it is of version {0}, which is not known here")]
    Version(u32),
    /// What it says of its parts cannot be.
    #[error("it contradicts itself: {0}")]
    Contradiction(&'static str),
}

/// A manifest as it was read, with what was signed.
pub(super) struct Signed {
    pub(super) manifest: Manifest,
    signed: signed::Signed,
}

impl Manifest {
    /// Writes and signs the file.
    pub(super) fn sign(&self, key: &PrivateKey) -> Vec<u8> {
        signed::Signed::sign(self, key).encode()
    }

    /// Returns all files that are not blobs, but the manifest's own.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        let repo = self.repo.iter().map(|link| &link.part);
        let private = self.private.as_ref().map(|private| &private.part);
        repo.chain([&self.blobs.part]).chain(&self.plc_log).chain(private)
    }

    /// Checks that what is said of the parts goes together, whoever signed it.
    fn check(&self) -> Result<(), ManifestError> {
        let contradiction = |what| Err(ManifestError::Contradiction(what));
        if self.version != VERSION {
            return Err(ManifestError::Version(self.version));
        }
        if self.parts().any(|part| !is_name(&part.file)) {
            return contradiction("the name of a part is not one");
        }
        let (Some(first), Some(last)) = (self.repo.first(), self.repo.last()) else {
            return contradiction("there is no repository");
        };
        if first.since.is_some() || first.rev != self.base {
            return contradiction("the first part of the repository is not the base");
        }
        if self
            .repo
            .windows(2)
            .any(|two| two[1].since != Some(two[0].rev) || two[1].rev <= two[0].rev)
        {
            return contradiction("a part of the repository does not go on from the one before");
        }
        if (last.rev, last.commit, last.data) != (self.rev, self.commit, self.data) {
            return contradiction("the last part of the repository is of another revision");
        }
        Ok(())
    }
}

impl Signed {
    /// Reads a file. Whether the signature is the right one is another question.
    pub(super) fn decode(file: &[u8]) -> Result<Self, ManifestError> {
        let signed = signed::Signed::decode(file).ok_or(ManifestError::NoSignature)?;
        let manifest: Manifest = serde_json::from_slice(signed.bytes())?;
        manifest.check()?;
        Ok(Self { manifest, signed })
    }

    /// Checks the signature.
    pub(super) fn verify(&self, key: &PublicKey) -> Result<(), VerifyError> {
        self.signed.verify(key)
    }
}

/// Tells whether a name is one that parts have, so that none leads out of the directory.
fn is_name(name: &str) -> bool {
    let name = name.strip_prefix("diffs/").unwrap_or(name);
    let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(is_plain)
}

mod hex {
    //! Hashes as hexadecimal digits.

    use data_encoding::HEXLOWER;
    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(hash: &[u8; 32], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&HEXLOWER.encode(hash))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(from)?;
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(de::Error::custom)?;
        bytes.try_into().map_err(|_| de::Error::custom("hash does not have 32 bytes"))
    }
}
