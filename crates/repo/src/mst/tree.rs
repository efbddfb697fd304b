//! A tree in memory, loaded as far as it was needed.

use std::mem::size_of;
use std::sync::Arc;

use bytes::Bytes;
use syntax::Cid;

use super::key::Key;
use super::node::{NodeEntry, NodeError, RawNode, encode};
use super::source::{NodeSource, Position, TreeError};

/// A tree, or a view of one: nodes that were not needed are only known by their CIDs.
///
/// Cloning is cheap, and the clone is a snapshot: an [`Edit`](super::Edit) of one copies what it
/// changes.
#[derive(Debug, Clone)]
pub struct Tree {
    pub(super) root: Arc<Node>,
}

/// A loaded node.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) layer: u8,
    /// The node's block; `None` while an edit has changed it and not yet finished.
    pub(super) block: Option<Block>,
    pub(super) left: Child,
    pub(super) entries: Vec<Entry>,
}

/// A node's encoding.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) cid: Cid,
    pub(super) bytes: Bytes,
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) value: Cid,
    pub(super) right: Child,
}

#[derive(Debug, Clone, Default)]
pub(super) enum Child {
    #[default]
    None,
    Stub(Cid),
    Node(Arc<Node>),
}

/// The keys between which all keys of a subtree are; `None` is the edge of the tree.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    pub(super) lo: Option<Key>,
    pub(super) hi: Option<Key>,
}

impl Tree {
    /// Returns the tree without entries.
    pub fn empty() -> Self {
        let node = Node { layer: 0, block: None, left: Child::None, entries: Vec::new() };
        let block = node.encode();
        Self { root: Arc::new(Node { block: Some(block), ..node }) }
    }

    /// Makes a view of the tree with this root, of which the root alone is loaded.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if the block is not the root of a tree with that CID.
    pub fn open(root: Cid, block: Bytes) -> Result<Self, TreeError> {
        if !root.is_of(&block) {
            return Err(TreeError::Mismatch { cid: root });
        }
        let node = Node::decode(root, block, None, &Bounds::default())
            .map_err(|error| TreeError::Malformed { cid: root, error })?;
        Ok(Self { root: Arc::new(node) })
    }

    /// Makes a view of the tree with this root, which is loaded from a source that finds by CID.
    ///
    /// Where the root is among others by place, only whoever put it there knows its layer: get its
    /// block and use [`Tree::open`].
    ///
    /// # Errors
    ///
    /// [`TreeError`] if the source does not have the root, or it is none.
    pub fn load<S: NodeSource>(root: Cid, source: &S) -> Result<Self, TreeError> {
        let at = Position { layer: 0, lo: None };
        let block = source.node(at, &root)?;
        Self::open(root, block.ok_or(TreeError::Missing { cid: root, layer: 0, lo: None })?)
    }

    /// Returns the root's CID, which a commit has as `data`.
    ///
    /// # Panics
    ///
    /// Never: only an unfinished edit has nodes without CID, and it does not show its tree.
    pub fn root(&self) -> Cid {
        self.root.cid()
    }

    /// Returns the root's layer: 0 for the lowest.
    pub fn layer(&self) -> u8 {
        self.root.layer
    }

    /// Tells whether the tree has no entries.
    pub fn is_empty(&self) -> bool {
        self.root.entries.is_empty()
    }

    /// Returns the CID of the record with a key.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if a node on the way to the key is not loaded and cannot be.
    pub fn get<S: NodeSource>(&self, key: &Key, source: &S) -> Result<Option<Cid>, TreeError> {
        let mut node = Arc::clone(&self.root);
        let mut bounds = Bounds::default();
        loop {
            let index = match node.search(key) {
                Ok(index) => return Ok(Some(node.entries[index].value)),
                Err(index) => index,
            };
            bounds = node.bounds(index, &bounds);
            node = match node.child(index) {
                Child::None => return Ok(None),
                Child::Node(child) => Arc::clone(child),
                Child::Stub(cid) => {
                    Arc::new(Node::load(*cid, node.layer.saturating_sub(1), &bounds, source)?)
                }
            };
        }
    }

