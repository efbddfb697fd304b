//! Secrets sealed for rest: encrypted, bound to what they are for, and naming the key that did it.
//!
//! A sealed secret is one byte of version (1), eight of key id, 24 of nonce, then the ciphertext
//! and its tag of 16 bytes, all by XChaCha20-Poly1305. The purpose (whose key, which use) is bound
//! as associated data: what was sealed for one account does not open as another's.

use std::fmt;

use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::random;

const VERSION: u8 = 1;
const KEY_ID_BYTES: usize = 8;
const NONCE_BYTES: usize = 24;

/// A key that seals secrets. It must be kept apart from what it sealed.
#[derive(Clone)]
pub struct SealingKey {
    id: KeyId,
    key: Zeroizing<[u8; 32]>,
}

/// Which key sealed a secret: the first bytes of a hash of that key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; KEY_ID_BYTES]);

/// The key that seals now, and those that sealed before and still open.
#[derive(Clone, Debug)]
pub struct SealingKeys {
    current: SealingKey,
    former: Vec<SealingKey>,
}

/// Says that a text is not a sealing key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("sealing key is not 64 hexadecimal digits")]
pub struct SealingKeyError;

/// Says why a sealed secret does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UnsealError {
    /// The bytes are too few, or begin with an unknown version.
    #[error("sealed secret is not of a known form")]
    Form,
    /// None of the keys is the one that sealed it.
    #[error("sealed secret needs the key {0}")]
    UnknownKey(KeyId),
    /// The bytes were changed, or sealed for another purpose.
    #[error("sealed secret was changed or is for another purpose")]
    Mismatch,
}

impl SealingKey {
    /// Makes a new key from the operating system's random numbers.
    ///
    /// # Panics
    ///
    /// Panics if the operating system has no random numbers to give.
    pub fn generate() -> Self {
        Self::from_bytes(random())
    }

    /// Takes a key's 32 bytes.
    pub fn from_bytes(key: [u8; 32]) -> Self {
        let key = Zeroizing::new(key);
        let mut hash = Sha256::new();
        hash.update(b"pagurus sealing key id");
        hash.update(*key);
        let mut id = [0; KEY_ID_BYTES];
        id.copy_from_slice(&hash.finalize()[..KEY_ID_BYTES]);
        Self { id: KeyId(id), key }
    }

    /// Reads a key from 64 hexadecimal digits.
    ///
    /// # Errors
    ///
    /// [`SealingKeyError`] if the text is not that.
    pub fn from_hex(hex: &str) -> Result<Self, SealingKeyError> {
        let mut key = Zeroizing::new([0; 32]);
        if hex.len() != 64 {
            return Err(SealingKeyError);
        }
        HEXLOWER_PERMISSIVE.decode_mut(hex.as_bytes(), &mut *key).map_err(|_| SealingKeyError)?;
        Ok(Self::from_bytes(*key))
    }

    /// Returns the key as 64 hexadecimal digits.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(HEXLOWER.encode(&*self.key))
    }

    /// Returns the id that the key's sealed secrets carry.
    pub fn id(&self) -> KeyId {
        self.id
    }

    /// Seals a secret for a purpose, which has to be given again to open it.
    ///
    /// # Panics
    ///
    /// Panics if the operating system has no random numbers to give.
    pub fn seal(&self, purpose: &[u8], secret: &[u8]) -> Vec<u8> {
        let nonce = random::<NONCE_BYTES>();
        let mut sealed = vec![VERSION];
        sealed.extend(self.id.0);
        sealed.extend(nonce);
        let aad = associated_data(&sealed, purpose);
        let ciphertext = self
            .cipher()
            .encrypt(&nonce.into(), Payload { msg: secret, aad: &aad })
            .expect("a secret is far below the cipher's limit of 256 GiB");
        sealed.extend(ciphertext);
        sealed
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&(*self.key).into())
    }
}

impl SealingKeys {
    /// Takes the key to seal with, and those that only open.
    pub fn new(current: SealingKey, former: Vec<SealingKey>) -> Self {
        Self { current, former }
    }

    /// Seals a secret with the current key: see [`SealingKey::seal`].
    ///
    /// # Panics
    ///
    /// Panics if the operating system has no random numbers to give.
    pub fn seal(&self, purpose: &[u8], secret: &[u8]) -> Vec<u8> {
        self.current.seal(purpose, secret)
    }

    /// Opens a secret that any of the keys sealed for this purpose.
    ///
    /// # Errors
    ///
    /// [`UnsealError`] if the secret is malformed, of an unknown key, changed, or of another
    /// purpose.
    pub fn unseal(&self, purpose: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, UnsealError> {
        let (header, ciphertext) = sealed
            .split_at_checked(1 + KEY_ID_BYTES + NONCE_BYTES)
            .filter(|(header, _)| header[0] == VERSION)
            .ok_or(UnsealError::Form)?;
        let (id, nonce) = header[1..].split_at(KEY_ID_BYTES);
        let id = KeyId(id.try_into().expect("it was split off with that length"));
        let nonce: [u8; NONCE_BYTES] = nonce.try_into().expect("it is what the header ends with");
        let key = std::iter::once(&self.current)
            .chain(&self.former)
            .find(|key| key.id == id)
            .ok_or(UnsealError::UnknownKey(id))?;
        let aad = associated_data(header, purpose);
        key.cipher()
            .decrypt(&nonce.into(), Payload { msg: ciphertext, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| UnsealError::Mismatch)
    }

    /// Tells whether a sealed secret should be sealed anew, with the current key.
    pub fn is_outdated(&self, sealed: &[u8]) -> bool {
        sealed.get(1..1 + KEY_ID_BYTES) != Some(&self.current.id.0)
    }
}

/// Binds the header as well as the purpose: neither can be exchanged.
fn associated_data(header: &[u8], purpose: &[u8]) -> Vec<u8> {
    [header, purpose].concat()
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_for_its_purpose_with_its_key() {
        let (old, new) = (SealingKey::generate(), SealingKey::generate());
        let sealed = old.seal(b"did:plc:a", b"secret");
        assert_ne!(sealed, old.seal(b"did:plc:a", b"secret"), "nonces must not repeat");

        let keys = SealingKeys::new(new.clone(), vec![old.clone()]);
        assert_eq!(**keys.unseal(b"did:plc:a", &sealed).unwrap(), b"secret"[..]);
        assert!(keys.is_outdated(&sealed));
        assert!(!keys.is_outdated(&keys.seal(b"did:plc:a", b"secret")));

        assert_eq!(keys.unseal(b"did:plc:b", &sealed), Err(UnsealError::Mismatch));
        let others = SealingKeys::new(new, vec![]);
        assert_eq!(others.unseal(b"did:plc:a", &sealed), Err(UnsealError::UnknownKey(old.id())));
    }

    #[test]
    fn any_changed_byte_is_noticed() {
        let keys = SealingKeys::new(SealingKey::generate(), vec![]);
        let sealed = keys.seal(b"purpose", b"secret");
        for index in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[index] ^= 1;
            assert!(keys.unseal(b"purpose", &changed).is_err(), "byte {index}");
            assert!(keys.unseal(b"purpose", &sealed[..index]).is_err(), "cut at {index}");
        }
    }

    #[test]
    fn keys_go_through_hexadecimal_and_are_not_shown() {
        let key = SealingKey::generate();
        assert_eq!(SealingKey::from_hex(&key.to_hex()).unwrap().id(), key.id());
        assert_eq!(SealingKey::from_hex("00").unwrap_err(), SealingKeyError);
        assert!(!format!("{key:?}").contains(&**key.to_hex()));
    }
}
