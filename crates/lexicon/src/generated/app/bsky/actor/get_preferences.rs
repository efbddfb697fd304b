//! `app.bsky.actor.getPreferences`: shows the caller's private settings.
//!
//! Made from `lexicons/app/bsky/actor/getPreferences.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Method, NoError};

/// The method's name.
pub const NSID: &str = "app.bsky.actor.getPreferences";

/// Shows the caller's private settings.
#[derive(Debug, Clone, Copy)]
pub struct GetPreferences;

impl Method for GetPreferences {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// What [`GetPreferences`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `preferences`.
    pub preferences: Json,
}
