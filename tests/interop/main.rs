//! Our repositories beside those of the npm package `@atproto/repo`: each side makes what the
//! other checks, and where there is one right answer, both give it.
//!
//! What is needed is what `npm ci` installs in this directory. The tests are skipped unless the
//! environment variable `PAGURUS_INTEROP` names it. Histories follow from a seed, which
//! `PAGURUS_SEED` sets.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

mod chance;
mod data_model;
mod fixtures;
mod histories;
mod identifiers;
mod keys;
mod node;
mod plan;
mod plc;
mod repository;
mod signatures;
mod values;
