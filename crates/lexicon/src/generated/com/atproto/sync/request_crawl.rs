//! `com.atproto.sync.requestCrawl`: asks a relay to follow a server from now on.
//!
//! Made from `lexicons/com/atproto/sync/requestCrawl.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method};

/// The method's name.
pub const NSID: &str = "com.atproto.sync.requestCrawl";

/// Asks a relay to follow a server from now on.
#[derive(Debug, Clone, Copy)]
pub struct RequestCrawl;

impl Method for RequestCrawl {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = ();
    type Input = Input;
    type Output = ();
    type Error = Error;
}

/// What a request to [`RequestCrawl`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The server to follow.
    pub hostname: String,
}

impl Check for Input {}

crate::method::declared_errors! {
    /// The relay refuses this server.
    HostBanned = "HostBanned",
}
