//! Bundles, made of stores that are in use, and checked as whoever restores them would.
#![expect(clippy::unwrap_used, reason = "these are tests")]

mod backups;
mod damage;
mod interruptions;
mod room;
