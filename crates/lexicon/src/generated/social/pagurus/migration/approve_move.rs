//! `social.pagurus.migration.approveMove`: agrees to what the move changes and loses. Only what
//! is named is agreed to.
//!
//! Made from `lexicons/social/pagurus/migration/approveMove.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Cid;

use crate::schema::MethodKind;
use crate::social::pagurus::migration::defs::Job;
use crate::{Check, Method, wire};

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.approveMove";

/// Agrees to what the move changes and loses. Only what is named is agreed to.
#[derive(Debug, Clone, Copy)]
pub struct ApproveMove;

impl Method for ApproveMove {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`ApproveMove`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The operation that the change follows, as it was shown.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub head: Option<Cid>,
    /// The blobs that may stay behind.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub missing_blobs: Option<Vec<Cid>>,
    /// Whether preferences may stay behind.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub preferences: Option<bool>,
    /// How many records that cannot be read may move as they are.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub unreadable_records: Option<i64>,
}

impl Check for Input {}

/// What [`ApproveMove`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `job`.
    pub job: Job,
}

crate::method::declared_errors! {
    /// The account has not moved here by way of this server.
    MoveNotFound = "MoveNotFound",
    /// The move does not wait for this.
    NotWanted = "NotWanted",
    /// There is more than was agreed to: see the message.
    NotAgreed = "NotAgreed",
}
