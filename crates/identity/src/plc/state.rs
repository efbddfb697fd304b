//! What an operation says of an identity.

use std::collections::BTreeMap;

use crypto::{PublicKey, PublicKeyError};
use serde::{Deserialize, Serialize};
use syntax::{Did, Handle};

use crate::document::{ATPROTO_KEY, PDS_SERVICE, PDS_SERVICE_TYPE};
use crate::origin::Origin;

const ALIAS_PREFIX: &str = "at://";

/// All that a directory knows of an identity at some point.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct State {
    /// Who may change the identity, the highest authority first.
    pub rotation_keys: Vec<DidKey>,
    /// The keys that the identity signs with, by their fragments.
    pub verification_methods: BTreeMap<String, DidKey>,
    /// The other names of the identity, such as `at://alice.test`, the preferred one first.
    pub also_known_as: Vec<String>,
    /// Where requests about the identity go, by their fragments.
    pub services: BTreeMap<String, Service>,
}

/// A service of an identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// The type, such as `AtprotoPersonalDataServer`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Where it is: a URL.
    pub endpoint: String,
}

impl Service {
    /// Returns where requests go, if the endpoint is a scheme, a host and a port, and no more.
    pub fn origin(&self) -> Option<Origin> {
        Origin::parse(&self.endpoint).ok()
    }
}

/// The text of a `did:key`, which may be of a kind that we cannot read.
///
/// Old logs have texts that are no keys at all; what is new is checked when it is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DidKey(String);

/// Parts of a state that take the place of those before. What is `None` stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// All rotation keys, in the new order.
    pub rotation_keys: Option<Vec<DidKey>>,
    /// All verification methods.
    pub verification_methods: Option<BTreeMap<String, DidKey>>,
    /// All aliases, in the new order.
    pub also_known_as: Option<Vec<String>>,
    /// All services.
    pub services: Option<BTreeMap<String, Service>>,
}

impl DidKey {
    /// Makes a key of its text, which is not looked at.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads the key.
    ///
    /// # Errors
    ///
    /// [`PublicKeyError`] if it is malformed or of another kind than the protocol signs with.
    pub fn public_key(&self) -> Result<PublicKey, PublicKeyError> {
        PublicKey::from_did_key(&self.0)
    }

    /// Returns the key without `did:key:`, as documents have it.
    pub fn multibase(&self) -> &str {
        self.0.strip_prefix("did:key:").unwrap_or(&self.0)
    }
}

impl From<&PublicKey> for DidKey {
    fn from(key: &PublicKey) -> Self {
        Self(key.to_string())
    }
}

impl State {
    /// Returns the state of an account, without any rotation key.
    pub fn of_account(handle: &Handle, signing_key: &PublicKey, pds: &Origin) -> Self {
        let mut state = Self::of_server(pds);
        state.set_handle(handle);
        state.set_signing_key(signing_key);
        state
    }

    /// Returns the state of a server that hosts accounts, for its own document.
    pub fn of_server(pds: &Origin) -> Self {
        let mut state = Self::default();
        state.set_pds(pds);
        state
    }

    /// Returns the key that signs the account's repository, if it is of a kind that can be used.
    pub fn signing_key(&self) -> Option<PublicKey> {
        self.verification_methods.get(ATPROTO_KEY)?.public_key().ok()
    }

    /// Returns the service that hosts the account, whatever type it claims to be.
    pub fn pds(&self) -> Option<&Service> {
        self.services.get(PDS_SERVICE)
    }

    /// Tells whether the account is at a host, however its endpoint is written.
    pub fn leads_to(&self, host: &Origin) -> bool {
        self.pds().and_then(Service::origin).as_ref() == Some(host)
    }

    /// Applies a change.
    #[must_use]
    pub fn with(self, change: Change) -> Self {
        Self {
            rotation_keys: change.rotation_keys.unwrap_or(self.rotation_keys),
            verification_methods: change.verification_methods.unwrap_or(self.verification_methods),
            also_known_as: change.also_known_as.unwrap_or(self.also_known_as),
            services: change.services.unwrap_or(self.services),
        }
    }

