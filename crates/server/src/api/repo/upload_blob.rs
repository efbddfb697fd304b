//! `com.atproto.repo.uploadBlob`: keeps a blob for a record that is about to refer to it.
//!
//! Lexicon: `lexicons/com/atproto/repo/uploadBlob.json`.

use std::sync::Arc;

use http::StatusCode;
use lexicon::com::atproto::repo::upload_blob::Output;
use lexicon::wire::Blob;
use repo::data::blob::BlobRef;
use store::{BlobError, Received};
use tokio::sync::oneshot;

use crate::caller::{AccountOrService, NotTakenDown, Standard};
use crate::failure::{Failure, Fault, Refusal};
use crate::media_type;
use crate::pds::Pds;
use crate::xrpc::{Inflate, Upload};

/// Answers with the reference that a record has to have.
///
/// What the bytes are counts more than what the caller says that they are.
pub(super) async fn upload_blob(
    pds: Pds,
    caller: AccountOrService<NotTakenDown<Standard>>,
    mut upload: Upload,
) -> Result<Output, Failure> {
    let account = caller.row(&pds).await?;
    let mut inflate = Inflate::of(&upload.head.headers)?;
    let bytes_max = pds.config.limits.blob_bytes;
    let mut incoming = pds.store.blobs().upload(bytes_max).await.map_err(refusal)?;
    while let Some(mut bytes) = upload.body.next().await? {
        while let Some(piece) = inflate.next(&mut bytes)? {
            incoming.push(piece).await.map_err(refusal)?;
        }
    }
    incoming.push(inflate.finish()?).await.map_err(refusal)?;
    let received = incoming.finish().await.map_err(refusal)?;

    let (cid, size) = (received.cid, received.size);
    let sniffed = media_type::of(&received.beginning).map(str::to_owned);
    let mime_type = sniffed.unwrap_or(upload.mime_type);
    // It is done to its end even if the client goes now, so that there is no file without its row.
    let (answer, outcome) = oneshot::channel();
    let kept = keep(pds.clone(), account, received, mime_type.clone());
    pds.tasks.spawn(async move {
        if let Err(Err(Fault::Internal(error))) = answer.send(kept.await) {
            tracing::error!(error, "a blob could not be kept, and nobody waits to hear it");
        }
    });
    outcome.await.map_err(Failure::internal)??;
    Ok(Output { blob: Blob(BlobRef { cid, mime_type, size: Some(size) }) })
}

/// Moves a blob to its place and notes whose it is.
async fn keep(
    pds: Pds,
    account: Arc<store::Account>,
    received: Received,
    mime_type: String,
) -> Result<(), Fault> {
    let (id, cid, size) = (account.id, received.cid, received.size);
    let _lock = pds.store.blobs().lock(&account.did, &cid).await;
    if pds.store.read(|tx| tx.blob_takedown(id, &cid)).await?.is_some() {
        let message = "Blob has been takendown, cannot re-upload";
        return Err(Refusal::invalid_request(message).into());
    }
    pds.store.blobs().keep(&account.did, received).await.map_err(refusal)?;
    Ok(pds.store.write(move |tx| tx.put_blob(id, &cid, &mime_type, size)).await?)
}

fn refusal(error: BlobError) -> Fault {
    match error {
        BlobError::TooLarge(_) => {
            Refusal::of_status(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large").into()
        }
        BlobError::File(_) => Fault::Internal(error.into()),
    }
}
