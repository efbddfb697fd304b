//! Decentralized identifiers, in the subset that the AT Protocol allows.

use smol_str::SmolStr;
use thiserror::Error;

use crate::text::text_identifier;

/// The most bytes that a DID may have.
const DID_BYTES_MAX: usize = 2048;

/// A DID: who an account is, whatever its host and handle.
///
/// The text is kept as it came; DIDs are compared byte by byte.
///
/// Spec: <https://atproto.com/specs/did>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Did(SmolStr);

/// Says why a text is not a DID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DidError {
    /// The text is longer than 2,048 bytes.
    #[error("DID is longer than {DID_BYTES_MAX} bytes")]
    TooLong,
    /// The text does not begin with `did:`.
    #[error("DID does not begin with \"did:\"")]
    Prefix,
    /// The method is missing or has characters other than lower-case letters.
    #[error("DID method is not made of lower-case letters")]
    Method,
    /// The part after the method is missing, ends badly, or has a character that is not allowed.
    #[error("DID identifier is missing or not well formed")]
    Identifier,
}

impl Did {
    /// Parses a DID.
    ///
    /// # Errors
    ///
    /// [`DidError`] if the text is not a DID by the protocol's syntax. Methods are not looked at:
    /// a DID of a method that the protocol does not support is still a DID.
    pub fn parse(text: &str) -> Result<Self, DidError> {
        check(text)?;
        Ok(Self(SmolStr::new(text)))
    }

    /// Returns the method, such as `plc` or `web`.
    pub fn method(&self) -> &str {
        self.split().0
    }

    /// Returns what follows the method, such as `ewvi7nxzyoun6zhxrhs64oiz`.
    pub fn identifier(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        let rest = self.as_str().strip_prefix("did:").unwrap_or_default();
        rest.split_once(':').unwrap_or_default()
    }
}

fn check(text: &str) -> Result<(), DidError> {
    if text.len() > DID_BYTES_MAX {
        return Err(DidError::TooLong);
    }
    let rest = text.strip_prefix("did:").ok_or(DidError::Prefix)?;
    let (method, identifier) = rest.split_once(':').ok_or(DidError::Method)?;
    if method.is_empty() || !method.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(DidError::Method);
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._:%-".contains(&byte);
    if !identifier.bytes().all(allowed) || identifier.is_empty() || identifier.ends_with([':', '%'])
    {
        return Err(DidError::Identifier);
    }
    Ok(())
}

text_identifier!(Did, DidError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn method_and_identifier_are_split_at_the_second_colon() {
        let did = Did::parse("did:web:localhost%3A1234").unwrap();
        assert_eq!((did.method(), did.identifier()), ("web", "localhost%3A1234"));
    }

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("did:plc:{}", "a".repeat(DID_BYTES_MAX));
        for (text, fault) in [
            (long.as_str(), DidError::TooLong),
            ("DID:plc:abc", DidError::Prefix),
            ("did:plc", DidError::Method),
            ("did:m123:val", DidError::Method),
            ("did::val", DidError::Method),
            ("did:plc:", DidError::Identifier),
            ("did:plc:abc:", DidError::Identifier),
            ("did:plc:ab/c", DidError::Identifier),
        ] {
            assert_eq!(Did::parse(text), Err(fault), "{text}");
        }
    }
}
