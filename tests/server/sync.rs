//! `com.atproto.sync`.

mod account_states;
mod by_collection;
mod crawlers;
mod get_blob;
mod get_blocks;
mod get_record;
mod get_repo;
mod lists;
mod subscribe_repos;
