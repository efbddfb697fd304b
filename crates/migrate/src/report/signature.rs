//! Signing a report, in the way of a bundle's manifest, and checking that.

use crypto::{PrivateKey, PublicKey};
use data_encoding::BASE64URL_NOPAD;
use thiserror::Error;

use super::{Report, VERSION};

/// What stands between what is signed and the signature.
const SIGNATURE: &str = ",\n  \"signature\": \"";
/// What the file ends with after the signature, whose quote comes first.
const END: &str = "\n}\n";

/// A report with a signature, which may not have been checked.
///
/// The signature is over the bytes of the file with its field left out: from the first byte to the
/// comma before that field, which does not count, then a line break, a brace and a line break. It is
/// 64 bytes, ECDSA with low S over SHA-256, in base 64 for URLs without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedReport {
    report: Report,
    /// What is signed, byte for byte as it came.
    bytes: Vec<u8>,
    signature: Vec<u8>,
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
        if key.public_key() != self.signing_key {
            return Err(SignatureError::OtherKey(key.public_key()));
        }
        let text = serde_json::to_string_pretty(&self).expect("texts, numbers and lists are JSON");
        let bytes = format!("{text}\n").into_bytes();
        let signature = key.sign(&bytes).as_bytes().to_vec();
        Ok(SignedReport { report: self, bytes, signature })
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
        let text = str::from_utf8(file).map_err(|_| DecodeError::NoSignature)?;
        let (open, rest) = text.rsplit_once(SIGNATURE).ok_or(DecodeError::NoSignature)?;
        let signature = rest.strip_suffix(END).and_then(|rest| rest.strip_suffix('"'));
        let signature = signature.and_then(|text| BASE64URL_NOPAD.decode(text.as_bytes()).ok());
        let signature = signature.ok_or(DecodeError::NoSignature)?;
        let bytes = format!("{open}{END}").into_bytes();
        let report: Report = serde_json::from_slice(&bytes)?;
        if report.version != VERSION {
            return Err(DecodeError::Version(report.version));
        }
        Ok(Self { report, bytes, signature })
    }

    /// Writes the file.
    pub fn encode(&self) -> Vec<u8> {
        let end = self.bytes.len().saturating_sub(END.len());
        let signature = BASE64URL_NOPAD.encode(&self.signature);
        [&self.bytes[..end], SIGNATURE.as_bytes(), signature.as_bytes(), b"\"", END.as_bytes()]
            .concat()
    }

    /// Returns what it says, whoever signed it.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Checks the signature, by keys that are known to be the account's: that in force, or those
    /// that its log ever had. Returns the one that signed.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] if it does not hold, or is by a key that is not one of them.
    pub fn verify_signature(&self, keys: &[PublicKey]) -> Result<PublicKey, SignatureError> {
        let key = self.report.signing_key;
        key.verify(&self.bytes, &self.signature).map_err(|_| SignatureError::Wrong)?;
        if keys.contains(&key) { Ok(key) } else { Err(SignatureError::OtherKey(key)) }
    }
}
