//! `com.atproto.admin.updateAccountPassword`: sets an account's main password anew.
//!
//! Made from `lexicons/com/atproto/admin/updateAccountPassword.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.updateAccountPassword";

/// Sets an account's main password anew.
#[derive(Debug, Clone, Copy)]
pub struct UpdateAccountPassword;

impl Method for UpdateAccountPassword {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`UpdateAccountPassword`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `password`: a text.
    pub password: String,
}

impl Check for Input {}
