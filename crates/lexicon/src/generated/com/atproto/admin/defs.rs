//! Objects of `com.atproto.admin.defs`.
//!
//! Made from `lexicons/com/atproto/admin/defs.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{AtUri, Cid, Datetime, Did, Handle};

use crate::com::atproto::server::defs::InviteCode;
use crate::{Check, wire};

/// An account as its administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountView {
    /// The field `deactivatedAt`: a point in time.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub deactivated_at: Option<Datetime>,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `email`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The field `emailConfirmedAt`: a point in time.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub email_confirmed_at: Option<Datetime>,
    /// The field `handle`: a handle.
    pub handle: Handle,
    /// When this server first knew the account.
    pub indexed_at: Datetime,
    /// What a moderator wrote when invites were switched on or off.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invite_note: Option<String>,
    /// The field `invitedBy`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invited_by: Option<InviteCode>,
    /// The invite codes that belong to the account.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invites: Option<Vec<InviteCode>>,
    /// Whether the account may no longer hand out invites.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub invites_disabled: Option<bool>,
    /// The field `relatedRecords`: a list.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub related_records: Option<Vec<Json>>,
    /// Marks by which moderators recognise abusive sign-ups.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub threat_signatures: Option<Vec<ThreatSignature>>,
}

/// Points at one blob in an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RepoBlobRef {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `did`: a DID.
    pub did: Did,
    /// The record through which the blob came to notice.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub record_uri: Option<AtUri>,
}

impl Check for RepoBlobRef {}

/// Points at a whole account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepoRef {
    /// The field `did`: a DID.
    pub did: Did,
}

impl Check for RepoRef {}

/// A moderation measure that either holds or does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusAttr {
    /// The field `applied`: true or false.
    pub applied: bool,
    /// The moderator's own reference for the measure, such as a case number.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub r#ref: Option<String>,
}

impl Check for StatusAttr {}

/// One property that abusive accounts tend to share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ThreatSignature {
    /// The field `property`: a text.
    pub property: String,
    /// The field `value`: a text.
    pub value: String,
}
