//! `com.atproto.moderation.createReport`: reports an account or record to a moderation service.
//!
//! Made from `lexicons/com/atproto/moderation/createReport.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{Datetime, Did};

use crate::com::atproto::admin::defs::RepoRef;
use crate::com::atproto::repo::strong_ref::StrongRef;
use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, Invalid, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.moderation.createReport";

/// Reports an account or record to a moderation service.
#[derive(Debug, Clone, Copy)]
pub struct CreateReport;

impl Method for CreateReport {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`CreateReport`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Input {
    /// The field `modTool`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub mod_tool: Option<ModTool>,
    /// In the reporter's own words.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The field `reasonType`.
    pub reason_type: String,
    /// The field `subject`.
    pub subject: Subject,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        if let Some(value) = &self.mod_tool {
            value.check(&at.key("modTool"))?;
        }
        if let Some(value) = &self.reason {
            at.key("reason").text_bytes(value.as_str(), Bounds::new(None, Some(20000)))?;
            at.key("reason").graphemes(value.as_str(), Bounds::new(None, Some(2000)))?;
        }
        Ok(())
    }
}

crate::wire::union! {
    /// The field `subject` of [`Input`].
    Subject {
        RepoRef = "com.atproto.admin.defs#repoRef",
        StrongRef = "com.atproto.repo.strongRef",
    } or Other
}

impl Check for Subject {}

/// What [`CreateReport`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `createdAt`: a point in time.
    pub created_at: Datetime,
    /// The field `id`: an integer.
    pub id: i64,
    /// The field `reason`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The field `reasonType`.
    pub reason_type: String,
    /// The field `reportedBy`: a DID.
    pub reported_by: Did,
    /// The field `subject`.
    pub subject: Subject,
}

/// The software with which a report was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModTool {
    /// The field `meta`: any object.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub meta: Option<Json>,
    /// Such as product and platform, slash between them.
    pub name: String,
}

impl Check for ModTool {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        if let Some(value) = &self.meta {
            at.key("meta").object(&value.0)?;
        }
        Ok(())
    }
}
