//! AT Protocol repositories.
pub mod data;
pub mod mst;
