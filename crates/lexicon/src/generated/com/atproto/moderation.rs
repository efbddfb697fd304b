//! The methods and types of `com.atproto.moderation`.

pub mod create_report;
