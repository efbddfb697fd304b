//! `com.atproto.repo.applyWrites`: makes several changes to the caller's own repository in one
//! commit.
//!
//! Made from `lexicons/com/atproto/repo/applyWrites.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{AtIdentifier, AtUri, Cid, Nsid, RecordKey};

use crate::com::atproto::repo::defs::CommitMeta;
use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, Invalid, Method, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.applyWrites";

/// Makes several changes to the caller's own repository in one commit.
#[derive(Debug, Clone, Copy)]
pub struct ApplyWrites;

impl Method for ApplyWrites {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`ApplyWrites`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `repo`: a DID or a handle.
    pub repo: AtIdentifier,
    /// Refuses the whole batch unless this is the current commit.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub swap_commit: Option<Cid>,
    /// True demands a known schema, false skips the check, absent checks what is known.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub validate: Option<bool>,
    /// The field `writes`: a list.
    pub writes: Vec<Writes>,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        for (index, item) in self.writes.iter().enumerate() {
            item.check(&at.key("writes").index(index))?;
        }
        Ok(())
    }
}

crate::wire::union! {
    /// The field `writes` of [`Input`].
    Writes {
        Create = "com.atproto.repo.applyWrites#create",
        Update = "com.atproto.repo.applyWrites#update",
        Delete = "com.atproto.repo.applyWrites#delete",
    }
}

impl Check for Writes {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        match self {
            Self::Create(value) => value.check(at)?,
            Self::Update(value) => value.check(at)?,
            _ => {}
        }
        Ok(())
    }
}

/// What [`ApplyWrites`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `commit`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub commit: Option<CommitMeta>,
    /// One for each write, in the same order.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub results: Option<Vec<Results>>,
}

crate::wire::union! {
    /// The field `results` of [`Output`].
    Results {
        CreateResult = "com.atproto.repo.applyWrites#createResult",
        UpdateResult = "com.atproto.repo.applyWrites#updateResult",
        DeleteResult = "com.atproto.repo.applyWrites#deleteResult",
    }
}

crate::method::declared_errors! {
    /// Another commit came first.
    InvalidSwap = "InvalidSwap",
}

/// Adds a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Create {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// Chosen by the server when absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub rkey: Option<RecordKey>,
    /// The field `value`: any object.
    pub value: Json,
}

impl Check for Create {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        if let Some(value) = &self.rkey {
            at.key("rkey").text_bytes(value.as_str(), Bounds::new(None, Some(512)))?;
        }
        at.key("value").object(&self.value.0)?;
        Ok(())
    }
}

/// Where the new record is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateResult {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `uri`: an AT URI.
    pub uri: AtUri,
    /// The field `validationStatus`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub validation_status: Option<String>,
}

/// Removes a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delete {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `rkey`: a record key.
    pub rkey: RecordKey,
}

impl Check for Delete {}

/// Confirms a removal; carries nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteResult {}

/// Replaces a record's whole value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// The field `collection`: an NSID.
    pub collection: Nsid,
    /// The field `rkey`: a record key.
    pub rkey: RecordKey,
    /// The field `value`: any object.
    pub value: Json,
}

impl Check for Update {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("value").object(&self.value.0)?;
        Ok(())
    }
}

/// What the record is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateResult {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `uri`: an AT URI.
    pub uri: AtUri,
    /// The field `validationStatus`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub validation_status: Option<String>,
}
