//! `com.atproto.label.subscribeLabels`: streams a labeller's labels as they are made.
//!
//! Made from `lexicons/com/atproto/label/subscribeLabels.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::com::atproto::label::defs::Label;
use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query, wire};

/// The method's name.
pub const NSID: &str = "com.atproto.label.subscribeLabels";

/// Streams a labeller's labels as they are made.
#[derive(Debug, Clone, Copy)]
pub struct SubscribeLabels;

impl Method for SubscribeLabels {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Subscription;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = None;
    type Params = Params;
    type Input = ();
    type Output = Message;
    type Error = Error;
}

/// The parameters of [`SubscribeLabels`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Resumes after this sequence number; without it, only new labels follow.
    pub cursor: Option<i64>,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { cursor: query.optional("cursor")? })
    }
}

impl Check for Params {}

crate::wire::union! {
    /// What the messages of [`SubscribeLabels`] are.
    Message {
        Labels = "com.atproto.label.subscribeLabels#labels",
        Info = "com.atproto.label.subscribeLabels#info",
    } or Other
}

crate::method::declared_errors! {
    /// The cursor lies beyond the newest event.
    FutureCursor = "FutureCursor",
}

/// A notice about the stream itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The field `message`: a text.
    #[serde(default, deserialize_with = "wire::some", skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// The field `name`: a text.
    pub name: String,
}

/// Newly made labels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels {
    /// The field `labels`: a list.
    pub labels: Vec<Label>,
    /// The field `seq`: an integer.
    pub seq: i64,
}
