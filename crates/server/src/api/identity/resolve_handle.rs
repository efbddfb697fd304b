//! `com.atproto.identity.resolveHandle`: looks up the DID that a handle leads to.
//!
//! Lexicon: `lexicons/com/atproto/identity/resolveHandle.json`.

use lexicon::com::atproto::identity::resolve_handle::{Error, Output, Params};

use crate::caller::Public;
use crate::failure::Failure;
use crate::handle::{self, LeadError};
use crate::pds::Pds;

/// Answers for the accounts here from the database, and for all others from the network.
pub(super) async fn resolve_handle(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure<Error>> {
    match handle::did_of(&pds, &params.handle).await {
        Ok(did) => Ok(Output { did }),
        Err(LeadError::NoAccount) => {
            Err(Failure::declared(Error::HandleNotFound, "Unable to resolve handle"))
        }
        // What clients know for handles of others, whatever the reason.
        Err(LeadError::Resolve(_)) => Err(Failure::invalid_request("Unable to resolve handle")),
        Err(LeadError::Store(error)) => Err(error.into()),
    }
}
