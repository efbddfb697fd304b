//! `com.atproto.identity.resolveDid`: looks up the document of a DID; no handle is verified.
//!
//! Made from `lexicons/com/atproto/identity/resolveDid.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.resolveDid";

/// Looks up the document of a DID; no handle is verified.
#[derive(Debug, Clone, Copy)]
pub struct ResolveDid;

impl Method for ResolveDid {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`ResolveDid`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `did`: a DID.
    pub did: Did,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { did: query.required("did")? })
    }
}

impl Check for Params {}

/// What [`ResolveDid`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `didDoc`: any object.
    pub did_doc: Json,
}

crate::method::declared_errors! {
    /// No document exists for the DID.
    DidNotFound = "DidNotFound",
    /// The DID was given up by its owner.
    DidDeactivated = "DidDeactivated",
}
