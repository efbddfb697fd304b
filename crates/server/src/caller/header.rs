//! The `Authorization` header, taken apart.

use http::HeaderMap;
use http::StatusCode;
use http::header::AUTHORIZATION;

use crate::failure::Refusal;

/// What a request says of who sends it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Credentials<'a> {
    /// Nothing.
    None,
    /// A token that does for whoever has it.
    Bearer(&'a str),
    /// A token that takes a proof of a key, too.
    Dpop(&'a str),
    /// A name and a password, encoded.
    Basic(&'a str),
    /// Something else.
    Other,
    /// Nothing that could be read.
    Malformed,
}

impl<'a> Credentials<'a> {
    /// Reads the header.
    pub(crate) fn of(headers: &'a HeaderMap) -> Self {
        let Some(value) = headers.get(AUTHORIZATION) else {
            return Self::None;
        };
        let parts = value.to_str().ok().and_then(|value| value.trim().split_once(' '));
        let Some((scheme, rest)) = parts else {
            return Self::Malformed;
        };
        let rest = rest.trim();
        match scheme {
            _ if rest.is_empty() => Self::Malformed,
            _ if scheme.eq_ignore_ascii_case("bearer") => Self::Bearer(rest),
            _ if scheme.eq_ignore_ascii_case("dpop") => Self::Dpop(rest),
            _ if scheme.eq_ignore_ascii_case("basic") => Self::Basic(rest),
            _ => Self::Other,
        }
    }

    /// Returns the token of a session.
    pub(crate) fn bearer(self) -> Result<&'a str, Refusal> {
        match self {
            Self::Bearer(token) => Ok(token),
            Self::None => Err(Refusal::new(
                StatusCode::UNAUTHORIZED,
                "AuthMissing",
                "Authentication Required",
            )),
            Self::Malformed => Err(Refusal::invalid_token("Malformed authorization header")),
            Self::Dpop(_) | Self::Basic(_) | Self::Other => {
                Err(Refusal::invalid_token("Unexpected authorization type"))
            }
        }
    }
}
