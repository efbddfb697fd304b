//! Changes to a tree.
//!
//! Adding a key splits the subtree where it goes along the key's search path; removing one joins
//! the subtrees on its sides along the spines that face each other. Everything else stays as it
//! is, so that a change costs as much as the tree is deep.

use std::mem;
use std::sync::Arc;

use bytes::Bytes;
use syntax::Cid;

use super::key::Key;
use super::source::{NodeSource, TreeError};
use super::tree::{Block, Bounds, Child, Entry, Node, Tree};

/// A change to a tree that is being made.
///
/// After an error the edit must be dropped; the tree that it began with is as it was.
#[derive(Debug)]
pub struct Edit<S> {
    root: Child,
    layer: u8,
    source: S,
    /// Whether the rows are asked for: that needs a few nodes more than the CIDs do.
    rows: bool,
    /// The places of the nodes that were there and are changed, moved or gone.
    replaced: Vec<(u8, Option<Key>)>,
}

/// What an edit made of a tree.
#[derive(Debug)]
pub struct Change {
    /// The tree as it is now, loaded where it was changed.
    pub tree: Tree,
    /// The nodes that are new, changed or in another place.
    pub puts: Vec<NodeRow>,
    /// The places where no node is any more.
    pub drops: Vec<(u8, Option<Key>)>,
}

/// A node and its place, as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRow {
    /// The node's layer.
    pub layer: u8,
    /// The key just left of the node; `None` at the left edge.
    pub lo: Option<Key>,
    /// The node's CID.
    pub cid: Cid,
    /// The node's block.
    pub bytes: Bytes,
}

impl<S: NodeSource> Edit<S> {
    /// Begins a change of a tree whose other nodes are in `source`.
    pub fn new(tree: &Tree, source: S) -> Self {
        let root = Child::Node(Arc::clone(&tree.root));
        Self { root, layer: tree.root.layer, source, rows: true, replaced: Vec::new() }
    }

    /// Begins a change of which only the new root is asked for.
    ///
    /// It needs fewer nodes: just those that [the protocol's proofs](super::Cover) have.
    pub(crate) fn without_rows(tree: &Tree, source: S) -> Self {
        Self { rows: false, ..Self::new(tree, source) }
    }

    /// Sets a key's record and returns the one that it had.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if a node that is needed cannot be loaded.
    pub fn put(&mut self, key: &Key, value: Cid) -> Result<Option<Cid>, TreeError> {
        let before = self.find(key)?;
        if before == Some(value) {
            return Ok(before);
        }
        let height = key.height();
        let mut root = mem::take(&mut self.root);
        if before.is_some() {
            self.replace(&mut root, None, key, value);
        } else if self.is_empty(&root) {
            self.touch(&mut root, None);
            root = Child::Node(Arc::new(Node::dirty(height, Child::None, Vec::new())));
            self.layer = height;
            self.insert(&mut root, height, Bounds::default(), key, value)?;
        } else {
            if self.layer < height {
                root = raise(root, self.layer, height);
                self.layer = height;
            }
            self.insert(&mut root, height, Bounds::default(), key, value)?;
        }
        self.root = root;
        Ok(before)
    }

    /// Removes a key and returns the record that it had.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if a node that is needed cannot be loaded.
    pub fn delete(&mut self, key: &Key) -> Result<Option<Cid>, TreeError> {
        let before = self.find(key)?;
        if before.is_some() {
            let mut root = mem::take(&mut self.root);
            self.remove(&mut root, Bounds::default(), key)?;
            self.root = self.trim(root)?;
        }
        Ok(before)
    }

    /// Ends the change: encodes and hashes what is new.
    pub fn finish(mut self) -> Change {
        let mut puts = Vec::new();
        seal(&mut self.root, None, &mut puts);
        let Child::Node(root) = self.root else { unreachable!("the root is always loaded") };
        let mut places: Vec<(u8, Option<&Key>)> =
            puts.iter().map(|row| (row.layer, row.lo.as_ref())).collect();
        places.sort_unstable();
        self.replaced.retain(|(layer, lo)| places.binary_search(&(*layer, lo.as_ref())).is_err());
        Change { tree: Tree { root }, puts, drops: self.replaced }
    }

    /// Ends the change and tells whether it made `tree` again.
    pub(crate) fn restores(self, tree: &Tree) -> bool {
        // Comparing saves the hashing, where both are loaded.
        let same = same(&self.root, &Child::Node(Arc::clone(&tree.root)));
        same || self.finish().tree.root() == tree.root()
    }

    fn is_empty(&self, root: &Child) -> bool {
        matches!(root, Child::Node(root) if root.entries.is_empty() && root.left.is_none())
    }

