//! `com.atproto.sync.getRepoStatus`: whether a repository can be had, and why not.
//!
//! Lexicon: `lexicons/com/atproto/sync/getRepoStatus.json`.

use lexicon::com::atproto::sync::get_repo_status::{Error, Output, Params};

use crate::caller::Public;
use crate::failure::Failure;
use crate::hosted;
use crate::pds::Pds;

/// Answers of accounts in any state; of active ones with the revision.
pub(super) async fn get_repo_status(
    pds: Pds,
    _: Public,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let hosted = pds.store.read(|tx| hosted::load(tx, &params.did, true)).await?;
    let status = hosted.account.state.status();
    Ok(Output {
        active: status.is_active(),
        did: params.did,
        rev: status.is_active().then_some(hosted.head.rev),
        status: status.reason().map(str::to_owned),
    })
}
