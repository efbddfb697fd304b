//! Signatures as operations have them.

use std::fmt;

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// A signature of 64 bytes, whose text has one form only.
///
/// A second text for the same bytes would be a second CID for the same operation.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature([u8; 64]);

/// Says why a text is not a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The text is not base64url, or has padding, white space, or bits that say nothing.
    #[error("signature is not canonical base64url")]
    Base64,
    /// The bytes are not 64; in DER they are more.
    #[error("signature is not of 64 bytes")]
    Length,
}

impl Signature {
    /// Parses a signature's text. Whether it holds is not looked at.
    ///
    /// # Errors
    ///
    /// [`SignatureError`] if the text is not the one form of 64 bytes.
    pub fn parse(text: &str) -> Result<Self, SignatureError> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| SignatureError::Base64)?;
        bytes.try_into().map(Self).map_err(|_| SignatureError::Length)
    }

    /// Returns the 64 bytes.
    pub fn as_bytes(&self) -> &[u8; 64] {
        &self.0
    }
}

impl From<[u8; 64]> for Signature {
    fn from(bytes: [u8; 64]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for Signature {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Signature {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_has_one_text() {
        let good = Signature::from([0xff; 64]).to_string();
        assert_eq!(Signature::parse(&good).unwrap().as_bytes(), &[0xff; 64]);
        let stray_bits = format!("{}x", &good[..85]);
        for (text, fault) in [
            (format!("{good}=="), SignatureError::Base64),
            (format!("{good}\n"), SignatureError::Base64),
            (format!("{}\n{}", &good[..40], &good[40..]), SignatureError::Base64),
            (stray_bits, SignatureError::Base64),
            (good.replace('_', "/"), SignatureError::Base64),
            (good[..84].to_owned(), SignatureError::Length),
            (format!("{good}AA"), SignatureError::Length),
            (String::new(), SignatureError::Length),
        ] {
            assert_eq!(Signature::parse(&text), Err(fault), "{text:?}");
        }
    }
}
