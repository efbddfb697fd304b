//! `com.atproto.admin.enableAccountInvites`: lets an account receive invite codes again.
//!
//! Made from `lexicons/com/atproto/admin/enableAccountInvites.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.enableAccountInvites";

/// Lets an account receive invite codes again.
#[derive(Debug, Clone, Copy)]
pub struct EnableAccountInvites;

impl Method for EnableAccountInvites {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`EnableAccountInvites`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `account`: a DID.
    pub account: Did,
    /// Why, for other moderators to read.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Check for Input {}
