//! `com.atproto.server.listAppPasswords`: lists the caller's app passwords without their
//! secrets.
//!
//! Made from `lexicons/com/atproto/server/listAppPasswords.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Datetime;

use crate::schema::MethodKind;
use crate::{Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.server.listAppPasswords";

/// Lists the caller's app passwords without their secrets.
#[derive(Debug, Clone, Copy)]
pub struct ListAppPasswords;

impl Method for ListAppPasswords {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// What [`ListAppPasswords`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `passwords`: a list.
    pub passwords: Vec<AppPassword>,
}

crate::method::declared_errors! {
    /// Moderators have taken the account down.
    AccountTakedown = "AccountTakedown",
}

/// What may be known of an app password later on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppPassword {
    /// The field `createdAt`: a point in time.
    pub created_at: Datetime,
    /// The field `name`: a text.
    pub name: String,
    /// The field `privileged`: true or false.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
}
