//! `com.atproto.identity.refreshIdentity`: resolves an identity afresh and replaces what is
//! cached about it.
//!
//! Made from `lexicons/com/atproto/identity/refreshIdentity.json` by `just codegen`.

use serde::{Deserialize, Serialize};
use syntax::AtIdentifier;

use crate::com::atproto::identity::defs::IdentityInfo;
use crate::schema::MethodKind;
use crate::{Check, Method};

/// The method's name.
pub const NSID: &str = "com.atproto.identity.refreshIdentity";

/// Resolves an identity afresh and replaces what is cached about it.
#[derive(Debug, Clone, Copy)]
pub struct RefreshIdentity;

impl Method for RefreshIdentity {
    const NSID: &'static str = NSID;
    const KIND: MethodKind = MethodKind::Procedure;
    const INPUT_ENCODING: Option<&'static str> = Some("application/json");
    const OUTPUT_ENCODING: Option<&'static str> = Some("application/json");
    type Params = ();
    type Input = Input;
    type Output = Output;
    type Error = Error;
}

/// What a request to [`RefreshIdentity`] carries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Input {
    /// The field `identifier`: a DID or a handle.
    pub identifier: AtIdentifier,
}

impl Check for Input {}

/// What [`RefreshIdentity`] answers.
pub type Output = IdentityInfo;

crate::method::declared_errors! {
    /// The handle's domain names no DID.
    HandleNotFound = "HandleNotFound",
    /// No document exists for the DID.
    DidNotFound = "DidNotFound",
    /// The DID was given up by its owner.
    DidDeactivated = "DidDeactivated",
}
