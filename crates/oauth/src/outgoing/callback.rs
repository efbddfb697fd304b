//! What comes back through the browser of whoever was sent to the pages of another host.

use subtle::ConstantTimeEq as _;
use thiserror::Error;

use crate::parameters::{ParameterError, Parameters};

/// What another host has sent the browser back with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Callback {
    /// A code, to be exchanged.
    Code(String),
    /// There is none.
    Refused {
        /// Why, by its name in the standard.
        error: String,
        /// What the host says of it.
        description: Option<String>,
    },
}

/// Says why what has come back counts for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CallbackError {
    /// A parameter is there twice, or there are too many.
    #[error(transparent)]
    Parameters(#[from] ParameterError),
    /// It is the answer to something else.
    #[error("state is not the one that was sent along")]
    State,
    /// Somebody else has answered than who was asked.
    #[error("iss is not the server that was asked")]
    Issuer,
    /// There is neither a code nor an error, or there are both.
    #[error("there is not one of code and error")]
    Neither,
}

impl Callback {
    /// Tells whether an answer may be for the request that had a `state`, and no more: see
    /// [`Callback::read`].
    ///
    /// # Errors
    ///
    /// [`CallbackError`] if it cannot be read.
    pub fn is_for(query: &str, state: &str) -> Result<bool, CallbackError> {
        has_state(&Parameters::from_form(query.as_bytes())?, state)
    }

    /// Reads the answer to the request that had a `state`, of the server that was asked.
    ///
    /// # Errors
    ///
    /// [`CallbackError`] if it is not the answer of that server to that request.
    pub fn read(query: &str, state: &str, issuer: &str) -> Result<Self, CallbackError> {
        let parameters = Parameters::from_form(query.as_bytes())?;
        if !has_state(&parameters, state)? {
            return Err(CallbackError::State);
        }
        // A server that is asked by the side of another one must not answer in its place: RFC 9207.
        if parameters.text("iss")? != Some(issuer) {
            return Err(CallbackError::Issuer);
        }
        let description = parameters.text("error_description")?.map(str::to_owned);
        match (parameters.text("code")?, parameters.text("error")?) {
            (Some(code), None) => Ok(Self::Code(code.to_owned())),
            (None, Some(error)) => Ok(Self::Refused { error: error.to_owned(), description }),
            _ => Err(CallbackError::Neither),
        }
    }
}

fn has_state(parameters: &Parameters, state: &str) -> Result<bool, CallbackError> {
    let found = parameters.text("state")?.unwrap_or_default();
    Ok(bool::from(found.as_bytes().ct_eq(state.as_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_answer_of_who_was_asked_counts() {
        let issuer = "https://pds.test";
        let code = |code: &str| Ok(Callback::Code(code.to_owned()));
        let refused = |error: &str, description: Option<&str>| {
            let description = description.map(str::to_owned);
            Ok(Callback::Refused { error: error.to_owned(), description })
        };
        for (query, expected) in [
            ("code=a&state=s&iss=https://pds.test", code("a")),
            ("code=a%20b&state=s&iss=https%3A%2F%2Fpds.test&x=y", code("a b")),
            (
                "error=access_denied&error_description=No+way&state=s&iss=https://pds.test",
                refused("access_denied", Some("No way")),
            ),
            ("error=a&state=s&iss=https://pds.test", refused("a", None)),
            ("code=a&state=t&iss=https://pds.test", Err(CallbackError::State)),
            ("code=a&state=&iss=https://pds.test", Err(CallbackError::State)),
            ("code=a&iss=https://pds.test", Err(CallbackError::State)),
            ("code=a&state=s&iss=https://pds.test/", Err(CallbackError::Issuer)),
            ("code=a&state=s&iss=https://evil.test", Err(CallbackError::Issuer)),
            ("code=a&state=s", Err(CallbackError::Issuer)),
            ("error=access_denied&state=s", Err(CallbackError::Issuer)),
            ("state=s&iss=https://pds.test", Err(CallbackError::Neither)),
            ("code=&state=s&iss=https://pds.test", Err(CallbackError::Neither)),
            ("code=a&error=b&state=s&iss=https://pds.test", Err(CallbackError::Neither)),
            (
                "code=a&code=b&state=s&iss=https://pds.test",
                Err(ParameterError::Repeated("code").into()),
            ),
            (
                "code=a&state=s&state=t&iss=https://pds.test",
                Err(ParameterError::Repeated("state").into()),
            ),
            ("", Err(CallbackError::State)),
        ] {
            assert_eq!(Callback::read(query, "s", issuer), expected, "{query}");
        }
    }
}
