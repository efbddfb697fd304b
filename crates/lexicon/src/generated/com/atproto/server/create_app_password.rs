//! `com.atproto.server.createAppPassword`: makes a password for one app, with fewer rights than
//! the main one.
//!
//! Made from `lexicons/com/atproto/server/createAppPassword.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Datetime;

use crate::schema::MethodKind;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.createAppPassword";

/// Makes a password for one app, with fewer rights than the main one.
#[derive(Debug, Clone, Copy)]
pub struct CreateAppPassword;

impl Method for CreateAppPassword {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`CreateAppPassword`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// For the user to tell it from others; must be new.
    pub name: String,
    /// Whether the app may also use private data such as chats.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
}

impl Check for Input {}

/// What [`CreateAppPassword`] answers.
pub type Output = AppPassword;

crate::method::declared_errors! {
    /// Moderators have taken the account down.
    AccountTakedown = "AccountTakedown",
}

/// A fresh app password, readable only this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppPassword {
    /// The field `createdAt`: a point in time.
    pub created_at: Datetime,
    /// The field `name`: a text.
    pub name: String,
    /// The field `password`: a text.
    pub password: String,
    /// The field `privileged`: true or false.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
}
