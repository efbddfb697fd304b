//! `com.atproto.temp.checkHandleAvailability`: tells whether a handle is free and, if not,
//! proposes others.
//!
//! Made from `lexicons/com/atproto/temp/checkHandleAvailability.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Datetime, Handle};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.temp.checkHandleAvailability";

/// Tells whether a handle is free and, if not, proposes others.
#[derive(Debug, Clone, Copy)]
pub struct CheckHandleAvailability;

impl Method for CheckHandleAvailability {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`CheckHandleAvailability`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Only to draw proposals from.
    pub birth_date: Option<Datetime>,
    /// Only to draw proposals from.
    pub email: Option<String>,
    /// The field `handle`: a handle.
    pub handle: Handle,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self {
            birth_date: query.optional("birthDate")?,
            email: query.optional("email")?,
            handle: query.required("handle")?,
        })
    }
}

impl Check for Params {}

/// What [`CheckHandleAvailability`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `handle`: a handle.
    pub handle: Handle,
    /// The field `result`.
    pub result: OutputResult,
}

crate::wire::union! {
    /// The field `result` of [`Output`].
    OutputResult {
        ResultAvailable = "com.atproto.temp.checkHandleAvailability#resultAvailable",
        ResultUnavailable = "com.atproto.temp.checkHandleAvailability#resultUnavailable",
    } or Other
}

crate::method::declared_errors! {
    /// The email address is malformed.
    InvalidEmail = "InvalidEmail",
}

/// The handle is free.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultAvailable {}

/// The handle is taken or not allowed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultUnavailable {
    /// The field `suggestions`: a list.
    pub suggestions: Vec<Suggestion>,
}

/// A free handle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// The field `handle`: a handle.
    pub handle: Handle,
    /// Where the proposal came from; for statistics, of no fixed form.
    pub method: String,
}
