//! The formats that schemas may ask of strings. What each is, `syntax` knows.

use std::fmt;

use syntax::{
    AtIdentifier, AtIdentifierError, AtUri, AtUriError, CidError, Datetime, DatetimeError, Did,
    DidError, Handle, HandleError, Language, LanguageError, Nsid, NsidError, RecordKey,
    RecordKeyError, Tid, TidError, Uri, UriError,
};
use thiserror::Error;

/// A format of strings.
///
/// Spec: <https://atproto.com/specs/lexicon#string-formats>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A DID or a handle.
    AtIdentifier,
    /// An AT URI.
    AtUri,
    /// A CID of any kind, as text.
    Cid,
    /// A point in time.
    Datetime,
    /// A DID of any method.
    Did,
    /// A handle.
    Handle,
    /// A language tag.
    Language,
    /// An NSID.
    Nsid,
    /// A record key of any type.
    RecordKey,
    /// A TID.
    Tid,
    /// A URI of any scheme.
    Uri,
}

/// Says why a string is not of its format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FormatError {
    /// Neither a DID nor a handle.
    #[error(transparent)]
    AtIdentifier(#[from] AtIdentifierError),
    /// Not an AT URI.
    #[error(transparent)]
    AtUri(#[from] AtUriError),
    /// Not a CID of the form that repositories use.
    #[error(transparent)]
    Cid(#[from] CidError),
    /// Not a CID of any kind.
    #[error("text does not have the form of a CID")]
    CidText,
    /// Not a datetime.
    #[error(transparent)]
    Datetime(#[from] DatetimeError),
    /// Not a DID.
    #[error(transparent)]
    Did(#[from] DidError),
    /// Not a handle.
    #[error(transparent)]
    Handle(#[from] HandleError),
    /// Not a language tag.
    #[error(transparent)]
    Language(#[from] LanguageError),
    /// Not an NSID.
    #[error(transparent)]
    Nsid(#[from] NsidError),
    /// Not a record key.
    #[error(transparent)]
    RecordKey(#[from] RecordKeyError),
    /// Not a TID.
    #[error(transparent)]
    Tid(#[from] TidError),
    /// Not a URI.
    #[error(transparent)]
    Uri(#[from] UriError),
}

impl Format {
    /// Returns the format that schemas call `name`.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "at-identifier" => Self::AtIdentifier,
            "at-uri" => Self::AtUri,
            "cid" => Self::Cid,
            "datetime" => Self::Datetime,
            "did" => Self::Did,
            "handle" => Self::Handle,
            "language" => Self::Language,
            "nsid" => Self::Nsid,
            "record-key" => Self::RecordKey,
            "tid" => Self::Tid,
            "uri" => Self::Uri,
            _ => return None,
        })
    }

    /// Returns what schemas call the format.
    pub fn name(self) -> &'static str {
        match self {
            Self::AtIdentifier => "at-identifier",
            Self::AtUri => "at-uri",
            Self::Cid => "cid",
            Self::Datetime => "datetime",
            Self::Did => "did",
            Self::Handle => "handle",
            Self::Language => "language",
            Self::Nsid => "nsid",
            Self::RecordKey => "record-key",
            Self::Tid => "tid",
            Self::Uri => "uri",
        }
    }

    /// Checks that a text is of the format.
    ///
    /// # Errors
    ///
    /// [`FormatError`] if it is not.
    pub fn check(self, text: &str) -> Result<(), FormatError> {
        match self {
            Self::AtIdentifier => AtIdentifier::parse(text).map(drop)?,
            Self::AtUri => AtUri::parse(text).map(drop)?,
            Self::Cid if syntax::is_cid_text(text) => {}
            Self::Cid => return Err(FormatError::CidText),
            Self::Datetime => Datetime::parse(text).map(drop)?,
            Self::Did => Did::parse(text).map(drop)?,
            Self::Handle => Handle::parse(text).map(drop)?,
            Self::Language => Language::parse(text).map(drop)?,
            Self::Nsid => Nsid::parse(text).map(drop)?,
            Self::RecordKey => RecordKey::parse(text).map(drop)?,
            Self::Tid => Tid::parse(text).map(drop)?,
            Self::Uri => Uri::parse(text).map(drop)?,
        }
        Ok(())
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_has_a_name_and_tells_good_from_bad() {
        for (name, good, bad) in [
            ("at-identifier", "alice.test", "alice"),
            ("at-uri", "at://alice.test/a.b.c/d", "https://alice.test"),
            ("cid", "bafkreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454", "bafy?"),
            ("datetime", "2024-02-29T12:00:00Z", "2023-02-29T12:00:00Z"),
            ("did", "did:web:example.com", "did:example"),
            ("handle", "Alice.Test", "alice_.test"),
            ("language", "pt-BR", "portuguese!"),
            ("nsid", "app.bsky.feed.post", "app.bsky"),
            ("record-key", "self", ".."),
            ("tid", "3jzfcijpj2z2a", "3jzfcijpj2z2"),
            ("uri", "https://example.com/ü", "example.com"),
        ] {
            let format = Format::named(name).unwrap();
            assert_eq!(format.to_string(), name);
            assert_eq!(format.check(good), Ok(()), "{name}: {good}");
            assert!(format.check(bad).is_err(), "{name}: {bad}");
        }
        assert_eq!(Format::named("email"), None);
    }
}
