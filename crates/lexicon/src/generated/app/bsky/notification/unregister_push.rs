//! `app.bsky.notification.unregisterPush`: sends no more notifications to a device.
//!
//! Made from `lexicons/app/bsky/notification/unregisterPush.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "app.bsky.notification.unregisterPush";

/// Sends no more notifications to a device.
#[derive(Debug, Clone, Copy)]
pub struct UnregisterPush;

impl Method for UnregisterPush {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`UnregisterPush`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `appId`: a text.
    pub app_id: String,
    /// The field `platform`: a text.
    pub platform: String,
    /// The field `serviceDid`: a DID.
    pub service_did: Did,
    /// The one that was registered.
    pub token: String,
}

impl Check for Input {}
