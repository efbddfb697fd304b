//! The place where a DID or a handle may stand.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::text::serde_as_text;
use crate::{Did, DidError, Handle, HandleError};

/// An account's DID or handle.
///
/// Spec: <https://atproto.com/specs/lexicon#at-identifier>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AtIdentifier {
    /// The account's DID.
    Did(Did),
    /// The account's handle, which has to be resolved.
    Handle(Handle),
}

/// Says why a text is neither a DID nor a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum AtIdentifierError {
    /// The text begins like a DID and is none.
    #[error(transparent)]
    Did(#[from] DidError),
    /// The text does not begin like a DID and is no handle.
    #[error(transparent)]
    Handle(#[from] HandleError),
}

impl AtIdentifier {
    /// Parses a DID or a handle.
    ///
    /// # Errors
    ///
    /// [`AtIdentifierError`] if the text is neither.
    pub fn parse(text: &str) -> Result<Self, AtIdentifierError> {
        if text.starts_with("did:") {
            Ok(Self::Did(Did::parse(text)?))
        } else {
            Ok(Self::Handle(Handle::parse(text)?))
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Did(did) => did.as_str(),
            Self::Handle(handle) => handle.as_str(),
        }
    }

    /// Returns the DID, if it is one.
    pub fn did(&self) -> Option<&Did> {
        match self {
            Self::Did(did) => Some(did),
            Self::Handle(_) => None,
        }
    }

    /// Returns the handle, if it is one.
    pub fn handle(&self) -> Option<&Handle> {
        match self {
            Self::Did(_) => None,
            Self::Handle(handle) => Some(handle),
        }
    }
}

impl From<Did> for AtIdentifier {
    fn from(did: Did) -> Self {
        Self::Did(did)
    }
}

impl From<Handle> for AtIdentifier {
    fn from(handle: Handle) -> Self {
        Self::Handle(handle)
    }
}

impl FromStr for AtIdentifier {
    type Err = AtIdentifierError;

    fn from_str(text: &str) -> Result<Self, AtIdentifierError> {
        Self::parse(text)
    }
}

impl fmt::Display for AtIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for AtIdentifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

serde_as_text!(AtIdentifier);
