//! `com.atproto.admin.updateAccountHandle`: gives an account another handle.
//!
//! Made from `lexicons/com/atproto/admin/updateAccountHandle.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.updateAccountHandle";

/// Gives an account another handle.
#[derive(Debug, Clone, Copy)]
pub struct UpdateAccountHandle;

impl Method for UpdateAccountHandle {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`UpdateAccountHandle`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `handle`: a handle.
    pub handle: Handle,
}

impl Check for Input {}
