//! Private keys: making, signing, import and export.

use std::fmt;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use k256::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::multikey::{self, Half};
use crate::{Curve, MultikeyError, PublicKey, Signature, public, random};

/// A private key, wiped from memory when it is dropped.
#[derive(Clone)]
pub struct PrivateKey(Key);

#[derive(Clone)]
enum Key {
    // Boxed so that moving a key does not leave copies of it on the stack.
    Secp256k1(Box<k256::ecdsa::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
}

/// Says why something is not a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum PrivateKeyError {
    /// The text is not 64 hexadecimal digits.
    #[error("private key is not 64 hexadecimal digits")]
    Hex,
    /// The text is not a private key in multibase form.
    #[error(transparent)]
    Multikey(#[from] MultikeyError),
    /// The number is zero, not below the order of the curve, or not of 32 bytes.
    #[error("private key is not a number of the curve")]
    Range,
}

impl PrivateKey {
    /// Makes a new key from the operating system's random numbers.
    ///
    /// # Panics
    ///
    /// Panics if the operating system has no random numbers to give.
    pub fn generate(curve: Curve) -> Self {
        loop {
            let bytes = Zeroizing::new(random::<32>());
            // All but one in 2^32 or fewer are in range, on either curve.
            if let Ok(key) = Self::from_bytes(curve, &bytes) {
                return key;
            }
        }
    }

    /// Imports a key's 32 bytes, most significant first.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError::Range`] if they are not a private key of the curve.
    pub fn from_bytes(curve: Curve, bytes: &[u8; 32]) -> Result<Self, PrivateKeyError> {
        Ok(Self(match curve {
            Curve::Secp256k1 => Key::Secp256k1(Box::new(
                k256::ecdsa::SigningKey::from_slice(bytes).map_err(|_| PrivateKeyError::Range)?,
            )),
            Curve::P256 => Key::P256(Box::new(
                p256::ecdsa::SigningKey::from_slice(bytes).map_err(|_| PrivateKeyError::Range)?,
            )),
        }))
    }

    /// Imports a key from 64 hexadecimal digits of either case.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError`] if the text is not that, or not a private key of the curve.
    pub fn from_hex(curve: Curve, hex: &str) -> Result<Self, PrivateKeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        if hex.len() != 64 {
            return Err(PrivateKeyError::Hex);
        }
        HEXLOWER_PERMISSIVE
            .decode_mut(hex.as_bytes(), &mut *bytes)
            .map_err(|_| PrivateKeyError::Hex)?;
        Self::from_bytes(curve, &bytes)
    }

    /// Imports a key from multibase text, as command-line tools print rotation keys.
    ///
    /// # Errors
    ///
    /// [`PrivateKeyError`] if the text is not a private key of a supported curve.
    pub fn from_multikey(text: &str) -> Result<Self, PrivateKeyError> {
        let (curve, bytes) = multikey::decode(Half::Private, text)?;
        let bytes = Zeroizing::new(bytes);
        Self::from_bytes(curve, bytes.as_slice().try_into().map_err(|_| PrivateKeyError::Range)?)
    }

    /// Exports the key's 32 bytes, most significant first.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(match &self.0 {
            Key::Secp256k1(key) => key.to_bytes().into(),
            Key::P256(key) => key.to_bytes().into(),
        })
    }

    /// Exports the key as 64 hexadecimal digits in lower case.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER.encode(&*self.to_bytes()))
    }

    /// Exports the key as multibase text.
    pub fn to_multikey(&self) -> Zeroizing<String> {
        Zeroizing::new(multikey::encode(Half::Private, self.curve(), &*self.to_bytes()))
    }

    /// Returns the key's curve.
    pub fn curve(&self) -> Curve {
        match self.0 {
            Key::Secp256k1(_) => Curve::Secp256k1,
            Key::P256(_) => Curve::P256,
        }
    }

    /// Returns the public half.
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Key::Secp256k1(key) => PublicKey(public::Key::Secp256k1(*key.verifying_key())),
            Key::P256(key) => PublicKey(public::Key::P256(*key.verifying_key())),
        }
    }

    /// Signs the SHA-256 of a message. The same key and message give the same signature.
    pub fn sign(&self, message: &[u8]) -> Signature {
        let hash = Sha256::digest(message);
        // A deterministic nonce fails to sign with a chance of about 2^-256.
        const SIGNS: &str = "a hash of 32 bytes can be signed";
        Signature(match &self.0 {
            Key::Secp256k1(key) => {
                let signature: k256::ecdsa::Signature = key.sign_prehash(&hash).expect(SIGNS);
                signature.normalize_s().to_bytes().into()
            }
            Key::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign_prehash(&hash).expect(SIGNS);
                signature.normalize_s().to_bytes().into()
            }
        })
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PrivateKey(of {})", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CURVES: [Curve; 2] = [Curve::Secp256k1, Curve::P256];

    #[test]
    fn every_exported_form_is_imported_as_the_same_key() {
        for curve in CURVES {
            let key = PrivateKey::generate(curve);
            let same = |other: PrivateKey| assert_eq!(other.public_key(), key.public_key());
            same(PrivateKey::from_bytes(curve, &key.to_bytes()).unwrap());
            same(PrivateKey::from_hex(curve, &key.to_hex()).unwrap());
            same(PrivateKey::from_hex(curve, &key.to_hex().to_uppercase()).unwrap());
            same(PrivateKey::from_multikey(&key.to_multikey()).unwrap());
        }
    }

    #[test]
    fn numbers_outside_the_curve_are_refused() {
        for curve in CURVES {
            for bytes in [&[0; 32], &[0xff; 32]] {
                let fault = PrivateKey::from_bytes(curve, bytes).unwrap_err();
                assert_eq!(fault, PrivateKeyError::Range);
            }
            assert_eq!(PrivateKey::from_hex(curve, "xy").unwrap_err(), PrivateKeyError::Hex);
        }
        for bytes in [&[1; 31][..], &[1; 33]] {
            let text = multikey::encode(Half::Private, Curve::P256, bytes);
            assert_eq!(PrivateKey::from_multikey(&text).unwrap_err(), PrivateKeyError::Range);
        }
        let public = PrivateKey::generate(Curve::P256).public_key().to_multikey();
        let fault = PrivateKey::from_multikey(&public).unwrap_err();
        assert_eq!(fault, PrivateKeyError::Multikey(MultikeyError::Codec));
    }

    #[test]
    fn printing_for_debugging_shows_the_public_half_alone() {
        let key = PrivateKey::generate(Curve::Secp256k1);
        let shown = format!("{key:?}");
        assert!(shown.contains("did:key:zQ3s") && !shown.contains(&**key.to_hex()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn signatures_repeat_and_verify(seed: [u8; 32], message: Vec<u8>, p256: bool) {
            let curve = CURVES[usize::from(p256)];
            let Ok(key) = PrivateKey::from_bytes(curve, &seed) else { return Ok(()) };
            let signature = key.sign(&message);
            prop_assert_eq!(signature, key.sign(&message));
            prop_assert_eq!(key.public_key().verify(&message, signature.as_bytes()), Ok(()));
            let mut other = message;
            other.push(0);
            prop_assert!(key.public_key().verify(&other, signature.as_bytes()).is_err());
        }
    }
}
