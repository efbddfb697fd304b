//! `com.atproto.server.deleteSession`: signs out.
//!
//! Lexicon: `lexicons/com/atproto/server/deleteSession.json`.

use lexicon::com::atproto::server::delete_session::Error;

use crate::caller::{Refresh, RefreshOfAnyAge};
use crate::failure::Failure;
use crate::pds::Pds;

/// Revokes the refresh token. One that is gone already is no error, as nobody can use it.
pub(super) async fn delete_session(
    pds: Pds,
    RefreshOfAnyAge(caller): RefreshOfAnyAge,
) -> Result<(), Failure<Error>> {
    let Refresh { did, id } = caller;
    pds.store
        .write(move |tx| match tx.account(&did)? {
            Some(account) => tx.delete_refresh_token(account.id, &id),
            None => Ok(()),
        })
        .await?;
    Ok(())
}
