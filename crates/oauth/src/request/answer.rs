//! How the answer to a request reaches the client: through the browser of the account's owner.

use url::form_urlencoded::Serializer;

use crate::error::ErrorCode;
use crate::request::{AuthorizationRequest, ResponseMode};
use crate::token::AuthorizationCode;

/// The answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The client can get tokens.
    Code(AuthorizationCode),
    /// It gets nothing.
    Refused {
        /// Why.
        code: ErrorCode,
        /// Why, for the client's developer.
        description: String,
    },
}

/// What the browser has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Redirect {
    /// To go to an address.
    Location(String),
    /// To post a form.
    Form {
        /// Where to.
        action: String,
        /// The names and values of its fields.
        fields: Vec<(&'static str, String)>,
    },
}

impl AuthorizationRequest {
    /// Builds what brings an answer to the client. The address is one that the client had named
    /// before it asked; nothing of it comes from the browser.
    ///
    /// `issuer` is the origin of this server. It is part of every answer, so that a client that
    /// speaks to several servers can tell from whom it is (RFC 9207).
    pub fn redirect(&self, issuer: &str, answer: &Answer) -> Redirect {
        let mut fields = vec![("iss", issuer.to_owned())];
        fields.extend(self.state.clone().map(|state| ("state", state)));
        match answer {
            Answer::Code(code) => fields.push(("code", code.expose())),
            Answer::Refused { code, description } => {
                fields.push(("error", code.to_string()));
                fields.push(("error_description", description.clone()));
            }
        }
        let uri = &self.redirect_uri;
        let separator = match self.response_mode {
            ResponseMode::FormPost => return Redirect::Form { action: uri.clone(), fields },
            ResponseMode::Fragment => "#",
            ResponseMode::Query if !uri.contains('?') => "?",
            ResponseMode::Query if uri.ends_with(['?', '&']) => "",
            ResponseMode::Query => "&",
        };
        let encoded = Serializer::new(String::new()).extend_pairs(fields).finish();
        Redirect::Location(format!("{uri}{separator}{encoded}"))
    }
}
