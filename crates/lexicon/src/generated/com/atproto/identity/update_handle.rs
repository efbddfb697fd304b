//! `com.atproto.identity.updateHandle`: gives the caller's account another handle.
//!
//! Made from `lexicons/com/atproto/identity/updateHandle.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Handle;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.updateHandle";

/// Gives the caller's account another handle.
#[derive(Debug, Clone, Copy)]
pub struct UpdateHandle;

impl Method for UpdateHandle {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`UpdateHandle`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Must already point at the account unless this server provides it.
    pub handle: Handle,
}

impl Check for Input {}
