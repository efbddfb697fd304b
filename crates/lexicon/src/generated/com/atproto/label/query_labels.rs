//! `com.atproto.label.queryLabels`: lists the labels on the given subjects.
//!
//! Made from `lexicons/com/atproto/label/queryLabels.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::Did;

use crate::com::atproto::label::defs::Label;
use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.label.queryLabels";

/// Lists the labels on the given subjects.
#[derive(Debug, Clone, Copy)]
pub struct QueryLabels;

impl Method for QueryLabels {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`QueryLabels`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `cursor`: a text.
    pub cursor: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
    /// Limits the answer to these labellers.
    pub sources: Vec<Did>,
    /// Matched by "or"; a trailing `*` matches any rest.
    pub uri_patterns: Vec<String>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cursor: query.optional("cursor")?,
            limit: query.optional("limit")?.unwrap_or(50),
            sources: query.optional_list("sources")?,
            uri_patterns: query.required_list("uriPatterns")?,
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(250)))?;
        Ok(())
    }
}

/// What [`QueryLabels`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `cursor`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The field `labels`: a list.
    pub labels: Vec<Label>,
}
