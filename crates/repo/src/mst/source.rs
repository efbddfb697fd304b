//! Where a tree's nodes come from, and what can go wrong with them.

use std::collections::HashMap;
use std::error::Error as StdError;

use bytes::Bytes;
use syntax::Cid;
use thiserror::Error;

use super::key::Key;
use super::node::NodeError;

/// The place of a node in its tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position<'a> {
    /// The node's layer: 0 for the lowest.
    pub layer: u8,
    /// The key just left of the node, which is of a higher layer; `None` at the left edge.
    pub lo: Option<&'a Key>,
}

/// Gives the nodes that a tree needs and has not loaded.
pub trait NodeSource {
    /// Returns the block of the node at a place with a CID, or `None` if it is not there.
    ///
    /// Sources may find by either. Whether the block has the CID is checked by the caller.
    ///
    /// # Errors
    ///
    /// [`SourceError`] if looking for it failed.
    fn node(&self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError>;
}

/// What failed when a source was asked.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct SourceError(#[from] pub Box<dyn StdError + Send + Sync>);

/// Says why an operation on a tree could not be done.
#[derive(Debug, Error)]
pub enum TreeError {
    /// A node that is needed is not in the source.
    #[error("node {cid} of layer {layer}, right of {lo:?}, is missing")]
    Missing {
        /// The node's CID.
        cid: Cid,
        /// The node's layer.
        layer: u8,
        /// The key just left of the node.
        lo: Option<Key>,
    },
    /// A block from the source does not have the CID that was asked for.
    #[error("block does not match its CID {cid}")]
    Mismatch {
        /// The CID that was asked for.
        cid: Cid,
    },
    /// A node is not well formed, or not in its place.
    #[error("node {cid}: {error}")]
    Malformed {
        /// The node's CID.
        cid: Cid,
        /// What is wrong with it.
        error: NodeError,
    },
    /// The source failed.
    #[error("nodes could not be read")]
    Source(#[from] SourceError),
}

/// A source with nothing in it, for trees that are loaded whole.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoSource;

impl NodeSource for NoSource {
    fn node(&self, _: Position<'_>, _: &Cid) -> Result<Option<Bytes>, SourceError> {
        Ok(None)
    }
}

/// Blocks in memory, by CID: those of a slice, or of a small repository.
#[derive(Debug, Clone, Default)]
pub struct BlockMap(pub HashMap<Cid, Bytes>);

impl BlockMap {
    /// Returns a block.
    pub fn get(&self, cid: &Cid) -> Option<&Bytes> {
        self.0.get(cid)
    }
}

impl FromIterator<(Cid, Bytes)> for BlockMap {
    fn from_iter<I: IntoIterator<Item = (Cid, Bytes)>>(blocks: I) -> Self {
        Self(blocks.into_iter().collect())
    }
}

impl NodeSource for BlockMap {
    fn node(&self, _: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
        Ok(self.get(cid).cloned())
    }
}

impl<S: NodeSource + ?Sized> NodeSource for &S {
    fn node(&self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
        (**self).node(at, cid)
    }
}
