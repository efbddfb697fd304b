//! The nodes that prove what a tree has at some keys, and what it had there before.

use std::sync::Arc;

use bytes::Bytes;
use syntax::Cid;

use super::key::Key;
use super::source::{NodeSource, TreeError};
use super::tree::{Bounds, Node, Tree};

/// A part of a proof, in the order of a CAR file.
#[derive(Debug, Clone, Copy)]
pub enum Covered<'a> {
    /// A node.
    Node(&'a Cid, &'a Bytes),
    /// An entry whose key was asked for, with the CID of its record.
    Entry(&'a Key, &'a Cid),
}

/// How much of a tree a proof has to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// The ways to the keys: they prove which records there are.
    Paths,
    /// Those, and the ways to the keys' neighbours on both sides: with them, each key can also be
    /// taken out again or put back, in any order, so that the tree before a commit follows.
    Neighbours,
}

impl Tree {
    /// Calls `found` with the nodes of a proof for `keys`, which must be sorted.
    ///
    /// Nodes that were not loaded are, and stay so.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if a node that is needed cannot be loaded.
    pub fn cover<S: NodeSource>(
        &mut self,
        keys: &[Key],
        cover: Cover,
        source: &S,
        mut found: impl FnMut(Covered<'_>),
    ) -> Result<(), TreeError> {
        let mut visit = Visit { cover, source, found: &mut found };
        visit.node(&mut self.root, &Bounds::default(), keys, Spines::default())
    }
}

struct Visit<'a, S, F> {
    cover: Cover,
    source: &'a S,
    found: &'a mut F,
}

/// Whether a subtree is next to a key that was asked for, so that its edge belongs to the proof.
#[derive(Debug, Clone, Copy, Default)]
struct Spines {
    left: bool,
    right: bool,
}

impl<S: NodeSource, F: FnMut(Covered<'_>)> Visit<'_, S, F> {
    fn node(
        &mut self,
        node: &mut Arc<Node>,
        bounds: &Bounds,
        mut keys: &[Key],
        spines: Spines,
    ) -> Result<(), TreeError> {
        let block = node.block.clone().expect("nodes outside an edit have their block");
        (self.found)(Covered::Node(&block.cid, &block.bytes));
        let below = node.layer.saturating_sub(1);
        let count = node.entries.len();
        let mut after_asked = spines.left;
        for index in 0..=count {
            let next = node.entries.get(index).map(|entry| (entry.key.clone(), entry.value));
            let within = match &next {
                Some((next, _)) => keys.partition_point(|key| key < next),
                None => keys.len(),
            };
            let (inner, rest) = keys.split_at(within);
            let asked = next.as_ref().is_some_and(|(next, _)| rest.first() == Some(next));
            let edge = self.cover == Cover::Neighbours;
            let inner_spines = Spines {
                left: after_asked,
                right: if index == count { spines.right } else { asked && edge },
            };
            let wanted = !inner.is_empty() || inner_spines.left || inner_spines.right;
            if wanted && !node.child(index).is_none() {
                let bounds = node.bounds(index, bounds);
                let child = Arc::make_mut(node).child_mut(index);
                if let Some(child) = child.fill(below, &bounds, self.source)? {
                    self.node(child, &bounds, inner, inner_spines)?;
                }
            }
            if let Some((key, value)) = next.as_ref().filter(|_| asked) {
                (self.found)(Covered::Entry(key, value));
            }
            after_asked = asked && edge;
            keys = if asked { &rest[1..] } else { rest };
        }
        Ok(())
    }
}
