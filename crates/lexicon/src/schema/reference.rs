//! Names of definitions.

use std::fmt;

use smol_str::{SmolStr, format_smolstr};
use syntax::{Nsid, NsidError};

/// The longest name that a definition may have.
const NAME_BYTES_MAX: usize = 128;

/// The full name of a definition: `app.bsky.feed.post`, or `app.bsky.feed.post#replyRef`.
///
/// This is also how data name their type in `$type`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Reference {
    text: SmolStr,
    /// Where the NSID ends.
    nsid_bytes: usize,
}

impl Reference {
    /// Names a definition of a document.
    pub(crate) fn new(document: &Nsid, name: &str) -> Self {
        let nsid_bytes = document.as_str().len();
        let text = match name {
            "main" => SmolStr::new(document.as_str()),
            name => format_smolstr!("{document}#{name}"),
        };
        Self { text, nsid_bytes }
    }

    /// Parses a reference that stands in a document: `#name` is within it.
    pub(super) fn parse(text: &str, document: &Nsid) -> Result<Self, ReferenceError> {
        let (nsid, name) = text.split_once('#').unwrap_or((text, "main"));
        if !is_definition_name(name) {
            return Err(ReferenceError::Name);
        }
        if text.starts_with('#') {
            return Ok(Self::new(document, name));
        }
        let nsid = Nsid::parse(nsid).map_err(ReferenceError::Nsid)?;
        Ok(Self::new(&nsid, name))
    }

    /// Returns the reference as data have it in `$type`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the NSID of the document.
    pub fn document(&self) -> &str {
        &self.text[..self.nsid_bytes]
    }

    /// Returns the name within the document, which is `main` if the text has none.
    pub fn name(&self) -> &str {
        self.text[self.nsid_bytes..].strip_prefix('#').unwrap_or("main")
    }
}

pub(super) enum ReferenceError {
    Nsid(NsidError),
    Name,
}

/// Tells whether a text may name a definition.
pub(super) fn is_definition_name(name: &str) -> bool {
    (1..=NAME_BYTES_MAX).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#')
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_name_a_definition_comes_to_one() {
        let here = Nsid::parse("com.example.thing").unwrap();
        for (text, whole, document, name) in [
            ("#main", "com.example.thing", "com.example.thing", "main"),
            ("#part", "com.example.thing#part", "com.example.thing", "part"),
            ("com.example.thing#part", "com.example.thing#part", "com.example.thing", "part"),
            ("com.example.other", "com.example.other", "com.example.other", "main"),
            ("com.example.other#main", "com.example.other", "com.example.other", "main"),
        ] {
            let reference = Reference::parse(text, &here).ok().unwrap();
            assert_eq!(reference.to_string(), whole);
            assert_eq!((reference.document(), reference.name()), (document, name));
        }
        for text in ["", "#", "thing", "com.example.thing#", "com.example.thing#a#b", "#a b"] {
            assert!(Reference::parse(text, &here).is_err(), "{text:?}");
        }
    }
}
