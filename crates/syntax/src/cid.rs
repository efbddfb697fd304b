//! Content identifiers of the one form that repositories use.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use ::cid::multihash::Multihash;
use data_encoding::{Encoding, Specification};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::text::serde_as_text;

/// The length of a CID as bytes: version, codec, hash function, digest length, digest.
const CID_BYTES: usize = 36;
/// The length of a CID as text: the multibase prefix and 36 bytes in base 32.
const CID_TEXT_BYTES: usize = 59;
/// The multihash code of SHA-256.
const SHA2_256: u64 = 0x12;

/// Base 32 in lower case without padding, which multibase calls `b`.
static BASE32_LOWER: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().expect("32 distinct symbols make an encoding")
});

/// What the bytes are that a [`Cid`] names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Codec {
    /// Bytes without structure known to the protocol: a blob.
    Raw,
    /// A value in canonical DAG-CBOR: a record, a tree node or a commit.
    DagCbor,
}

/// A CID of version 1 with SHA-256, of DAG-CBOR or of raw bytes.
///
/// This is the form that commits, trees, blobs and blocks have to use, and no other. Links within
/// records may be of any form, and are kept as [`::cid::Cid`]. Orders like its bytes.
///
/// Spec: <https://atproto.com/specs/data-model#link-and-cid-formats>
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cid {
    codec: Codec,
    digest: [u8; 32],
}

/// Says why something is not a CID of the protocol's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CidError {
    /// The text or the bytes do not have the length of such a CID.
    #[error("CID does not have the length of one with version 1 and SHA-256")]
    Length,
    /// The text is not base 32 in lower case with the prefix `b`.
    #[error("CID is not base 32 in lower case")]
    Base,
    /// The version is not 1.
    #[error("CID version is not 1")]
    Version,
    /// The codec is neither DAG-CBOR nor raw.
    #[error("CID codec is neither DAG-CBOR nor raw")]
    Codec,
    /// The hash is not SHA-256.
    #[error("CID hash is not SHA-256")]
    Hash,
}

impl Codec {
    /// Returns the multicodec code.
    pub fn code(self) -> u8 {
        match self {
            Self::Raw => 0x55,
            Self::DagCbor => 0x71,
        }
    }
}

impl Cid {
    /// Returns the CID of a block of DAG-CBOR. That it is DAG-CBOR is not checked.
    pub fn of_cbor(block: &[u8]) -> Self {
        Self::from_digest(Codec::DagCbor, Sha256::digest(block).into())
    }

    /// Returns the CID of a blob.
    pub fn of_raw(blob: &[u8]) -> Self {
        Self::from_digest(Codec::Raw, Sha256::digest(blob).into())
    }

    /// Returns the CID with a SHA-256 digest made elsewhere.
    pub fn from_digest(codec: Codec, digest: [u8; 32]) -> Self {
        Self { codec, digest }
    }

    /// Parses a CID's text.
    ///
    /// # Errors
    ///
    /// [`CidError`] if the text is not a CID of the protocol's form in base 32.
    pub fn parse(text: &str) -> Result<Self, CidError> {
        if text.len() != CID_TEXT_BYTES {
            return Err(CidError::Length);
        }
        let text = text.strip_prefix('b').ok_or(CidError::Base)?;
        let mut bytes = [0; CID_BYTES];
        BASE32_LOWER.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| CidError::Base)?;
        Self::decode(&bytes)
    }

    /// Decodes a CID's bytes, which must be just the CID.
    ///
    /// # Errors
    ///
    /// [`CidError`] if the bytes are not a CID of the protocol's form.
    pub fn decode(bytes: &[u8]) -> Result<Self, CidError> {
        let bytes: &[u8; CID_BYTES] = bytes.try_into().map_err(|_| CidError::Length)?;
        let [version, codec, hash, length, digest @ ..] = bytes;
        let codec = match codec {
            0x55 => Codec::Raw,
            0x71 => Codec::DagCbor,
            _ => return Err(CidError::Codec),
        };
        match (version, hash, length) {
            (1, 0x12, 32) => Ok(Self { codec, digest: *digest }),
            (1, _, _) => Err(CidError::Hash),
            _ => Err(CidError::Version),
        }
    }

    /// Returns the CID's 36 bytes.
    pub fn to_bytes(self) -> [u8; CID_BYTES] {
        let mut bytes = [0; CID_BYTES];
        bytes[..4].copy_from_slice(&[1, self.codec.code(), 0x12, 32]);
        bytes[4..].copy_from_slice(&self.digest);
        bytes
    }

    /// Returns what the named bytes are.
    pub fn codec(&self) -> Codec {
        self.codec
    }

    /// Returns the SHA-256 digest of the named bytes.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Tells whether `bytes` are those that the CID names.
    pub fn is_of(&self, bytes: &[u8]) -> bool {
        self.digest[..] == Sha256::digest(bytes)[..]
    }
}

