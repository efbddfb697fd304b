//! What an account takes along: its bundle, which any directory can hold and anybody can check.
//!
//! [`bundle`] makes bundles from a store, which a server may be using, and checks them without one.
//! [`age`] encrypts the part that is nobody else's. Nothing in here speaks to the network or reads a
//! clock that it was not given.

pub mod age;
pub mod bundle;
mod signing_key;
pub mod switch;

pub use crate::signing_key::SigningKeyError;
