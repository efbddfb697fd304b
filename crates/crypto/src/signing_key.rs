//! Signing keys of accounts, sealed.

use thiserror::Error;
use zeroize::Zeroizing;

use crate::{Curve, PrivateKey, PrivateKeyError, SealingKeys, UnsealError};

/// Says why an account's signing key cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SigningKeyError {
    /// The sealed key does not open.
    #[error("signing key does not open")]
    Sealed(#[from] UnsealError),
    /// What was sealed is no key.
    #[error("what was sealed is no key")]
    Key(#[from] PrivateKeyError),
}

impl SealingKeys {
    /// Seals a signing key for its owner: a DID or, until there is one, the key's own `did:key`.
    ///
    /// The first byte says the curve, as keys of either may come with an account.
    pub fn seal_signing_key(&self, owner: &str, key: &PrivateKey) -> Vec<u8> {
        let mut secret = Zeroizing::new(vec![match key.curve() {
            Curve::Secp256k1 => b'k',
            Curve::P256 => b'p',
        }]);
        secret.extend_from_slice(&*key.to_bytes());
        self.seal(&purpose(owner), &secret)
    }

    /// Opens a signing key that was sealed for its owner.
    ///
    /// # Errors
    ///
    /// [`SigningKeyError`] if it was sealed for somebody else or with another key, or is no key.
    pub fn unseal_signing_key(
        &self,
        owner: &str,
        sealed: &[u8],
    ) -> Result<PrivateKey, SigningKeyError> {
        let secret = self.unseal(&purpose(owner), sealed)?;
        let (curve, bytes) = match secret.split_first() {
            Some((b'k', bytes)) => (Curve::Secp256k1, bytes),
            Some((b'p', bytes)) => (Curve::P256, bytes),
            _ => return Err(PrivateKeyError::Range.into()),
        };
        let bytes = bytes.try_into().map_err(|_| PrivateKeyError::Range)?;
        Ok(PrivateKey::from_bytes(curve, bytes)?)
    }
}

fn purpose(owner: &str) -> Vec<u8> {
    format!("signing key of {owner}").into_bytes()
}
