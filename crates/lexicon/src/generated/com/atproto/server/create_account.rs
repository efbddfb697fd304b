//! `com.atproto.server.createAccount`: opens an account, or prepares one that moves here from
//! elsewhere.
//!
//! Made from `lexicons/com/atproto/server/createAccount.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

use crate::schema::MethodKind;
use crate::{At, Check, Invalid, Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.createAccount";

/// Opens an account, or prepares one that moves here from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct CreateAccount;

impl Method for CreateAccount {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`CreateAccount`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// An identity that moves here; needs a service token by its owner.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub did: Option<Did>,
    /// The field `email`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The field `handle`: a handle.
    pub handle: Handle,
    /// The field `inviteCode`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invite_code: Option<String>,
    /// The field `password`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// A ready-signed operation that creates or moves the `did:plc`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub plc_op: Option<Json>,
    /// A rotation key of the user's own, as `did:key`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub recovery_key: Option<String>,
    /// The field `verificationCode`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub verification_code: Option<String>,
    /// The field `verificationPhone`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub verification_phone: Option<String>,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        if let Some(value) = &self.plc_op {
            at.key("plcOp").object(&value.0)?;
        }
        Ok(())
    }
}

/// What [`CreateAccount`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `accessJwt`: a text.
    pub access_jwt: String,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `didDoc`: any object.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub did_doc: Option<Json>,
    /// The field `handle`: a handle.
    pub handle: Handle,
    /// The field `refreshJwt`: a text.
    pub refresh_jwt: String,
}

crate::method::declared_errors! {
    /// The handle is malformed or not allowed here.
    InvalidHandle = "InvalidHandle",
    /// The password is too weak or too long.
    InvalidPassword = "InvalidPassword",
    /// The invite code is missing, unknown, voided or used up.
    InvalidInviteCode = "InvalidInviteCode",
    /// Somebody already has the handle.
    HandleNotAvailable = "HandleNotAvailable",
    /// The handle is outside the domains this server provides.
    UnsupportedDomain = "UnsupportedDomain",
    /// No document could be found for the given DID.
    UnresolvableDid = "UnresolvableDid",
    /// The DID's document does not point at this server.
    IncompatibleDidDoc = "IncompatibleDidDoc",
}
