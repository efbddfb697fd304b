//! `com.atproto.server.requestEmailConfirmation`: mails the token that `confirmEmail` asks for.
//!
//! Made from `lexicons/com/atproto/server/requestEmailConfirmation.json` by `just codegen`.

use crate::schema::MethodKind;
use crate::{Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.server.requestEmailConfirmation";

/// Mails the token that `confirmEmail` asks for.
#[derive(Debug, Clone, Copy)]
pub struct RequestEmailConfirmation;

impl Method for RequestEmailConfirmation {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = ();
    type Output = ();
    type Error = NoError;
}
