//! What a new operation may be. Old ones were made under other limits.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::plc::{Content, Operation, State};

/// The most bytes of CBOR: the public directory's own limit, below that of the specification.
const CBOR_BYTES_MAX: usize = 4_000;
const ROTATION_KEYS_MAX: usize = 5;
/// The most verification methods, aliases and services.
const ENTRIES_MAX: usize = 10;
const FRAGMENT_BYTES_MAX: usize = 32;
/// The longest handle, with `at://`.
const ALIAS_BYTES_MAX: usize = 258;
const SERVICE_TYPE_BYTES_MAX: usize = 256;
const ENDPOINT_BYTES_MAX: usize = 512;
const KEY_BYTES_MAX: usize = 256;

/// Says why an operation is not one to make, however well signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LimitError {
    /// The operation is of the form of 2022, which is only read.
    #[error("operations of the type \"create\" are no longer made")]
    Legacy,
    /// The operation is too large.
    #[error("operation has more than {CBOR_BYTES_MAX} bytes of CBOR")]
    TooLarge,
    /// There are no rotation keys, or too many.
    #[error("operation has not 1 to {ROTATION_KEYS_MAX} rotation keys")]
    RotationKeys,
    /// A rotation key is malformed, or of a kind that cannot sign operations.
    #[error("rotation key {0:?} is not a key of a supported kind")]
    RotationKey(String),
    /// A verification method is not a `did:key` in base 58, or is too long.
    #[error("verification method {0:?} is not a did:key of up to {KEY_BYTES_MAX} bytes")]
    VerificationMethod(String),
    /// A list has too many entries.
    #[error("more than {ENTRIES_MAX} entries in {0:?}")]
    TooMany(&'static str),
    /// A list has the same entry twice.
    #[error("{0:?} is there twice")]
    Double(String),
    /// A fragment, alias, type or endpoint is too long or empty.
    #[error("{0:?} is too long or empty")]
    Length(String),
}

impl Operation {
    /// Checks the limits of new operations.
    ///
    /// # Errors
    ///
    /// [`LimitError`] if the operation is beyond one.
    pub fn check_limits(&self) -> Result<(), LimitError> {
        if self.to_cbor().len() > CBOR_BYTES_MAX {
            return Err(LimitError::TooLarge);
        }
        match self.content() {
            Content::Update(update) => update.state.check_limits(),
            Content::Tombstone { .. } => Ok(()),
            Content::LegacyCreate(_) => Err(LimitError::Legacy),
        }
    }
}

impl State {
    /// Checks the limits of what new operations say.
    ///
    /// # Errors
    ///
    /// [`LimitError`] if the state is beyond one.
    pub fn check_limits(&self) -> Result<(), LimitError> {
        let Self { rotation_keys, verification_methods, also_known_as, services } = self;
        if !(1..=ROTATION_KEYS_MAX).contains(&rotation_keys.len()) {
            return Err(LimitError::RotationKeys);
        }
        for (index, key) in rotation_keys.iter().enumerate() {
            if key.public_key().is_err() {
                return Err(LimitError::RotationKey(key.as_str().to_owned()));
            }
            check_once(&rotation_keys[..index], key, key.as_str())?;
        }

        check_map(verification_methods, "verificationMethods")?;
        for key in verification_methods.values() {
            if !is_did_key(key.as_str()) {
                return Err(LimitError::VerificationMethod(key.as_str().to_owned()));
            }
        }

        check_count(also_known_as.len(), "alsoKnownAs")?;
        for (index, alias) in also_known_as.iter().enumerate() {
            check_length(alias, ALIAS_BYTES_MAX)?;
            check_once(&also_known_as[..index], alias, alias)?;
        }

        check_map(services, "services")?;
        for service in services.values() {
            check_length(&service.kind, SERVICE_TYPE_BYTES_MAX)?;
            check_length(&service.endpoint, ENDPOINT_BYTES_MAX)?;
        }
        Ok(())
    }
}

fn check_map<T>(map: &BTreeMap<String, T>, name: &'static str) -> Result<(), LimitError> {
    check_count(map.len(), name)?;
    map.keys().try_for_each(|fragment| check_length(fragment, FRAGMENT_BYTES_MAX))
}

fn check_count(count: usize, name: &'static str) -> Result<(), LimitError> {
    if count > ENTRIES_MAX { Err(LimitError::TooMany(name)) } else { Ok(()) }
}

fn check_length(text: &str, bytes_max: usize) -> Result<(), LimitError> {
    if (1..=bytes_max).contains(&text.len()) {
        Ok(())
    } else {
        Err(LimitError::Length(text.to_owned()))
    }
}

fn check_once<T: PartialEq>(before: &[T], entry: &T, text: &str) -> Result<(), LimitError> {
    if before.contains(entry) { Err(LimitError::Double(text.to_owned())) } else { Ok(()) }
}

/// Tells whether a text is a key of any kind, known here or not.
fn is_did_key(text: &str) -> bool {
    let is_base58 = |byte: u8| byte.is_ascii_alphanumeric() && !b"0OIl".contains(&byte);
    text.len() <= KEY_BYTES_MAX
        && text
            .strip_prefix("did:key:z")
            .is_some_and(|key| !key.is_empty() && key.bytes().all(is_base58))
}
