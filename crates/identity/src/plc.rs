//! did:plc: operations, logs of them, and the rules by which logs grow.
//!
//! All in here is computed from what is given; asking a directory is for [`resolve`](crate::resolve),
//! and keeping logs is for others. Making operations is strict; reading the logs of others is
//! tolerant where the past was, see [`log`].
//!
//! Spec: <https://web.plc.directory/spec/v0.1/did-plc>

mod difference;
pub mod directory;
mod limits;
pub mod log;
mod operation;
mod signature;
mod state;

use syntax::Did;

pub use crate::plc::difference::Difference;
pub use crate::plc::limits::LimitError;
pub use crate::plc::operation::{Content, LegacyCreate, Operation, ParseError, Update};
pub use crate::plc::signature::{Signature, SignatureError};
pub use crate::plc::state::{Change, DidKey, Service, State};

/// How many characters of a hash a DID has.
const IDENTIFIER_CHARS: usize = 24;

/// Tells whether a DID is one that an operation can have made.
pub fn is_plc(did: &Did) -> bool {
    let is_base32 = |byte: u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
    did.method() == "plc"
        && did.identifier().len() == IDENTIFIER_CHARS
        && did.identifier().bytes().all(is_base32)
}