    /// Returns the record of a key; the way to it is loaded and kept.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if a node that is needed cannot be loaded.
    pub fn find(&mut self, key: &Key) -> Result<Option<Cid>, TreeError> {
        let mut child = &mut self.root;
        let mut layer = self.layer;
        let mut bounds = Bounds::default();
        loop {
            let Some(node) = child.fill(layer, &bounds, &self.source)? else { return Ok(None) };
            let index = match node.search(key) {
                Ok(index) => return Ok(Some(node.entries[index].value)),
                Err(index) => index,
            };
            bounds = node.bounds(index, &bounds);
            layer = node.layer.saturating_sub(1);
            if node.child(index).is_none() {
                return Ok(None);
            }
            child = Arc::make_mut(node).child_mut(index);
        }
    }

    /// Makes a loaded node ready to be changed. Its place is remembered if it had its block.
    fn touch<'a>(&mut self, child: &'a mut Child, lo: Option<&Key>) -> &'a mut Node {
        let Child::Node(node) = child else { unreachable!("only loaded nodes are changed") };
        let node = Arc::make_mut(node);
        if node.block.take().is_some() {
            self.replaced.push((node.layer, lo.cloned()));
        }
        node
    }

    /// Sets the record of a key that is there, on a way that is loaded.
    fn replace(&mut self, child: &mut Child, lo: Option<&Key>, key: &Key, value: Cid) {
        let node = self.touch(child, lo);
        match node.search(key) {
            Ok(index) => node.entries[index].value = value,
            Err(index) => {
                let before = index.checked_sub(1).map(|index| node.entries[index].key.clone());
                self.replace(node.child_mut(index), before.as_ref().or(lo), key, value);
            }
        }
    }

    /// Adds a key that is not there, below a node that is on its layer or above.
    fn insert(
        &mut self,
        child: &mut Child,
        height: u8,
        bounds: Bounds,
        key: &Key,
        value: Cid,
    ) -> Result<(), TreeError> {
        let node = self.touch(child, bounds.lo.as_ref());
        let index = node.search(key).unwrap_or_else(|index| index);
        let inner = node.bounds(index, &bounds);
        let below = node.layer.saturating_sub(1);
        if node.layer > height {
            let child = node.child_mut(index);
            if child.is_none() {
                let entry = Entry { key: key.clone(), value, right: Child::None };
                let leaf = Node::dirty(height, Child::None, vec![entry]);
                *child = raise(Child::Node(Arc::new(leaf)), height, below);
                return Ok(());
            }
            return self.insert(child, height, inner, key, value);
        }
        let subtree = mem::take(node.child_mut(index));
        let (left, right) = self.split(subtree, below, inner, key)?;
        *node.child_mut(index) = left;
        node.entries.insert(index, Entry { key: key.clone(), value, right });
        Ok(())
    }

    /// Splits a subtree into what is left and what is right of a key that is not in it.
    fn split(
        &mut self,
        mut child: Child,
        layer: u8,
        bounds: Bounds,
        key: &Key,
    ) -> Result<(Child, Child), TreeError> {
        let Some(node) = child.fill(layer, &bounds, &self.source)? else {
            return Ok((Child::None, Child::None));
        };
        let index = node.search(key).unwrap_or_else(|index| index);
        let whole_is_left = index == node.entries.len();
        let inner = node.bounds(index, &bounds);
        if whole_is_left && node.child(index).is_none() {
            return Ok((child, Child::None));
        }
        // Not yet touched: if all of it stays left of the key, it stays what it is.
        let subtree = mem::take(Arc::make_mut(node).child_mut(index));
        let (left, right) = self.split(subtree, layer.saturating_sub(1), inner, key)?;
        if whole_is_left && right.is_none() {
            let Child::Node(node) = &mut child else { unreachable!("it was loaded above") };
            *Arc::make_mut(node).child_mut(index) = left;
            return Ok((child, Child::None));
        }
        let node = self.touch(&mut child, bounds.lo.as_ref());
        let entries = node.entries.split_off(index);
        *node.child_mut(index) = left;
        let right = Node::dirty(layer, right, entries);
        Ok((child.unless_empty(), Child::Node(Arc::new(right)).unless_empty()))
    }

    /// Removes a key that is there, on a way that is loaded.
    fn remove(&mut self, child: &mut Child, bounds: Bounds, key: &Key) -> Result<(), TreeError> {
        let node = self.touch(child, bounds.lo.as_ref());
        let below = node.layer.saturating_sub(1);
        match node.search(key) {
            Ok(index) => {
                let right_bounds = node.bounds(index + 1, &bounds);
                let removed = node.entries.remove(index);
                let left_bounds = Bounds { hi: Some(removed.key), ..node.bounds(index, &bounds) };
                let left = mem::take(node.child_mut(index));
                *node.child_mut(index) =
                    self.join(below, left, left_bounds, removed.right, right_bounds)?;
            }
            Err(index) => {
                let inner = node.bounds(index, &bounds);
                self.remove(node.child_mut(index), inner, key)?;
            }
        }
        *child = mem::take(child).unless_empty();
        Ok(())
    }

    /// Joins the subtrees left and right of a key that is no longer there.
    fn join(
        &mut self,
        layer: u8,
        mut left: Child,
        left_bounds: Bounds,
        mut right: Child,
        right_bounds: Bounds,
    ) -> Result<Child, TreeError> {
        if right.is_none() {
            return Ok(left);
        }
        if left.is_none() {
            self.relocate(&mut right, layer, &right_bounds)?;
            return Ok(right);
        }
        left.fill(layer, &left_bounds, &self.source)?;
        right.fill(layer, &right_bounds, &self.source)?;
        let left_node = self.touch(&mut left, left_bounds.lo.as_ref());
        let last = left_node.entries.len();
        let left_inner = left_node.bounds(last, &left_bounds);
        let left_facing = mem::take(left_node.child_mut(last));
        let right_node = self.touch(&mut right, right_bounds.lo.as_ref());
        let right_inner = right_node.bounds(0, &right_bounds);
        let right_facing = mem::take(&mut right_node.left);
        let entries = mem::take(&mut right_node.entries);
        let below = layer.saturating_sub(1);
        let joined = self.join(below, left_facing, left_inner, right_facing, right_inner)?;
        let Child::Node(node) = &mut left else { unreachable!("it was loaded above") };
        let node = Arc::make_mut(node);
        *node.child_mut(last) = joined;
        node.entries.extend(entries);
        Ok(left)
    }

    /// Marks the left spine of a subtree, whose nodes stay as they are and change their place.
    fn relocate(&mut self, child: &mut Child, layer: u8, bounds: &Bounds) -> Result<(), TreeError> {
        if !self.rows || child.fill(layer, bounds, &self.source)?.is_none() {
            return Ok(());
        }
        let node = self.touch(child, bounds.lo.as_ref());
        let inner = node.bounds(0, bounds);
        self.relocate(&mut node.left, layer.saturating_sub(1), &inner)
    }

    /// Takes layers without entries off the top.
    fn trim(&mut self, mut root: Child) -> Result<Child, TreeError> {
        loop {
            let Some(node) = root.fill(self.layer, &Bounds::default(), &self.source)? else {
                self.layer = 0;
                return Ok(Child::Node(Arc::new(Node::dirty(0, Child::None, Vec::new()))));
            };
            if !node.entries.is_empty() {
                return Ok(root);
            }
            let node = self.touch(&mut root, None);
            root = mem::take(&mut node.left);
            self.layer = self.layer.saturating_sub(1);
        }
    }
}

