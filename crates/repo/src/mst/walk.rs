//! Going through a whole tree whose blocks somebody else fetches.

use bytes::Bytes;
use syntax::Cid;

use super::key::Key;
use super::node::NodeError;
use super::source::Position;
use super::tree::{Bounds, Node};

/// A way through a tree from the root, in the order of places: a node, then its parts.
///
/// Each node is checked for its place, so that the walk ends only if the tree is the one that its
/// entries make. Nothing recurses; memory is that of one node for each layer.
#[derive(Debug)]
pub struct Walk {
    /// The node that has to be entered before the walk goes on.
    next: Option<Next>,
    stack: Vec<Frame>,
}

/// What comes next in a [`Walk`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalkStep {
    /// A node, whose block has to be given to [`Walk::enter`].
    Node {
        /// The node's CID.
        cid: Cid,
        /// The node's layer; that of the root is not known yet and given as 0.
        layer: u8,
    },
    /// An entry.
    Entry {
        /// The entry's key.
        key: Key,
        /// The CID of its record.
        value: Cid,
    },
}

#[derive(Debug)]
struct Next {
    cid: Cid,
    layer: Option<u8>,
    bounds: Bounds,
}

#[derive(Debug)]
struct Frame {
    node: Node,
    bounds: Bounds,
    /// The entry that comes next in the node.
    index: usize,
    /// Whether the child left of that entry was entered.
    entered: bool,
}

impl Walk {
    /// Begins at a root.
    pub fn new(root: Cid) -> Self {
        let next = Next { cid: root, layer: None, bounds: Bounds::default() };
        Self { next: Some(next), stack: Vec::new() }
    }

    /// Returns what comes next, or `None` at the end. A node comes again until it is entered.
    pub fn next_step(&mut self) -> Option<WalkStep> {
        loop {
            if let Some(Next { cid, layer, .. }) = &self.next {
                return Some(WalkStep::Node { cid: *cid, layer: layer.unwrap_or_default() });
            }
            let frame = self.stack.last_mut()?;
            if !frame.entered {
                frame.entered = true;
                let cid = frame.node.child(frame.index).cid();
                self.next = cid.map(|cid| Next {
                    cid,
                    layer: Some(frame.node.layer.saturating_sub(1)),
                    bounds: frame.node.bounds(frame.index, &frame.bounds),
                });
                continue;
            }
            if let Some(entry) = frame.node.entries.get(frame.index) {
                frame.index += 1;
                frame.entered = false;
                return Some(WalkStep::Entry { key: entry.key.clone(), value: entry.value });
            }
            self.stack.pop();
        }
    }

    /// Returns the place of the node that comes next. The layer of the root is not known, and given
    /// as 0.
    pub fn place(&self) -> Option<Position<'_>> {
        let next = self.next.as_ref()?;
        Some(Position { layer: next.layer.unwrap_or_default(), lo: next.bounds.lo.as_ref() })
    }

    /// Enters the node that came next, whose block this is, and returns its place.
    ///
    /// That the block has the node's CID is the caller's to know.
    ///
    /// # Errors
    ///
    /// [`NodeError`] if the node is malformed or out of place; the walk is of no more use then.
    ///
    /// # Panics
    ///
    /// Panics if no node came next.
    pub fn enter(&mut self, block: &Bytes) -> Result<Position<'_>, NodeError> {
        let Next { cid, layer, bounds } = self.next.take().expect("a node came next");
        let node = Node::decode(cid, block.clone(), layer, &bounds)?;
        self.stack.push(Frame { node, bounds, index: 0, entered: false });
        let frame = self.stack.last().expect("it was pushed");
        Ok(Position { layer: frame.node.layer, lo: frame.bounds.lo.as_ref() })
    }

    /// Leaves out the node that came next, and all below it.
    pub fn skip(&mut self) {
        self.next = None;
    }
}
