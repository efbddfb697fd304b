//! Commits: the signed objects that say what a repository is at a revision.
//!
//! Spec: <https://atproto.com/specs/repository#commit-objects>

use bytes::Bytes;
use crypto::{PrivateKey, PublicKey, VerifyError};
use syntax::{Cid, Codec, Did, DidError, Tid, TidError};
use thiserror::Error;

use crate::data::cbor::{
    self, DecodeError, DecodeErrorKind, Mode, Reader, put_bytes, put_cid, put_map, put_text,
    put_uint,
};
use crate::data::{Limits, Value};

/// The most bytes that the block of a commit is read with: a DID of 2 KiB and some hundreds more.
const COMMIT_BYTES_MAX: usize = 8192;

/// A commit of version 3, the present one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Whose repository it is.
    pub did: Did,
    /// The root of the tree.
    pub data: Cid,
    /// The revision, which is above all earlier ones.
    pub rev: Tid,
    /// The commit before, which old software named here; now always `None`.
    pub prev: Option<Cid>,
    /// The signature: 64 bytes, as [`crypto::Signature`] has them.
    pub sig: [u8; 64],
}

/// A commit of version 2, as of 2023. It is read and no longer made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitV2 {
    /// Whose repository it is.
    pub did: Did,
    /// The root of the tree.
    pub data: Cid,
    /// The revision, which the first of these commits did not have.
    pub rev: Option<Tid>,
    /// The commit before.
    pub prev: Option<Cid>,
    /// The signature.
    pub sig: [u8; 64],
    /// The bytes that are signed: which of the optional fields are there is not kept otherwise.
    signed: Vec<u8>,
}