impl Node {
    /// Makes a node that has no block yet.
    fn dirty(layer: u8, left: Child, entries: Vec<Entry>) -> Self {
        Self { layer, block: None, left, entries }
    }
}

impl Child {
    /// Returns nothing in place of a node with neither entries nor a child.
    fn unless_empty(self) -> Self {
        match self {
            Self::Node(node) if node.entries.is_empty() && node.left.is_none() => Self::None,
            child => child,
        }
    }
}

/// Puts nodes without entries above a subtree, from its layer up to another.
fn raise(child: Child, from: u8, to: u8) -> Child {
    if child.is_none() {
        return child;
    }
    (from..to)
        .fold(child, |left, layer| Child::Node(Arc::new(Node::dirty(layer + 1, left, Vec::new()))))
}

/// Tells whether two subtrees are seen to be the same.
fn same(left: &Child, right: &Child) -> bool {
    let known = |child: &Child| match child {
        Child::Node(node) => node.block.as_ref().map(|block| block.cid),
        Child::Stub(cid) => Some(*cid),
        Child::None => None,
    };
    match (left, right) {
        (Child::None, Child::None) => true,
        (Child::None, _) | (_, Child::None) => false,
        (Child::Node(left), Child::Node(right)) if Arc::ptr_eq(left, right) => true,
        _ => match (known(left), known(right), left, right) {
            (Some(left), Some(right), ..) => left == right,
            (.., Child::Node(left), Child::Node(right)) => {
                let same_entry = |(left, right): (&Entry, &Entry)| {
                    left.key.is_same(&right.key)
                        && left.value == right.value
                        && same(&left.right, &right.right)
                };
                left.layer == right.layer
                    && left.entries.len() == right.entries.len()
                    && same(&left.left, &right.left)
                    && left.entries.iter().zip(&right.entries).all(same_entry)
            }
            _ => false,
        },
    }
}

/// Encodes the changed nodes of a subtree, children first.
fn seal(child: &mut Child, lo: Option<&Key>, puts: &mut Vec<NodeRow>) {
    let Child::Node(node) = child else { return };
    if node.block.is_some() {
        return;
    }
    let node = Arc::make_mut(node);
    for index in 0..=node.entries.len() {
        let before = index.checked_sub(1).map(|index| node.entries[index].key.clone());
        seal(node.child_mut(index), before.as_ref().or(lo), puts);
    }
    let Block { cid, bytes } = node.encode();
    node.block = Some(Block { cid, bytes: bytes.clone() });
    puts.push(NodeRow { layer: node.layer, lo: lo.cloned(), cid, bytes });
}
