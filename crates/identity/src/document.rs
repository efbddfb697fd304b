//! DID documents: reading those of others with tolerance, writing our own.
//!
//! What is not understood is passed over: other kinds of keys, services and aliases come and go.
//! Where documents are found, and whether a handle in one is true, is not for here.

mod reader;
mod writer;

use crypto::{PublicKey, PublicKeyError, VerificationMethod};
use syntax::{Did, Handle};
use thiserror::Error;

pub use crate::document::writer::write;
use crate::origin::Origin;

/// The most bytes of a document that are read. Documents of people have one or two thousand.
pub const DOCUMENT_BYTES_MAX: usize = 64 * 1024;

/// The fragment of an account's signing key.
pub const ATPROTO_KEY: &str = "atproto";
/// The fragment of the service that hosts an account.
pub const PDS_SERVICE: &str = "atproto_pds";
/// The type of the service that hosts an account.
pub const PDS_SERVICE_TYPE: &str = "AtprotoPersonalDataServer";

/// A DID document, as far as the protocol has a use for it, with its text.
///
/// Spec: <https://atproto.com/specs/did#did-documents>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    did: Did,
    json: Box<str>,
    also_known_as: Vec<String>,
    keys: Vec<Key>,
    services: Vec<Service>,
}

/// A verification method of a type whose keys can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The part of its id after `#`, such as `atproto`.
    pub fragment: String,
    /// The type, which says how the key is written.
    pub method: VerificationMethod,
    /// The key, as `publicKeyMultibase` has it. It may be of a kind that is not known.
    pub multibase: String,
}

/// A service: somewhere that requests about the identity can go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// The part of its id after `#`, such as `atproto_pds`.
    pub fragment: String,
    /// The type, such as `AtprotoPersonalDataServer`.
    pub kind: String,
    /// Where it is: mostly a URL, but anybody can write anything.
    pub endpoint: String,
}

/// Says why bytes are not a DID document.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DocumentError {
    /// There are more bytes than a document may have.
    #[error("DID document has more than {DOCUMENT_BYTES_MAX} bytes")]
    TooLarge,
    /// The bytes are not a JSON object.
    #[error("DID document is not a JSON object")]
    Json,
    /// There is no `id`, or it is not a DID.
    #[error("DID document has no DID as its id")]
    Id,
    /// A list has more entries than are read.
    #[error("DID document has too many entries in {0:?}")]
    TooMany(&'static str),
}

impl Document {
    /// Parses a document.
    ///
    /// Entries that are malformed, or of a kind that has no use here, are left out.
    ///
    /// # Errors
    ///
    /// [`DocumentError`] if the bytes are not a JSON object with a DID as its `id`, or are too many.
    pub fn parse(bytes: &[u8]) -> Result<Self, DocumentError> {
        reader::read(bytes)
    }

    /// Returns whose document it is, by its own word.
    pub fn did(&self) -> &Did {
        &self.did
    }

    /// Returns the document's text, as it came.
    pub fn as_json(&self) -> &str {
        &self.json
    }

    /// Returns the other names of the identity, in their order.
    pub fn also_known_as(&self) -> &[String] {
        &self.also_known_as
    }

    /// Returns the handle that the document claims: the first alias that is one.
    ///
    /// Only when the handle leads back to the DID is the claim true.
    pub fn handle(&self) -> Option<Handle> {
        let mut handles = self.also_known_as.iter().filter_map(|alias| alias.strip_prefix("at://"));
        handles.find_map(|handle| Handle::parse(handle).ok())
    }

    /// Returns the key that signs the account's repository.
    pub fn signing_key(&self) -> Option<PublicKey> {
        self.verification_method(ATPROTO_KEY).and_then(|key| key.public_key().ok())
    }

    /// Returns the origin of the server that hosts the account.
    pub fn pds_endpoint(&self) -> Option<Origin> {
        self.service(PDS_SERVICE).filter(|service| service.kind == PDS_SERVICE_TYPE)?.origin()
    }

    /// Returns the key with a fragment, such as `atproto_label`.
    ///
    /// Of several, one in the present form goes before those in older ones.
    pub fn verification_method(&self, fragment: &str) -> Option<&Key> {
        let mut keys = self.keys.iter().filter(|key| key.fragment == fragment);
        let first = keys.clone().next();
        keys.find(|key| key.method == VerificationMethod::Multikey).or(first)
    }

    /// Returns the first service with a fragment, such as `bsky_appview`.
    pub fn service(&self, fragment: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.fragment == fragment)
    }

    /// Returns all keys whose form is known, in their order.
    pub fn verification_methods(&self) -> &[Key] {
        &self.keys
    }

    /// Returns all services, in their order.
    pub fn services(&self) -> &[Service] {
        &self.services
    }
}

impl Key {
    /// Reads the key.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] if it is malformed or of another kind than the protocol signs with.
    pub fn public_key(&self) -> Result<PublicKey, PublicKeyError> {
        PublicKey::from_verification_method(self.method, &self.multibase)
    }
}

impl Service {
    /// Returns where requests go, if the endpoint is a scheme, a host and a port, and no more.
    pub fn origin(&self) -> Option<Origin> {
        Origin::parse(&self.endpoint).ok()
    }
}
