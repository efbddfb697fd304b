//! `com.atproto.server`.

mod create_account;
mod create_session;
mod refresh_session;