    /// Returns about how many bytes of memory the loaded nodes take.
    pub fn memory_bytes(&self) -> usize {
        self.root.memory_bytes()
    }

    /// Returns a view of the same tree with nothing loaded but what leads to `keys`.
    #[must_use]
    pub fn unload_except(&self, keys: &[Key]) -> Self {
        let mut root = Arc::clone(&self.root);
        unload(&mut root, keys);
        Self { root }
    }
}

fn unload(node: &mut Arc<Node>, keys: &[Key]) {
    let node = Arc::make_mut(node);
    for index in 0..=node.entries.len() {
        let lo = index.checked_sub(1).map(|index| node.entries[index].key.clone());
        let hi = node.entries.get(index).map(|entry| entry.key.clone());
        // Bounds included: what is just left and right of a kept key is kept, too.
        let leads = |key: &&Key| {
            lo.as_ref().is_none_or(|lo| lo <= key) && hi.as_ref().is_none_or(|hi| *key <= hi)
        };
        let child = node.child_mut(index);
        let Child::Node(inner) = child else { continue };
        let kept: Vec<Key> = keys.iter().filter(leads).cloned().collect();
        if kept.is_empty() {
            *child = Child::Stub(inner.cid());
        } else {
            unload(inner, &kept);
        }
    }
}

impl Node {
    /// Loads a node that is not a root.
    pub(super) fn load<S: NodeSource>(
        cid: Cid,
        layer: u8,
        bounds: &Bounds,
        source: &S,
    ) -> Result<Self, TreeError> {
        let at = Position { layer, lo: bounds.lo.as_ref() };
        let bytes = source.node(at, &cid)?;
        let bytes =
            bytes.ok_or_else(|| TreeError::Missing { cid, layer, lo: bounds.lo.clone() })?;
        if !cid.is_of(&bytes) {
            return Err(TreeError::Mismatch { cid });
        }
        Self::decode(cid, bytes, Some(layer), bounds)
            .map_err(|error| TreeError::Malformed { cid, error })
    }

    /// Decodes a node whose block has the CID, and checks it for its place. Without a layer it is
    /// a root, whose layer is that of its keys.
    pub(super) fn decode(
        cid: Cid,
        bytes: Bytes,
        layer: Option<u8>,
        bounds: &Bounds,
    ) -> Result<Self, NodeError> {
        let raw = RawNode::decode(&bytes)?;
        let layer = match (layer, raw.entries.first()) {
            (Some(_), None) if raw.left.is_none() => return Err(NodeError::Empty),
            (Some(layer), _) => layer,
            (None, Some(first)) => first.key.height(),
            (None, None) if raw.left.is_some() => return Err(NodeError::UntrimmedRoot),
            (None, None) => 0,
        };
        Self::place(cid, bytes, raw, layer, bounds)
    }

    /// Checks what a node must be in its place: the rules that together leave one tree for a set of
    /// entries.
    fn place(
        cid: Cid,
        bytes: Bytes,
        raw: RawNode,
        layer: u8,
        bounds: &Bounds,
    ) -> Result<Self, NodeError> {
        let first = raw.entries.first().map(|entry| &entry.key);
        let last = raw.entries.last().map(|entry| &entry.key);
        let below = first.zip(bounds.lo.as_ref()).is_some_and(|(first, lo)| first <= lo);
        let above = last.zip(bounds.hi.as_ref()).is_some_and(|(last, hi)| last >= hi);
        if below || above {
            return Err(NodeError::Order);
        }
        if raw.entries.iter().any(|entry| entry.key.height() != layer) {
            return Err(NodeError::Layer);
        }
        let has_child = raw.left.is_some() || raw.entries.iter().any(|entry| entry.right.is_some());
        if layer == 0 && has_child {
            return Err(NodeError::BelowBottom);
        }
        let child = |cid: Option<Cid>| cid.map_or(Child::None, Child::Stub);
        let entries = raw.entries.into_iter().map(|NodeEntry { key, value, right }| Entry {
            key,
            value,
            right: child(right),
        });
        Ok(Self {
            layer,
            block: Some(Block { cid, bytes }),
            left: child(raw.left),
            entries: entries.collect(),
        })
    }

