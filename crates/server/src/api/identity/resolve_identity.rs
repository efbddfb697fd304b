//! `com.atproto.identity.resolveIdentity`: resolves a handle or DID and verifies that both
//! directions agree.
//!
//! Lexicon: `lexicons/com/atproto/identity/resolveIdentity.json`.

use lexicon::com::atproto::identity::resolve_identity::{Error, Output, Params};
use syntax::AtIdentifier;

use super::resolved::{self, Unresolved};
use crate::caller::Public;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with the DID, its document, and its handle if that holds.
pub(super) async fn resolve_identity(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure<Error>> {
    resolve(&pds, &params.identifier).await.map_err(|unresolved| {
        unresolved.into_failure(Error::HandleNotFound, Error::DidNotFound, Error::DidDeactivated)
    })
}

async fn resolve(pds: &Pds, identifier: &AtIdentifier) -> Result<Output, Unresolved> {
    let did = resolved::did_of(pds, identifier).await?;
    let document = pds.resolver.document(&did).await?;
    resolved::tell(pds, &document).await
}
