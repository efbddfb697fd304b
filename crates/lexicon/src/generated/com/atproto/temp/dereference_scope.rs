//! `com.atproto.temp.dereferenceScope`: tells which OAuth permissions a shortened scope stands
//! for.
//!
//! Made from `lexicons/com/atproto/temp/dereferenceScope.json` by `just codegen`.

use serde::{Deserialize, Serialize};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.temp.dereferenceScope";

/// Tells which OAuth permissions a shortened scope stands for.
#[derive(Debug, Clone, Copy)]
pub struct DereferenceScope;

impl Method for DereferenceScope {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`DereferenceScope`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// Begins with `ref:`.
    pub scope: String,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { scope: query.required("scope")? })
    }
}

impl Check for Params {}

/// What [`DereferenceScope`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// The field `scope`: a text.
    pub scope: String,
}

crate::method::declared_errors! {
    /// The reference is malformed or unknown.
    InvalidScopeReference = "InvalidScopeReference",
}
