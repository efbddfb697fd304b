//! Building a tree from its entries in order, with memory for one node of each layer.

use std::mem;

use syntax::Cid;
use thiserror::Error;

use super::key::Key;
use super::node::put_entry;
use super::source::Position;
use crate::data::cbor::{put_array, put_cid, put_map, put_text};

/// Builds a tree, or one of its subtrees, from entries whose keys rise.
///
/// Each node goes to a callback when it is complete, children before parents.
#[derive(Debug)]
pub struct Builder<F> {
    /// The node that is being filled on each layer, lowest first.
    layers: Vec<Layer>,
    /// The key just left of the first entry.
    lo: Option<Key>,
    last: Option<Key>,
    emit: F,
}

/// Says that an entry did not come in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("keys do not rise")]
pub struct BuildError;

/// A node that is being filled.
#[derive(Debug, Default)]
struct Layer {
    /// The key just left of the node.
    lo: Option<Key>,
    left: Option<Cid>,
    /// The encoded entries but the last, whose right child is not known yet.
    encoded: Vec<u8>,
    entries: usize,
    pending: Option<(Key, Cid)>,
    /// The text of the last encoded entry's key.
    previous: String,
}

impl<F: FnMut(Position<'_>, &Cid, Vec<u8>)> Builder<F> {
    /// Begins a tree.
    pub fn new(emit: F) -> Self {
        Self::right_of(None, emit)
    }

    /// Begins a subtree that stands right of a key; `None` is the left edge.
    pub fn right_of(lo: Option<Key>, emit: F) -> Self {
        Self { layers: Vec::new(), last: lo.clone(), lo, emit }
    }

    /// Adds the next entry.
    ///
    /// # Errors
    ///
    /// [`BuildError`] if the key is not above the one before it.
    pub fn push(&mut self, key: &Key, value: Cid) -> Result<(), BuildError> {
        if self.last.as_ref().is_some_and(|last| last >= key) {
            return Err(BuildError);
        }
        let height = usize::from(key.height());
        self.extend_to(height + 1);
        let child = self.close_below(height, Some(key));
        let layer = &mut self.layers[height];
        layer.take_child(child);
        layer.pending = Some((key.clone(), value));
        self.last = Some(key.clone());
        Ok(())
    }

    /// Ends the tree and returns its root.
    pub fn finish(mut self) -> Cid {
        self.extend_to(1);
        let top = self.layers.len() - 1;
        let child = self.close_below(top, None);
        let root = &mut self.layers[top];
        root.take_child(child);
        root.close(top, &mut self.emit)
    }

    /// Ends a subtree whose top is on a layer, and returns it unless it is empty.
    ///
    /// Entries above that layer must not have been pushed.
    pub fn finish_at(mut self, layer: u8) -> Option<Cid> {
        let layers = usize::from(layer) + 1;
        self.extend_to(layers);
        self.close_below(layers, None)
    }

    /// Makes sure that there are `layers` layers. On those that are new, nothing was left of here.
    fn extend_to(&mut self, layers: usize) {
        while self.layers.len() < layers {
            self.layers.push(Layer { lo: self.lo.clone(), ..Layer::default() });
        }
    }

    /// Completes the nodes of all layers below one; the next nodes there begin right of `lo`.
    fn close_below(&mut self, height: usize, lo: Option<&Key>) -> Option<Cid> {
        let mut child = None;
        for index in 0..height {
            let layer = &mut self.layers[index];
            layer.take_child(child);
            child = if layer.is_empty() { None } else { Some(layer.close(index, &mut self.emit)) };
            layer.lo = lo.cloned();
        }
        child
    }
}

impl Layer {
    fn is_empty(&self) -> bool {
        self.left.is_none() && self.entries == 0
    }

    /// Puts a subtree after the last entry, or before the first if there is none yet.
    fn take_child(&mut self, child: Option<Cid>) {
        match self.pending.take() {
            Some((key, value)) => {
                put_entry(&mut self.encoded, &self.previous, key.as_str(), &value, child.as_ref());
                self.entries += 1;
                self.previous.clear();
                self.previous.push_str(key.as_str());
            }
            None if child.is_some() => self.left = child,
            None => {}
        }
    }

    /// Completes the node and begins an empty one in its place.
    fn close(&mut self, layer: usize, emit: &mut impl FnMut(Position<'_>, &Cid, Vec<u8>)) -> Cid {
        let mut block = Vec::with_capacity(64 + self.encoded.len());
        put_map(&mut block, 2);
        put_text(&mut block, "e");
        put_array(&mut block, self.entries);
        block.extend_from_slice(&self.encoded);
        put_text(&mut block, "l");
        put_cid(&mut block, mem::take(&mut self.left).as_ref());
        self.encoded.clear();
        self.entries = 0;
        self.previous.clear();
        let cid = Cid::of_cbor(&block);
        let layer = u8::try_from(layer).expect("there are 129 layers");
        emit(Position { layer, lo: self.lo.as_ref() }, &cid, block);
        cid
    }
}
