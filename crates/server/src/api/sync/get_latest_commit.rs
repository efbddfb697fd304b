//! `com.atproto.sync.getLatestCommit`: a repository's newest commit.
//!
//! Lexicon: `lexicons/com/atproto/sync/getLatestCommit.json`.

use lexicon::com::atproto::sync::get_latest_commit::{Error, Output, Params};

use crate::caller::Viewer;
use crate::failure::Failure;
use crate::hosted;
use crate::pds::Pds;

/// Answers with the commit's CID and revision.
pub(super) async fn get_latest_commit(
    pds: Pds,
    viewer: Viewer,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let sees_all = viewer.is_owner_or_admin(&params.did);
    let hosted = pds.store.read(|tx| hosted::load(tx, &params.did, sees_all)).await?;
    Ok(Output { cid: hosted.head.commit, rev: hosted.head.rev })
}
