//! Taking blobs down. Accounts and records are taken down by their rows alone; a blob's file is moved
//! away as well, so that whatever looks into the folder of blobs does not find it either.

use store::Account;
use syntax::Cid;
use tokio::sync::oneshot;

use crate::failure::{Failure, Fault};
use crate::pds::Pds;

/// Takes an account's blob down for a reason, or puts it up again without one. It need not be here:
/// then it cannot be uploaded.
///
/// # Errors
///
/// [`Failure`] if the database or the file failed. It can be done again.
pub(crate) async fn blob(
    pds: &Pds,
    account: Account,
    cid: Cid,
    reason: Option<String>,
) -> Result<(), Failure> {
    let (answer, done) = oneshot::channel();
    let owned = pds.clone();
    // It goes on if the client does not wait, so that row and file agree.
    pds.tasks.spawn(async move {
        let outcome = set(&owned, &account, cid, reason).await;
        if let Err(Err(fault)) = answer.send(outcome) {
            tracing::error!(?fault, %cid, "a blob was not taken down or put up, and nobody waits");
        }
    });
    Ok(done.await.map_err(Failure::internal)??)
}

async fn set(pds: &Pds, account: &Account, cid: Cid, reason: Option<String>) -> Result<(), Fault> {
    let blobs = pds.store.blobs();
    let _lock = blobs.lock(&account.did, &cid).await;
    let (id, is_down) = (account.id, reason.is_some());
    let set = pds.store.write(move |tx| tx.set_blob_takedown(id, &cid, reason.as_deref()));
    // At every moment the row says that it is down or the file is in its place.
    if is_down {
        set.await?;
        return Ok(blobs.take_down(&account.did, &cid).await?);
    }
    blobs.put_up(&account.did, &cid).await?;
    Ok(set.await?)
}
