//! `com.atproto.identity.resolveDid`: looks up the document of a DID; no handle is verified.
//!
//! Lexicon: `lexicons/com/atproto/identity/resolveDid.json`.

use lexicon::com::atproto::identity::resolve_did::{Error, Output, Params};

use super::resolved::{self, Unresolved};
use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with the document, as fresh as it is remembered.
pub(super) async fn resolve_did(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let document = pds.resolver.document(&params.did).await;
    let document = document.map_err(|error| match Unresolved::from(error) {
        Unresolved::Ended => Failure::declared(Error::DidDeactivated, "DID has been deactivated"),
        Unresolved::Handle | Unresolved::Did => {
            Failure::declared(Error::DidNotFound, "DID not found")
        }
        Unresolved::Fault(fault) => fault.into(),
    })?;
    Ok(Output { did_doc: resolved::shown(&document)? })
}
