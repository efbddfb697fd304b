//! Opening what was encrypted, with a private key of its owner.

use std::fmt;
use std::str::FromStr;

use chacha20poly1305::aead::Aead as _;
use chacha20poly1305::{ChaCha20Poly1305, KeyInit as _};
use data_encoding::BASE64_NOPAD;
use thiserror::Error;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::{
    FILE_KEY_BYTES, PIECE_BYTES, RECIPIENT_INFO, Recipient, STANZA, VERSION_LINE, bech32, derive,
    hmac, piece_nonce,
};

const PREFIX: &str = "age-secret-key-";
/// How many bytes each sealed piece has beyond its content.
const TAG_BYTES: usize = 16;
const NONCE_BYTES: usize = 16;
/// How many characters a line of a stanza's body has, but for the last.
const LINE_CHARS: usize = 64;

/// A private key, which reads what is encrypted to its [`Recipient`]. Printing it shows nothing of it.
#[derive(Clone)]
pub struct Identity(StaticSecret);

/// Says why a text is not a private key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a private key of age, AGE-SECRET-KEY-1…")]
pub struct IdentityError;

/// Says why a file cannot be opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It is not a file of age, or of another version.
    #[error("file is not of the age format, version 1")]
    Form,
    /// It is encrypted to others.
    #[error("file is not encrypted to any of these keys")]
    NotForUs,
    /// It is not as it was written.
    #[error("file was changed or cut off")]
    Changed,
}

impl Identity {
    /// Parses `AGE-SECRET-KEY-1…`.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] if the text is not a private key.
    pub fn parse(text: &str) -> Result<Self, IdentityError> {
        let (prefix, bytes) = bech32::decode(text).ok_or(IdentityError)?;
        let bytes = Zeroizing::new(bytes);
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_| IdentityError)?;
        let key = Zeroizing::new(key);
        if prefix == PREFIX { Ok(Self(StaticSecret::from(*key))) } else { Err(IdentityError) }
    }

    /// Reads a file of private keys, one a line; empty lines and those that begin with `#` are left out.
    ///
    /// # Errors
    ///
    /// [`IdentityError`] if another line is not a private key.
    pub fn parse_all(file: &str) -> Result<Vec<Self>, IdentityError> {
        let lines = file.lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(Self::parse).collect()
    }

    /// Returns who this is, for those who encrypt.
    pub fn recipient(&self) -> Recipient {
        Recipient(*PublicKey::from(&self.0).as_bytes())
    }

    /// Takes the key of a file out of a stanza, if that is for this key.
    fn unwrap(&self, stanza: &Stanza<'_>) -> Option<Zeroizing<[u8; FILE_KEY_BYTES]>> {
        let share = BASE64_NOPAD.decode(stanza.share.as_bytes()).ok()?;
        let share: [u8; 32] = share.try_into().ok()?;
        let shared = self.0.diffie_hellman(&PublicKey::from(share));
        if !shared.was_contributory() {
            return None;
        }
        let salt = [&share[..], &self.recipient().0[..]].concat();
        let wrap = derive(shared.as_bytes(), &salt, RECIPIENT_INFO);
        let body = BASE64_NOPAD.decode(stanza.body.as_bytes()).ok()?;
        let cipher = ChaCha20Poly1305::new(&(*wrap).into());
        let key = Zeroizing::new(cipher.decrypt(&[0; 12].into(), &body[..]).ok()?);
        let key: [u8; FILE_KEY_BYTES] = key.as_slice().try_into().ok()?;
        Some(Zeroizing::new(key))
    }
}

/// What a header has for one X25519 recipient.
struct Stanza<'a> {
    share: &'a str,
    body: &'a str,
}

/// Decrypts a file with whichever of the keys it is for.
///
/// # Errors
///
/// [`OpenError`] if it cannot be opened; nothing of it is to be trusted then.
pub fn decrypt(file: &[u8], identities: &[Identity]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let (header, mac, rest) = split(file).ok_or(OpenError::Form)?;
    let stanzas = stanzas(header).ok_or(OpenError::Form)?;
    let mut keys = stanzas
        .iter()
        .flat_map(|stanza| identities.iter().filter_map(|identity| identity.unwrap(stanza)));
    let file_key = keys.next().ok_or(OpenError::NotForUs)?;
    let expected = hmac(&*derive(&*file_key, &[], "header"), &[header.as_bytes()]);
    if BASE64_NOPAD.encode(&*expected) != mac {
        return Err(OpenError::Changed);
    }
    let (nonce, sealed) = rest.split_at_checked(NONCE_BYTES).ok_or(OpenError::Changed)?;
    let key = derive(&*file_key, nonce, "payload");
    let cipher = ChaCha20Poly1305::new(&(*key).into());
    let mut content = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let mut pieces = sealed.chunks(PIECE_BYTES + TAG_BYTES).peekable();
    for number in 0.. {
        let piece = pieces.next().ok_or(OpenError::Changed)?;
        let is_last = pieces.peek().is_none();
        let nonce = piece_nonce(number, is_last);
        let opened = cipher.decrypt(&nonce.into(), piece).map_err(|_| OpenError::Changed)?;
        content.extend_from_slice(&Zeroizing::new(opened));
        if is_last {
            break;
        }
    }
    Ok(content)
}

/// Returns the header with the dashes that end it, its code, and what comes after it.
fn split(file: &[u8]) -> Option<(&str, &str, &[u8])> {
    let end = file.windows(5).position(|five| five == b"\n--- ")? + "\n---".len();
    let (header, rest) = file.split_at_checked(end)?;
    let rest = rest.get(1..)?;
    let line = rest.iter().position(|byte| *byte == b'\n')?;
    let (mac, rest) = (str::from_utf8(&rest[..line]).ok()?, &rest[line + 1..]);
    Some((str::from_utf8(header).ok()?, mac, rest))
}

/// Returns what a header has for X25519 recipients. Others are passed over.
fn stanzas(header: &str) -> Option<Vec<Stanza<'_>>> {
    let mut lines = header.strip_prefix(VERSION_LINE)?.lines();
    let mut found = Vec::new();
    while let Some(first) = lines.next().filter(|line| *line != "---") {
        let arguments = first.strip_prefix("-> ")?;
        let body = lines.next()?;
        let mut last = body;
        // A body ends with a line that is not full, which may be empty.
        while last.len() == LINE_CHARS {
            last = lines.next()?;
        }
        if let Some(share) = arguments.strip_prefix(STANZA.trim_start_matches("-> ")) {
            found.push(Stanza { share, body });
        }
    }
    Some(found)
}

impl FromStr for Identity {
    type Err = IdentityError;

    fn from_str(text: &str) -> Result<Self, IdentityError> {
        Self::parse(text)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(of {})", self.recipient())
    }
}
