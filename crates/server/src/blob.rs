//! Blobs that arrive: what they are, and keeping them.

use std::sync::Arc;

use http::StatusCode;
use store::{Account, BlobError, Received};

use crate::failure::{Fault, Refusal};
use crate::media_type;
use crate::pds::Pds;

/// What somebody calls a blob who does not know its type.
pub(crate) const ANY_TYPE: &str = "*/*";
/// Types that say nothing.
const VAGUE_TYPES: [&str; 3] = [ANY_TYPE, "application/octet-stream", ""];

/// Returns the type of a blob that comes from another host. What that says counts, as records were
/// written with it, unless it says nothing.
pub(crate) fn type_of(beginning: &[u8], given: &str) -> String {
    let sniffed = media_type::of(beginning).filter(|_| VAGUE_TYPES.contains(&given));
    sniffed.unwrap_or(given).to_owned()
}

/// Moves a blob to its place and notes whose it is.
///
/// # Errors
///
/// [`Fault`] if it was taken down before, or cannot be kept.
pub(crate) async fn keep(
    pds: &Pds,
    account: &Arc<Account>,
    received: Received,
    mime_type: String,
) -> Result<(), Fault> {
    let (id, cid, size) = (account.id, received.cid, received.size);
    let _lock = pds.store.blobs().lock(&account.did, &cid).await;
    if pds.store.read(|tx| tx.blob_takedown(id, &cid)).await?.is_some() {
        let message = "Blob has been takendown, cannot re-upload";
        return Err(Refusal::invalid_request(message).into());
    }
    pds.store.blobs().keep(&account.did, received).await?;
    Ok(pds.store.write(move |tx| tx.put_blob(id, &cid, &mime_type, size)).await?)
}

impl From<BlobError> for Fault {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::TooLarge(_) => {
                Refusal::of_status(StatusCode::PAYLOAD_TOO_LARGE, "request entity too large").into()
            }
            BlobError::File(_) => Self::Internal(error.into()),
        }
    }
}
