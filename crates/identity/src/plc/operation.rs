//! Operations: reading, making, signing, naming.
//!
//! An operation's name is the hash of its canonical CBOR, signature included; the signature is over
//! the CBOR without it. The JSON that is read must be exactly what would be written, so that no
//! field is lost from under a signature.

#[cfg(test)]
mod tests;

use crypto::PrivateKey;
use data_encoding::{BASE32_NOPAD, Encoding};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use syntax::{Cid, Did};
use thiserror::Error;

use crate::document::{ATPROTO_KEY, PDS_SERVICE, PDS_SERVICE_TYPE};
use crate::plc::state::{alias_of_2022, endpoint_of_2022};
use crate::plc::{DidKey, IDENTIFIER_CHARS, LimitError, Service, Signature, SignatureError, State};

/// The most bytes of JSON that are read as an operation: more than any directory accepts.
const JSON_BYTES_MAX: usize = 64 * 1024;

/// What an operation says, without its signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type")]
pub enum Content {
    /// Makes or changes an identity.
    #[serde(rename = "plc_operation")]
    Update(Update),
    /// Ends an identity.
    #[serde(rename = "plc_tombstone")]
    Tombstone {
        /// The operation that it follows.
        prev: Cid,
    },
    /// Makes an identity, in a form of 2022 that is read and no longer written.
    #[serde(rename = "create")]
    LegacyCreate(LegacyCreate),
}

/// A state, and what it follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    /// All that is said of the identity from now on.
    #[serde(flatten)]
    pub state: State,
    /// The operation that it follows; none makes the identity.
    pub prev: Option<Cid>,
}

/// The fields of an early operation that makes an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LegacyCreate {
    /// The key that signs the repository, with the lower authority over the identity.
    pub signing_key: DidKey,
    /// The key with the higher authority over the identity.
    pub recovery_key: DidKey,
    /// The handle, mostly without `at://`.
    pub handle: String,
    /// The server that hosts the account, with or without a scheme.
    pub service: String,
    /// Always null.
    pub prev: (),
}

/// A signed operation. Whose signature it is takes the operation before to tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Operation {
    #[serde(flatten)]
    content: Content,
    sig: Signature,
}

