//! What an account takes along: its bundle, which any directory can hold and anybody can check.
//!
//! [`bundle`] makes bundles from a store, which a server may be using, and checks them without one.
//! [`age`] encrypts the part that is nobody else's. [`host`] is another host as the owner of an account
//! uses it, [`switch`] the change of an identity that moves the account, and [`reclaim`] the one that
//! leads it back. [`report`] says what came of a move, signed, and [`leaving`] whether the old account is
//! still needed. Nothing in here reads a clock or takes a connection that it was not given.

pub mod age;
pub mod bundle;
pub mod host;
pub mod job;
pub mod leaving;
pub mod live;
pub mod preflight;
mod reading;
pub mod reclaim;
pub mod report;
pub mod rescue;
mod signed;
pub mod switch;
mod words;

pub use crate::words::with_sources;

/// Returns bytes that nobody can foresee.
///
/// # Panics
///
/// Panics if the operating system has no random numbers to give.
fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random numbers");
    bytes
}
