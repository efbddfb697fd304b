//! Canonical CBOR: one encoding for each value.
//!
//! Definite lengths, shortest integers, map keys that are text, unique, and sorted by length and
//! then by bytes; no floats; no tag but 42 for links; nothing after the value.
//! [`decode`] and [`check`] refuse anything else, with the place where it is. [`decode_lenient`]
//! reads what other servers let through, so that no record is lost for its form.
//!
//! Spec: <https://dasl.ing/drisl.html>

mod decode;
mod encode;
mod reader;
mod scan;

use thiserror::Error;

pub use crate::data::cbor::decode::{Lenient, decode, decode_lenient};
pub(crate) use crate::data::cbor::decode::{decode_first, enter};
pub use crate::data::cbor::encode::{EncodeError, encode};
pub(crate) use crate::data::cbor::encode::{
    put_array, put_bool, put_bytes, put_cid, put_map, put_null, put_text, put_uint,
};
pub(crate) use crate::data::cbor::reader::{Item, Mode, Reader};
pub use crate::data::cbor::scan::check;

/// Says what is wrong with an encoding, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{kind} at byte {offset}")]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The first byte of the item that it is wrong with.
    pub offset: usize,
}

/// What is wrong with an encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DecodeErrorKind {
    /// The bytes end within a value, or a length goes beyond them.
    #[error("value is cut off")]
    Truncated,
    /// There are bytes after the value.
    #[error("bytes follow the value")]
    Trailing,
    /// A length or an integer is not in its shortest form.
    #[error("number is not in its shortest form")]
    NotShortest,
    /// A length is left open.
    #[error("length is indefinite")]
    Indefinite,
    /// A reserved code, or a simple value other than true, false and null.
    #[error("unknown simple value")]
    Simple,
    /// A floating-point number.
    #[error("floating-point number")]
    Float,
    /// A tag other than 42.
    #[error("tag is not 42")]
    Tag,
    /// A link that is not a byte string of a zero and a CID.
    #[error("link is not a CID")]
    Link,
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    Utf8,
    /// A map's key that is not text.
    #[error("key of a map is not text")]
    Key,
    /// A map's key that stands before a smaller one.
    #[error("keys of a map are out of order")]
    KeyOrder,
    /// A map's key that occurs twice.
    #[error("key of a map occurs twice")]
    DuplicateKey,
    /// Lists and maps within each other beyond the limit.
    #[error("nested too deep")]
    TooDeep,
    /// A list or a map with more items than the limit, or a key longer than it.
    #[error("list, map or key is too long")]
    TooLong,
    /// A value of another kind than the place asks for.
    #[error("value is of another kind than expected")]
    Unexpected,
}

impl DecodeErrorKind {
    pub(crate) fn at(self, offset: usize) -> DecodeError {
        DecodeError { kind: self, offset }
    }
}
