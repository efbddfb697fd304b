//! Keys of the tree, and the layer that each belongs to.

use std::borrow::Borrow;
use std::fmt;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};
use syntax::{RecordPath, RecordPathError};
use thiserror::Error;

/// The most bytes that a key may have.
const KEY_BYTES_MAX: usize = 1024;

/// A key of the tree: two segments of the allowed characters with a slash between them.
///
/// Each [`RecordPath`] is a key. Not each key is a record path, as trees do not ask the first
/// segment to be an NSID; repositories do.
///
/// Spec: <https://atproto.com/specs/repository#repo-data-structure-v3>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Arc<str>);

/// Says why a text is not a key of the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// The key is longer than 1,024 bytes.
    #[error("key is longer than {KEY_BYTES_MAX} bytes")]
    TooLong,
    /// There is not just one slash with something on both sides, or a side is `.` or `..`.
    #[error("key is not two segments with a slash between them")]
    Segments,
    /// There is a character other than ASCII letters, digits and `.-_:~`.
    #[error("key has a character other than ASCII letters, digits and \".-_:~\"")]
    Character,
}

impl Key {
    /// Parses a key.
    ///
    /// # Errors
    ///
    /// [`KeyError`] if the text is not a key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        check(text)?;
        Ok(Self(text.into()))
    }

    /// Returns the key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Compares for equality, at once where one is a clone of the other.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self == other
    }

    /// Returns the part before the slash.
    pub fn collection(&self) -> &str {
        self.0.split_once('/').map_or("", |(collection, _)| collection)
    }

    /// Returns the part after the slash.
    pub fn rkey(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, rkey)| rkey)
    }

    /// Returns the key as the path of a record.
    ///
    /// # Errors
    ///
    /// [`RecordPathError`] if the first segment is no NSID, or the second too long.
    pub fn record_path(&self) -> Result<RecordPath, RecordPathError> {
        RecordPath::parse(&self.0)
    }

    /// Returns the layer that the key belongs to: see [`height`].
    pub fn height(&self) -> u8 {
        height(self.0.as_bytes())
    }
}

/// Which bytes a segment may have, by their value: a table, as imports check millions of keys.
const ALLOWED: [bool; 256] = {
    let mut allowed = [false; 256];
    let mut rest: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_:~";
    while let [byte, after @ ..] = rest {
        #[expect(clippy::as_conversions, reason = "widening, where no trait can be called")]
        let index = *byte as usize;
        allowed[index] = true;
        rest = after;
    }
    allowed
};

fn check(text: &str) -> Result<(), KeyError> {
    if text.len() > KEY_BYTES_MAX {
        return Err(KeyError::TooLong);
    }
    let (collection, rkey) = text.split_once('/').ok_or(KeyError::Segments)?;
    for segment in [collection, rkey] {
        if matches!(segment, "" | "." | "..") {
            return Err(KeyError::Segments);
        }
        if let Some(bad) = segment.bytes().find(|byte| !ALLOWED[usize::from(*byte)]) {
            return Err(if bad == b'/' { KeyError::Segments } else { KeyError::Character });
        }
    }
    Ok(())
}

/// Returns the layer of a key: how many pairs of zero bits its SHA-256 begins with, 0 to 128.
pub fn height(key: &[u8]) -> u8 {
    let mut zeros = 0;
    for byte in Sha256::digest(key) {
        zeros += byte.leading_zeros();
        if byte != 0 {
            break;
        }
    }
    u8::try_from(zeros / 2).expect("256 bits are 128 pairs")
}

/// Returns how many bytes two keys have in common at their beginning.
pub fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    // Eight bytes at a time, as neighbours of a node have most of their keys in common.
    let words = left.chunks_exact(8).zip(right.chunks_exact(8));
    let begin = 8 * words.take_while(|(left, right)| left == right).count();
    let rest = left[begin..].iter().zip(&right[begin..]);
    begin + rest.take_while(|(left, right)| left == right).count()
}

impl From<&RecordPath> for Key {
    fn from(path: &RecordPath) -> Self {
        Self(path.to_string().into())
    }
}

impl Borrow<str> for Key {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("a.b.c/{}", "x".repeat(1019));
        for (text, fault) in [
            (long.as_str(), KeyError::TooLong),
            ("", KeyError::Segments),
            ("a.b.c", KeyError::Segments),
            ("/x", KeyError::Segments),
            ("a.b.c/", KeyError::Segments),
            ("a.b.c/..", KeyError::Segments),
            ("a.b.c/d/e", KeyError::Segments),
            ("a.b.c/d e", KeyError::Character),
            ("a.b.c/\u{e9}", KeyError::Character),
        ] {
            assert_eq!(Key::parse(text), Err(fault), "{text}");
        }
        assert_eq!(Key::parse(&long[..1024]).unwrap().as_str().len(), 1024);
    }
}
