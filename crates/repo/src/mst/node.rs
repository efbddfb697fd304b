//! One node as a block: its encoding, which has one form, and what can be checked of it alone.

use syntax::{Cid, Codec};
use thiserror::Error;

use super::key::{Key, KeyError, common_prefix};
use crate::data::cbor::{
    DecodeError, DecodeErrorKind, Mode, Reader, put_array, put_bytes, put_cid, put_map, put_text,
    put_uint,
};

/// The most bytes that a node may have: a commit with a larger one could not be announced.
pub const NODE_BYTES_MAX: usize = 2_000_000;

/// A node as its block has it: keys whole, children by CID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawNode {
    /// The subtree left of the first entry.
    pub left: Option<Cid>,
    /// The entries in the order of their keys.
    pub entries: Vec<NodeEntry>,
}

/// An entry of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEntry {
    /// The entry's key.
    pub key: Key,
    /// The CID of the entry's record.
    pub value: Cid,
    /// The subtree between this entry and the next.
    pub right: Option<Cid>,
}

/// Says what is wrong with a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NodeError {
    /// The block is larger than [`NODE_BYTES_MAX`].
    #[error("node is larger than {NODE_BYTES_MAX} bytes")]
    TooLarge,
    /// The block is not the canonical encoding of something like a node.
    #[error("node is not well encoded: {0}")]
    Encoding(#[from] DecodeError),
    /// A key's prefix is not just what it has in common with the key before it.
    #[error("key of a node is not compressed as it must be")]
    Prefix,
    /// A key is not of the form that keys have.
    #[error("{0}")]
    Key(#[from] KeyError),
    /// A key is not above the one before it, or outside the bounds that the parent sets.
    #[error("keys of the tree are out of order")]
    Order,
    /// A key does not belong to the node's layer.
    #[error("key is on a layer that it does not belong to")]
    Layer,
    /// A node without entries and children within a tree.
    #[error("empty node within the tree")]
    Empty,
    /// A root without entries above a child.
    #[error("root has no entries")]
    UntrimmedRoot,
    /// A node of layer 0 with a child.
    #[error("child below the lowest layer")]
    BelowBottom,
}

impl RawNode {
    /// Decodes a block.
    ///
    /// # Errors
    ///
    /// [`NodeError`] if the block is not the one canonical encoding of a node with rising keys.
    /// What depends on the node's place in a tree is not checked.
    pub fn decode(block: &[u8]) -> Result<Self, NodeError> {
        if block.len() > NODE_BYTES_MAX {
            return Err(NodeError::TooLarge);
        }
        let mut reader = Reader::new(block, Mode::Strict);
        reader.map(2)?;
        reader.expect_key("e")?;
        let count = reader.list()?;
        let mut entries: Vec<NodeEntry> = Vec::with_capacity(count.min(64));
        let mut key = Vec::new();
        for _ in 0..count {
            reader.map(4)?;
            reader.expect_key("k")?;
            let suffix = reader.byte_string()?;
            reader.expect_key("p")?;
            let prefix = usize::try_from(reader.uint()?).map_err(|_| NodeError::Prefix)?;
            reader.expect_key("t")?;
            let right = read_node_cid(&mut reader)?;
            reader.expect_key("v")?;
            let offset = reader.offset();
            let value = read_node_cid(&mut reader)?;
            let value = value.ok_or(DecodeErrorKind::Unexpected.at(offset))?;

            // Maximal: where the prefix ends, the keys differ. That also makes the keys rise.
            let differs = match (key.get(prefix), suffix.first()) {
                (Some(before), Some(now)) if before > now => return Err(NodeError::Order),
                (Some(before), Some(now)) => before < now,
                (None, Some(_)) => prefix == key.len(),
                (_, None) => return Err(NodeError::Order),
            };
            if !differs {
                return Err(NodeError::Prefix);
            }
            key.truncate(prefix);
            key.extend_from_slice(suffix);
            let text = std::str::from_utf8(&key).map_err(|_| KeyError::Character)?;
            entries.push(NodeEntry { key: Key::parse(text)?, value, right });
        }
        reader.expect_key("l")?;
        let left = read_node_cid(&mut reader)?;
        reader.end()?;
        Ok(Self { left, entries })
    }

    /// Encodes the node.
    pub fn encode(&self) -> Vec<u8> {
        let entries = self.entries.iter();
        let entries = entries.map(|entry| (&entry.key, &entry.value, entry.right.as_ref()));
        encode(self.left.as_ref(), entries)
    }
}

fn read_node_cid(reader: &mut Reader<'_>) -> Result<Option<Cid>, DecodeError> {
    let offset = reader.offset();
    match reader.cid()? {
        Some(cid) if cid.codec() != Codec::DagCbor => Err(DecodeErrorKind::Link.at(offset)),
        cid => Ok(cid),
    }
}

/// Encodes a node from its parts.
pub(super) fn encode<'a>(
    left: Option<&Cid>,
    entries: impl ExactSizeIterator<Item = (&'a Key, &'a Cid, Option<&'a Cid>)>,
) -> Vec<u8> {
    let mut out = Vec::with_capacity(64 + 128 * entries.len());
    put_map(&mut out, 2);
    put_text(&mut out, "e");
    put_array(&mut out, entries.len());
    let mut previous = "";
    for (key, value, right) in entries {
        put_entry(&mut out, previous, key.as_str(), value, right);
        previous = key.as_str();
    }
    put_text(&mut out, "l");
    put_cid(&mut out, left);
    out
}

/// Appends one entry of a node: a map of `k`, `p`, `t` and `v`.
pub(super) fn put_entry(
    out: &mut Vec<u8>,
    previous: &str,
    key: &str,
    value: &Cid,
    right: Option<&Cid>,
) {
    let prefix = common_prefix(previous.as_bytes(), key.as_bytes());
    out.reserve(key.len() + 110);
    out.extend_from_slice(b"\xa4\x61k");
    put_bytes(out, &key.as_bytes()[prefix..]);
    out.extend_from_slice(b"\x61p");
    put_uint(out, u64::try_from(prefix).expect("a key is short"));
    out.extend_from_slice(b"\x61t");
    put_cid(out, right);
    out.extend_from_slice(b"\x61v");
    put_cid(out, Some(value));
}