    /// Sets the handle in place of the first one, and leaves other aliases as they are.
    pub fn set_handle(&mut self, handle: &Handle) {
        let alias = format!("{ALIAS_PREFIX}{handle}");
        let first = self.also_known_as.iter().position(|other| other.starts_with(ALIAS_PREFIX));
        if let Some(index) = first {
            self.also_known_as.remove(index);
        }
        // Directories refuse doubles.
        self.also_known_as.retain(|other| *other != alias);
        self.also_known_as.insert(first.unwrap_or(0), alias);
    }

    /// Sets the key that signs the account's repository.
    pub fn set_signing_key(&mut self, key: &PublicKey) {
        self.verification_methods.insert(ATPROTO_KEY.to_owned(), key.into());
    }

    /// Sets the server that hosts the account.
    pub fn set_pds(&mut self, pds: &Origin) {
        let service = Service { kind: PDS_SERVICE_TYPE.to_owned(), endpoint: pds.to_string() };
        self.services.insert(PDS_SERVICE.to_owned(), service);
    }

    /// Writes the state as directories show it, with its DID, as JSON.
    pub fn to_json(&self, did: &Did) -> String {
        #[derive(Serialize)]
        struct Shown<'a> {
            did: &'a Did,
            #[serde(flatten)]
            state: &'a State,
        }
        serde_json::to_string(&Shown { did, state: self }).expect("lists of texts are JSON")
    }
}

/// Makes an alias of what early operations have as a handle.
pub(super) fn alias_of_2022(handle: &str) -> String {
    if handle.starts_with(ALIAS_PREFIX) {
        return handle.to_owned();
    }
    let bare = handle.replacen("http://", "", 1).replacen("https://", "", 1);
    format!("{ALIAS_PREFIX}{bare}")
}

/// Makes an endpoint of what early operations have as a service.
pub(super) fn endpoint_of_2022(service: &str) -> String {
    if service.starts_with("http://") || service.starts_with("https://") {
        return service.to_owned();
    }
    format!("https://{service}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_handle_takes_the_first_ones_place() {
        for (before, after) in [
            (&[][..], &["at://new.test"][..]),
            (&["https://a.test"], &["at://new.test", "https://a.test"]),
            (
                &["https://a.test", "at://old.test", "at://b.test"],
                &["https://a.test", "at://new.test", "at://b.test"],
            ),
            (&["at://old.test", "at://new.test"], &["at://new.test"]),
            (&["at://new.test", "at://b.test"], &["at://new.test", "at://b.test"]),
        ] {
            let mut state = State { also_known_as: owned(before), ..State::default() };
            state.set_handle(&"new.test".parse().unwrap());
            assert_eq!(state.also_known_as, after, "{before:?}");
        }
    }

    #[test]
    fn an_account_is_where_and_what_its_state_says() {
        let key = crypto::PrivateKey::generate(crypto::Curve::P256).public_key();
        let pds: Origin = "https://pds.example.com".parse().unwrap();
        let mut state = State::of_account(&"a.test".parse().unwrap(), &key, &pds);
        assert_eq!(state.signing_key(), Some(key));
        assert_eq!(state.pds().map(|service| service.endpoint.clone()), Some(pds.to_string()));
        state.verification_methods.insert(ATPROTO_KEY.to_owned(), DidKey::new("did:key:zOdd"));
        state.services.clear();
        assert_eq!((state.signing_key(), state.pds()), (None, None));
    }

    #[test]
    fn a_change_replaces_whole_parts() {
        let before = State { also_known_as: owned(&["at://a.test"]), ..State::default() };
        let keys = vec![DidKey::new("did:key:z1")];
        let change = Change { rotation_keys: Some(keys.clone()), ..Change::default() };
        let after = before.clone().with(change);
        assert_eq!(after, State { rotation_keys: keys, ..before });
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().copied().map(str::to_owned).collect()
    }
}
