//! `com.atproto.temp.requestPhoneVerification`: sends a code to a phone number for use at
//! sign-up.
//!
//! Made from `lexicons/com/atproto/temp/requestPhoneVerification.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.temp.requestPhoneVerification";

/// Sends a code to a phone number for use at sign-up.
#[derive(Debug, Clone, Copy)]
pub struct RequestPhoneVerification;

impl Method for RequestPhoneVerification {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`RequestPhoneVerification`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `phoneNumber`: a text.
    pub phone_number: String,
}

impl Check for Input {}
