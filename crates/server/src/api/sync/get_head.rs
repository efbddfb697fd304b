//! `com.atproto.sync.getHead`: a repository's newest commit, by its old name.
//!
//! Lexicon: `lexicons/com/atproto/sync/getHead.json`.

use lexicon::com::atproto::sync::get_head::{Error, Output, Params};

use crate::caller::Viewer;
use crate::failure::Failure;
use crate::hosted::{self, Why};
use crate::pds::Pds;

/// Answers with the commit's CID.
pub(super) async fn get_head(
    pds: Pds,
    viewer: Viewer,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let Params { did } = params;
    let sees_all = viewer.is_owner_or_admin(&did);
    let (account, head) = pds
        .store
        .read(|tx| {
            let account = tx.account(&did)?;
            let head = account.as_ref().map(|account| tx.head(account.id)).transpose()?;
            Ok::<_, store::Error>((account, head.flatten()))
        })
        .await?;
    let not_found =
        || Failure::declared(Error::HeadNotFound, format!("Could not find root for DID: {did}"));
    match hosted::available(account, did.as_str(), sees_all) {
        Ok(_) => Ok(Output { root: head.ok_or_else(not_found)?.commit }),
        Err(unavailable) if unavailable.why() == Why::Missing => Err(not_found()),
        Err(unavailable) => Err(unavailable.into()),
    }
}
