//! `app.bsky.notification.registerPush`: sends the caller's notifications to a device from now
//! on.
//!
//! Made from `lexicons/app/bsky/notification/registerPush.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "app.bsky.notification.registerPush";

/// Sends the caller's notifications to a device from now on.
#[derive(Debug, Clone, Copy)]
pub struct RegisterPush;

impl Method for RegisterPush {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`RegisterPush`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// Whether the caller is too young for some notifications.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub age_restricted: Option<bool>,
    /// The field `appId`: a text.
    pub app_id: String,
    /// The field `platform`: a text.
    pub platform: String,
    /// The service that pushes.
    pub service_did: Did,
    /// As the device's operating system issued it.
    pub token: String,
}

impl Check for Input {}
