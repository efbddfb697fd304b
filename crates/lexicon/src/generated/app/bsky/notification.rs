//! The methods and types of `app.bsky.notification`.

pub mod register_push;
pub mod unregister_push;
