//! `com.atproto.temp.addReservedHandle`: keeps a handle from being taken.
//!
//! Made from `lexicons/com/atproto/temp/addReservedHandle.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, Method, NoError};

/// The method's name.
pub const NSID: &str = "com.atproto.temp.addReservedHandle";

/// Keeps a handle from being taken.
#[derive(Debug, Clone, Copy)]
pub struct AddReservedHandle;

impl Method for AddReservedHandle {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = NoError;
}

/// What a request to [`AddReservedHandle`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `handle`: a text.
    pub handle: String,
}

impl Check for Input {}

/// What [`AddReservedHandle`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {}
