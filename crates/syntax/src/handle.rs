//! Handles: host names that people use for accounts.

use smol_str::{SmolStr, StrExt as _};
use thiserror::Error;

use crate::text::text_identifier;

/// The most bytes that a handle may have: what DNS allows for a name.
const HANDLE_BYTES_MAX: usize = 253;
/// The most bytes of one label of a host name.
const LABEL_BYTES_MAX: usize = 63;

/// Top-level domains that no real handle may use. `.test` is left to development.
const TLDS_DISALLOWED: [&str; 8] =
    ["alt", "arpa", "example", "internal", "invalid", "local", "localhost", "onion"];

/// A handle: the host name by which an account is shown.
///
/// Handles are compared without regard to case, so they are kept in lower case.
///
/// Spec: <https://atproto.com/specs/handle>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle(SmolStr);

/// Says why a text is not a handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum HandleError {
    /// The text is longer than 253 bytes.
    #[error("handle is longer than {HANDLE_BYTES_MAX} bytes")]
    TooLong,
    /// There is only one label.
    #[error("handle has no dot")]
    NoDot,
    /// A label is empty, longer than 63 bytes, or begins or ends with a hyphen.
    #[error("handle has an empty, overlong or badly bounded label")]
    Label,
    /// There is a character other than ASCII letters, digits, hyphens and dots.
    #[error("handle has a character other than ASCII letters, digits, hyphens and dots")]
    Character,
    /// The last label begins with a digit.
    #[error("handle's last label does not begin with a letter")]
    TopLevel,
}

impl Handle {
    /// Parses a handle and puts it in lower case.
    ///
    /// Names that are well formed but may not be registered, such as `name.local`, are handles:
    /// see [`Handle::has_disallowed_tld`].
    ///
    /// # Errors
    ///
    /// [`HandleError`] if the text is not a host name with at least two labels.
    pub fn parse(text: &str) -> Result<Self, HandleError> {
        check(text)?;
        Ok(Self(text.to_ascii_lowercase_smolstr()))
    }

    /// Returns `handle.invalid`, which stands for a handle that could not be confirmed.
    pub fn invalid() -> Self {
        Self(SmolStr::new_static("handle.invalid"))
    }

    /// Tells whether this is `handle.invalid`.
    pub fn is_invalid(&self) -> bool {
        self.as_str() == "handle.invalid"
    }

    /// Tells whether the top-level domain is one that no handle on the network may use.
    pub fn has_disallowed_tld(&self) -> bool {
        let tld = self.as_str().rsplit_once('.').map(|(_, tld)| tld);
        tld.is_some_and(|tld| TLDS_DISALLOWED.contains(&tld))
    }
}

fn check(text: &str) -> Result<(), HandleError> {
    if text.len() > HANDLE_BYTES_MAX {
        return Err(HandleError::TooLong);
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.') {
        return Err(HandleError::Character);
    }
    let Some((_, tld)) = text.rsplit_once('.') else {
        return Err(HandleError::NoDot);
    };
    if !text.split('.').all(is_label) {
        return Err(HandleError::Label);
    }
    if !tld.starts_with(|first: char| first.is_ascii_alphabetic()) {
        return Err(HandleError::TopLevel);
    }
    Ok(())
}

/// Tells whether the bounds of a host name's label hold; its characters are not looked at.
pub(crate) fn is_label(label: &str) -> bool {
    (1..=LABEL_BYTES_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

text_identifier!(Handle, HandleError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_does_not_distinguish_handles() {
        let handle = Handle::parse("Alice.Example.COM").unwrap();
        assert_eq!(handle, Handle::parse("alice.example.com").unwrap());
        assert_eq!(handle.to_string(), "alice.example.com");
    }

    #[test]
    fn reserved_top_level_domains_are_told_apart() {
        assert!(Handle::parse("laptop.local").unwrap().has_disallowed_tld());
        assert!(Handle::invalid().has_disallowed_tld());
        assert!(!Handle::parse("alice.test").unwrap().has_disallowed_tld());
    }

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("{}.test", "abc.".repeat(63));
        for (text, fault) in [
            (long.as_str(), HandleError::TooLong),
            ("john", HandleError::NoDot),
            ("john..test", HandleError::Label),
            ("john-.test", HandleError::Label),
            ("jo_hn.test", HandleError::Character),
            ("john.0", HandleError::TopLevel),
        ] {
            assert_eq!(Handle::parse(text), Err(fault), "{text}");
        }
    }
}
