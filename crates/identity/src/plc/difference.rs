//! What an operation would change, for those who have to agree to it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use crate::plc::{DidKey, Service, State};

/// One part of a state that changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "part", rename_all = "camelCase")]
pub enum Difference {
    /// Who may change the identity, or in which order.
    RotationKeys {
        /// The keys until now.
        before: Vec<DidKey>,
        /// The keys from now on.
        after: Vec<DidKey>,
    },
    /// The names of the identity, or their order.
    AlsoKnownAs {
        /// The aliases until now.
        before: Vec<String>,
        /// The aliases from now on.
        after: Vec<String>,
    },
    /// A key that the identity signs with comes, goes or is replaced.
    VerificationMethod {
        /// Which one it is, such as `atproto`.
        fragment: String,
        /// The key until now, if there was one.
        before: Option<DidKey>,
        /// The key from now on, if there is one.
        after: Option<DidKey>,
    },
    /// A service comes, goes or moves.
    Service {
        /// Which one it is, such as `atproto_pds`.
        fragment: String,
        /// The service until now, if there was one.
        before: Option<Service>,
        /// The service from now on, if there is one.
        after: Option<Service>,
    },
}

/// One line, for people: what it is, what it was, what it will be.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let none = || "none".to_owned();
        let key =
            |key: &Option<DidKey>| key.as_ref().map_or_else(none, |key| key.as_str().to_owned());
        let service = |service: &Option<Service>| {
            let line = |service: &Service| format!("{} at {}", service.kind, service.endpoint);
            service.as_ref().map_or_else(none, line)
        };
        let keys = |keys: &[DidKey]| keys.iter().map(DidKey::as_str).collect::<Vec<_>>().join(", ");
        match self {
            Self::RotationKeys { before, after } => {
                write!(f, "rotation keys: {} -> {}", keys(before), keys(after))
            }
            Self::AlsoKnownAs { before, after } => {
                write!(f, "names: {} -> {}", before.join(", "), after.join(", "))
            }
            Self::VerificationMethod { fragment, before, after } => {
                write!(f, "key #{fragment}: {} -> {}", key(before), key(after))
            }
            Self::Service { fragment, before, after } => {
                write!(f, "service #{fragment}: {} -> {}", service(before), service(after))
            }
        }
    }
}

impl State {
    /// Returns what is different in `after`.
    pub fn differences(&self, after: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        if self.rotation_keys != after.rotation_keys {
            found.push(Difference::RotationKeys {
                before: self.rotation_keys.clone(),
                after: after.rotation_keys.clone(),
            });
        }
        if self.also_known_as != after.also_known_as {
            found.push(Difference::AlsoKnownAs {
                before: self.also_known_as.clone(),
                after: after.also_known_as.clone(),
            });
        }
        let keys = changed(&self.verification_methods, &after.verification_methods);
        found.extend(keys.map(|(fragment, before, after)| Difference::VerificationMethod {
            fragment,
            before,
            after,
        }));
        let services = changed(&self.services, &after.services);
        found.extend(services.map(|(fragment, before, after)| Difference::Service {
            fragment,
            before,
            after,
        }));
        found
    }
}

/// Returns the entries that are not the same in both maps: those of `before`, then new ones.
fn changed<'a, T: Clone + PartialEq>(
    before: &'a BTreeMap<String, T>,
    after: &'a BTreeMap<String, T>,
) -> impl Iterator<Item = (String, Option<T>, Option<T>)> + 'a {
    let new = after.keys().filter(|fragment| !before.contains_key(*fragment));
    before
        .keys()
        .chain(new)
        .map(|fragment| (fragment, before.get(fragment), after.get(fragment)))
        .filter(|(_, before, after)| before != after)
        .map(|(fragment, before, after)| (fragment.clone(), before.cloned(), after.cloned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_that_changes_is_named_and_no_other() {
        let service =
            |endpoint: &str| Service { kind: "A".to_owned(), endpoint: endpoint.to_owned() };
        let (one, two) = (DidKey::new("did:key:z1"), DidKey::new("did:key:z2"));
        let before = State {
            rotation_keys: vec![one.clone(), two.clone()],
            verification_methods: [("a".to_owned(), one.clone()), ("b".to_owned(), one.clone())]
                .into(),
            also_known_as: vec!["at://a.test".to_owned()],
            services: [("pds".to_owned(), service("https://a.test"))].into(),
        };
        assert_eq!(before.differences(&before), []);
        let after = State {
            rotation_keys: vec![two.clone(), one.clone()],
            verification_methods: [("b".to_owned(), one.clone()), ("c".to_owned(), two.clone())]
                .into(),
            also_known_as: Vec::new(),
            services: [("pds".to_owned(), service("https://b.test"))].into(),
        };
        assert_eq!(
            before.differences(&after),
            [
                Difference::RotationKeys {
                    before: vec![one.clone(), two.clone()],
                    after: vec![two.clone(), one.clone()],
                },
                Difference::AlsoKnownAs {
                    before: vec!["at://a.test".to_owned()],
                    after: Vec::new()
                },
                Difference::VerificationMethod {
                    fragment: "a".to_owned(),
                    before: Some(one),
                    after: None,
                },
                Difference::VerificationMethod {
                    fragment: "c".to_owned(),
                    before: None,
                    after: Some(two),
                },
                Difference::Service {
                    fragment: "pds".to_owned(),
                    before: Some(service("https://a.test")),
                    after: Some(service("https://b.test")),
                },
            ]
        );
    }
}
