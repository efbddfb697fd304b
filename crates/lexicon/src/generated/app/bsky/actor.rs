//! The methods and types of `app.bsky.actor`.

pub mod get_preferences;
pub mod put_preferences;
