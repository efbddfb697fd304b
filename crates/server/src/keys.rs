//! The server's own keys and secrets: from the settings, or from files in the data directory.
//!
//! None of them is in the database, so that a copy of the database alone opens nothing.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crypto::{
    Curve, PrivateKey, PrivateKeyError, SealingKey, SealingKeyError, SealingKeys, SigningKeyError,
};
use lru::LruCache;
use syntax::Did;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::config::Secrets;

/// The file of the key that seals, where the settings have none.
pub const SEALING_KEY_FILE: &str = "sealing.key";
/// The fewest bytes of the secret that signs tokens.
const JWT_SECRET_BYTES_MIN: usize = 16;
/// How many opened signing keys are kept: about half a megabyte.
const OPENED_MAX: NonZeroUsize = NonZeroUsize::new(2048).expect("it is not zero");

/// The server's keys.
pub(crate) struct Keys {
    /// Seals the signing keys of accounts.
    pub(crate) sealing: SealingKeys,
    /// Changes the identities of accounts.
    pub(crate) rotation: PrivateKey,
    /// Signs the tokens of sessions.
    pub(crate) jwt: Zeroizing<Vec<u8>>,
    /// Signing keys that were opened a moment ago, by DID and what they were sealed as. Opening one costs as
    /// much as signing with it, and every question to a service is signed.
    opened: Mutex<LruCache<Vec<u8>, PrivateKey>>,
}

/// Says why the server has not its keys.
#[derive(Debug, Error)]
pub enum KeysError {
    /// A file cannot be used.
    #[error("{path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What happened.
        #[source]
        source: io::Error,
    },
    /// A sealing key is malformed.
    #[error("secret sealing_key")]
    Sealing(#[from] SealingKeyError),
    /// The rotation key is malformed.
    #[error("secret plc_rotation_key")]
    Rotation(#[from] PrivateKeyError),
    /// The secret for tokens is too short.
    #[error("secret jwt has less than {JWT_SECRET_BYTES_MIN} bytes")]
    Jwt,
}

impl Keys {
    /// Takes the keys from the settings, or else from `directory`, where they are made if they are
    /// not there.
    pub(crate) fn load(secrets: &Secrets, directory: &Path) -> Result<Self, KeysError> {
        let new_key = || PrivateKey::generate(Curve::Secp256k1).to_hex();
        let text =
            |set: &Option<crate::config::Secret>, name, new: &dyn Fn() -> Zeroizing<String>| {
                match set {
                    Some(secret) => Ok(Zeroizing::new(secret.reveal().to_owned())),
                    None => file(&directory.join(name), new),
                }
            };
        let sealing =
            text(&secrets.sealing_key, SEALING_KEY_FILE, &|| SealingKey::generate().to_hex())?;
        let former = secrets.former_sealing_keys.iter();
        let former =
            former.map(|key| SealingKey::from_hex(key.reveal())).collect::<Result<_, _>>()?;
        let rotation = text(&secrets.plc_rotation_key, "plc-rotation.key", &new_key)?;
        let jwt = text(&secrets.jwt, "jwt.secret", &new_key)?;
        if jwt.len() < JWT_SECRET_BYTES_MIN {
            return Err(KeysError::Jwt);
        }
        Ok(Self {
            sealing: SealingKeys::new(SealingKey::from_hex(&sealing)?, former),
            rotation: PrivateKey::from_hex(Curve::Secp256k1, &rotation)
                .or_else(|_| PrivateKey::from_multikey(&rotation))?,
            jwt: Zeroizing::new(jwt.as_bytes().to_vec()),
            opened: Mutex::new(LruCache::new(OPENED_MAX)),
        })
    }

    /// Seals the signing key of an account.
    pub(crate) fn seal_signing_key(&self, did: &Did, key: &PrivateKey) -> Vec<u8> {
        self.sealing.seal_signing_key(did.as_str(), key)
    }

    /// Opens the signing key of an account.
    pub(crate) fn signing_key(
        &self,
        did: &Did,
        sealed: &[u8],
    ) -> Result<PrivateKey, SigningKeyError> {
        // A panic elsewhere leaves no half of an entry.
        let opened = || self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        // The DID is part of it: what was sealed for one account opens for no other.
        let name = [did.as_str().as_bytes(), b"\0", sealed].concat();
        if let Some(key) = opened().get(&name) {
            return Ok(key.clone());
        }
        let key = self.sealing.unseal_signing_key(did.as_str(), sealed)?;
        opened().put(name, key.clone());
        Ok(key)
    }

    /// Seals a key that waits for an account, by its own public half.
    pub(crate) fn seal_reserved_key(&self, did_key: &str, key: &PrivateKey) -> Vec<u8> {
        self.sealing.seal_signing_key(did_key, key)
    }

    /// Opens a key that waited for an account.
    pub(crate) fn reserved_key(
        &self,
        did_key: &str,
        sealed: &[u8],
    ) -> Result<PrivateKey, SigningKeyError> {
        self.sealing.unseal_signing_key(did_key, sealed)
    }
}

/// Reads a secret from its file, which is made if it is not there, for nobody else to read.
fn file(path: &Path, new: &dyn Fn() -> Zeroizing<String>) -> Result<Zeroizing<String>, KeysError> {
    let at = |source| KeysError::Io { path: path.to_owned(), source };
    match fs::read_to_string(path) {
        Ok(text) => return Ok(Zeroizing::new(text.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(at(error)),
    }
    let secret = new();
    // Whole or not at all: what is sealed with a key that the power took is lost.
    let draft = path.with_extension("new");
    let mut options = OpenOptions::new();
    let mut file =
        options.write(true).create(true).truncate(true).mode(0o600).open(&draft).map_err(at)?;
    file.write_all(secret.as_bytes()).and_then(|()| file.sync_all()).map_err(at)?;
    fs::rename(&draft, path).map_err(at)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at)?;
    Ok(secret)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn keys_are_made_once_and_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();
        let first = Keys::load(&Secrets::default(), folder.path()).unwrap();
        let again = Keys::load(&Secrets::default(), folder.path()).unwrap();
        assert_eq!(first.rotation.public_key(), again.rotation.public_key());
        assert_eq!(first.jwt, again.jwt);
        for file in fs::read_dir(folder.path()).unwrap() {
            assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
        }
        for curve in [Curve::Secp256k1, Curve::P256] {
            let (did, other) = ("did:web:a".parse().unwrap(), "did:web:b".parse().unwrap());
            let key = PrivateKey::generate(curve);
            let sealed = first.seal_signing_key(&did, &key);
            let opened = again.signing_key(&did, &sealed).unwrap();
            assert_eq!(opened.public_key(), key.public_key());
            assert!(again.signing_key(&other, &sealed).is_err());
        }
    }

    #[test]
    fn malformed_secrets_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        for secrets in [
            Secrets { jwt: Some("short".into()), ..Secrets::default() },
            Secrets { sealing_key: Some("00".into()), ..Secrets::default() },
            Secrets { plc_rotation_key: Some("00".into()), ..Secrets::default() },
        ] {
            assert!(Keys::load(&secrets, folder.path()).is_err());
        }
    }
}
