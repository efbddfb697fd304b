//! Reading a CAR file piece by piece.

use cid::Cid as AnyCid;
use syntax::Cid;

use super::{BLOCK_BYTES_MAX, CarError};
use crate::data::Link;
use crate::data::cbor::{DecodeErrorKind, Item, Mode, Reader};

/// The most bytes of a header: room for about 800 roots.
const HEADER_BYTES_MAX: usize = 32_768;
/// The most bytes of a varint of 63 bits.
const VARINT_BYTES_MAX: usize = 9;

/// Turns the bytes of a CAR file into blocks.
///
/// Push bytes in pieces of any size, and take blocks until there are none; at the end call
/// [`Decoder::finish`]. No more than one block and the newest piece are held in memory.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    /// How many bytes of the buffer are used up.
    used: usize,
    /// How many bytes of the file were before the buffer.
    before: u64,
    roots: Option<Vec<Link>>,
    strangers: u64,
}

/// A block whose hash is that of its CID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block<'a> {
    /// The CID.
    pub cid: Cid,
    /// The bytes.
    pub bytes: &'a [u8],
}

impl Decoder {
    /// Begins a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the file's next bytes.
    pub fn push(&mut self, piece: &[u8]) {
        self.before += u64::try_from(self.used).expect("a length in memory fits into 64 bits");
        self.buffer.drain(..self.used);
        self.used = 0;
        self.buffer.extend_from_slice(piece);
    }

    /// Returns the header's roots, once it is there.
    pub fn roots(&self) -> Option<&[Link]> {
        self.roots.as_deref()
    }

    /// Returns how many blocks were left out because their CIDs are of a form that no part of a
    /// repository has.
    pub fn strangers(&self) -> u64 {
        self.strangers
    }

    /// Takes the next block, or `None` if more bytes are needed.
    ///
    /// # Errors
    ///
    /// [`CarError`] if the bytes are not a CAR file; the decoder is of no more use then.
    pub fn next_block(&mut self) -> Result<Option<Block<'_>>, CarError> {
        loop {
            let start = self.used;
            let offset = self.before + u64::try_from(start).expect("a length fits into 64 bits");
            let most = if self.roots.is_none() { HEADER_BYTES_MAX } else { BLOCK_BYTES_MAX + 128 };
            let Some((length, digits)) = length(&self.buffer[start..], most, offset)? else {
                return Ok(None);
            };
            let begin = start + digits;
            if self.buffer.len() - begin < length {
                return Ok(None);
            }
            self.used = begin + length;
            if self.roots.is_none() {
                self.roots = Some(read_header(&self.buffer[begin..self.used])?);
                continue;
            }
            let section = begin..self.used;
            match section_cid(&self.buffer[section.clone()], offset)? {
                Some(cid) => {
                    let bytes = &self.buffer[section.start + 36..section.end];
                    if !cid.is_of(bytes) {
                        return Err(CarError::Mismatch { offset, cid });
                    }
                    return Ok(Some(Block { cid, bytes }));
                }
                None => self.strangers += 1,
            }
        }
    }

    /// Checks that the file ended where a block did.
    ///
    /// # Errors
    ///
    /// [`CarError`] if it did not, or had no header.
    pub fn finish(&self) -> Result<(), CarError> {
        let offset = self.before + u64::try_from(self.used).expect("a length fits into 64 bits");
        if self.used < self.buffer.len() {
            return Err(CarError::Truncated { offset });
        }
        if self.roots.is_none() { Err(CarError::Empty) } else { Ok(()) }
    }
}

/// Reads a length of at most `most`, and how many bytes it takes; `None` if it is cut.
fn length(bytes: &[u8], most: usize, offset: u64) -> Result<Option<(usize, usize)>, CarError> {
    let mut value: u64 = 0;
    for (index, byte) in bytes.iter().take(VARINT_BYTES_MAX).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 != 0 {
            continue;
        }
        if *byte == 0 && index > 0 {
            return Err(CarError::Length { offset });
        }
        return match usize::try_from(value) {
            Ok(length) if (1..=most).contains(&length) => Ok(Some((length, index + 1))),
            _ => Err(CarError::BlockSize { offset, bytes: value }),
        };
    }
    if bytes.len() >= VARINT_BYTES_MAX { Err(CarError::Length { offset }) } else { Ok(None) }
}

fn read_header(bytes: &[u8]) -> Result<Vec<Link>, CarError> {
    let mut reader = Reader::new(bytes, Mode::Strict);
    let start = reader.offset();
    // A header of version 2 has the version alone, and deserves to be called by it.
    let Item::Map(entries @ 1..=2) = reader.item()? else {
        return Err(DecodeErrorKind::Unexpected.at(start).into());
    };
    let mut roots = Vec::new();
    if entries == 2 {
        reader.expect_key("roots")?;
        for _ in 0..reader.list()? {
            let start = reader.offset();
            match reader.item()? {
                Item::Link(link) => roots.push(link.into()),
                _ => return Err(DecodeErrorKind::Unexpected.at(start).into()),
            }
        }
    }
    reader.expect_key("version")?;
    let version = reader.uint()?;
    reader.end()?;
    match (version, entries) {
        (1, 2) => Ok(roots),
        (1, _) => Err(DecodeErrorKind::Unexpected.at(start).into()),
        _ => Err(CarError::Version(version)),
    }
}

/// Reads the CID that a section begins with; `None` if it is one of another form.
fn section_cid(section: &[u8], offset: u64) -> Result<Option<Cid>, CarError> {
    if let Some(Ok(cid)) = section.first_chunk::<36>().map(|cid| Cid::decode(cid)) {
        return Ok(Some(cid));
    }
    AnyCid::read_bytes(section).map(|_| None).map_err(|_| CarError::Cid { offset })
}
