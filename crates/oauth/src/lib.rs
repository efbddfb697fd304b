//! The rules of an AT Protocol authorization server: requests, clients, proofs of possession,
//! scopes and the life of sessions.
//!
//! Nothing here speaks to anybody, stores anything, draws random numbers or asks what time it is:
//! what a rule needs is handed to it. [`dpop::Replays`] alone has a memory, which ends with the
//! process.
//!
//! Texts of strangers become types here: [`parameters`] reads what was sent, [`client`] who it is
//! from, [`assertion`] whether that is so, [`request`] what is asked for, [`decision`] what happens
//! in the browser, [`exchange`] and [`lifetime`] what is given for what, and [`dpop`] and
//! [`access`] what every use of it has to show. What is refused is an [`error::Refusal`].
//!
//! [`outgoing`] is the other side: what a client has to do, for where this server is one.
//!
//! Spec: <https://atproto.com/specs/oauth>, <https://atproto.com/specs/permission>

pub mod access;
pub mod assertion;
pub mod client;
pub mod decision;
pub mod dpop;
pub mod error;
pub mod exchange;
pub mod jose;
pub mod lifetime;
pub mod metadata;
pub mod outgoing;
pub mod parameters;
pub mod permission_set;
pub mod pkce;
pub mod request;
pub mod scope;
pub mod token;

#[cfg(test)]
mod testing;
