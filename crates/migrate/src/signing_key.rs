//! Opening an account's signing key, in the form that servers seal it in.

use crypto::{Curve, PrivateKey, PrivateKeyError, SealingKeys, UnsealError};
use syntax::Did;
use thiserror::Error;

/// Says why an account's signing key cannot be had.
#[derive(Debug, Error)]
pub enum SigningKeyError {
    /// The sealed key does not open.
    #[error("signing key does not open")]
    Sealed(#[from] UnsealError),
    /// What was sealed is no key.
    #[error("what was sealed is no key")]
    Key(#[from] PrivateKeyError),
}

/// Opens a signing key: one byte for the curve, then those of the key.
pub(crate) fn open(
    sealing: &SealingKeys,
    did: &Did,
    sealed: &[u8],
) -> Result<PrivateKey, SigningKeyError> {
    let secret = sealing.unseal(format!("signing key of {did}").as_bytes(), sealed)?;
    let (curve, bytes) = match secret.split_first() {
        Some((b'k', bytes)) => (Curve::Secp256k1, bytes),
        Some((b'p', bytes)) => (Curve::P256, bytes),
        _ => return Err(PrivateKeyError::Range.into()),
    };
    let bytes = bytes.try_into().map_err(|_| PrivateKeyError::Range)?;
    Ok(PrivateKey::from_bytes(curve, bytes)?)
}