    /// Encodes the node; its children must have CIDs.
    pub(super) fn encode(&self) -> Block {
        let entries: Vec<_> = self
            .entries
            .iter()
            .map(|entry| (&entry.key, &entry.value, entry.right.cid()))
            .collect();
        let left = self.left.cid();
        let entries = entries.iter().map(|(key, value, right)| (*key, *value, right.as_ref()));
        let bytes = Bytes::from(encode(left.as_ref(), entries));
        Block { cid: Cid::of_cbor(&bytes), bytes }
    }

    /// Returns the node's CID.
    ///
    /// # Panics
    ///
    /// Panics within an unfinished edit.
    pub(super) fn cid(&self) -> Cid {
        self.block.as_ref().expect("nodes outside an edit have their block").cid
    }

    /// Returns the index of the entry with a key, or that of the child where it would be.
    pub(super) fn search(&self, key: &Key) -> Result<usize, usize> {
        self.entries.binary_search_by(|entry| entry.key.cmp(key))
    }

    /// Returns the child left of the entry with an index; the last child is right of the last.
    pub(super) fn child(&self, index: usize) -> &Child {
        match index.checked_sub(1) {
            None => &self.left,
            Some(index) => &self.entries[index].right,
        }
    }

    /// Returns the child left of the entry with an index, to be changed.
    pub(super) fn child_mut(&mut self, index: usize) -> &mut Child {
        match index.checked_sub(1) {
            None => &mut self.left,
            Some(index) => &mut self.entries[index].right,
        }
    }

    /// Returns the bounds of the child with an index.
    pub(super) fn bounds(&self, index: usize, own: &Bounds) -> Bounds {
        let before = index.checked_sub(1).map(|index| self.entries[index].key.clone());
        let after = self.entries.get(index).map(|entry| entry.key.clone());
        Bounds { lo: before.or_else(|| own.lo.clone()), hi: after.or_else(|| own.hi.clone()) }
    }

    fn memory_bytes(&self) -> usize {
        // A key's text has two counters before it; a block's, a buffer shared in a like way.
        let key = |entry: &Entry| entry.key.as_str().len() + 2 * size_of::<usize>();
        let own = size_of::<Self>()
            + self.block.as_ref().map_or(0, |block| block.bytes.len())
            + self.entries.iter().map(|entry| size_of::<Entry>() + key(entry)).sum::<usize>();
        let child = |child: &Child| match child {
            Child::Node(node) => node.memory_bytes(),
            Child::None | Child::Stub(_) => 0,
        };
        own + (0..=self.entries.len()).map(|index| child(self.child(index))).sum::<usize>()
    }
}

impl Child {
    /// Returns the CID, unless there is no child.
    ///
    /// # Panics
    ///
    /// Panics within an unfinished edit.
    pub(super) fn cid(&self) -> Option<Cid> {
        match self {
            Self::None => None,
            Self::Stub(cid) => Some(*cid),
            Self::Node(node) => Some(node.cid()),
        }
    }

    pub(super) fn is_none(&self) -> bool {
        matches!(self, Self::None)
    }

    /// Returns the node, which is loaded and kept if it was not, unless there is no child.
    pub(super) fn fill<S: NodeSource>(
        &mut self,
        layer: u8,
        bounds: &Bounds,
        source: &S,
    ) -> Result<Option<&mut Arc<Node>>, TreeError> {
        if let Self::Stub(cid) = self {
            *self = Self::Node(Arc::new(Node::load(*cid, layer, bounds, source)?));
        }
        match self {
            Self::Node(node) => Ok(Some(node)),
            Self::None | Self::Stub(_) => Ok(None),
        }
    }
}
