//! `com.atproto.server.revokeAppPassword`: voids the caller's app password of this name and its
//! sessions.
//!
//! Made from `lexicons/com/atproto/server/revokeAppPassword.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.server.revokeAppPassword";

/// Voids the caller's app password of this name and its sessions.
#[derive(Debug, Clone, Copy)]
pub struct RevokeAppPassword;

impl Method for RevokeAppPassword {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`RevokeAppPassword`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `name`: a text.
    pub name: String,
}

impl Check for Input {}
