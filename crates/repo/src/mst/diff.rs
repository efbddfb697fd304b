//! What differs between two trees. Subtrees that both have are not read.

use std::cmp::Ordering;
use std::sync::Arc;

use syntax::Cid;

use super::key::Key;
use super::source::{NodeSource, TreeError};
use super::tree::{Bounds, Child, Node, Tree};

/// A key whose record differs between two trees; at least one of them has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The key.
    pub key: Key,
    /// The record in the first tree.
    pub old: Option<Cid>,
    /// The record in the second tree.
    pub new: Option<Cid>,
}

/// Calls `found` with each difference between two trees, in the order of the keys.
///
/// # Errors
///
/// [`TreeError`] if a node that only one of the trees has cannot be loaded.
pub fn diff<A: NodeSource, B: NodeSource>(
    old: (&Tree, A),
    new: (&Tree, B),
    mut found: impl FnMut(Difference),
) -> Result<(), TreeError> {
    let mut old = Side::new(old.0, old.1);
    let mut new = Side::new(new.0, new.1);
    loop {
        match (old.stack.last(), new.stack.last()) {
            (None, None) => return Ok(()),
            (Some(Step::Subtree(_)), None) => old.open()?,
            (None, Some(Step::Subtree(_))) => new.open()?,
            (Some(Step::Entry(..)), None) => found(old.take(true)),
            (None, Some(Step::Entry(..))) => found(new.take(false)),
            (Some(Step::Subtree(a)), Some(Step::Subtree(b))) => {
                if a.cid == b.cid {
                    old.stack.pop();
                    new.stack.pop();
                    continue;
                }
                match a.layer.cmp(&b.layer) {
                    Ordering::Greater => old.open()?,
                    Ordering::Less => new.open()?,
                    Ordering::Equal => {
                        old.open()?;
                        new.open()?;
                    }
                }
            }
            // A subtree that begins right of the entry cannot have the entry's key.
            (Some(Step::Entry(key, _)), Some(Step::Subtree(subtree))) => {
                if subtree.begins_after(key) {
                    found(old.take(true));
                } else {
                    new.open()?;
                }
            }
            (Some(Step::Subtree(subtree)), Some(Step::Entry(key, _))) => {
                if subtree.begins_after(key) {
                    found(new.take(false));
                } else {
                    old.open()?;
                }
            }
            (Some(Step::Entry(a, _)), Some(Step::Entry(b, _))) => match a.cmp(b) {
                Ordering::Less => found(old.take(true)),
                Ordering::Greater => found(new.take(false)),
                Ordering::Equal => {
                    let (before, after) = (old.take(true), new.take(false));
                    if before.old != after.new {
                        found(Difference { old: before.old, ..after });
                    }
                }
            },
        }
    }
}

/// What is still to be read of one tree: the next step is the last of the stack.
struct Side<S> {
    source: S,
    stack: Vec<Step>,
}

enum Step {
    Entry(Key, Cid),
    Subtree(Subtree),
}

struct Subtree {
    cid: Cid,
    layer: u8,
    bounds: Bounds,
    loaded: Option<Arc<Node>>,
}

impl Subtree {
    fn begins_after(&self, key: &Key) -> bool {
        self.bounds.lo.as_ref().is_some_and(|lo| lo >= key)
    }
}

impl<S: NodeSource> Side<S> {
    fn new(tree: &Tree, source: S) -> Self {
        let root = Subtree {
            cid: tree.root(),
            layer: tree.layer(),
            bounds: Bounds::default(),
            loaded: Some(Arc::clone(&tree.root)),
        };
        Self { source, stack: vec![Step::Subtree(root)] }
    }

    /// Replaces the subtree that comes next by its parts.
    fn open(&mut self) -> Result<(), TreeError> {
        let Some(Step::Subtree(subtree)) = self.stack.pop() else { return Ok(()) };
        let Subtree { cid, layer, bounds, loaded } = subtree;
        let node = match loaded {
            Some(node) => node,
            None => Arc::new(Node::load(cid, layer, &bounds, &self.source)?),
        };
        for index in (0..=node.entries.len()).rev() {
            if let Some(entry) = node.entries.get(index) {
                self.stack.push(Step::Entry(entry.key.clone(), entry.value));
            }
            if let Some(cid) = node.child(index).cid() {
                let loaded = match node.child(index) {
                    Child::Node(child) => Some(Arc::clone(child)),
                    Child::None | Child::Stub(_) => None,
                };
                let bounds = node.bounds(index, &bounds);
                let layer = layer.saturating_sub(1);
                self.stack.push(Step::Subtree(Subtree { cid, layer, bounds, loaded }));
            }
        }
        Ok(())
    }

    /// Takes the entry that comes next.
    fn take(&mut self, old: bool) -> Difference {
        match self.stack.pop() {
            Some(Step::Entry(key, cid)) if old => Difference { key, old: Some(cid), new: None },
            Some(Step::Entry(key, cid)) => Difference { key, old: None, new: Some(cid) },
            _ => unreachable!("the caller saw an entry"),
        }
    }
}
