//! The other side: what a client does that wants to be let in by another authorization server.
//!
//! This server is one where an account moves here whose owner signs in on the pages of the host that it
//! leaves. [`OwnClient`] is who it is then, [`AuthorizationServer`] who lets it in, [`Callback`] what
//! comes back through the browser, [`Grant`] what it gets for that, and [`ProofKey`] the key that all of
//! it is bound to. What others say is checked here, and nothing of it is believed that could be checked.
//!
//! Spec: <https://atproto.com/specs/oauth#clients>

mod callback;
mod grant;
mod own;
mod proof;
mod server;

pub use crate::outgoing::callback::{Callback, CallbackError};
pub use crate::outgoing::grant::{Grant, GrantError, Pushed};
pub use crate::outgoing::own::{Document, OwnClient};
pub use crate::outgoing::proof::{ProofKey, ProofOf};
pub use crate::outgoing::server::{AuthorizationServer, ServerError, issuer_of};
