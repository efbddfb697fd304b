//! What the methods that resolve identities have in common.

use http::StatusCode;
use identity::document::Document;
use identity::resolve::ResolveError;
use lexicon::com::atproto::identity::defs::IdentityInfo;
use repo::data::Limits;
use repo::data::json::{self, Json};
use syntax::{AtIdentifier, Did};

use crate::failure::{Failure, Fault, Refusal};
use crate::handle::{self, LeadError};
use crate::pds::Pds;

/// Why an identity is not resolved. Each method has its own errors of these names.
pub(super) enum Unresolved {
    /// The handle leads nowhere.
    Handle,
    /// There is no such DID.
    Did,
    /// The DID has ended.
    Ended,
    /// Something else.
    Fault(Fault),
}

impl Unresolved {
    /// Says so in a method's words.
    pub(super) fn into_failure<E>(self, handle: E, did: E, ended: E) -> Failure<E> {
        match self {
            Self::Handle => Failure::declared(handle, "Unable to resolve handle"),
            Self::Did => Failure::declared(did, "DID not found"),
            Self::Ended => Failure::declared(ended, "DID has been deactivated"),
            Self::Fault(fault) => fault.into(),
        }
    }
}

impl From<ResolveError> for Unresolved {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::NotFound => Self::Did,
            ResolveError::Ended => Self::Ended,
            ResolveError::Unsupported => Self::Fault(
                Refusal::invalid_request("DID is of a kind that is not resolved").into(),
            ),
            // That nobody answers is not that there is none.
            _ => Self::Fault(Refusal::of_status(StatusCode::BAD_GATEWAY, error.to_string()).into()),
        }
    }
}

/// Returns the DID that an identifier is or leads to.
pub(super) async fn did_of(pds: &Pds, identifier: &AtIdentifier) -> Result<Did, Unresolved> {
    match identifier {
        AtIdentifier::Did(did) => Ok(did.clone()),
        AtIdentifier::Handle(handle) => match handle::did_of(pds, handle).await {
            Ok(did) => Ok(did),
            Err(LeadError::NoAccount) => Err(Unresolved::Handle),
            Err(LeadError::Resolve(error)) if error.is_answer() => Err(Unresolved::Handle),
            Err(LeadError::Resolve(error)) => Err(error.into()),
            Err(LeadError::Store(error)) => Err(Unresolved::Fault(error.into())),
        },
    }
}

/// Tells what a document says, and whether its handle holds.
pub(super) async fn tell(pds: &Pds, document: &Document) -> Result<IdentityInfo, Unresolved> {
    let handle = handle::proven_handle(pds, document).await.map_err(Unresolved::Fault)?;
    let did_doc = shown(document).map_err(Unresolved::Fault)?;
    Ok(IdentityInfo { did: document.did().clone(), did_doc, handle })
}

/// Returns a document as answers carry it.
pub(super) fn shown(document: &Document) -> Result<Json, Fault> {
    let value = json::decode(document.as_json().as_bytes(), &Limits::FOREIGN);
    // Nobody else could carry it either: what is in it is not of the protocol's data model.
    let message = "DID document cannot be shown";
    Ok(Json(value.map_err(|_| Refusal::of_status(StatusCode::BAD_GATEWAY, message))?))
}
