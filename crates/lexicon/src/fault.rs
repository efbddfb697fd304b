//! What can be wrong with a value, and the way to where it is. Which rule holds where, schemas say.

use std::fmt::{self, Write as _};

use thiserror::Error;

use crate::format::FormatError;

/// Says what in a value its schema does not allow, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{} {fault}", if path.is_empty() { "value" } else { path })]
pub struct Invalid {
    /// Where: a JSON pointer such as `/embed/images/0/alt`, empty for the whole value.
    pub path: String,
    /// What is wrong there, worded as the predicate of a sentence.
    pub fault: Fault,
}

/// What is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum Fault {
    /// A required field or parameter is absent.
    #[error("is missing")]
    Missing,
    /// A field is null that may not be.
    #[error("is null")]
    Null,
    /// The value is of another type than the schema's.
    #[error("is not {0}")]
    Type(ValueType),
    /// There is less of it than the schema asks for.
    #[error("has fewer than {min} {unit}")]
    TooShort {
        /// What is counted.
        unit: Unit,
        /// The least that is allowed.
        min: usize,
    },
    /// There is more of it than the schema allows.
    #[error("has more than {max} {unit}")]
    TooLong {
        /// What is counted.
        unit: Unit,
        /// The most that is allowed.
        max: usize,
    },
    /// An integer is below the least that is allowed.
    #[error("is below {min}")]
    TooSmall {
        /// The least that is allowed.
        min: i64,
    },
    /// An integer is above the greatest that is allowed.
    #[error("is above {max}")]
    TooLarge {
        /// The greatest that is allowed.
        max: i64,
    },
    /// The value is not among those that the schema lists, or not the only one it allows.
    #[error("is not one of the values that are allowed")]
    NotListed,
    /// A string is not well formed.
    #[error("is not well formed: {0}")]
    Format(FormatError),
    /// A blob's MIME type is not among those that the schema accepts.
    #[error("has a MIME type that is not accepted")]
    MimeType,
    /// A blob is larger than the schema allows.
    #[error("refers to a blob of more than {max} bytes")]
    BlobTooLarge {
        /// The most bytes that are allowed.
        max: u64,
    },
    /// A blob reference is in the form of before 2023, where only the present one is allowed.
    #[error("is a blob reference of the legacy form")]
    LegacyBlob,
    /// A record, or an object in a union, does not say what it is.
    #[error("has no $type")]
    NoType,
    /// A record says that it is of another collection.
    #[error("has a $type other than {expected}")]
    OtherType {
        /// The type that it has to have.
        expected: String,
    },
    /// An object's type is not in its union, which is closed.
    #[error("has a $type that is not in its union")]
    NotInUnion,
    /// A parameter that is not a list occurs more than once.
    #[error("is given more than once")]
    Repeated,
    /// Lists and objects are within each other beyond any record that can be stored.
    #[error("is nested too deep")]
    TooDeep,
}

/// The types that values may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A text.
    String,
    /// A byte string.
    Bytes,
    /// A link: a CID.
    CidLink,
    /// A reference to a blob.
    Blob,
    /// A list.
    Array,
    /// A map that is no link, byte string or reference to a blob.
    Object,
}

/// What lengths are counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Bytes; of strings, those of UTF-8.
    Bytes,
    /// Grapheme clusters: what readers take for characters.
    Graphemes,
    /// Items of an array.
    Items,
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Boolean => "a boolean",
            Self::Integer => "an integer",
            Self::String => "a string",
            Self::Bytes => "a byte string",
            Self::CidLink => "a link",
            Self::Blob => "a blob reference",
            Self::Array => "an array",
            Self::Object => "an object",
        })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Graphemes => "graphemes",
            Self::Items => "items",
        })
    }
}

/// A place in a value: the way down to it, kept on the stack until a fault needs it in words.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    step: Step<'a>,
    above: Option<&'a At<'a>>,
    depth: usize,
}

#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Top,
    Key(&'a str),
    Index(usize),
}

impl At<'_> {
    /// The whole value.
    pub const TOP: At<'static> = At { step: Step::Top, above: None, depth: 0 };

    /// Returns the place of a field of the object that is here.
    pub fn key<'a>(&'a self, key: &'a str) -> At<'a> {
        At { step: Step::Key(key), above: Some(self), depth: self.depth + 1 }
    }

    /// Returns the place of an item of the array that is here.
    pub fn index(&self, index: usize) -> At<'_> {
        At { step: Step::Index(index), above: Some(self), depth: self.depth + 1 }
    }

    /// Returns the error that `fault` is here.
    pub fn invalid(&self, fault: Fault) -> Invalid {
        Invalid { path: self.to_string(), fault }
    }

    /// Returns how many steps the place is below the top.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }
}

/// Writes the place as a JSON pointer (RFC 6901).
impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut way = Vec::with_capacity(self.depth);
        let mut next = Some(self);
        while let Some(at) = next {
            way.push(at.step);
            next = at.above;
        }
        for step in way.into_iter().rev() {
            match step {
                Step::Top => {}
                Step::Index(index) => write!(f, "/{index}")?,
                Step::Key(key) => {
                    f.write_char('/')?;
                    key.chars().try_for_each(|c| match c {
                        '~' => f.write_str("~0"),
                        '/' => f.write_str("~1"),
                        c => f.write_char(c),
                    })?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_written_as_a_json_pointer() {
        let (a, b) = (At::TOP.key("a/b"), At::TOP.key("~"));
        assert_eq!(a.index(3).key("c").to_string(), "/a~1b/3/c");
        assert_eq!(b.to_string(), "/~0");
        assert_eq!(At::TOP.to_string(), "");
    }

    #[test]
    fn an_error_is_one_sentence() {
        let langs = At::TOP.key("langs");
        let error = langs.invalid(Fault::TooLong { unit: Unit::Items, max: 3 });
        assert_eq!(error.to_string(), "/langs has more than 3 items");
        let error = At::TOP.invalid(Fault::Type(ValueType::Object));
        assert_eq!(error.to_string(), "value is not an object");
    }
}
