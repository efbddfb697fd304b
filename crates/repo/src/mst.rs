//! The Merkle search tree of a repository: record keys to record CIDs.
//!
//! A tree is a pure function of its entries. [`Tree`] is a view of one that is loaded as far as it
//! was needed; [`Edit`] changes it; [`Builder`] makes one from sorted entries; [`iter`] and [`diff`]
//! read. Nodes come from a [`NodeSource`], which may find them by their place or by their CID.
//!
//! A node's place is its layer and the key just left of it ([`Position`]): there is never more than
//! one node at a place, and sorting by key, then by layer downwards, is the order of a CAR file.
//!
//! Spec: <https://atproto.com/specs/repository#mst-structure>

mod build;
mod cover;
mod diff;
mod edit;
mod iter;
mod key;
mod node;
mod source;
mod tree;
mod walk;

pub use crate::mst::build::{BuildError, Builder};
pub use crate::mst::cover::{Cover, Covered};
pub use crate::mst::diff::{Difference, diff};
pub use crate::mst::edit::{Change, Edit, NodeRow};
pub use crate::mst::iter::{Iter, iter};
pub use crate::mst::key::{Key, KeyError, common_prefix, height};
pub use crate::mst::node::{NODE_BYTES_MAX, NodeEntry, NodeError, RawNode};
pub use crate::mst::source::{BlockMap, NoSource, NodeSource, Position, SourceError, TreeError};
pub use crate::mst::tree::Tree;
pub use crate::mst::walk::{Walk, WalkStep};
