//! `include:`: what a permission set grants, see [`permission_set`](crate::permission_set).

use std::fmt;

use syntax::Nsid;

use super::ScopeError;
use super::audience::Audience;
use super::parts::{self, Parts};
use super::rpc::AUD;

pub(super) const RESOURCE: &str = "include";
const NSID: &str = "nsid";

/// A permission set, and the service that it is to be for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Include {
    nsid: Nsid,
    audience: Option<Audience>,
}

impl Include {
    /// Makes a scope.
    pub fn new(nsid: Nsid, audience: Option<Audience>) -> Self {
        Self { nsid, audience }
    }

    pub(super) fn read(parts: Parts<'_>) -> Result<Self, ScopeError> {
        let mut params = parts.named(NSID)?;
        let nsid = params.one(NSID)?;
        let audience = params.one(AUD)?;
        params.end()?;
        let nsid = Nsid::parse(&nsid.ok_or(ScopeError::Missing(NSID))?);
        let nsid = nsid.map_err(|_| ScopeError::Value(NSID))?;
        let audience = match audience {
            None => None,
            Some(text) => Some(Audience::parse(&text).ok_or(ScopeError::Value(AUD))?),
        };
        Ok(Self { nsid, audience })
    }

    /// Returns the set.
    pub fn nsid(&self) -> &Nsid {
        &self.nsid
    }

    /// Returns the service that the set's methods are for, as far as the set leaves that open.
    pub fn audience(&self) -> Option<&Audience> {
        self.audience.as_ref()
    }

    /// Returns what of it is in another one, too, whatever the set is.
    ///
    /// Without a service, a set grants a part of what it grants with any one.
    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        let audience = self.audience.clone().filter(|_| self.audience == other.audience);
        (self.nsid == other.nsid).then(|| Self { nsid: self.nsid.clone(), audience })
    }
}

impl fmt::Display for Include {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let audience = self.audience.as_ref().map(|audience| (AUD, audience.as_str()));
        parts::write(f, RESOURCE, (NSID, [self.nsid.as_str()]), audience)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::*;

    #[test]
    fn the_service_may_be_left_out() {
        for (text, normal) in [
            ("include:com.example.set", "include:com.example.set"),
            ("include?nsid=com.example.set", "include:com.example.set"),
            (
                "include?aud=did:web:a.test%23s&nsid=com.example.set",
                "include:com.example.set?aud=did:web:a.test%23s",
            ),
            (
                "include:com.example.set?aud=did:web:a.test#s",
                "include:com.example.set?aud=did:web:a.test%23s",
            ),
        ] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), normal, "{text}");
        }
    }

    #[test]
    fn the_service_has_to_be_one() {
        for (text, fault) in [
            ("include:com.example.set?aud=*", ScopeError::Value(AUD)),
            ("include:com.example.set?aud=", ScopeError::Value(AUD)),
            ("include:com.example.set?aud=did:web:a.test", ScopeError::Value(AUD)),
            ("include:com.example.set?inheritAud=true", ScopeError::UnknownParameter),
            ("include:com.example.*", ScopeError::Value(NSID)),
            ("include:*", ScopeError::Value(NSID)),
            ("include?nsid=com.example.a&nsid=com.example.b", ScopeError::Repeated(NSID)),
        ] {
            assert_eq!(Scope::parse(text), Err(fault), "{text}");
        }
    }
}
