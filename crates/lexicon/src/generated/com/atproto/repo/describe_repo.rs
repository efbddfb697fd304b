//! `com.atproto.repo.describeRepo`: tells whose repository this is and which collections it
//! has.
//!
//! Made from `lexicons/com/atproto/repo/describeRepo.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{AtIdentifier, Did, Handle, Nsid};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, NoError, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.repo.describeRepo";

/// Tells whose repository this is and which collections it has.
#[derive(Debug, Clone, Copy)]
pub struct DescribeRepo;

impl Method for DescribeRepo {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`DescribeRepo`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `repo`: a DID or a handle.
    pub repo: AtIdentifier,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { repo: query.required("repo")? })
    }
}

impl Check for Params {}

/// What [`DescribeRepo`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// Empty collections do not count.
    pub collections: Vec<Nsid>,
    /// The field `did`: a DID.
    pub did: Did,
    /// The field `didDoc`: any object.
    pub did_doc: Json,
    /// The field `handle`: a handle.
    pub handle: Handle,
    /// Whether handle and DID document name each other.
    pub handle_is_correct: bool,
}