/// Says why something is not an operation.
#[derive(Debug, Error)]
pub enum ParseError {
    /// There are more bytes than an operation may have.
    #[error("operation has more than {JSON_BYTES_MAX} bytes")]
    TooLarge,
    /// It is not a JSON object with the fields of a type of operation.
    #[error("not an operation")]
    Json(#[source] serde_json::Error),
    /// It has fields that its type does not have, or lacks one that has to be null.
    #[error("operation has not exactly the fields of its type")]
    Fields,
    /// There is no signature, or it is not in its one form.
    #[error("operation has no proper signature")]
    Signature(#[source] Option<SignatureError>),
}

impl Content {
    /// Returns what makes a new identity.
    pub fn genesis(state: State) -> Self {
        Self::Update(Update { state, prev: None })
    }

    /// Returns what changes an identity to a state, after `last`.
    pub fn update(last: &Operation, state: State) -> Self {
        Self::Update(Update { state, prev: Some(last.cid()) })
    }

    /// Returns what ends an identity, after `last`.
    pub fn tombstone(last: &Operation) -> Self {
        Self::Tombstone { prev: last.cid() }
    }

    /// Returns the bytes that are signed.
    pub fn signing_bytes(&self) -> Vec<u8> {
        cbor(self)
    }

    /// Signs with a key that is at hand.
    ///
    /// # Errors
    ///
    /// [`LimitError`] if no directory would take the operation.
    pub fn sign(self, key: &PrivateKey) -> Result<Operation, LimitError> {
        let signature = *key.sign(&self.signing_bytes()).as_bytes();
        self.signed(signature.into())
    }

    /// Adds a signature that was made elsewhere, over [`Content::signing_bytes`].
    ///
    /// # Errors
    ///
    /// [`LimitError`] if no directory would take the operation.
    pub fn signed(self, signature: Signature) -> Result<Operation, LimitError> {
        let operation = Operation { content: self, sig: signature };
        operation.check_limits()?;
        Ok(operation)
    }
}

impl Operation {
    /// Parses an operation's JSON.
    ///
    /// # Errors
    ///
    /// [`ParseError`] if it is not one operation with exactly the fields of its type. Limits of new
    /// operations are not looked at: [`Operation::check_limits`].
    pub fn parse(json: &[u8]) -> Result<Self, ParseError> {
        if json.len() > JSON_BYTES_MAX {
            return Err(ParseError::TooLarge);
        }
        Self::from_value(serde_json::from_slice(json).map_err(ParseError::Json)?)
    }

    fn from_value(mut value: Value) -> Result<Self, ParseError> {
        let sig = value.as_object_mut().and_then(|fields| fields.remove("sig"));
        let sig = sig.as_ref().and_then(Value::as_str).ok_or(ParseError::Signature(None))?;
        let sig = Signature::parse(sig).map_err(|error| ParseError::Signature(Some(error)))?;
        let content = Content::deserialize(&value).map_err(ParseError::Json)?;
        let same = serde_json::to_value(&content).is_ok_and(|written| written == value);
        if same { Ok(Self { content, sig }) } else { Err(ParseError::Fields) }
    }

    /// Writes the operation as JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).expect("lists of texts are JSON")
    }

    /// Returns the canonical CBOR, whose hash is the operation's name.
    pub fn to_cbor(&self) -> Vec<u8> {
        cbor(self)
    }

    /// Returns the operation's name.
    pub fn cid(&self) -> Cid {
        Cid::of_cbor(&self.to_cbor())
    }

    /// Returns what the operation says.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Returns the signature.
    pub fn signature(&self) -> &Signature {
        &self.sig
    }

    /// Returns the name of the operation that it follows; an operation without makes an identity.
    pub fn prev(&self) -> Option<Cid> {
        match &self.content {
            Content::Update(update) => update.prev,
            Content::Tombstone { prev } => Some(*prev),
            Content::LegacyCreate(_) => None,
        }
    }

    /// Returns the state that the operation sets; a tombstone sets none.
    pub fn state(&self) -> Option<State> {
        match &self.content {
            Content::Update(update) => Some(update.state.clone()),
            Content::Tombstone { .. } => None,
            Content::LegacyCreate(create) => Some(create.state()),
        }
    }

    /// Returns the DID that the operation makes, if it is one that makes a DID.
    pub fn did(&self) -> Option<Did> {
        if self.prev().is_some() {
            return None;
        }
        let hash = base32_lower().encode(self.cid().digest());
        let did = format!("did:plc:{}", &hash[..IDENTIFIER_CHARS]);
        Some(Did::parse(&did).expect("base 32 has only letters and digits"))
    }

    /// Returns the place of the first of these keys that has signed the operation.
    pub fn signer(&self, keys: &[DidKey]) -> Option<usize> {
        let message = self.content.signing_bytes();
        let signed = |key: &DidKey| {
            let key = key.public_key();
            key.is_ok_and(|key| key.verify(&message, self.sig.as_bytes()).is_ok())
        };
        keys.iter().position(signed)
    }

    /// Returns the first of these keys that has signed the operation.
    pub fn signed_by<'a>(&self, keys: &'a [DidKey]) -> Option<&'a DidKey> {
        keys.get(self.signer(keys)?)
    }
}

impl LegacyCreate {
    /// Returns the state that the operation sets.
    pub fn state(&self) -> State {
        let service = Service {
            kind: PDS_SERVICE_TYPE.to_owned(),
            endpoint: endpoint_of_2022(&self.service),
        };
        State {
            rotation_keys: vec![self.recovery_key.clone(), self.signing_key.clone()],
            verification_methods: [(ATPROTO_KEY.to_owned(), self.signing_key.clone())].into(),
            also_known_as: vec![alias_of_2022(&self.handle)],
            services: [(PDS_SERVICE.to_owned(), service)].into(),
        }
    }
}

impl<'de> Deserialize<'de> for Operation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_value(Value::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

fn cbor(value: &impl Serialize) -> Vec<u8> {
    serde_ipld_dagcbor::to_vec(value).expect("maps and lists of texts are CBOR")
}

fn base32_lower() -> Encoding {
    let mut base32 = BASE32_NOPAD.specification();
    base32.symbols.make_ascii_lowercase();
    base32.encoding().expect("lower case has as many symbols")
}
