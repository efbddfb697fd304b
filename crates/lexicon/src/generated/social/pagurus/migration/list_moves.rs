//! `social.pagurus.migration.listMoves`: lists moves to this server, the newest first, for its
//! operator.
//!
//! Made from `lexicons/social/pagurus/migration/listMoves.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Datetime, Did};

use crate::schema::{Bounds, MethodKind};
use crate::{At, Check, FromQuery, Invalid, Method, NoError, Query, wire};

/// The method's name.
pub const NSID: &str = "social.pagurus.migration.listMoves";

/// Lists moves to this server, the newest first, for its operator.
#[derive(Debug, Clone, Copy)]
pub struct ListMoves;

impl Method for ListMoves {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// The parameters of [`ListMoves`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Where the page begins.
    pub cursor: Option<String>,
    /// The field `limit`: an integer.
    pub limit: i64,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            cursor: query.optional("cursor")?,
            limit: query.optional("limit")?.unwrap_or(100),
        })
    }
}

impl Check for Params {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        at.key("limit").range(self.limit, Bounds::new(Some(1), Some(500)))?;
        Ok(())
    }
}

/// What [`ListMoves`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Where the next page begins.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// The moves.
    pub moves: Vec<Summary>,
}

/// A move as an operator sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// When it began.
    pub began_at: Datetime,
    /// When something last happened.
    pub changed_at: Datetime,
    /// Whose account it is.
    pub did: Did,
    /// Whether it has not ended.
    pub is_live: bool,
    /// Why its step failed last.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
    /// How far the move is.
    pub state: String,
}
