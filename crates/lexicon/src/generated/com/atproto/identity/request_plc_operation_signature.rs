//! `com.atproto.identity.requestPlcOperationSignature`: mails the token that `signPlcOperation`
//! asks for.
//!
//! Made from `lexicons/com/atproto/identity/requestPlcOperationSignature.json` by `just codegen`.

use crate::schema::MethodKind;
use crate::{Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.requestPlcOperationSignature";

/// Mails the token that `signPlcOperation` asks for.
#[derive(Debug, Clone, Copy)]
pub struct RequestPlcOperationSignature;

impl Method for RequestPlcOperationSignature {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = ();
    type Output = ();
    type Error = NoError;
}
