//! Record keys: the names of records within a collection.

use smol_str::SmolStr;
use thiserror::Error;

use crate::Tid;
use crate::text::text_identifier;

/// The most bytes that a record key may have.
const RECORD_KEY_BYTES_MAX: usize = 512;

/// A record key, of any of the types that schemas may ask for.
///
/// Spec: <https://atproto.com/specs/record-key>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordKey(SmolStr);

/// Says why a text is not a record key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordKeyError {
    /// The text is empty or longer than 512 bytes.
    #[error("record key does not have 1 to {RECORD_KEY_BYTES_MAX} bytes")]
    Length,
    /// The text is `.` or `..`.
    #[error("record key is \".\" or \"..\"")]
    Dots,
    /// There is a character other than ASCII letters, digits and `.-_:~`.
    #[error("record key has a character other than ASCII letters, digits and \".-_:~\"")]
    Character,
}

impl RecordKey {
    /// Parses a record key.
    ///
    /// # Errors
    ///
    /// [`RecordKeyError`] if the text is not a record key.
    pub fn parse(text: &str) -> Result<Self, RecordKeyError> {
        check(text)?;
        Ok(Self(SmolStr::new(text)))
    }
}

fn check(text: &str) -> Result<(), RecordKeyError> {
    if !(1..=RECORD_KEY_BYTES_MAX).contains(&text.len()) {
        return Err(RecordKeyError::Length);
    }
    if text == "." || text == ".." {
        return Err(RecordKeyError::Dots);
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:~".contains(&byte)) {
        return Err(RecordKeyError::Character);
    }
    Ok(())
}

impl From<Tid> for RecordKey {
    fn from(tid: Tid) -> Self {
        Self(tid.text())
    }
}

text_identifier!(RecordKey, RecordKeyError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_name() {
        let long = "o".repeat(513);
        for (text, fault) in [
            ("", RecordKeyError::Length),
            (long.as_str(), RecordKeyError::Length),
            (".", RecordKeyError::Dots),
            ("..", RecordKeyError::Dots),
            ("alpha/beta", RecordKeyError::Character),
            ("na\u{ef}ve", RecordKeyError::Character),
        ] {
            assert_eq!(RecordKey::parse(text), Err(fault), "{text}");
        }
        assert_eq!(RecordKey::parse(&"o".repeat(512)).unwrap().as_str().len(), 512);
    }
}
