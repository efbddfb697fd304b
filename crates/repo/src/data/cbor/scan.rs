//! Checks an encoding without making a value of it.

use std::cmp::Ordering;

use super::decode::{byte_order, enter};
use super::{DecodeError, DecodeErrorKind, Item, Mode, Reader};
use crate::data::Limits;

/// Checks that the bytes are one value in canonical CBOR, as [`decode`](super::decode) would.
///
/// # Errors
///
/// [`DecodeError`] in the same cases, with the same place.
pub fn check(bytes: &[u8], limits: &Limits) -> Result<(), DecodeError> {
    let mut reader = Reader::new(bytes, Mode::Strict);
    scan(&mut reader, limits, limits.depth)?;
    reader.end()
}

fn scan(reader: &mut Reader<'_>, limits: &Limits, depth: usize) -> Result<(), DecodeError> {
    let start = reader.offset();
    match reader.item()? {
        Item::List(count) => {
            let depth = enter(count, limits, depth, start)?;
            for _ in 0..count {
                scan(reader, limits, depth)?;
            }
        }
        Item::Map(count) => {
            let depth = enter(count, limits, depth, start)?;
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
                    Some(Ordering::Greater) => return Err(DecodeErrorKind::KeyOrder.at(start)),
                }
                previous = Some(key);
                scan(reader, limits, depth)?;
            }
        }
        _ => {}
    }
    Ok(())
}