/// Tells whether a text has the form of a CID of any version but 0, hash, codec and base.
///
/// This is the lexicon format `cid`, which looks at the text alone.
///
/// Spec: <https://atproto.com/specs/lexicon#cid>
pub fn is_cid_text(text: &str) -> bool {
    (8..=256).contains(&text.len())
        && !text.starts_with("Qm")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'=')
}

impl FromStr for Cid {
    type Err = CidError;

    fn from_str(text: &str) -> Result<Self, CidError> {
        Self::parse(text)
    }
}

impl fmt::Display for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = [b'b'; CID_TEXT_BYTES];
        BASE32_LOWER.encode_mut(&self.to_bytes(), &mut text[1..]);
        f.write_str(std::str::from_utf8(&text).expect("base 32 is ASCII"))
    }
}

impl fmt::Debug for Cid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl From<Cid> for ::cid::Cid {
    fn from(cid: Cid) -> Self {
        let hash = Multihash::wrap(SHA2_256, &cid.digest).expect("32 bytes fit into 64");
        Self::new_v1(u64::from(cid.codec.code()), hash)
    }
}

impl TryFrom<&::cid::Cid> for Cid {
    type Error = CidError;

    fn try_from(cid: &::cid::Cid) -> Result<Self, CidError> {
        if cid.version() != ::cid::Version::V1 {
            return Err(CidError::Version);
        }
        let codec = match cid.codec() {
            0x55 => Codec::Raw,
            0x71 => Codec::DagCbor,
            _ => return Err(CidError::Codec),
        };
        let digest = cid.hash().digest().try_into().map_err(|_| CidError::Hash)?;
        if cid.hash().code() != SHA2_256 {
            return Err(CidError::Hash);
        }
        Ok(Self { codec, digest })
    }
}

serde_as_text!(Cid);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_fault_has_its_name() {
        let good = Cid::of_cbor(b"x").to_bytes();
        let with = |index: usize, byte: u8| {
            let mut bytes = good;
            bytes[index] = byte;
            Cid::decode(&bytes)
        };
        assert_eq!(with(0, 0), Err(CidError::Version));
        assert_eq!(with(1, 0x70), Err(CidError::Codec));
        assert_eq!(with(2, 0x13), Err(CidError::Hash));
        assert_eq!(with(3, 31), Err(CidError::Hash));
        assert_eq!(Cid::decode(&good[1..]), Err(CidError::Length));
        assert_eq!(Cid::parse("bafy"), Err(CidError::Length));
        assert_eq!(Cid::parse(&"z".repeat(59)), Err(CidError::Base));
        assert_eq!(Cid::parse(&Cid::of_raw(b"x").to_string().to_uppercase()), Err(CidError::Base));
    }

    #[test]
    fn unusual_links_have_no_form_here() {
        let v0: ::cid::Cid = "QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR".parse().unwrap();
        assert_eq!(Cid::try_from(&v0), Err(CidError::Version));
    }

    proptest! {
        #[test]
        fn every_form_comes_back(digest: [u8; 32], raw: bool, other: [u8; 32]) {
            let codec = if raw { Codec::Raw } else { Codec::DagCbor };
            let cid = Cid::from_digest(codec, digest);
            prop_assert_eq!(Cid::parse(&cid.to_string()).unwrap(), cid);
            prop_assert_eq!(Cid::decode(&cid.to_bytes()).unwrap(), cid);
            let general = ::cid::Cid::from(cid);
            prop_assert_eq!(general.to_string(), cid.to_string());
            prop_assert_eq!(Cid::try_from(&general).unwrap(), cid);
            let other = Cid::from_digest(Codec::DagCbor, other);
            prop_assert_eq!(cid.cmp(&other), cid.to_bytes().cmp(&other.to_bytes()));
        }
    }
}
