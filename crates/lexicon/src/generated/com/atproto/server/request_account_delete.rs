//! `com.atproto.server.requestAccountDelete`: mails the token that `deleteAccount` asks for.
//!
//! Made from `lexicons/com/atproto/server/requestAccountDelete.json` by `just codegen`.

use crate::schema::MethodKind;
use crate::{Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.server.requestAccountDelete";

/// Mails the token that `deleteAccount` asks for.
#[derive(Debug, Clone, Copy)]
pub struct RequestAccountDelete;

impl Method for RequestAccountDelete {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = ();
    type Output = ();
    type Error = NoError;
}
