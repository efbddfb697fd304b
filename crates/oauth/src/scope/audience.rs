//! Services, as those that tokens are for.

use std::fmt;

use syntax::{Did, Handle};

/// How many characters follow `did:plc:`.
const PLC_CHARS: usize = 24;
/// What stands for all services.
const ALL: &str = "*";

/// A service: a DID and the service's name in its document, such as
/// `did:web:api.example.com#svc_appview`.
///
/// The text is kept as it came. A DID alone is not a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Audience(String);

/// The services that a scope is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Audiences {
    /// All that there are.
    All,
    /// This one.
    One(Audience),
}

impl Audience {
    /// Parses a service; `None` if the text is not a DID of a kind that accounts and services have,
    /// a `#` and a name.
    pub fn parse(text: &str) -> Option<Self> {
        let (did, name) = text.split_once('#')?;
        let did = Did::parse(did).ok()?;
        (is_supported(&did) && is_fragment(name)).then(|| Self(text.to_owned()))
    }

    /// Returns the whole text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the DID as a text.
    pub fn did(&self) -> &str {
        self.split().0
    }

    /// Returns the name in the DID's document.
    pub fn service(&self) -> &str {
        self.split().1
    }

    fn split(&self) -> (&str, &str) {
        self.0.split_once('#').unwrap_or_default()
    }
}

impl fmt::Display for Audience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Audiences {
    /// Reads services as scopes have them.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text == ALL { Some(Self::All) } else { Audience::parse(text).map(Self::One) }
    }

    /// Tells whether a service is among them.
    ///
    /// Texts are compared. A DID without a service's name is among all, and is not any one service.
    pub fn contains(&self, audience: &str) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one.as_str() == audience,
        }
    }

    /// Returns them as scopes have them.
    pub fn as_str(&self) -> &str {
        match self {
            Self::All => ALL,
            Self::One(one) => one.as_str(),
        }
    }

    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::All, one) | (one, Self::All) => Some(one.clone()),
            _ => (self == other).then(|| self.clone()),
        }
    }
}

/// Tells whether the DID is one by which a document can be found.
fn is_supported(did: &Did) -> bool {
    let identifier = did.identifier();
    match did.method() {
        "plc" => {
            let is_base32 = |byte: u8| matches!(byte, b'a'..=b'z' | b'2'..=b'7');
            identifier.len() == PLC_CHARS && identifier.bytes().all(is_base32)
        }
        // Paths and ports are not supported, but for ports of this machine in development.
        "web" => match identifier.strip_prefix("localhost") {
            Some("") => true,
            Some(rest) if rest.starts_with('%') => {
                let port = rest.strip_prefix("%3A").or_else(|| rest.strip_prefix("%3a"));
                port.is_some_and(|port| port.parse::<u16>().is_ok() && !port.starts_with('+'))
            }
            _ => Handle::parse(identifier).is_ok(),
        },
        _ => false,
    }
}

/// Tells whether a text is what can follow `#` in a URI, and not empty.
fn is_fragment(text: &str) -> bool {
    let mut parts = text.split('%');
    let is_plain = |part: &str| {
        let allowed =
            |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte);
        part.bytes().all(allowed)
    };
    let is_escaped = |part: &str| {
        part.get(..2).is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    !text.is_empty()
        && parts.next().is_some_and(is_plain)
        && parts.all(|part| is_escaped(part) && is_plain(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_a_did_and_a_name() {
        for text in [
            "did:web:example.com#s",
            "did:web:api.example.com#svc_appview",
            "did:web:localhost#s",
            "did:web:localhost%3A2583#s",
            "did:web:localhost%3a2583#s",
            "did:web:localhost.example.com#s",
            "did:plc:abcdefghijklmnopqrstuvwx#atproto_labeler",
            "did:web:example.com#s/t?u=%41",
        ] {
            let audience = Audience::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(format!("{}#{}", audience.did(), audience.service()), text);
        }
        for text in [
            "",
            "*",
            "#",
            "#s",
            "did:web:example.com",
            "did:web:example.com#",
            "did:web:example.com#s#t",
            "did:web:example.com#s t",
            "did:web:example.com#é",
            "did:web:example.com#%4",
            "did:web:example.com#%zz",
            "did:web:example.com:path#s",
            "did:web:example.com%3A443#s",
            "did:web:localhost%3A#s",
            "did:web:localhost%3A+80#s",
            "did:web:localhost%3A65536#s",
            "did:web:localhost:80#s",
            "did:web:example#s",
            "did:web#s",
            "did:plc:111#s",
            "did:plc:ABCDEFGHIJKLMNOPQRSTUVWX#s",
            "did:foo:bar#s",
            "web:example.com#s",
        ] {
            assert_eq!(Audience::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_did_alone_is_no_service() {
        let one = Audiences::read("did:web:a.test#s").unwrap();
        assert!(one.contains("did:web:a.test#s"));
        for other in ["did:web:a.test", "did:web:a.test#", "did:web:a.test#S", "did:web:b.test#s"] {
            assert!(!one.contains(other), "{other}");
            assert!(Audiences::All.contains(other), "{other}");
        }
    }
}
