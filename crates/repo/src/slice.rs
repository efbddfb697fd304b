//! Slices: CAR files with a part of a repository, and what follows from them.
//!
//! Servers send them with each commit, and as the proof of what a record is. Nothing in one is
//! believed: what is not reached from its commit does not count, and all that is, is checked.

use bytes::Bytes;
use syntax::Cid;
use thiserror::Error;

use crate::car::{self, CarError, Decoder};
use crate::commit::{Commit, CommitError};
use crate::event::{Action, Op};
use crate::mst::{BlockMap, Cover, Covered, Edit, Key, NoSource, NodeSource, Tree, TreeError};

/// A part of a repository.
#[derive(Debug, Clone)]
pub struct Slice {
    root: Cid,
    commit: Commit,
    blocks: BlockMap,
}

/// Says why a slice is none, or does not prove what it should.
#[derive(Debug, Error)]
pub enum SliceError {
    /// The bytes are not a CAR file.
    #[error(transparent)]
    Car(#[from] CarError),
    /// There is no root, or it is not of the form that blocks of a repository have.
    #[error("slice has no root that is a block of a repository")]
    Root,
    /// The root's block is not there.
    #[error("slice does not have its commit")]
    NoCommit,
    /// The root's block is not a commit.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A node that is needed is not there, or not what it must be.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A record that the tree has is not there.
    #[error("slice does not have the record {0}")]
    MissingRecord(Key),
    /// Two operations are on the same path.
    #[error("two operations on {0}")]
    DuplicatePath(Key),
    /// An operation is of a form that operations do not have, such as an update to the same record.
    #[error("operation on {0} makes no sense")]
    Malformed(Key),
    /// The tree does not have what an operation says that it made.
    #[error("operation on {0} is not what the tree has")]
    Contradiction(Key),
}

impl Slice {
    /// Decodes a CAR file whose first root is a commit.
    ///
    /// # Errors
    ///
    /// [`SliceError`] if it is not one. The signature is not checked.
    pub fn decode(bytes: &[u8]) -> Result<Self, SliceError> {
        let mut decoder = Decoder::new();
        decoder.push(bytes);
        let mut blocks = BlockMap::default();
        while let Some(block) = decoder.next_block()? {
            blocks.0.insert(block.cid, Bytes::copy_from_slice(block.bytes));
        }
        decoder.finish()?;
        let root = decoder.roots().and_then(<[_]>::first).ok_or(SliceError::Root)?;
        let root = root.cid().ok_or(SliceError::Root)?;
        let commit = Commit::decode(blocks.get(&root).ok_or(SliceError::NoCommit)?)?;
        Ok(Self { root, commit, blocks })
    }

    /// Returns the commit's CID.
    pub fn root(&self) -> Cid {
        self.root
    }

    /// Returns the commit.
    pub fn commit(&self) -> &Commit {
        &self.commit
    }

    /// Returns all blocks.
    pub fn blocks(&self) -> &BlockMap {
        &self.blocks
    }

    /// Returns the record at a path, or that there is none: either is proven by the slice.
    ///
    /// # Errors
    ///
    /// [`SliceError`] if the slice proves neither.
    pub fn record(&self, key: &Key) -> Result<Option<(Cid, Bytes)>, SliceError> {
        let tree = Tree::load(self.commit.data, &self.blocks)?;
        let Some(cid) = tree.get(key, &self.blocks)? else { return Ok(None) };
        let bytes = self.blocks.get(&cid).ok_or_else(|| SliceError::MissingRecord(key.clone()))?;
        Ok(Some((cid, bytes.clone())))
    }

    /// Undoes operations in the order given and returns the root of the tree before them.
    ///
    /// # Errors
    ///
    /// [`SliceError`] if the slice does not have what that takes, or the operations are not those
    /// that made the tree.
    pub fn invert(&self, ops: &[Op]) -> Result<Cid, SliceError> {
        let mut paths: Vec<&Key> = ops.iter().map(|op| &op.path).collect();
        paths.sort_unstable();
        if let Some(pair) = paths.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(SliceError::DuplicatePath(pair[0].clone()));
        }
        for op in ops {
            let well_formed = match op.action {
                Action::Create => op.cid.is_some() && op.prev.is_none(),
                Action::Update => op.cid.is_some() && op.prev.is_some() && op.cid != op.prev,
                Action::Delete => op.cid.is_none() && op.prev.is_some(),
            };
            if !well_formed {
                return Err(SliceError::Malformed(op.path.clone()));
            }
            if op.cid.is_some_and(|cid| self.blocks.get(&cid).is_none()) {
                return Err(SliceError::MissingRecord(op.path.clone()));
            }
        }
        let tree = Tree::load(self.commit.data, &self.blocks)?;
        let mut edit = Edit::without_rows(&tree, &self.blocks);
        match undo_in(&mut edit, ops)? {
            None => Ok(edit.finish().tree.root()),
            Some(op) => Err(SliceError::Contradiction(op.path.clone())),
        }
    }
}

/// Tells whether undoing operations, with nothing but what `tree` has loaded, makes `before`.
pub(crate) fn undoes_to(tree: &Tree, ops: &[Op], before: &Tree) -> Result<bool, TreeError> {
    let mut edit = Edit::without_rows(tree, NoSource);
    Ok(undo_in(&mut edit, ops)?.is_none() && edit.restores(before))
}

/// Undoes operations in order and returns the first that did not do what it says.
fn undo_in<'a, S: NodeSource>(
    edit: &mut Edit<S>,
    ops: &'a [Op],
) -> Result<Option<&'a Op>, TreeError> {
    for op in ops {
        let found = match op.prev {
            Some(prev) => edit.put(&op.path, prev)?,
            None => edit.delete(&op.path)?,
        };
        if found != op.cid {
            return Ok(Some(op));
        }
    }
    Ok(None)
}

/// Makes the slice that proves what a record is, or that there is none: the commit, the nodes on
/// the way to it, and the record if `record` has it.
///
/// # Errors
///
/// [`TreeError`] if a node on the way cannot be loaded.
pub fn record_proof<S: NodeSource>(
    commit: (&Cid, &[u8]),
    tree: &mut Tree,
    key: &Key,
    record: Option<(&Cid, &[u8])>,
    source: &S,
) -> Result<Vec<u8>, TreeError> {
    let (cid, block) = commit;
    let mut slice = car::header(&[*cid]);
    car::put_block(&mut slice, cid, block);
    tree.cover(std::slice::from_ref(key), Cover::Paths, source, |part| {
        if let Covered::Node(cid, bytes) = part {
            car::put_block(&mut slice, cid, bytes);
        }
    })?;
    if let Some((cid, bytes)) = record {
        car::put_block(&mut slice, cid, bytes);
    }
    Ok(slice)
}

/// Makes the slice with a commit alone, as `#sync` events have it.
pub fn commit_only(cid: &Cid, block: &[u8]) -> Vec<u8> {
    let mut slice = car::header(&[*cid]);
    car::put_block(&mut slice, cid, block);
    slice
}
