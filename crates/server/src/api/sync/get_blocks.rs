//! `com.atproto.sync.getBlocks`: some blocks of a repository by their CIDs.
//!
//! Lexicon: `lexicons/com/atproto/sync/getBlocks.json`.

use axum::body::Body;
use http::Response;
use http::request::Parts;
use lexicon::com::atproto::sync::get_blocks::{Error, Params};
use repo::car;
use syntax::Cid;

use super::car_file;
use crate::caller::Viewer;
use crate::failure::{Failure, Fault};
use crate::hosted;
use crate::pds::Pds;

/// The most bytes of blocks in one answer. Who wants more wants `getRepo`.
const BYTES_MAX: usize = 8 << 20;

/// Answers with a CAR file without roots, in which all of the blocks are.
///
/// There is no index of blocks: the whole repository is gone through, on a thread for that.
pub(super) async fn get_blocks(
    pds: Pds,
    viewer: Viewer,
    params: Params,
    _: Parts,
) -> Result<Response<Body>, Failure<Error>> {
    let Params { did, mut cids } = params;
    cids.sort_unstable();
    cids.dedup();
    let sees_all = viewer.is_owner_or_admin(&did);
    let maker = pds.outflows.maker().await;
    let read = pds.store.read_long(move |tx| {
        let hosted = hosted::load(tx, &did, sees_all)?;
        let blocks = tx.blocks(&hosted.head, &cids, BYTES_MAX)?;
        Ok::<_, Fault>((blocks, cids))
    });
    let (blocks, cids) = read.await?;
    drop(maker);
    let too_large = || Failure::invalid_request("Blocks are too large for one answer");
    let blocks = blocks.ok_or_else(too_large)?;
    let mut file = car::header(&[]);
    let mut missing: Vec<&Cid> = Vec::new();
    for cid in &cids {
        match blocks.get(cid) {
            Some(block) => car::put_block(&mut file, cid, block),
            None => missing.push(cid),
        }
    }
    if missing.is_empty() {
        return Ok(car_file(Body::from(file)));
    }
    let missing: Vec<String> = missing.into_iter().map(Cid::to_string).collect();
    let message = format!("Could not find cids: {}", missing.join(", "));
    Err(Failure::declared(Error::BlockNotFound, message))
}
