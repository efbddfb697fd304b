//! `com.atproto.repo.uploadBlob`: keeps a blob for a record that is about to refer to it.
//!
//! Lexicon: `lexicons/com/atproto/repo/uploadBlob.json`.

use ::oauth::scope::Need;
use lexicon::com::atproto::repo::upload_blob::Output;
use lexicon::wire::Blob;
use repo::data::blob::BlobRef;
use tokio::sync::oneshot;

use crate::blob;
use crate::caller::{AccountOrService, NotTakenDown, OrApp, Standard};
use crate::failure::{Failure, Fault};
use crate::media_type;
use crate::pds::Pds;
use crate::xrpc::{Inflate, Upload};

/// Answers with the reference that a record has to have.
///
/// What the bytes are counts more than what the caller says that they are.
pub(super) async fn upload_blob(
    pds: Pds,
    caller: AccountOrService<OrApp<NotTakenDown<Standard>>>,
    mut upload: Upload,
) -> Result<Output, Failure> {
    if let AccountOrService::Account(account) = &caller {
        account.check(&Need::Blob { media_type: &upload.mime_type })?;
    }
    let account = caller.row(&pds).await?;
    let mut inflate = Inflate::of(&upload.head.headers)?;
    let bytes_max = pds.config.limits.blob_bytes;
    let mut incoming = pds.store.blobs().upload(bytes_max).await.map_err(Fault::from)?;
    while let Some(mut bytes) = upload.body.next().await? {
        while let Some(piece) = inflate.next(&mut bytes)? {
            incoming.push(piece).await.map_err(Fault::from)?;
        }
    }
    incoming.push(inflate.finish()?).await.map_err(Fault::from)?;
    let received = incoming.finish().await.map_err(Fault::from)?;

    let (cid, size) = (received.cid, received.size);
    let sniffed = media_type::of(&received.beginning).map(str::to_owned);
    let mime_type = sniffed.unwrap_or(upload.mime_type);
    // It is done to its end even if the client goes now, so that there is no file without its row.
    let (answer, outcome) = oneshot::channel();
    let (owned, kind) = (pds.clone(), mime_type.clone());
    let kept = async move { blob::keep(&owned, &account, received, kind).await };
    pds.tasks.spawn(async move {
        if let Err(Err(Fault::Internal(error))) = answer.send(kept.await) {
            tracing::error!(error, "a blob could not be kept, and nobody waits to hear it");
        }
    });
    outcome.await.map_err(Failure::internal)??;
    Ok(Output { blob: Blob(BlobRef { cid, mime_type, size: Some(size) }) })
}
