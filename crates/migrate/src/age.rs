//! Encrypting to recipients that are given as `age1…`, so that only they can read; and opening.
//!
//! What comes out is a file of version 1 of the age format, for X25519 recipients, which `age -d`
//! and other programs open. Opening is for the owner's own machine: a server has no key for it.
//!
//! Spec: <https://c2sp.org/age>

mod bech32;
mod open;
#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use data_encoding::BASE64_NOPAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use thiserror::Error;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::random;

pub use crate::age::open::{Identity, IdentityError, OpenError, decrypt};

const VERSION_LINE: &str = "age-encryption.org/v1\n";
const STANZA: &str = "-> X25519 ";
const RECIPIENT_INFO: &str = "age-encryption.org/v1/X25519";
const PREFIX: &str = "age";
const FILE_KEY_BYTES: usize = 16;
/// How many bytes each sealed piece of the content has, but for the last.
const PIECE_BYTES: usize = 64 << 10;

/// Somebody who can read what is encrypted to them. Prints and parses as `age1…`.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient([u8; 32]);

/// Says why a text is not a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecipientError {
    /// The text is not Bech32, or has a typing error.
    #[error("recipient is mistyped: it is not age1… in Bech32")]
    Form,
    /// The text is Bech32 of something else, such as a private key.
    #[error("recipient is not an X25519 public key that begins with age1")]
    Kind,
    /// The key is one that everybody can read with.
    #[error("recipient's key is a weak one")]
    Weak,
}

impl Recipient {
    /// Parses `age1…`.
    ///
    /// # Errors
    ///
    /// [`RecipientError`] if the text is not a recipient with an X25519 key.
    pub fn parse(text: &str) -> Result<Self, RecipientError> {
        let (prefix, bytes) = bech32::decode(text).ok_or(RecipientError::Form)?;
        let key: [u8; 32] = bytes.try_into().map_err(|_| RecipientError::Kind)?;
        if prefix != PREFIX {
            return Err(RecipientError::Kind);
        }
        // With such a key what two sides share does not depend on their secrets.
        let any = StaticSecret::from(random::<32>());
        if !any.diffie_hellman(&PublicKey::from(key)).was_contributory() {
            return Err(RecipientError::Weak);
        }
        Ok(Self(key))
    }

    /// Returns the lines of a header that give this recipient the key of a file.
    fn stanza(&self, file_key: &[u8; FILE_KEY_BYTES]) -> String {
        let ephemeral = StaticSecret::from(*Zeroizing::new(random::<32>()));
        let share = PublicKey::from(&ephemeral);
        let shared = ephemeral.diffie_hellman(&PublicKey::from(self.0));
        let salt = [share.as_bytes(), &self.0[..]].concat();
        let wrap = derive(shared.as_bytes(), &salt, RECIPIENT_INFO);
        // Each of these keys is used once, so that the nonce may be the same for all.
        let body = seal(&wrap, [0; 12], file_key);
        format!(
            "{STANZA}{}\n{}\n",
            BASE64_NOPAD.encode(share.as_bytes()),
            BASE64_NOPAD.encode(&body)
        )
    }
}

/// Encrypts to all of the recipients. With none, nobody can read what comes out.
///
/// # Panics
///
/// Panics if the operating system has no random numbers to give.
pub fn encrypt(content: &[u8], recipients: &[Recipient]) -> Vec<u8> {
    let file_key = Zeroizing::new(random::<FILE_KEY_BYTES>());
    let mut header = VERSION_LINE.to_owned();
    for recipient in recipients {
        header.push_str(&recipient.stanza(&file_key));
    }
    header.push_str("---");
    let mac = hmac(&*derive(&*file_key, &[], "header"), &[header.as_bytes()]);
    header.push_str(&format!(" {}\n", BASE64_NOPAD.encode(&*mac)));

    let nonce = random::<16>();
    let key = derive(&*file_key, &nonce, "payload");
    let mut file = header.into_bytes();
    file.extend_from_slice(&nonce);
    let mut pieces = content.chunks(PIECE_BYTES).peekable();
    let mut number: u64 = 0;
    loop {
        // Without content there is one piece that has nothing in it.
        let piece = pieces.next().unwrap_or_default();
        let is_last = pieces.peek().is_none();
        file.extend(seal(&key, piece_nonce(number, is_last), piece));
        if is_last {
            return file;
        }
        number += 1;
    }
}

/// Returns the nonce of a piece: its number, then whether it is the last.
fn piece_nonce(number: u64, is_last: bool) -> [u8; 12] {
    let mut nonce = [0; 12];
    nonce[3..11].copy_from_slice(&number.to_be_bytes());
    nonce[11] = u8::from(is_last);
    nonce
}

fn seal(key: &[u8; 32], nonce: [u8; 12], content: &[u8]) -> Vec<u8> {
    let cipher = ChaCha20Poly1305::new(&(*key).into());
    cipher.encrypt(&nonce.into(), content).expect("a piece is far below the cipher's limit")
}

/// Derives a key by HKDF with SHA-256, of which one block is enough.
fn derive(secret: &[u8], salt: &[u8], info: &str) -> Zeroizing<[u8; 32]> {
    let extracted = hmac(salt, &[secret]);
    hmac(&*extracted, &[info.as_bytes(), &[1]])
}

fn hmac(key: &[u8], message: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key);
    let mut mac = mac.expect("a key of any length will do");
    for part in message {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

impl FromStr for Recipient {
    type Err = RecipientError;

    fn from_str(text: &str) -> Result<Self, RecipientError> {
        Self::parse(text)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bech32::encode(PREFIX, &self.0))
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({self})")
    }
}
