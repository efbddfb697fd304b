//! URIs of accounts, collections and records.

use smol_str::{SmolStr, format_smolstr};
use thiserror::Error;

use crate::text::text_identifier;
use crate::{
    AtIdentifier, AtIdentifierError, Did, Nsid, NsidError, RecordKey, RecordKeyError, RecordPath,
};

/// The most bytes that an AT URI may have.
const AT_URI_BYTES_MAX: usize = 8192;
const SCHEME: &str = "at://";

/// An AT URI: an account, one of its collections, or a record.
///
/// The text is kept as it came; URIs are compared byte by byte.
///
/// Spec: <https://atproto.com/specs/at-uri-scheme>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AtUri(SmolStr);

/// Says why a text is not an AT URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AtUriError {
    /// The text is longer than 8,192 bytes.
    #[error("AT URI is longer than {AT_URI_BYTES_MAX} bytes")]
    TooLong,
    /// The text does not begin with `at://`.
    #[error("AT URI does not begin with \"{SCHEME}\"")]
    Scheme,
    /// What follows the scheme is neither a DID nor a handle.
    #[error("AT URI authority: {0}")]
    Authority(#[from] AtIdentifierError),
    /// The first segment of the path is not an NSID.
    #[error("AT URI collection: {0}")]
    Collection(#[from] NsidError),
    /// The second segment of the path is not a record key.
    #[error("AT URI record key: {0}")]
    RecordKey(#[from] RecordKeyError),
}

impl AtUri {
    /// Parses an AT URI without query or fragment.
    ///
    /// # Errors
    ///
    /// [`AtUriError`] if the text is not such a URI.
    pub fn parse(text: &str) -> Result<Self, AtUriError> {
        if text.len() > AT_URI_BYTES_MAX {
            return Err(AtUriError::TooLong);
        }
        let (authority, collection, rkey) = split(text).ok_or(AtUriError::Scheme)?;
        AtIdentifier::parse(authority)?;
        if let Some(collection) = collection {
            Nsid::parse(collection)?;
        }
        if let Some(rkey) = rkey {
            RecordKey::parse(rkey)?;
        }
        Ok(Self(SmolStr::new(text)))
    }

    /// Returns the URI of the record at `path` in `did`'s repository.
    pub fn of(did: &Did, path: &RecordPath) -> Self {
        Self(format_smolstr!("{SCHEME}{did}/{path}"))
    }

    /// Returns whose URI it is.
    pub fn authority(&self) -> AtIdentifier {
        let (authority, _, _) = self.split();
        AtIdentifier::parse(authority).expect("it was parsed when the URI was made")
    }

    /// Returns the collection, unless the URI is that of an account.
    pub fn collection(&self) -> Option<Nsid> {
        let (_, collection, _) = self.split();
        collection.map(|text| Nsid::parse(text).expect("it was parsed when the URI was made"))
    }

    /// Returns the record key, if the URI is that of a record.
    pub fn rkey(&self) -> Option<RecordKey> {
        let (_, _, rkey) = self.split();
        rkey.map(|text| RecordKey::parse(text).expect("it was parsed when the URI was made"))
    }

    /// Returns the record's path, if the URI is that of a record.
    pub fn record_path(&self) -> Option<RecordPath> {
        Some(RecordPath::new(self.collection()?, self.rkey()?))
    }

    fn split(&self) -> (&str, Option<&str>, Option<&str>) {
        split(self.as_str()).expect("it was split when the URI was made")
    }
}

fn split(text: &str) -> Option<(&str, Option<&str>, Option<&str>)> {
    let rest = text.strip_prefix(SCHEME)?;
    // A third slash stays in the record key, which has none, and so is refused there.
    let mut segments = rest.splitn(3, '/');
    Some((segments.next().unwrap_or_default(), segments.next(), segments.next()))
}

text_identifier!(AtUri, AtUriError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_back() {
        let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap();
        let path = RecordPath::parse("app.bsky.feed.post/3jzfcijpj2z2a").unwrap();
        let uri = AtUri::of(&did, &path);
        assert_eq!(AtUri::parse(uri.as_str()), Ok(uri.clone()));
        assert_eq!((uri.authority().did(), uri.record_path()), (Some(&did), Some(path)));

        let uri = AtUri::parse("at://Alice.test/app.bsky.feed.post").unwrap();
        assert_eq!(uri.authority().as_str(), "alice.test");
        assert_eq!((uri.rkey(), uri.record_path()), (None, None));
    }

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("at://did:plc:abc/a.b.c/{}", "x".repeat(AT_URI_BYTES_MAX));
        for (text, fault) in [
            (long.as_str(), AtUriError::TooLong),
            ("AT://alice.test", AtUriError::Scheme),
            ("at://alice", AtUriError::Authority(crate::HandleError::NoDot.into())),
            ("at://alice.test/", AtUriError::Collection(NsidError::TooFewSegments)),
            ("at://alice.test/a.b.c/", AtUriError::RecordKey(RecordKeyError::Length)),
            ("at://alice.test/a.b.c/d/e", AtUriError::RecordKey(RecordKeyError::Character)),
        ] {
            assert_eq!(AtUri::parse(text), Err(fault), "{text}");
        }
    }
}
