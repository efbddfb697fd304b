//! A whole repository in a CAR file, checked from the commit down to each record.
//!
//! The file may have its blocks in any order, with doubles and with blocks that belong to nothing.
//! Memory is bounded whatever the size: see [`Spool`].

mod base;

use std::fmt;
use std::io::{self, Read, Seek, Write};

use bytes::Bytes;
use syntax::{Cid, Did, Tid};
use thiserror::Error;

use crate::car::{CarError, Decoder, Spool, SpoolError};
use crate::commit::{Commit, CommitError, CommitV2};
use crate::mst::{Key, NodeError, Position, SourceError, Walk, WalkStep};

pub use crate::archive::base::{Absent, Base, NoBase};

/// A commit of any version that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnyCommit {
    /// The present version.
    V3(Commit),
    /// The version of 2023.
    V2(CommitV2),
}

/// A CAR file that is coming in.
pub struct ArchiveReader<F, O> {
    decoder: Decoder,
    spool: Spool<F, O>,
    /// Those of the files before this one.
    strangers: u64,
}

/// A repository in a CAR file that has come in.
pub struct Archive<F, O> {
    root: Cid,
    commit: AnyCommit,
    spool: Spool<F, O>,
    strangers: u64,
}

/// A part of a repository, in the order of its places: see [`Archive::walk`].
#[derive(Debug)]
pub enum Part<'a> {
    /// A node of the tree.
    Node {
        /// The node's place.
        at: Position<'a>,
        /// The node's CID.
        cid: &'a Cid,
        /// The node's block.
        bytes: &'a Bytes,
    },
    /// A record. That its block is well formed is not checked.
    Record {
        /// The record's key.
        key: &'a Key,
        /// The record's CID.
        cid: &'a Cid,
        /// The record's block.
        bytes: &'a [u8],
    },
}

