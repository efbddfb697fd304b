//! `com.atproto.temp.fetchLabels`: lists a labeller's labels from a time on; superseded by
//! `queryLabels`.
//!
//! Made from `lexicons/com/atproto/temp/fetchLabels.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::com::atproto::label::defs::Label;
use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.temp.fetchLabels";

/// Lists a labeller's labels from a time on; superseded by `queryLabels`.
#[derive(Debug, Clone, Copy)]
pub struct FetchLabels;

impl Method for FetchLabels {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`FetchLabels`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `limit`: an integer.
    pub limit: i64,
    /// The field `since`: an integer.
    pub since: Option<i64>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { limit: query.optional("limit")?.unwrap_or(50), since: query.optional("since")? })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(250)))?;
        Ok(())
    }
}

/// What [`FetchLabels`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `labels`: a list.
    pub labels: Vec<Label>,
}
