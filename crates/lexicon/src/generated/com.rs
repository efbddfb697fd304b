//! The methods and types of `com`.

pub mod atproto;
