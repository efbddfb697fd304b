//! `com.atproto.temp.checkSignupQueue`: tells how long a new account still waits to be let in.
//!
//! Made from `lexicons/com/atproto/temp/checkSignupQueue.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Method, NoError, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.temp.checkSignupQueue";

/// Tells how long a new account still waits to be let in.
#[derive(Debug, Clone, Copy)]
pub struct CheckSignupQueue;

impl Method for CheckSignupQueue {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = ();
    type Output = Output;
    type Error = NoError;
}

/// What [`CheckSignupQueue`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Output {
    /// The field `activated`: true or false.
    pub activated: bool,
    /// The field `estimatedTimeMs`: an integer.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub estimated_time_ms: Option<i64>,
    /// The field `placeInQueue`: an integer.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub place_in_queue: Option<i64>,
}
