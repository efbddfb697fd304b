//! Blobs that arrive: what they are, and keeping them.

use std::sync::Arc;

use http::StatusCode;
use store::{Account, BlobError, Received};
use thiserror::Error;

use crate::failure::{Fault, Refusal, quota};
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
/// [`Fault`] if it was taken down before, is too much for the account, or cannot be kept.
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
    let bytes_max = pds.config.limits.account_blob_bytes;
    let noted = pds.store.write(move |tx| {
        let counted = tx.put_blob(id, &cid, &mime_type, size)?;
        match (counted, bytes_max) {
            (Some(counted), Some(max)) if counted > max => Err(KeepError::TooMuch { max }),
            _ => Ok(()),
        }
    });
    let noted = noted.await;
    if let Err(KeepError::TooMuch { .. }) = noted {
        // It is new, so that nobody else has it here.
        pds.store.blobs().remove(&account.did, &cid).await?;
    }
    noted.map_err(Fault::from)
}

/// Says why a blob is not kept.
#[derive(Debug, Error)]
enum KeepError {
    /// The account's blobs would have more bytes than they may.
    #[error("The account's files may have {max} bytes together")]
    TooMuch {
        /// How many they may have.
        max: u64,
    },
    /// The database failed.
    #[error(transparent)]
    Store(#[from] store::Error),
}

impl From<KeepError> for Fault {
    fn from(error: KeepError) -> Self {
        match error {
            KeepError::TooMuch { .. } => quota(error.to_string()).into(),
            KeepError::Store(error) => error.into(),
        }
    }
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