/// Says why a CAR file is not a whole repository.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// The file is malformed.
    #[error(transparent)]
    Car(#[from] CarError),
    /// The file has no root, or more than one.
    #[error("CAR file has {0} roots instead of one")]
    Roots(usize),
    /// The root, which has to be the commit, is not there or is no block of a repository.
    #[error("commit is not in the CAR file")]
    NoCommit,
    /// The commit is malformed.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A node is not there.
    #[error("node {cid} of layer {layer} is missing")]
    MissingNode {
        /// The node's CID.
        cid: Cid,
        /// The node's layer, unless it is the root's.
        layer: u8,
    },
    /// A node is malformed or out of place.
    #[error("node {cid}: {error}")]
    Node {
        /// The node's CID.
        cid: Cid,
        /// What is wrong with it.
        error: NodeError,
    },
    /// A record is not there.
    #[error("record {key} ({cid}) is missing")]
    MissingRecord {
        /// The record's key.
        key: Key,
        /// The record's CID.
        cid: Cid,
    },
    /// Blocks could not be put aside.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// What the file is read over could not be read.
    #[error("former state of the repository could not be read")]
    Base(#[from] SourceError),
}

impl<F: Read + Write + Seek, O: FnMut() -> io::Result<F>> ArchiveReader<F, O> {
    /// Begins a file, whose blocks go to a spool.
    pub fn new(spool: Spool<F, O>) -> Self {
        Self { decoder: Decoder::new(), spool, strangers: 0 }
    }

    /// Adds the file's next bytes.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the bytes are no CAR file, a block does not match its CID, or the spool
    /// failed; the reader is of no more use then.
    pub fn push(&mut self, piece: &[u8]) -> Result<(), ArchiveError> {
        self.decoder.push(piece);
        while let Some(block) = self.decoder.next_block()? {
            self.spool.push(&block.cid, block.bytes)?;
        }
        Ok(())
    }

    /// Ends the file, returns its root and its commit, and begins another file.
    ///
    /// The blocks of all files are kept: of a repository and what was exported of it since, they are
    /// together the repository that the last one is of.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the file ended within a block, or its root is not a commit.
    pub fn next_file(&mut self) -> Result<(Cid, AnyCommit), ArchiveError> {
        self.decoder.finish()?;
        let root = match self.decoder.roots().unwrap_or_default() {
            [root] => root.cid().ok_or(ArchiveError::NoCommit)?,
            roots => return Err(ArchiveError::Roots(roots.len())),
        };
        let block = self.spool.get(&root)?.ok_or(ArchiveError::NoCommit)?;
        let commit = AnyCommit::decode(block)?;
        self.strangers += self.decoder.strangers();
        self.decoder = Decoder::new();
        Ok((root, commit))
    }

    /// Ends the last file and reads its commit.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] if the file ended within a block, or its root is not a commit.
    pub fn finish(mut self) -> Result<Archive<F, O>, ArchiveError> {
        let (root, commit) = self.next_file()?;
        Ok(Archive { root, commit, spool: self.spool, strangers: self.strangers })
    }
}

impl<F: Read + Write + Seek, O: FnMut() -> io::Result<F>> Archive<F, O> {
    /// Returns the CID of the commit.
    pub fn root(&self) -> &Cid {
        &self.root
    }

    /// Returns the commit.
    pub fn commit(&self) -> &AnyCommit {
        &self.commit
    }

    /// Returns how many blocks came, doubles included.
    pub fn blocks(&self) -> u64 {
        self.spool.blocks()
    }

    /// Returns how many blocks were left out as they cannot belong to a repository.
    pub fn strangers(&self) -> u64 {
        self.strangers
    }

    /// Calls `found` with each node and each record, in the order of their places.
    ///
    /// A node comes before its parts; all of the tree is checked to be the one that its entries
    /// make. Memory does not grow with the repository, nor does the stack with anything.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] for the first part that is missing or not what it must be, or what `found`
    /// returned.
    pub fn walk<E: From<ArchiveError>>(
        &mut self,
        found: impl FnMut(Part<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        self.walk_over(&mut NoBase, found)
    }

    /// Calls `found` as [`Archive::walk`] does, with parts that the file lacks taken from `base`. So
    /// a file of what is newer than a revision is read.
    ///
    /// # Errors
    ///
    /// [`ArchiveError`] for the first part that neither has or that is not what it must be, or what
    /// `found` returned.
    pub fn walk_over<E: From<ArchiveError>>(
        &mut self,
        base: &mut impl Base,
        mut found: impl FnMut(Part<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut walk = Walk::new(*self.commit.data());
        let mut is_prepared = false;
        while let Some(step) = walk.next_step() {
            match step {
                WalkStep::Node { cid, layer } => {
                    let own = self.get(&cid)?.map(Bytes::copy_from_slice);
                    let bytes = match own {
                        Some(bytes) => bytes,
                        None => {
                            self.prepare(base, &mut is_prepared)?;
                            let at = walk.place().expect("a node comes next");
                            let theirs = base.node(at, &cid).map_err(ArchiveError::from)?;
                            let theirs = theirs.filter(|bytes| cid.is_of(bytes));
                            theirs.ok_or(ArchiveError::MissingNode { cid, layer })?
                        }
                    };
                    let at =
                        walk.enter(&bytes).map_err(|error| ArchiveError::Node { cid, error })?;
                    found(Part::Node { at, cid: &cid, bytes: &bytes })?;
                }
                WalkStep::Entry { key, value: cid } => {
                    if let Some(bytes) = self.get(&cid)? {
                        found(Part::Record { key: &key, cid: &cid, bytes })?;
                        continue;
                    }
                    self.prepare(base, &mut is_prepared)?;
                    let theirs = base.record(&key, &cid).map_err(ArchiveError::from)?;
                    let Some(bytes) = theirs.filter(|bytes| cid.is_of(bytes)) else {
                        return Err(ArchiveError::MissingRecord { key, cid }.into());
                    };
                    found(Part::Record { key: &key, cid: &cid, bytes: &bytes })?;
                }
            }
        }
        Ok(())
    }

    fn get(&mut self, cid: &Cid) -> Result<Option<&[u8]>, ArchiveError> {
        Ok(self.spool.get(cid)?)
    }

    /// Tells the base once what the file lacks.
    fn prepare(&mut self, base: &mut impl Base, is_done: &mut bool) -> Result<(), ArchiveError> {
        if !*is_done {
            *is_done = true;
            base.prepare(&self.absent()?)?;
        }
        Ok(())
    }

    /// Finds out what the file lacks of its tree.
    fn absent(&mut self) -> Result<Absent, ArchiveError> {
        let mut absent = Absent::default();
        let mut walk = Walk::new(*self.commit.data());
        while let Some(step) = walk.next_step() {
            match step {
                WalkStep::Node { cid, .. } => match self.get(&cid)?.map(Bytes::copy_from_slice) {
                    Some(bytes) => {
                        walk.enter(&bytes).map_err(|error| ArchiveError::Node { cid, error })?;
                    }
                    None => {
                        absent.nodes.insert(cid);
                        walk.skip();
                    }
                },
                WalkStep::Entry { key, value } => {
                    if self.get(&value)?.is_none() {
                        absent.records.insert(value, key);
                    }
                }
            }
        }
        Ok(absent)
    }
}

impl AnyCommit {
    /// Decodes a block.
    ///
    /// # Errors
    ///
    /// [`CommitError`] if the block is not a commit of version 2 or 3.
    pub fn decode(block: &[u8]) -> Result<Self, CommitError> {
        match Commit::decode(block) {
            Err(CommitError::Version(2)) => CommitV2::decode(block).map(Self::V2),
            outcome => outcome.map(Self::V3),
        }
    }

    /// Returns whose repository it is.
    pub fn did(&self) -> &Did {
        match self {
            Self::V3(commit) => &commit.did,
            Self::V2(commit) => &commit.did,
        }
    }

    /// Returns the root of the tree.
    pub fn data(&self) -> &Cid {
        match self {
            Self::V3(commit) => &commit.data,
            Self::V2(commit) => &commit.data,
        }
    }

    /// Returns the revision, which the first commits of version 2 did not have.
    pub fn rev(&self) -> Option<Tid> {
        match self {
            Self::V3(commit) => Some(commit.rev),
            Self::V2(commit) => commit.rev,
        }
    }

    /// Returns the version: 2 or 3.
    pub fn version(&self) -> u8 {
        match self {
            Self::V3(_) => 3,
            Self::V2(_) => 2,
        }
    }

    /// Checks the signature.
    ///
    /// # Errors
    ///
    /// [`crypto::VerifyError`] if it is not that of the key.
    pub fn verify(&self, key: &crypto::PublicKey) -> Result<(), crypto::VerifyError> {
        match self {
            Self::V3(commit) => commit.verify(key),
            Self::V2(commit) => commit.verify(key),
        }
    }
}

impl<F, O> fmt::Debug for ArchiveReader<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ArchiveReader").field("spool", &self.spool).finish_non_exhaustive()
    }
}

impl<F, O> fmt::Debug for Archive<F, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Archive")
            .field("root", &self.root)
            .field("commit", &self.commit)
            .field("spool", &self.spool)
            .finish_non_exhaustive()
    }
}
