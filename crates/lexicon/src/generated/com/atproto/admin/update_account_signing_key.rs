//! `com.atproto.admin.updateAccountSigningKey`: publishes another signing key in an account's
//! DID document.
//!
//! Made from `lexicons/com/atproto/admin/updateAccountSigningKey.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.updateAccountSigningKey";

/// Publishes another signing key in an account's DID document.
#[derive(Debug, Clone, Copy)]
pub struct UpdateAccountSigningKey;

impl Method for UpdateAccountSigningKey {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`UpdateAccountSigningKey`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `did`: a DID.
    pub did: Did,
    /// The new public key, as a `did:key`.
    pub signing_key: Did,
}

impl Check for Input {}
