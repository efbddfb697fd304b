//! `com.atproto.sync.notifyOfUpdate`: tells a relay that there is something to read; superseded
//! by `requestCrawl`.
//!
//! Made from `lexicons/com/atproto/sync/notifyOfUpdate.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.notifyOfUpdate";

/// Tells a relay that there is something to read; superseded by `requestCrawl`.
#[derive(Debug, Clone, Copy)]
pub struct NotifyOfUpdate;

impl Method for NotifyOfUpdate {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = NoError;
}

/// What a request to [`NotifyOfUpdate`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The server that has news.
    pub hostname: String,
}

impl Check for Input {}
