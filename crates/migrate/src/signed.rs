//! A signature as the last field of a file in JSON.
//!
//! It is over the bytes of the file with its field left out: from the first byte to the comma before
//! that field, which does not count, then a line break, a brace and a line break. Nobody has to write
//! JSON in the same way twice.

use crypto::{PrivateKey, PublicKey, VerifyError};
use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;

/// What stands between what is signed and the signature.
const SIGNATURE: &str = ",\n  \"signature\": \"";
/// What the file ends with after the signature, whose quote comes first.
const END: &str = "\n}\n";

/// What is signed, byte for byte, and a signature that may not have been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signed {
    bytes: Vec<u8>,
    signature: Vec<u8>,
}

impl Signed {
    /// Signs an object.
    pub(crate) fn sign(object: &impl Serialize, key: &PrivateKey) -> Self {
        let text = serde_json::to_string_pretty(object).expect("texts, numbers and lists are JSON");
        let bytes = format!("{text}\n").into_bytes();
        let signature = key.sign(&bytes).as_bytes().to_vec();
        Self { bytes, signature }
    }

    /// Takes a file apart; `None` if it does not end with a signature.
    pub(crate) fn decode(file: &[u8]) -> Option<Self> {
        let (open, rest) = str::from_utf8(file).ok()?.rsplit_once(SIGNATURE)?;
        let signature = rest.strip_suffix(END)?.strip_suffix('"')?;
        let signature = BASE64URL_NOPAD.decode(signature.as_bytes()).ok()?;
        Some(Self { bytes: format!("{open}{END}").into_bytes(), signature })
    }

    /// Writes the file.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let end = self.bytes.len().saturating_sub(END.len());
        let signature = BASE64URL_NOPAD.encode(&self.signature);
        [&self.bytes[..end], SIGNATURE.as_bytes(), signature.as_bytes(), b"\"", END.as_bytes()]
            .concat()
    }

    /// Returns what is signed: an object in JSON.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Checks the signature.
    pub(crate) fn verify(&self, key: &PublicKey) -> Result<(), VerifyError> {
        key.verify(&self.bytes, &self.signature)
    }
}
