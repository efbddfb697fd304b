//! The methods and types of `app`.

pub mod bsky;
