//! `com.atproto.admin.deleteAccount`: deletes any account at once, without its owner's consent.
//!
//! Made from `lexicons/com/atproto/admin/deleteAccount.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.deleteAccount";

/// Deletes any account at once, without its owner's consent.
#[derive(Debug, Clone, Copy)]
pub struct DeleteAccount;

impl Method for DeleteAccount {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`DeleteAccount`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `did`: a DID.
    pub did: Did,
}

impl Check for Input {}
