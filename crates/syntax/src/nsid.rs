//! Namespaced identifiers: the names of schemas, and so of collections and methods.

use smol_str::SmolStr;
use thiserror::Error;

use crate::handle::is_label;
use crate::text::text_identifier;

/// The most bytes that an NSID may have.
const NSID_BYTES_MAX: usize = 317;
/// The most bytes of an NSID's last segment.
const NAME_BYTES_MAX: usize = 63;

/// An NSID, such as `app.bsky.feed.post`.
///
/// The text is kept as it came; NSIDs are compared byte by byte.
///
/// Spec: <https://atproto.com/specs/nsid>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nsid(SmolStr);

/// Says why a text is not an NSID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NsidError {
    /// The text is longer than 317 bytes.
    #[error("NSID is longer than {NSID_BYTES_MAX} bytes")]
    TooLong,
    /// There are fewer than three segments.
    #[error("NSID has fewer than three segments")]
    TooFewSegments,
    /// A segment of the authority is not a label of a host name, or the first begins with a digit.
    #[error("NSID authority is not a host name in reverse")]
    Authority,
    /// The last segment is not 1 to 63 letters and digits that begin with a letter.
    #[error("NSID name is not 1 to 63 letters and digits that begin with a letter")]
    Name,
}

impl Nsid {
    /// Parses an NSID.
    ///
    /// # Errors
    ///
    /// [`NsidError`] if the text is not an NSID. A fragment (`#name`) is not part of an NSID.
    pub fn parse(text: &str) -> Result<Self, NsidError> {
        check(text)?;
        Ok(Self(SmolStr::new(text)))
    }

    /// Returns all but the last segment, in the NSID's order: `app.bsky.feed`.
    pub fn authority(&self) -> &str {
        self.as_str().rsplit_once('.').map_or("", |(authority, _)| authority)
    }

    /// Returns the authority as a host name, in lower case: `feed.bsky.app`.
    pub fn authority_domain(&self) -> String {
        let mut labels: Vec<&str> = self.authority().split('.').collect();
        labels.reverse();
        labels.join(".").to_ascii_lowercase()
    }

    /// Returns the last segment: `post`.
    pub fn name(&self) -> &str {
        self.as_str().rsplit_once('.').map_or("", |(_, name)| name)
    }
}

fn check(text: &str) -> Result<(), NsidError> {
    if text.len() > NSID_BYTES_MAX {
        return Err(NsidError::TooLong);
    }
    let Some((authority, name)) = text.rsplit_once('.') else {
        return Err(NsidError::TooFewSegments);
    };
    if !authority.contains('.') {
        return Err(NsidError::TooFewSegments);
    }
    let character = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    if !authority.bytes().all(character)
        || !authority.split('.').all(is_label)
        || authority.starts_with(|first: char| first.is_ascii_digit())
    {
        return Err(NsidError::Authority);
    }
    if name.len() > NAME_BYTES_MAX
        || !name.starts_with(|first: char| first.is_ascii_alphabetic())
        || !name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        return Err(NsidError::Name);
    }
    Ok(())
}

text_identifier!(Nsid, NsidError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn authority_reads_both_ways() {
        let nsid = Nsid::parse("app.Bsky.feed.getFeed").unwrap();
        assert_eq!(nsid.authority(), "app.Bsky.feed");
        assert_eq!(nsid.authority_domain(), "feed.bsky.app");
        assert_eq!(nsid.name(), "getFeed");
    }

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("a.{}b", "c.".repeat(160));
        for (text, fault) in [
            (long.as_str(), NsidError::TooLong),
            ("example", NsidError::TooFewSegments),
            ("example.com", NsidError::TooFewSegments),
            ("0two.example.foo", NsidError::Authority),
            ("one.two..three", NsidError::Authority),
            ("com.example.foo_bar", NsidError::Name),
            ("com.example.3", NsidError::Name),
            ("com.example.", NsidError::Name),
        ] {
            assert_eq!(Nsid::parse(text), Err(fault), "{text}");
        }
    }
}
