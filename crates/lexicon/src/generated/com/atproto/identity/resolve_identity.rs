//! `com.atproto.identity.resolveIdentity`: resolves a handle or DID and verifies that both
//! directions agree.
//!
//! Made from `lexicons/com/atproto/identity/resolveIdentity.json` by `just codegen`.

use syntax::AtIdentifier;

use crate::com::atproto::identity::defs::IdentityInfo;
use crate::schema::MethodKind;
use crate::{Check, FromQuery, Invalid, Method, Query};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.resolveIdentity";

/// Resolves a handle or DID and verifies that both directions agree.
#[derive(Debug, Clone, Copy)]
pub struct ResolveIdentity;

impl Method for ResolveIdentity {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Query;
    const INPUT_ENCODING: Option<&'static str> = None;
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = Params;
    type Input = ();
    type Output = Output;
    type Error = Error;
}

/// The parameters of [`ResolveIdentity`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Params {
    /// The field `identifier`: a DID or a handle.
    pub identifier: AtIdentifier,
}

impl FromQuery for Params {
    fn read(query: &Query<'_>) -> Result<Self, Invalid> {
        Ok(Self { identifier: query.required("identifier")? })
    }
}

impl Check for Params {}

/// What [`ResolveIdentity`] answers.
pub type Output = IdentityInfo;

crate::method::declared_errors! {
    /// The handle's domain names no DID.
    HandleNotFound = "HandleNotFound",
    /// No document exists for the DID.
    DidNotFound = "DidNotFound",
    /// The DID was given up by its owner.
    DidDeactivated = "DidDeactivated",
}
