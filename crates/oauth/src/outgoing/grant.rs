//! What another authorization server answers directly.

use std::fmt;

use serde::Deserialize;
use syntax::Did;
use thiserror::Error;
use zeroize::Zeroizing;

/// A request that a server has taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pushed {
    /// What the browser takes along.
    pub request_uri: String,
}

/// What a server has granted. Printing it shows no token.
#[derive(Clone)]
pub struct Grant {
    /// What shows that one may call.
    pub access_token: Zeroizing<String>,
    /// What another one is had with.
    pub refresh_token: Zeroizing<String>,
    /// What was granted, which may be less than what was asked for.
    pub scope: String,
    /// Whose account it is.
    pub sub: Did,
}

/// Says why something that was granted cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GrantError {
    /// It is not JSON, or lacks a field.
    #[error("answer is not a set of tokens")]
    Json,
    /// The token is not bound to the key, so that whoever finds it could use it.
    #[error("token is not of type DPoP")]
    Type,
    /// The server does not speak this protocol.
    #[error("scope lacks atproto")]
    Scope,
    /// It does not say whose account it is.
    #[error("sub is not a DID")]
    Subject,
}

#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    refresh_token: String,
    scope: String,
    sub: String,
}

impl Grant {
    /// Reads what a server has answered with.
    ///
    /// # Errors
    ///
    /// [`GrantError`] with what is wrong with it.
    pub fn read(body: &[u8]) -> Result<Self, GrantError> {
        let answer: Answer = serde_json::from_slice(body).map_err(|_| GrantError::Json)?;
        let (access_token, refresh_token) =
            (Zeroizing::new(answer.access_token), Zeroizing::new(answer.refresh_token));
        if !answer.token_type.eq_ignore_ascii_case("DPoP") {
            return Err(GrantError::Type);
        }
        if !answer.scope.split(' ').any(|scope| scope == "atproto") {
            return Err(GrantError::Scope);
        }
        let sub = Did::parse(&answer.sub).map_err(|_| GrantError::Subject)?;
        Ok(Self { access_token, refresh_token, scope: answer.scope, sub })
    }
}

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant")
            .field("scope", &self.scope)
            .field("sub", &self.sub)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn tokens_are_bound_and_somebodys() {
        let good = json!({
            "access_token": "a secret", "token_type": "DPoP", "expires_in": 900,
            "refresh_token": "another secret", "scope": "atproto identity:*", "sub": "did:web:a.test",
        });
        let read = |name: &str, value: Value| {
            let mut answer = good.clone();
            answer[name] = value;
            Grant::read(answer.to_string().as_bytes()).map(|grant| grant.scope)
        };
        assert_eq!(read("token_type", json!("dpop")).unwrap(), "atproto identity:*");
        for (name, value, fault) in [
            ("token_type", json!("Bearer"), GrantError::Type),
            ("scope", json!("identity:*"), GrantError::Scope),
            ("scope", Value::Null, GrantError::Json),
            ("sub", json!("alice"), GrantError::Subject),
            ("sub", Value::Null, GrantError::Json),
            ("refresh_token", Value::Null, GrantError::Json),
            ("access_token", json!(5), GrantError::Json),
        ] {
            assert_eq!(read(name, value), Err(fault), "{name}");
        }
        assert_eq!(Grant::read(b"<html>").unwrap_err(), GrantError::Json);
        let shown = format!("{:?}", Grant::read(good.to_string().as_bytes()).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }
}
