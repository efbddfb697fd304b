//! Servers, driven from outside: one file for each method, and for what all methods share.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod account;
mod actor;
mod admin;
mod harness;
mod housekeeping;
mod identity;
mod lexicon;
mod mail;
mod migrate;
mod oauth;
mod proxy;
mod repo;
mod server;
mod sync;
mod temp;
mod wire;
