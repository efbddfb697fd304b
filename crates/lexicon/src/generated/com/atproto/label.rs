//! The methods and types of `com.atproto.label`.

pub mod defs;
pub mod query_labels;
pub mod subscribe_labels;
