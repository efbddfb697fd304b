//! Making a commit: writes to a tree, then one signed commit with all that goes with it.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use crypto::PrivateKey;
use syntax::{Cid, Did, Tid};
use thiserror::Error;

use crate::car;
use crate::commit::Commit;
use crate::event::Op;
use crate::mst::{Cover, Covered, Edit, Key, NodeRow, NodeSource, Tree, TreeError};
use crate::slice::undoes_to;

/// The most operations that a commit may have.
///
/// Spec: <https://atproto.com/specs/sync#commit-size-limits>
pub const OPS_MAX: usize = 200;
/// The most bytes that the slice of a commit may have.
pub const SLICE_BYTES_MAX: usize = 2_000_000;
/// The most bytes that a record may have.
pub const RECORD_BYTES_MAX: usize = 1_000_000;

/// A record as its block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// The CID of the bytes.
    pub cid: Cid,
    /// The record in CBOR.
    pub bytes: Bytes,
}

/// Writes that will be one commit.
///
/// Writes to one path join: what counts is what the record was before the first of them and what it
/// is after the last. What ends as it was makes no operation.
#[derive(Debug)]
pub struct Draft<S> {
    edit: Edit<S>,
    source: S,
    before: Tree,
    net: BTreeMap<Key, Net>,
}

#[derive(Debug)]
struct Net {
    before: Option<Cid>,
    after: Option<Record>,
}

/// A commit that was made, with everything that has to be stored and told.
#[derive(Debug)]
pub struct Signed {
    /// The commit.
    pub commit: Commit,
    /// The commit's CID.
    pub cid: Cid,
    /// The commit's block.
    pub block: Bytes,
    /// The root of the tree before.
    pub prev_data: Cid,
    /// The operations, by path; each path occurs once.
    pub ops: Vec<Op>,
    /// The records that were created or updated, by path.
    pub records: Vec<(Key, Record)>,
    /// The tree after, loaded where it was changed.
    pub tree: Tree,
    /// The nodes to be put.
    pub puts: Vec<NodeRow>,
    /// The places of the nodes to be dropped: layer, and the key to the left.
    pub drops: Vec<(u8, Option<Key>)>,
    /// A CAR file with the commit, the new records, and all nodes from which the tree before can be
    /// had by undoing the operations in any order.
    pub slice: Vec<u8>,
}

/// Says why a commit cannot be made.
#[derive(Debug, Error)]
pub enum DraftError {
    /// The tree could not be read.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// There are more than [`OPS_MAX`] operations.
    #[error("{0} operations in a commit, where {OPS_MAX} are allowed")]
    TooManyOps(usize),
    /// The slice has more than [`SLICE_BYTES_MAX`] bytes.
    #[error("commit takes {0} bytes, where {SLICE_BYTES_MAX} are allowed")]
    TooLarge(usize),
    /// The operations do not undo to the tree before: a defect of ours, and no commit.
    #[error("operations do not undo to the tree before")]
    NotInvertible,
}

impl Record {
    /// Takes a record's bytes and makes their CID.
    pub fn new(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { cid: Cid::of_cbor(&bytes), bytes }
    }
}

impl<S: NodeSource + Copy> Draft<S> {
    /// Begins with a tree whose nodes that are not loaded are in `source`.
    pub fn new(tree: &Tree, source: S) -> Self {
        Self { edit: Edit::new(tree, source), source, before: tree.clone(), net: BTreeMap::new() }
    }

    /// Returns the record at a path as it is after the writes so far.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if the tree could not be read; the draft is of no more use then.
    pub fn get(&mut self, key: &Key) -> Result<Option<Cid>, TreeError> {
        match self.net.get(key) {
            Some(net) => Ok(net.after.as_ref().map(|record| record.cid)),
            None => self.edit.find(key),
        }
    }

    /// Sets the record at a path and returns the CID of the one that was there.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if the tree could not be read; the draft is of no more use then.
    pub fn put(&mut self, key: &Key, record: Record) -> Result<Option<Cid>, TreeError> {
        let before = self.edit.put(key, record.cid)?;
        self.note(key, before, Some(record));
        Ok(before)
    }

    /// Deletes the record at a path and returns its CID, if there was one.
    ///
    /// # Errors
    ///
    /// [`TreeError`] if the tree could not be read; the draft is of no more use then.
    pub fn delete(&mut self, key: &Key) -> Result<Option<Cid>, TreeError> {
        let before = self.edit.delete(key)?;
        self.note(key, before, None);
        Ok(before)
    }

    /// Tells whether the writes so far change nothing.
    pub fn is_empty(&self) -> bool {
        self.net.values().all(Net::is_nothing)
    }

    /// Makes the commit.
    ///
    /// # Errors
    ///
    /// [`DraftError`] if the commit is larger than commits may be, or the tree could not be read.
    pub fn sign(self, did: &Did, rev: Tid, key: &PrivateKey) -> Result<Signed, DraftError> {
        let (mut ops, mut records, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for (path, net) in self.net.into_iter().filter(|(_, net)| !net.is_nothing()) {
            let cid = net.after.as_ref().map(|record| record.cid);
            ops.push(Op::new(path.clone(), net.before, cid));
            records.extend(net.after.map(|record| (path.clone(), record)));
            keys.push(path);
        }
        if ops.len() > OPS_MAX {
            return Err(DraftError::TooManyOps(ops.len()));
        }
        let change = self.edit.finish();
        let mut tree = change.tree;
        let commit = Commit::sign(did.clone(), tree.root(), rev, key);
        let block = commit.encode();
        let cid = Cid::of_cbor(&block);

        let mut slice = car::header(&[cid]);
        let node_bytes: usize = change.puts.iter().map(|row| row.bytes.len() + 40).sum();
        let record_bytes: usize = records.iter().map(|(_, record)| record.bytes.len() + 40).sum();
        slice.reserve(block.len() + 2 * node_bytes + record_bytes + 1024);
        car::put_block(&mut slice, &cid, &block);
        // Both go by path, so that the next of the new records is always the one.
        let mut new_records = records.iter().map(|(_, record)| record);
        let mut seen = HashSet::new();
        tree.cover(&keys, Cover::Neighbours, &self.source, |part| match part {
            Covered::Node(cid, bytes) => car::put_block(&mut slice, cid, bytes),
            Covered::Entry(..) => {
                if let Some(record) = new_records.next().filter(|record| seen.insert(record.cid)) {
                    car::put_block(&mut slice, &record.cid, &record.bytes);
                }
            }
        })?;
        if slice.len() > SLICE_BYTES_MAX {
            return Err(DraftError::TooLarge(slice.len()));
        }
        if !undoes_to(&tree, &ops, &self.before)? {
            return Err(DraftError::NotInvertible);
        }
        let (prev_data, puts, drops) = (self.before.root(), change.puts, change.drops);
        Ok(Signed { commit, cid, block, prev_data, ops, records, tree, puts, drops, slice })
    }

    fn note(&mut self, key: &Key, before: Option<Cid>, after: Option<Record>) {
        match self.net.get_mut(key) {
            Some(net) => net.after = after,
            None => {
                self.net.insert(key.clone(), Net { before, after });
            }
        }
    }
}

impl Net {
    fn is_nothing(&self) -> bool {
        self.before == self.after.as_ref().map(|record| record.cid)
    }
}
