//! URIs of any scheme.

use smol_str::SmolStr;
use thiserror::Error;

use crate::text::text_identifier;

/// The most bytes that a URI may have.
const URI_BYTES_MAX: usize = 8192;

/// A URI of any scheme, of which only the outer form is checked.
///
/// Characters beyond ASCII are let through, as people paste addresses that have them.
///
/// Spec: <https://atproto.com/specs/lexicon#uri>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uri(SmolStr);

/// Says why a text is not a URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UriError {
    /// The text is longer than 8,192 bytes.
    #[error("URI is longer than {URI_BYTES_MAX} bytes")]
    TooLong,
    /// The text does not begin with a scheme and a colon.
    #[error("URI does not begin with a scheme and a colon")]
    Scheme,
    /// Nothing follows the scheme, or there is white space or a control character.
    #[error("URI has nothing after the scheme, or white space")]
    Rest,
}

impl Uri {
    /// Parses a URI.
    ///
    /// # Errors
    ///
    /// [`UriError`] if the text does not have the form of a URI.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        check(text)?;
        Ok(Self(SmolStr::new(text)))
    }

    /// Returns the scheme, without its colon.
    pub fn scheme(&self) -> &str {
        self.as_str().split_once(':').map_or("", |(scheme, _)| scheme)
    }
}

fn check(text: &str) -> Result<(), UriError> {
    if text.len() > URI_BYTES_MAX {
        return Err(UriError::TooLong);
    }
    let (scheme, rest) = text.split_once(':').ok_or(UriError::Scheme)?;
    if !scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        || !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
    {
        return Err(UriError::Scheme);
    }
    if rest.is_empty() || rest.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(UriError::Rest);
    }
    Ok(())
}

text_identifier!(Uri, UriError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("https://example.com/{}", "x".repeat(8200));
        for (text, fault) in [
            (long.as_str(), UriError::TooLong),
            ("example.com", UriError::Scheme),
            ("://example.com", UriError::Scheme),
            ("http:", UriError::Rest),
            ("https://example.com/a b", UriError::Rest),
        ] {
            assert_eq!(Uri::parse(text), Err(fault), "{text}");
        }
        assert_eq!(Uri::parse("https://b\u{fc}cher.example").unwrap().scheme(), "https");
    }
}
