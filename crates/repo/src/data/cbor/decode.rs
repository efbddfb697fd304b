//! From bytes to values. Recursion is as deep as [`Limits::depth`] and no deeper.

use std::cmp::Ordering;

use smol_str::SmolStr;

use super::{DecodeError, DecodeErrorKind, Item, Mode, Reader};
use crate::data::{Limits, Map, Value};

/// A value read by [`decode_lenient`].
#[derive(Debug, Clone, PartialEq)]
pub struct Lenient {
    /// The value.
    pub value: Value,
    /// The first form in it that is not canonical, if there is one.
    pub deviation: Option<DecodeError>,
}

/// Decodes canonical CBOR.
///
/// # Errors
///
/// [`DecodeError`] if the bytes are not one value in its canonical form, or go beyond `limits`.
pub fn decode(bytes: &[u8], limits: &Limits) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(bytes, Mode::Strict);
    let value = read(&mut reader, limits, limits.depth)?;
    reader.end()?;
    Ok(value)
}

/// Decodes canonical CBOR that other bytes follow, and returns how many bytes it takes.
pub(crate) fn decode_first(bytes: &[u8], limits: &Limits) -> Result<(Value, usize), DecodeError> {
    let mut reader = Reader::new(bytes, Mode::Strict);
    let value = read(&mut reader, limits, limits.depth)?;
    Ok((value, reader.offset()))
}

/// Decodes CBOR of the forms that servers on the network have let through.
///
/// Beyond the canonical: keys in any order, numbers longer than need be, finite floats, undefined
/// (read as null), text that is not UTF-8 (read with replacement characters).
///
/// # Errors
///
/// [`DecodeError`] if the meaning is not clear even so, or the bytes go beyond `limits`.
pub fn decode_lenient(bytes: &[u8], limits: &Limits) -> Result<Lenient, DecodeError> {
    let mut reader = Reader::new(bytes, Mode::Lenient);
    let value = read(&mut reader, limits, limits.depth)?;
    reader.end()?;
    Ok(Lenient { value, deviation: reader.deviation() })
}

fn read(reader: &mut Reader<'_>, limits: &Limits, depth: usize) -> Result<Value, DecodeError> {
    let start = reader.offset();
    Ok(match reader.item()? {
        Item::Null => Value::Null,
        Item::Bool(value) => Value::Bool(value),
        Item::Integer(value) => Value::Integer(value),
        Item::Float(value) => Value::Float(value),
        Item::Bytes(value) => Value::Bytes(value.to_vec()),
        Item::Text(value) => Value::String(text(reader, value, start)?),
        Item::Link(value) => Value::Link(value.into()),
        Item::List(count) => {
            let depth = enter(count, limits, depth, start)?;
            // A count is bounded by the bytes that are there, yet an item takes more memory than
            // its one byte: so the list grows as items come.
            let mut list = Vec::with_capacity(count.min(64));
            for _ in 0..count {
                list.push(read(reader, limits, depth)?);
            }
            Value::List(list)
        }
        Item::Map(count) => {
            let depth = enter(count, limits, depth, start)?;
            Value::Map(read_map(reader, limits, depth, count)?)
        }
    })
}

fn read_map(
    reader: &mut Reader<'_>,
    limits: &Limits,
    depth: usize,
    count: usize,
) -> Result<Map, DecodeError> {
    // As with lists: what is claimed is not yet there.
    let mut entries: Vec<(SmolStr, Value)> = Vec::with_capacity(count.min(16));
    let begin = reader.offset();
    let mut sorted = true;
    let mut previous: Option<&[u8]> = None;
    for _ in 0..count {
        let start = reader.offset();
        let key = reader.key()?;
        if key.len() > limits.key_bytes {
            return Err(DecodeErrorKind::TooLong.at(start));
        }
        match previous.map(|previous| byte_order(previous, key)) {
            None | Some(Ordering::Less) => {}
            Some(Ordering::Equal) => return Err(DecodeErrorKind::DuplicateKey.at(start)),
            Some(Ordering::Greater) => {
                reader.deviate(DecodeErrorKind::KeyOrder, start)?;
                sorted = false;
            }
        }
        previous = Some(key);
        let readable = std::str::from_utf8(key).ok();
        sorted &= readable.is_some();
        let key = match readable {
            Some(key) => SmolStr::new(key),
            None => text(reader, key, start)?.into(),
        };
        entries.push((key, read(reader, limits, depth)?));
    }
    if sorted {
        return Ok(Map::from_sorted(entries));
    }
    Map::from_entries(entries).ok_or(DecodeErrorKind::DuplicateKey.at(begin))
}

/// Compares two keys as canonical maps order them: by length, then by bytes.
pub(super) fn byte_order(left: &[u8], right: &[u8]) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// Checks a container against the limits and returns the depth that is left within it.
pub(crate) fn enter(
    count: usize,
    limits: &Limits,
    depth: usize,
    start: usize,
) -> Result<usize, DecodeError> {
    if count > limits.container_items {
        return Err(DecodeErrorKind::TooLong.at(start));
    }
    depth.checked_sub(1).ok_or(DecodeErrorKind::TooDeep.at(start))
}

fn text(reader: &mut Reader<'_>, bytes: &[u8], start: usize) -> Result<String, DecodeError> {
    match String::from_utf8_lossy(bytes) {
        std::borrow::Cow::Borrowed(text) => Ok(text.to_owned()),
        std::borrow::Cow::Owned(text) => {
            reader.deviate(DecodeErrorKind::Utf8, start)?;
            Ok(text)
        }
    }
}
