//! The store, on a real database in a temporary directory.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod apps;
mod blobs;
mod commits;
mod events;
mod faults;
mod imports;
mod leftovers;
mod repair;
mod room;
mod sessions;
