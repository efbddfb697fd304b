//! `app.bsky.actor.putPreferences`: replaces the caller's private settings as a whole.
//!
//! Made from `lexicons/app/bsky/actor/putPreferences.json` by `just codegen`.

use repo::data::json::Json;
use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{At, Check, Invalid, Method, NoError};

/// The method's name.
pub const NSID: &str = "app.bsky.actor.putPreferences";

/// Replaces the caller's private settings as a whole.
#[derive(Debug, Clone, Copy)]
pub struct PutPreferences;

impl Method for PutPreferences {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`PutPreferences`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `preferences`.
    pub preferences: Json,
}

impl Check for Input {
    fn check(&self, at: &At<'_>) -> Result<(), Invalid> {
        crate::validate::check_part(
            "app.bsky.actor.defs#preferences",
            &self.preferences.0,
            &at.key("preferences"),
        )?;
        Ok(())
    }
}
