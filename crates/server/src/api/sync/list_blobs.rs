//! `com.atproto.sync.listBlobs`: the blobs that records of a repository refer to.
//!
//! Lexicon: `lexicons/com/atproto/sync/listBlobs.json`.

use lexicon::com::atproto::sync::list_blobs::{Error, Output, Params};
use syntax::Cid;

use crate::caller::{OrApp, OrTakenDown, Standard, Viewer};
use crate::failure::{Failure, Fault};
use crate::hosted;
use crate::pds::Pds;

/// Answers with CIDs in ascending order, whether or not the blobs have been uploaded here.
pub(super) async fn list_blobs(
    pds: Pds,
    viewer: Viewer<OrApp<OrTakenDown<Standard>>>,
    params: Params,
) -> Result<Output, Failure<Error>> {
    let Params { cursor, did, limit, since } = params;
    let after = cursor.as_deref().map(Cid::parse).transpose();
    let after = after.map_err(|_| Failure::invalid_request("Malformed cursor"))?;
    let limit = u64::try_from(limit).unwrap_or_default();
    let sees_all = viewer.is_owner_or_admin(&did);
    let read = pds.store.read(|tx| {
        let hosted = hosted::load(tx, &did, sees_all)?;
        Ok::<_, Fault>(tx.referenced_blobs(hosted.head.repo, since, after.as_ref(), limit)?)
    });
    let cids = read.await?;
    Ok(Output { cursor: cids.last().map(Cid::to_string), cids })
}
