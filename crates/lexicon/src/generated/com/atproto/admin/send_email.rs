//! `com.atproto.admin.sendEmail`: sends a message to an account's email address.
//!
//! Made from `lexicons/com/atproto/admin/sendEmail.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.sendEmail";

/// Sends a message to an account's email address.
#[derive(Debug, Clone, Copy)]
pub struct SendEmail;

impl Method for SendEmail {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`SendEmail`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// For the moderation log; the recipient never sees it.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// The field `content`: a text.
    pub content: String,
    /// The field `recipientDid`: a DID.
    pub recipient_did: Did,
    /// The moderator who sends it.
    pub sender_did: Did,
    /// The field `subject`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
}

impl Check for Input {}

/// What [`SendEmail`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `sent`: true or false.
    pub sent: bool,
}
