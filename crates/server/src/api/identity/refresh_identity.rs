//! `com.atproto.identity.refreshIdentity`: resolves an identity afresh and replaces what is
//! remembered about it.
//!
//! Lexicon: `lexicons/com/atproto/identity/refreshIdentity.json`.

use lexicon::com::atproto::identity::refresh_identity::{Error, Input, Output};
use syntax::AtIdentifier;

use super::resolved::{self, Unresolved};
use crate::caller::{Account, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers as `resolveIdentity` does, with what is there now. Who has no account here cannot make
/// the server ask others for it.
pub(super) async fn refresh_identity(
    pds: Pds,
    _: Account<OrApp<Standard>>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    refresh(&pds, &input.identifier).await.map_err(|unresolved| {
        unresolved.into_failure(Error::HandleNotFound, Error::DidNotFound, Error::DidDeactivated)
    })
}

async fn refresh(pds: &Pds, identifier: &AtIdentifier) -> Result<Output, Unresolved> {
    if let Some(handle) = identifier.handle() {
        pds.resolver.forget_handle(handle);
    }
    let did = resolved::did_of(pds, identifier).await?;
    let document = pds.resolver.document_anew(&did).await?;
    if let Some(handle) = document.handle() {
        pds.resolver.forget_handle(&handle);
    }
    resolved::tell(pds, &document).await
}
