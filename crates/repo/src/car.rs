//! CAR files of version 1: blocks one after the other, each with its CID.
//!
//! [`Decoder`] takes bytes as they come and gives blocks as they are whole; each is hashed. Writing
//! is [`header`] and [`put_block`].
//!
//! Specs: <https://ipld.io/specs/transport/car/carv1/>,
//! <https://atproto.com/specs/repository#car-file-serialization>

mod decoder;
mod spool;

use syntax::Cid;
use thiserror::Error;

pub use crate::car::decoder::{Block, Decoder};
pub use crate::car::spool::{Spool, SpoolError};
use crate::data::cbor::{DecodeError, put_array, put_cid, put_map, put_text, put_uint};

/// The MIME type of a CAR file.
pub const MIME_TYPE: &str = "application/vnd.ipld.car";

/// The most bytes that a block is read with: more than any record, node or commit may have.
pub const BLOCK_BYTES_MAX: usize = 2_000_000;

/// Says why bytes are not a CAR file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CarError {
    /// There are no bytes.
    #[error("CAR file is empty")]
    Empty,
    /// The bytes end within the header or a block.
    #[error("CAR file is cut off at byte {offset}")]
    Truncated {
        /// Where the cut part begins.
        offset: u64,
    },
    /// A length is not in its shortest form, or has too many bytes.
    #[error("malformed length at byte {offset}")]
    Length {
        /// Where the length is.
        offset: u64,
    },
    /// A header or a block is longer than allowed, or has no room for a CID.
    #[error("block of {bytes} bytes at byte {offset}")]
    BlockSize {
        /// Where the block is.
        offset: u64,
        /// The length that it claims.
        bytes: u64,
    },
    /// The header is not that of a CAR file of version 1.
    #[error("malformed header: {0}")]
    Header(#[from] DecodeError),
    /// The header says that the file is of another version.
    #[error("CAR file is of version {0}")]
    Version(u64),
    /// A block does not begin with a CID.
    #[error("malformed CID at byte {offset}")]
    Cid {
        /// Where the block is.
        offset: u64,
    },
    /// A block does not have the hash that its CID says.
    #[error("block at byte {offset} does not match its CID {cid}")]
    Mismatch {
        /// Where the block is.
        offset: u64,
        /// The CID that it claims.
        cid: Cid,
    },
}

/// Returns the beginning of a CAR file.
pub fn header(roots: &[Cid]) -> Vec<u8> {
    let mut cbor = Vec::with_capacity(64);
    put_map(&mut cbor, 2);
    put_text(&mut cbor, "roots");
    put_array(&mut cbor, roots.len());
    for root in roots {
        put_cid(&mut cbor, Some(root));
    }
    put_text(&mut cbor, "version");
    put_uint(&mut cbor, 1);
    let mut out = Vec::with_capacity(cbor.len() + 2);
    put_length(&mut out, cbor.len());
    out.extend_from_slice(&cbor);
    out
}

/// Appends a block to a CAR file.
pub fn put_block(out: &mut Vec<u8>, cid: &Cid, block: &[u8]) {
    let cid = cid.to_bytes();
    put_length(out, cid.len() + block.len());
    out.extend_from_slice(&cid);
    out.extend_from_slice(block);
}

/// Returns how many bytes a block takes in a CAR file.
pub fn block_bytes(block: &[u8]) -> usize {
    let length = block.len() + 36;
    let bits = usize::BITS - length.leading_zeros();
    length + usize::try_from(bits.div_ceil(7)).expect("a varint has ten bytes at most")
}

fn put_length(out: &mut Vec<u8>, length: usize) {
    let mut rest = length;
    while rest >= 0x80 {
        out.push(u8::try_from(rest & 0x7f).expect("seven bits fit") | 0x80);
        rest >>= 7;
    }
    out.push(u8::try_from(rest).expect("seven bits fit"));
}
