//! Signing a report, in the way of a bundle's manifest, and checking that.

use crypto::{PrivateKey, PublicKey};
use thiserror::Error;

use super::{Report, VERSION};
use crate::signed::Signed;

/// A report with a signature, which may not have been checked.
///
/// The signature is over the bytes of the file with its field left out: from the first byte to the
/// comma before that field, which does not count, then a line break, a brace and a line break. It is
/// 64 bytes, ECDSA with low S over SHA-256, in base 64 for URLs without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReport {
    report: Report,
    signed: Signed,
}

/// Says why bytes are not a report.
#[derive(Debug, Error)]
pub enum DecodeError {
    /// There is no signature at the end.
    #[error("report does not end with a signature")]
    NoSignature,
    /// What is signed is not a report.
    #[error("report is malformed")]
    Form(#[from] serde_json::Error),
    /// The report is of another version.
    #[error("report is of version {0}, which is not known here")]
    Version(u32),
    /// Nobody should trust it.
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// Says why a signature is worth nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The signature is not that of the key which the report names.
    #[error("signature does not hold")]
    Wrong,
    /// The signature is by a key that is not one of those that were given.
    #[error("signature is by {0}, which is another key")]
    OtherKey(PublicKey),
}

impl Report {
    /// Signs the report. The key has to be the one that the report names.
    ///
    /// # Errors
    ///
    /// [`SignatureError::OtherKey`] if it is another.
    pub fn sign(self, key: &PrivateKey) -> Result<SignedReport, SignatureError> {
        if key.public_key() != self.signer() {
            return Err(SignatureError::OtherKey(key.public_key()));
        }
        let signed = Signed::sign(&self, key);
        Ok(SignedReport { report: self, signed })
    }

    /// Returns the key that signs it.
    pub fn signer(&self) -> PublicKey {
        self.owner_key.unwrap_or(self.signing_key)
    }

    /// Reads a file and checks its signature: see [`SignedReport::verify_signature`].
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is not a report, or nobody should trust it.
    pub fn verify_signature(file: &[u8], keys: &[PublicKey]) -> Result<Self, DecodeError> {
        let signed = SignedReport::decode(file)?;
        signed.verify_signature(keys)?;
        Ok(signed.report)
    }
}

impl SignedReport {
    /// Reads a file. Whether the signature is the right one is another question.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is not a report.
    pub fn decode(file: &[u8]) -> Result<Self, DecodeError> {
        let signed = Signed::decode(file).ok_or(DecodeError::NoSignature)?;
        let report: Report = serde_json::from_slice(signed.bytes())?;
        if report.version != VERSION {
            return Err(DecodeError::Version(report.version));
        }
        Ok(Self { report, signed })
    }

    /// Writes the file.
    pub fn encode(&self) -> Vec<u8> {
        self.signed.encode()
    }

    /// Returns what it says, whoever signed it.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Checks the signature, by keys that are known to be the account's or its owner's: those in
    /// force, or those that its log ever had. Returns the one that signed.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] if it does not hold, or is by a key that is not one of them.
    pub fn verify_signature(&self, keys: &[PublicKey]) -> Result<PublicKey, SignatureError> {
        let key = self.report.signer();
        self.signed.verify(&key).map_err(|_| SignatureError::Wrong)?;
        if keys.contains(&key) { Ok(key) } else { Err(SignatureError::OtherKey(key)) }
    }
}
