//! `com.atproto.server.requestPasswordReset`: mails the token that `resetPassword` asks for.
//!
//! Made from `lexicons/com/atproto/server/requestPasswordReset.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.server.requestPasswordReset";

/// Mails the token that `resetPassword` asks for.
#[derive(Debug, Clone, Copy)]
pub struct RequestPasswordReset;

impl Method for RequestPasswordReset {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`RequestPasswordReset`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `email`: a text.
    pub email: String,
}

impl Check for Input {}
