//! `com.atproto.lexicon.resolveLexicon`: finds the published schema for an NSID through DNS and
//! its repo.
//!
//! Made from `lexicons/com/atproto/lexicon/resolveLexicon.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};
use syntax::{AtUri, Cid, Nsid};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.lexicon.resolveLexicon";

/// Finds the published schema for an NSID through DNS and its repo.
#[derive(Debug, Clone, Copy)]
pub struct ResolveLexicon;

impl Method for ResolveLexicon {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`ResolveLexicon`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `nsid`: an NSID.
    pub nsid: Nsid,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { nsid: query.required("nsid")? })
    }
}

impl Check for Params {}

/// What [`ResolveLexicon`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cid`: a CID.
    pub cid: Cid,
    /// The field `schema`.
    pub schema: Json,
    /// The record that holds the schema.
    pub uri: AtUri,
}

crate::method::declared_errors! {
    /// No schema is published under the NSID.
    LexiconNotFound = "LexiconNotFound",
}
