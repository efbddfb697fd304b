//! `com.atproto.admin.disableInviteCodes`: voids single invite codes, or all those of the given
//! accounts.
//!
//! Made from `lexicons/com/atproto/admin/disableInviteCodes.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.disableInviteCodes";

/// Voids single invite codes, or all those of the given accounts.
#[derive(Debug, Clone, Copy)]
pub struct DisableInviteCodes;

impl Method for DisableInviteCodes {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`DisableInviteCodes`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Accounts whose codes are all voided.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<String>>,
    /// The field `codes`: a list.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub codes: Option<Vec<String>>,
}

impl Check for Input {}