/// Says why a block is not a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CommitError {
    /// The block is too large for any commit.
    #[error("commit is larger than {COMMIT_BYTES_MAX} bytes")]
    TooLarge,
    /// The block is not the canonical encoding of an object with a commit's fields.
    #[error("commit is not well encoded: {0}")]
    Encoding(#[from] DecodeError),
    /// The version is another.
    #[error("commit is of version {0}")]
    Version(u64),
    /// The DID is malformed.
    #[error("commit: {0}")]
    Did(#[from] DidError),
    /// The revision is malformed.
    #[error("commit revision: {0}")]
    Rev(#[from] TidError),
    /// The root of the tree is not a block of CBOR.
    #[error("commit's tree is not a block of CBOR")]
    Data,
    /// The signature does not have 64 bytes.
    #[error("commit signature does not have 64 bytes")]
    Signature,
}

impl Commit {
    /// Makes and signs a commit.
    pub fn sign(did: Did, data: Cid, rev: Tid, key: &PrivateKey) -> Self {
        let mut commit = Self { did, data, rev, prev: None, sig: [0; 64] };
        commit.sig = *key.sign(&commit.encode_unsigned()).as_bytes();
        commit
    }

    /// Checks the signature.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if it is not that of the key.
    pub fn verify(&self, key: &PublicKey) -> Result<(), VerifyError> {
        key.verify(&self.encode_unsigned(), &self.sig)
    }

    /// Encodes the commit as its block.
    pub fn encode(&self) -> Bytes {
        self.encode_fields(Some(&self.sig)).into()
    }

    /// Decodes a block.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the block is not a commit of version 3 in canonical form, with each field
    /// there and no other. The signature is not checked.
    pub fn decode(block: &[u8]) -> Result<Self, CommitError> {
        if block.len() > COMMIT_BYTES_MAX {
            return Err(CommitError::TooLarge);
        }
        let version = version(block)?;
        if version != 3 {
            return Err(CommitError::Version(version));
        }
        let mut reader = Reader::new(block, Mode::Strict);
        reader.map(6)?;
        reader.expect_key("did")?;
        let did = Did::parse(reader.text()?)?;
        reader.expect_key("rev")?;
        let rev = Tid::parse(reader.text()?)?;
        reader.expect_key("sig")?;
        let sig = reader.byte_string()?.try_into().map_err(|_| CommitError::Signature)?;
        reader.expect_key("data")?;
        let data = reader.cid()?;
        reader.expect_key("prev")?;
        let prev = reader.cid()?;
        reader.expect_key("version")?;
        reader.uint()?;
        reader.end()?;
        let data = data.filter(|data| data.codec() == Codec::DagCbor).ok_or(CommitError::Data)?;
        Ok(Self { did, data, rev, prev, sig })
    }

    fn encode_unsigned(&self) -> Vec<u8> {
        self.encode_fields(None)
    }

    fn encode_fields(&self, sig: Option<&[u8; 64]>) -> Vec<u8> {
        let mut out = Vec::with_capacity(300);
        put_map(&mut out, if sig.is_some() { 6 } else { 5 });
        put_text(&mut out, "did");
        put_text(&mut out, self.did.as_str());
        put_text(&mut out, "rev");
        put_text(&mut out, &self.rev.to_string());
        if let Some(sig) = sig {
            put_text(&mut out, "sig");
            put_bytes(&mut out, sig);
        }
        put_text(&mut out, "data");
        put_cid(&mut out, Some(&self.data));
        put_text(&mut out, "prev");
        put_cid(&mut out, self.prev.as_ref());
        put_text(&mut out, "version");
        put_uint(&mut out, 3);
        out
    }
}

impl CommitV2 {
    /// Decodes a block.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the block is not a commit of version 2. The signature is not checked.
    pub fn decode(block: &[u8]) -> Result<Self, CommitError> {
        if block.len() > COMMIT_BYTES_MAX {
            return Err(CommitError::TooLarge);
        }
        let version = version(block)?;
        if version != 2 {
            return Err(CommitError::Version(version));
        }
        let unexpected = CommitError::Encoding(DecodeErrorKind::Unexpected.at(0));
        let Value::Map(mut fields) = cbor::decode(block, &Limits::RECORD)? else {
            return Err(unexpected);
        };
        let Some(Value::Bytes(sig)) = fields.remove("sig") else { return Err(unexpected) };
        let sig = sig.try_into().map_err(|_| CommitError::Signature)?;
        let signed = cbor::encode(&Value::Map(fields.clone())).map_err(|_| unexpected)?;
        let link = |value| match value {
            Some(Value::Link(link)) => link.cid().map(Some).ok_or(unexpected),
            Some(Value::Null) | None => Ok(None),
            Some(_) => Err(unexpected),
        };
        let Some(Value::String(did)) = fields.remove("did") else { return Err(unexpected) };
        let rev = match fields.remove("rev") {
            Some(Value::String(rev)) => Some(Tid::parse(&rev)?),
            Some(Value::Null) | None => None,
            Some(_) => return Err(unexpected),
        };
        let data = link(fields.remove("data"))?.ok_or(CommitError::Data)?;
        let prev = link(fields.remove("prev"))?;
        Ok(Self { did: Did::parse(&did)?, data, rev, prev, sig, signed })
    }

    /// Checks the signature, whose s may be high: nobody minded at the time.
    ///
    /// # Errors
    ///
    /// [`VerifyError`] if it is not that of the key.
    pub fn verify(&self, key: &PublicKey) -> Result<(), VerifyError> {
        key.verify_of_2023(&self.signed, &self.sig)
    }
}

/// Reads the version that a block claims, so that another than the expected can be named.
fn version(block: &[u8]) -> Result<u64, CommitError> {
    let unexpected = DecodeErrorKind::Unexpected.at(0);
    match cbor::decode(block, &Limits::RECORD)? {
        Value::Map(fields) => match fields.get("version") {
            Some(Value::Integer(version)) => Ok(u64::try_from(*version).map_err(|_| unexpected)?),
            _ => Err(unexpected.into()),
        },
        _ => Err(unexpected.into()),
    }
}

#[cfg(test)]
mod tests {
    use crypto::Curve;

    use super::*;

    fn commit(key: &PrivateKey) -> Commit {
        let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap();
        Commit::sign(did, Cid::of_cbor(b"tree"), Tid::new(1_700_000_000_000_000, 3), key)
    }

    #[test]
    fn a_commit_comes_back_and_verifies() {
        for curve in [Curve::Secp256k1, Curve::P256] {
            let key = PrivateKey::generate(curve);
            let commit = commit(&key);
            let block = commit.encode();
            cbor::check(&block, &Limits::RECORD).unwrap();
            let read = Commit::decode(&block).unwrap();
            assert_eq!(read, commit);
            assert_eq!(read.verify(&key.public_key()), Ok(()));
            let other = Commit { rev: Tid::new(1, 1), ..read };
            assert_eq!(other.verify(&key.public_key()), Err(VerifyError::Mismatch));
        }
    }

    #[test]
    fn each_field_must_be_there_and_no_other() {
        let block = commit(&PrivateKey::generate(Curve::Secp256k1)).encode();
        let Value::Map(fields) = cbor::decode(&block, &Limits::RECORD).unwrap() else {
            unreachable!("a commit is a map")
        };
        let decode = |fields| Commit::decode(&cbor::encode(&Value::Map(fields)).unwrap());
        for field in fields.keys() {
            let mut fields = fields.clone();
            fields.remove(field);
            assert!(decode(fields).is_err(), "without {field}");
        }
        let with = |field: &str, value| {
            let mut fields = fields.clone();
            fields.insert(field, value);
            decode(fields).unwrap_err()
        };
        assert!(matches!(with("more", Value::Null), CommitError::Encoding(_)));
        assert_eq!(with("version", Value::Integer(2)), CommitError::Version(2));
        assert_eq!(with("sig", Value::Bytes(vec![0; 63])), CommitError::Signature);
        let blob = Value::from(Cid::of_raw(b""));
        assert_eq!(with("data", blob), CommitError::Data);
        assert_eq!(with("data", Value::Null), CommitError::Data);
        assert!(matches!(with("did", Value::String("x".into())), CommitError::Did(_)));
        assert!(matches!(with("rev", Value::String("x".into())), CommitError::Rev(_)));
        assert_eq!(Commit::decode(&vec![0; 9000]), Err(CommitError::TooLarge));
    }
}
