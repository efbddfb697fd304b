//! `com.atproto.server`.

mod app_passwords;
mod create_account;
mod create_session;
mod describe_server;
pub(crate) mod did_web;
mod email;
mod invites;
mod lifecycle;
mod refresh_session;
mod rotation_proof;
mod service_auth;
mod sign_in_codes;
