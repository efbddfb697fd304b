//! Reading a tree's entries in order.

use std::sync::Arc;

use syntax::Cid;

use super::key::Key;
use super::source::{NodeSource, TreeError};
use super::tree::{Bounds, Child, Node, Tree};

/// The entries of a tree in the order of their keys: see [`iter`].
#[derive(Debug)]
pub struct Iter<S> {
    source: S,
    /// The nodes from the root down, each with the index of the entry that comes next in it.
    stack: Vec<Frame>,
    failed: bool,
}

#[derive(Debug)]
struct Frame {
    node: Arc<Node>,
    index: usize,
    bounds: Bounds,
}

/// Returns the entries of a tree from a key on, or from the first.
///
/// Nodes that are not loaded are read from the source and not kept, so that memory is bounded by
/// the tree's depth. After an error the iteration ends.
///
/// # Errors
///
/// [`TreeError`] if a node on the way to the first entry cannot be loaded.
pub fn iter<S: NodeSource>(
    tree: &Tree,
    from: Option<&Key>,
    source: S,
) -> Result<Iter<S>, TreeError> {
    let mut iter = Iter { source, stack: Vec::new(), failed: false };
    iter.descend(Arc::clone(&tree.root), Bounds::default(), from)?;
    Ok(iter)
}

impl<S: NodeSource> Iter<S> {
    /// Goes down to the first entry that is not below `from`.
    fn descend(
        &mut self,
        mut node: Arc<Node>,
        mut bounds: Bounds,
        from: Option<&Key>,
    ) -> Result<(), TreeError> {
        loop {
            let (index, found) = match from.map(|from| node.search(from)) {
                None => (0, false),
                Some(Ok(index)) => (index, true),
                Some(Err(index)) => (index, false),
            };
            let inner = node.bounds(index, &bounds);
            let child = match node.child(index) {
                _ if found => None,
                Child::None => None,
                Child::Node(child) => Some(Arc::clone(child)),
                Child::Stub(cid) => {
                    let layer = node.layer.saturating_sub(1);
                    Some(Arc::new(Node::load(*cid, layer, &inner, &self.source)?))
                }
            };
            self.stack.push(Frame { node, index, bounds });
            match child {
                Some(child) => (node, bounds) = (child, inner),
                None => return Ok(()),
            }
        }
    }

    fn advance(&mut self) -> Result<Option<(Key, Cid)>, TreeError> {
        while let Some(frame) = self.stack.last_mut() {
            let Some(entry) = frame.node.entries.get(frame.index) else {
                self.stack.pop();
                continue;
            };
            let item = (entry.key.clone(), entry.value);
            frame.index += 1;
            let inner = frame.node.bounds(frame.index, &frame.bounds);
            let child = match frame.node.child(frame.index) {
                Child::None => None,
                Child::Node(child) => Some(Arc::clone(child)),
                Child::Stub(cid) => {
                    let layer = frame.node.layer.saturating_sub(1);
                    Some(Arc::new(Node::load(*cid, layer, &inner, &self.source)?))
                }
            };
            if let Some(child) = child {
                self.descend(child, inner, None)?;
            }
            return Ok(Some(item));
        }
        Ok(None)
    }
}

impl<S: NodeSource> Iterator for Iter<S> {
    type Item = Result<(Key, Cid), TreeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let item = self.advance().transpose();
        self.failed = matches!(item, Some(Err(_)));
        item
    }
}
