//! The data model: values in canonical CBOR (DRISL, a strict DAG-CBOR) and in JSON.
//!
//! Values are [`Value`]. [`cbor`] and [`json`] carry them; [`blob`] finds the blobs they refer to;
//! [`check()`] holds them to the rules that are about meaning rather than encoding.
//!
//! Spec: <https://atproto.com/specs/data-model>

pub mod blob;
pub mod cbor;
mod check;
pub mod json;
mod value;

pub use crate::data::check::{CheckError, Fault, check};
pub use crate::data::value::{Link, Map, Value, key_order};

/// The bounds that values from outside are held to.
///
/// Spec: <https://atproto.com/guides/data-validation#recommended-data-limits>
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many lists and maps may be within each other; the outermost counts.
    pub depth: usize,
    /// How many items a list or a map may have.
    pub container_items: usize,
    /// How many bytes the key of a map may have.
    pub key_bytes: usize,
}

impl Limits {
    /// What new records have to keep to.
    pub const RECORD: Self = Self { depth: 32, container_items: 131_072, key_bytes: 8192 };
    /// What we still read of values that others made.
    pub const FOREIGN: Self = Self { depth: 128, ..Self::RECORD };
}
