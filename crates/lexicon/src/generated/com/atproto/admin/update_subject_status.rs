//! `com.atproto.admin.updateSubjectStatus`: takes down or restores an account, record or blob.
//!
//! Made from `lexicons/com/atproto/admin/updateSubjectStatus.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::com::atproto::admin::defs::{RepoBlobRef, RepoRef, StatusAttr};
use crate::com::atproto::repo::strong_ref::StrongRef;
use crate::schema::MethodKind;
use crate::{Check, Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.admin.updateSubjectStatus";

/// Takes down or restores an account, record or blob.
#[derive(Debug, Clone, Copy)]
pub struct UpdateSubjectStatus;

impl Method for UpdateSubjectStatus {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`UpdateSubjectStatus`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// Left unchanged when absent; means something for accounts only.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub deactivated: Option<StatusAttr>,
    /// The field `subject`.
    pub subject: Subject,
    /// Left unchanged when absent.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub takedown: Option<StatusAttr>,
}

impl Check for Input {}

crate::wire::union! {
    /// The field `subject` of [`Input`].
    Subject {
        RepoRef = "com.atproto.admin.defs#repoRef",
        StrongRef = "com.atproto.repo.strongRef",
        RepoBlobRef = "com.atproto.admin.defs#repoBlobRef",
    } or Other
}

impl Check for Subject {}

/// What [`UpdateSubjectStatus`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `subject`.
    pub subject: Subject,
    /// The field `takedown`.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub takedown: Option<StatusAttr>,
}
