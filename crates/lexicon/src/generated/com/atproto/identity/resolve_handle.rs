//! `com.atproto.identity.resolveHandle`: looks up the DID that a handle's domain names.
//!
//! Made from `lexicons/com/atproto/identity/resolveHandle.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.resolveHandle";

/// Looks up the DID that a handle's domain names.
#[derive(Debug, Clone, Copy)]
pub struct ResolveHandle;

impl Method for ResolveHandle {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`ResolveHandle`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `handle`: a handle.
    pub handle: Handle,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { handle: query.required("handle")? })
    }
}

impl Check for Params {}

/// What [`ResolveHandle`] answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Output {
    /// Unverified: whether its document names the handle is left to the caller.
    pub did: Did,
}

crate::method::declared_errors! {
    /// The handle's domain names no DID.
    HandleNotFound = "HandleNotFound",
}
