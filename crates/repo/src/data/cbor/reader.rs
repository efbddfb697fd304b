//! Reads one item's head at a time. Nothing is allocated, and no length is believed.

use cid::Cid as Link;
use syntax::Cid;

use super::{DecodeError, DecodeErrorKind};

/// How forms other than the canonical are met.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// They are errors.
    Strict,
    /// Those with a clear meaning are read, and the first is remembered.
    Lenient,
}

/// An item: whole if it is a scalar, its count of items if it is a list or a map.
#[derive(Debug)]
pub(crate) enum Item<'a> {
    Null,
    Bool(bool),
    Integer(i128),
    Float(f64),
    Bytes(&'a [u8]),
    /// Checked to be UTF-8 in strict mode.
    Text(&'a [u8]),
    Link(Link),
    List(usize),
    Map(usize),
}

pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
    mode: Mode,
    deviation: Option<DecodeError>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8], mode: Mode) -> Self {
        Self { bytes, offset: 0, mode, deviation: None }
    }

    pub(crate) fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the first form that was read though it is not canonical.
    pub(crate) fn deviation(&self) -> Option<DecodeError> {
        self.deviation
    }

    /// Meets a form that is not canonical: an error, or remembered.
    pub(crate) fn deviate(
        &mut self,
        kind: DecodeErrorKind,
        offset: usize,
    ) -> Result<(), DecodeError> {
        let error = kind.at(offset);
        if self.mode == Mode::Strict {
            return Err(error);
        }
        self.deviation.get_or_insert(error);
        Ok(())
    }

    /// Checks that all bytes are read.
    pub(crate) fn end(&self) -> Result<(), DecodeError> {
        if self.offset == self.bytes.len() {
            Ok(())
        } else {
            Err(DecodeErrorKind::Trailing.at(self.offset))
        }
    }

    /// Reads the next item.
    pub(crate) fn item(&mut self) -> Result<Item<'a>, DecodeError> {
        let start = self.offset;
        let (major, info) = self.initial()?;
        Ok(match major {
            0 => Item::Integer(i128::from(self.argument(info, start)?)),
            1 => Item::Integer(-1 - i128::from(self.argument(info, start)?)),
            2 => {
                let length = self.argument(info, start)?;
                Item::Bytes(self.take(length, start)?)
            }
            3 => {
                let length = self.argument(info, start)?;
                let text = self.take(length, start)?;
                if self.mode == Mode::Strict && std::str::from_utf8(text).is_err() {
                    return Err(DecodeErrorKind::Utf8.at(start));
                }
                Item::Text(text)
            }
            4 => Item::List(self.count(info, 1, start)?),
            5 => Item::Map(self.count(info, 2, start)?),
            6 => self.link(info, start)?,
            _ => self.simple(info, start)?,
        })
    }

    /// Reads a map's key, which must be text.
    pub(crate) fn key(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.offset;
        match self.item()? {
            Item::Text(key) => Ok(key),
            _ => Err(DecodeErrorKind::Key.at(start)),
        }
    }

    /// Reads a link of the form that commits and trees use, or null.
    pub(crate) fn cid(&mut self) -> Result<Option<Cid>, DecodeError> {
        let start = self.offset;
        let rest = &self.bytes[start..];
        if rest.first() == Some(&0xf6) {
            self.offset += 1;
            return Ok(None);
        }
        let cid = rest
            .strip_prefix(&[0xd8, 42, 0x58, 37, 0])
            .and_then(|rest| rest.first_chunk::<36>())
            .and_then(|cid| Cid::decode(cid).ok())
            .ok_or(DecodeErrorKind::Link.at(start))?;
        self.offset += 41;
        Ok(Some(cid))
    }

    /// Reads the head of a map, which must have `count` entries.
    pub(crate) fn map(&mut self, count: usize) -> Result<(), DecodeError> {
        let start = self.offset;
        match self.item()? {
            Item::Map(found) if found == count => Ok(()),
            _ => Err(DecodeErrorKind::Unexpected.at(start)),
        }
    }

    /// Reads the head of a list and returns its count of items.
    pub(crate) fn list(&mut self) -> Result<usize, DecodeError> {
        let start = self.offset;
        match self.item()? {
            Item::List(count) => Ok(count),
            _ => Err(DecodeErrorKind::Unexpected.at(start)),
        }
    }

    /// Reads a map's key, which must be `key`.
    pub(crate) fn expect_key(&mut self, key: &str) -> Result<(), DecodeError> {
        let start = self.offset;
        if self.key()? == key.as_bytes() {
            Ok(())
        } else {
            Err(DecodeErrorKind::Unexpected.at(start))
        }
    }

    /// Reads a byte string.
    pub(crate) fn byte_string(&mut self) -> Result<&'a [u8], DecodeError> {
        let start = self.offset;
        match self.item()? {
            Item::Bytes(bytes) => Ok(bytes),
            _ => Err(DecodeErrorKind::Unexpected.at(start)),
        }
    }

    /// Reads a text.
    pub(crate) fn text(&mut self) -> Result<&'a str, DecodeError> {
        let start = self.offset;
        match self.item()? {
            Item::Text(text) => {
                std::str::from_utf8(text).map_err(|_| DecodeErrorKind::Utf8.at(start))
            }
            _ => Err(DecodeErrorKind::Unexpected.at(start)),
        }
    }

    /// Reads an integer that is not negative.
    pub(crate) fn uint(&mut self) -> Result<u64, DecodeError> {
        let start = self.offset;
        match self.item()? {
            Item::Integer(value) => {
                u64::try_from(value).map_err(|_| DecodeErrorKind::Unexpected.at(start))
            }
            _ => Err(DecodeErrorKind::Unexpected.at(start)),
        }
    }

    fn initial(&mut self) -> Result<(u8, u8), DecodeError> {
        let byte =
            *self.bytes.get(self.offset).ok_or(DecodeErrorKind::Truncated.at(self.offset))?;
        self.offset += 1;
        Ok((byte >> 5, byte & 31))
    }

    /// Reads the number that belongs to an initial byte.
    fn argument(&mut self, info: u8, start: usize) -> Result<u64, DecodeError> {
        let (value, least) = match info {
            0..=23 => return Ok(u64::from(info)),
            24 => (u64::from(u8::from_be_bytes(self.array(start)?)), 24),
            25 => (u64::from(u16::from_be_bytes(self.array(start)?)), 1 << 8),
            26 => (u64::from(u32::from_be_bytes(self.array(start)?)), 1 << 16),
            27 => (u64::from_be_bytes(self.array(start)?), 1 << 32),
            31 => return Err(DecodeErrorKind::Indefinite.at(start)),
            _ => return Err(DecodeErrorKind::Simple.at(start)),
        };
        if value < least {
            self.deviate(DecodeErrorKind::NotShortest, start)?;
        }
        Ok(value)
    }

    /// Reads a count of items, of which each takes `each` bytes at least: more cannot be there.
    fn count(&mut self, info: u8, each: usize, start: usize) -> Result<usize, DecodeError> {
        let count = self.argument(info, start)?;
        let room = (self.bytes.len() - self.offset) / each;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= room)
            .ok_or(DecodeErrorKind::Truncated.at(start))
    }

    fn take(&mut self, length: u64, start: usize) -> Result<&'a [u8], DecodeError> {
        let rest = &self.bytes[self.offset..];
        let taken = usize::try_from(length)
            .ok()
            .and_then(|length| rest.get(..length))
            .ok_or(DecodeErrorKind::Truncated.at(start))?;
        self.offset += taken.len();
        Ok(taken)
    }

    fn array<const N: usize>(&mut self, start: usize) -> Result<[u8; N], DecodeError> {
        let rest = &self.bytes[self.offset..];
        let array = rest.first_chunk().ok_or(DecodeErrorKind::Truncated.at(start))?;
        self.offset += N;
        Ok(*array)
    }

    fn link(&mut self, info: u8, start: usize) -> Result<Item<'a>, DecodeError> {
        if self.argument(info, start)? != 42 {
            return Err(DecodeErrorKind::Tag.at(start));
        }
        let bytes = match self.initial()? {
            (2, info) => {
                let length = self.argument(info, start)?;
                self.take(length, start)?
            }
            _ => return Err(DecodeErrorKind::Link.at(start)),
        };
        let [0, cid @ ..] = bytes else {
            return Err(DecodeErrorKind::Link.at(start));
        };
        if let Ok(cid) = Cid::decode(cid) {
            return Ok(Item::Link(cid.into()));
        }
        let link = Link::try_from(cid).map_err(|_| DecodeErrorKind::Link.at(start))?;
        // Bytes after the CID, or varints that are longer than need be.
        if link.to_bytes() != cid {
            return Err(DecodeErrorKind::Link.at(start));
        }
        Ok(Item::Link(link))
    }

    fn simple(&mut self, info: u8, start: usize) -> Result<Item<'a>, DecodeError> {
        let float = match info {
            20 => return Ok(Item::Bool(false)),
            21 => return Ok(Item::Bool(true)),
            22 => return Ok(Item::Null),
            23 => {
                self.deviate(DecodeErrorKind::Simple, start)?;
                return Ok(Item::Null);
            }
            25 => half_to_f64(u16::from_be_bytes(self.array(start)?)),
            26 => f64::from(f32::from_be_bytes(self.array(start)?)),
            27 => f64::from_be_bytes(self.array(start)?),
            31 => return Err(DecodeErrorKind::Indefinite.at(start)),
            _ => return Err(DecodeErrorKind::Simple.at(start)),
        };
        self.deviate(DecodeErrorKind::Float, start)?;
        if float.is_finite() {
            Ok(Item::Float(float))
        } else {
            Err(DecodeErrorKind::Float.at(start))
        }
    }
}

/// Widens a number of IEEE 754 binary16.
fn half_to_f64(half: u16) -> f64 {
    let exponent = i32::from(half >> 10 & 31);
    let mantissa = f64::from(half & 1023);
    let magnitude = match exponent {
        0 => mantissa * 2f64.powi(-24),
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (mantissa + 1024.0) * 2f64.powi(exponent - 25),
    };
    if half >> 15 == 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_widen_exactly() {
        for (half, number) in [
            (0x0000, 0.0),
            (0x0001, 5.960_464_477_539_063e-8),
            (0x3c00, 1.0),
            (0xc400, -4.0),
            (0x7bff, 65504.0),
            (0x7c00, f64::INFINITY),
        ] {
            assert_eq!(half_to_f64(half), number);
        }
        assert!(half_to_f64(0x7e00).is_nan());
    }
}
