//! `com.atproto.repo.listMissingBlobs`: blobs that the caller's records refer to and that are not here.
//!
//! Lexicon: `lexicons/com/atproto/repo/listMissingBlobs.json`.

use lexicon::com::atproto::repo::list_missing_blobs::{Output, Params, RecordBlob};
use store::MissingBlob;
use syntax::{AtUri, Cid, Did};

use crate::caller::{Account, OrApp, Standard};
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with each blob once, and with one of the records that refer to it.
pub(super) async fn list_missing_blobs(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
    params: Params,
) -> Result<Output, Failure> {
    let after = params.cursor.as_deref().map(Cid::parse).transpose();
    let after = after.map_err(|_| Failure::invalid_request("Malformed cursor"))?;
    let limit = u64::try_from(params.limit).unwrap_or_default();
    let account = caller.row(&pds).await?;
    let read = pds.store.read(|tx| match tx.head(account.id)? {
        Some(head) => tx.missing_blobs(account.id, head.repo, after.as_ref(), limit),
        None => Ok(Vec::new()),
    });
    let missing = read.await?;
    Ok(Output {
        cursor: missing.last().map(|blob| blob.cid.to_string()),
        // A path that is no record's cannot be shown; the import that brought it has said so.
        blobs: missing.iter().filter_map(|blob| shown(&account.did, blob)).collect(),
    })
}

fn shown(did: &Did, blob: &MissingBlob) -> Option<RecordBlob> {
    let path = blob.path.record_path().ok()?;
    Some(RecordBlob { cid: blob.cid, record_uri: AtUri::of(did, &path) })
}
