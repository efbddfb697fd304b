//! `com.atproto.server.deleteSession`: signs out; the caller shows the refresh token, not the
//! access token.
//!
//! Made from `lexicons/com/atproto/server/deleteSession.json` by `just codegen`.

use crate::Method;
use crate::schema::MethodKind;

/// The method's name.
pub const NSID: &str = "com.atproto.server.deleteSession";

/// Signs out; the caller shows the refresh token, not the access token.
#[derive(Debug, Clone, Copy)]
pub struct DeleteSession;

impl Method for DeleteSession {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = ();
    type Output = ();
    type Error = Error;
}

crate::method::declared_errors! {
    /// The refresh token is unknown or was revoked.
    InvalidToken = "InvalidToken",
    /// The refresh token has run out.
    ExpiredToken = "ExpiredToken",
}
