//! From values to bytes.

use syntax::Cid;
use thiserror::Error;

use crate::data::Value;

/// Deeper than any value that our decoders make; a bound for values made by hand.
const DEPTH_MAX: usize = 512;

/// Says why a value has no canonical encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// A floating-point number.
    #[error("floating-point numbers are not part of the data model")]
    Float,
    /// An integer beyond 64 bits.
    #[error("integer does not fit into 64 bits")]
    Integer,
    /// Lists and maps within each other beyond 512.
    #[error("value is nested too deep")]
    TooDeep,
}

/// Encodes a value in canonical CBOR.
///
/// # Errors
///
/// [`EncodeError`] if the value has no such encoding.
pub fn encode(value: &Value) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(256);
    write(&mut out, value, DEPTH_MAX)?;
    Ok(out)
}

fn write(out: &mut Vec<u8>, value: &Value, depth: usize) -> Result<(), EncodeError> {
    match value {
        Value::Null => put_null(out),
        Value::Bool(value) => put_bool(out, *value),
        Value::Integer(value) => put_integer(out, *value)?,
        Value::Float(_) => return Err(EncodeError::Float),
        Value::String(text) => put_text(out, text),
        Value::Bytes(bytes) => put_bytes(out, bytes),
        Value::Link(link) => match link.cid() {
            Some(cid) => put_cid(out, Some(&cid)),
            None => put_link(out, &link.as_any().to_bytes()),
        },
        Value::List(list) => {
            let depth = depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
            put_array(out, list.len());
            for item in list {
                write(out, item, depth)?;
            }
        }
        Value::Map(map) => {
            let depth = depth.checked_sub(1).ok_or(EncodeError::TooDeep)?;
            put_map(out, map.len());
            for (key, item) in map.iter() {
                put_text(out, key);
                write(out, item, depth)?;
            }
        }
    }
    Ok(())
}

fn put_integer(out: &mut Vec<u8>, value: i128) -> Result<(), EncodeError> {
    let (major, argument) = if value < 0 { (1, -1 - value) } else { (0, value) };
    put_head(out, major, u64::try_from(argument).map_err(|_| EncodeError::Integer)?);
    Ok(())
}

/// Appends an integer that is not negative.
pub(crate) fn put_uint(out: &mut Vec<u8>, value: u64) {
    put_head(out, 0, value);
}

/// Appends null.
pub(crate) fn put_null(out: &mut Vec<u8>) {
    out.push(0xf6);
}

/// Appends a truth value.
pub(crate) fn put_bool(out: &mut Vec<u8>, value: bool) {
    out.push(if value { 0xf5 } else { 0xf4 });
}

/// Appends a text.
pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_length(out, 3, text.len());
    out.extend_from_slice(text.as_bytes());
}

/// Appends a byte string.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_length(out, 2, bytes.len());
    out.extend_from_slice(bytes);
}

/// Appends the head of a list; its items follow.
pub(crate) fn put_array(out: &mut Vec<u8>, items: usize) {
    put_length(out, 4, items);
}

/// Appends the head of a map; its keys and values follow, in canonical order.
pub(crate) fn put_map(out: &mut Vec<u8>, entries: usize) {
    put_length(out, 5, entries);
}

/// Appends a link, or null.
pub(crate) fn put_cid(out: &mut Vec<u8>, cid: Option<&Cid>) {
    match cid {
        Some(cid) => {
            out.extend_from_slice(&[0xd8, 42, 0x58, 37, 0]);
            out.extend_from_slice(&cid.to_bytes());
        }
        None => put_null(out),
    }
}

fn put_link(out: &mut Vec<u8>, cid: &[u8]) {
    out.extend_from_slice(&[0xd8, 42]);
    put_length(out, 2, cid.len() + 1);
    out.push(0);
    out.extend_from_slice(cid);
}

fn put_length(out: &mut Vec<u8>, major: u8, length: usize) {
    put_head(out, major, u64::try_from(length).expect("a length in memory fits into 64 bits"));
}

fn put_head(out: &mut Vec<u8>, major: u8, argument: u64) {
    let major = major << 5;
    let [.., b4, b5, b6, b7] = argument.to_be_bytes();
    match argument {
        0..=23 => out.push(major | b7),
        24..=0xff => out.extend_from_slice(&[major | 24, b7]),
        0x100..=0xffff => out.extend_from_slice(&[major | 25, b6, b7]),
        0x1_0000..=0xffff_ffff => out.extend_from_slice(&[major | 26, b4, b5, b6, b7]),
        _ => {
            out.push(major | 27);
            out.extend_from_slice(&argument.to_be_bytes());
        }
    }
}
