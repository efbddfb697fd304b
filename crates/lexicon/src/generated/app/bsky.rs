//! The methods and types of `app.bsky`.

pub mod actor;
pub mod notification;
