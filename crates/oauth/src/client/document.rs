//! The documents by which clients describe themselves.
//!
//! What is not known here is looked past. What is wrong is refused with the name of its field, as
//! nobody but the client's developer can mend it.

use std::collections::HashSet;

use crypto::Curve;
use serde_json::{Map, Value};
use thiserror::Error;
use url::Url;

use crate::client::{
    AuthMethod, Client, ClientId, ClientKind, KeySource, RedirectUri, RedirectUriError,
};
use crate::error::{ErrorCode, Refusal};
use crate::jose::{self, JwkSet, JwkSetError};
use crate::scope;

/// The most bytes of a document.
pub const DOCUMENT_BYTES_MAX: usize = 512 * 1024;
/// The most values of the scope: the largest known application has two hundred.
const SCOPES_MAX: usize = 4096;
/// The most addresses that a client may name.
const REDIRECT_URIS_MAX: usize = 100;
/// The most characters of a name that are shown to anybody.
const NAME_CHARS_MAX: usize = 100;

/// Says what is wrong with the document of a client.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClientError {
    /// It is longer than [`DOCUMENT_BYTES_MAX`].
    #[error("client metadata is longer than {DOCUMENT_BYTES_MAX} bytes")]
    TooLong,
    /// It is not a JSON object.
    #[error("client metadata is not a JSON object")]
    Json,
    /// A field is not there.
    #[error("client metadata lacks {0}")]
    Missing(&'static str),
    /// A field is of another type than it has to be.
    #[error("{field} of the client metadata is not {expected}")]
    Type {
        /// The name of the field.
        field: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
    /// The document is that of another client.
    #[error("client_id of the client metadata is \"{0}\", which is not where it was found")]
    OtherId(String),
    /// The scope is longer, or has more values, than is looked at.
    #[error(
        "scope of the client metadata is longer than 64 KiB, or has more than {SCOPES_MAX} values"
    )]
    TooManyScopes,
    /// A value of the scope is empty, or there twice.
    #[error("scope of the client metadata has the value \"{0}\" twice, or an empty one")]
    Scope(String),
    /// The scope lacks what every client of the protocol has to ask for.
    #[error("scope of the client metadata lacks \"atproto\"")]
    NoAtproto,
    /// A grant type that is not known, or not allowed.
    #[error("grant_types of the client metadata has \"{0}\", which is not supported")]
    GrantType(String),
    /// A client that never asks for a code.
    #[error("grant_types of the client metadata lacks \"authorization_code\"")]
    NoCodeGrant,
    /// A client that never takes a code.
    #[error("response_types of the client metadata lacks \"code\"")]
    NoCodeResponse,
    /// Something else than `public`.
    #[error("subject_type of the client metadata is not \"public\"")]
    SubjectType,
    /// Tokens that everybody could use who finds them.
    #[error("dpop_bound_access_tokens of the client metadata is not true")]
    NotBound,
    /// Neither of the two kinds of clients.
    #[error("application_type of the client metadata is neither \"web\" nor \"native\"")]
    Kind,
    /// A way to prove who the client is that is not supported.
    #[error(
        "token_endpoint_auth_method of the client metadata is \"{0}\", not \"none\" or \
         \"private_key_jwt\""
    )]
    AuthMethod(String),
    /// There are keys, and nothing says what for.
    #[error(
        "token_endpoint_auth_method of the client metadata is missing, though there is jwks or \
         jwks_uri"
    )]
    NoAuthMethod,
    /// A client on devices cannot keep a key for itself.
    #[error("token_endpoint_auth_method of a native client is not \"none\"")]
    NativeAuthMethod,
    /// An algorithm for a client that signs nothing.
    #[error("token_endpoint_auth_signing_alg of the client metadata is for \"private_key_jwt\"")]
    UnusedAlgorithm,
    /// An algorithm that is not supported.
    #[error("token_endpoint_auth_signing_alg of the client metadata is not ES256 or ES256K")]
    Algorithm,
    /// There are no keys, or there are two places for them.
    #[error("client metadata has to have one of jwks and jwks_uri")]
    Keys,
    /// The keys cannot be used.
    #[error("jwks of the client metadata cannot be used")]
    KeySet(#[source] JwkSetError),
    /// The address of the keys cannot be used.
    #[error("jwks_uri of the client metadata is not a plain https URL")]
    KeysUrl,
    /// The client's page is not its own.
    #[error("client_uri of the client metadata is not a parent of client_id")]
    Page,
    /// There is nowhere for answers to go.
    #[error("redirect_uris of the client metadata is empty")]
    NoRedirectUri,
    /// There are too many addresses.
    #[error("redirect_uris of the client metadata has more than {REDIRECT_URIS_MAX} values")]
    TooManyRedirectUris,
    /// An address cannot be used.
    #[error("redirect_uris of the client metadata has \"{uri}\"")]
    RedirectUri {
        /// The address.
        uri: String,
        /// What is wrong with it.
        #[source]
        fault: RedirectUriError,
    },
}

impl Refusal for ClientError {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidClient
    }
}

impl Client {
    /// Reads the document that was found behind an id.
    ///
    /// # Errors
    ///
    /// [`ClientError`] with the first thing that is wrong.
    pub fn parse(id: &ClientId, document: &[u8]) -> Result<Self, ClientError> {
        if document.len() > DOCUMENT_BYTES_MAX {
            return Err(ClientError::TooLong);
        }
        let map = serde_json::from_slice(document).map_err(|_| ClientError::Json)?;
        let document = Document { id, map };
        let found = document.text("client_id")?.ok_or(ClientError::Missing("client_id"))?;
        if found != id.as_str() {
            return Err(ClientError::OtherId(found.to_owned()));
        }
        let refreshes = document.check_grants()?;
        let kind = match document.text("application_type")? {
            None | Some("web") => ClientKind::Web,
            Some("native") => ClientKind::Native,
            Some(_) => return Err(ClientError::Kind),
        };
        Ok(Self {
            id: id.clone(),
            name: document.text("client_name")?.and_then(plain_name),
            page: document.page()?,
            logo: document.link("logo_uri"),
            terms: document.link("tos_uri"),
            policy: document.link("policy_uri"),
            scope: document.scope()?,
            redirect_uris: document.redirect_uris(kind)?,
            kind,
            refreshes,
            auth: document.auth(kind)?,
        })
    }

    /// Describes a client that is being developed, and has no document.
    pub fn in_development(id: &ClientId) -> Option<Self> {
        let ClientId::Loopback(loopback) = id else { return None };
        Some(Self {
            id: id.clone(),
            name: None,
            page: None,
            logo: None,
            terms: None,
            policy: None,
            scope: loopback.scope.split(' ').map(str::to_owned).collect(),
            redirect_uris: loopback.redirect_uris.clone(),
            kind: ClientKind::Native,
            refreshes: true,
            auth: AuthMethod::None,
        })
    }
}

/// A document, and whose it is.
struct Document<'a> {
    id: &'a ClientId,
    map: Map<String, Value>,
}

impl Document<'_> {
    fn value(&self, field: &str) -> Option<&Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    fn text(&self, field: &'static str) -> Result<Option<&str>, ClientError> {
        let expected = "a text";
        let text = |value: &'_ Value| value.is_string();
        match self.value(field) {
            Some(value) if !text(value) => Err(ClientError::Type { field, expected }),
            value => Ok(value.and_then(Value::as_str)),
        }
    }

    fn texts(&self, field: &'static str) -> Result<Option<Vec<&str>>, ClientError> {
        let fault = ClientError::Type { field, expected: "an array of texts" };
        let Some(value) = self.value(field) else { return Ok(None) };
        let texts = value.as_array().and_then(|all| all.iter().map(Value::as_str).collect());
        texts.map(Some).ok_or(fault)
    }

    /// Returns an address that is only ever shown as a link. One that cannot be is left out.
    fn link(&self, field: &str) -> Option<Url> {
        let url = Url::parse(self.value(field)?.as_str()?).ok()?;
        (url.scheme() == "https").then_some(url)
    }

    /// Checks what kinds of grants the client is for, and tells whether it refreshes tokens.
    fn check_grants(&self) -> Result<bool, ClientError> {
        let grants = self.texts("grant_types")?.unwrap_or_else(|| vec!["authorization_code"]);
        let is_known = |grant: &&str| matches!(*grant, "authorization_code" | "refresh_token");
        if let Some(grant) = grants.iter().find(|grant| !is_known(grant)) {
            return Err(ClientError::GrantType((*grant).to_owned()));
        }
        if !grants.contains(&"authorization_code") {
            return Err(ClientError::NoCodeGrant);
        }
        if self.texts("response_types")?.is_some_and(|types| !types.contains(&"code")) {
            return Err(ClientError::NoCodeResponse);
        }
        if self.text("subject_type")?.is_some_and(|subject| subject != "public") {
            return Err(ClientError::SubjectType);
        }
        if self.value("dpop_bound_access_tokens") != Some(&Value::Bool(true)) {
            return Err(ClientError::NotBound);
        }
        Ok(grants.contains(&"refresh_token"))
    }

    fn scope(&self) -> Result<Vec<String>, ClientError> {
        let scope = self.text("scope")?.ok_or(ClientError::Missing("scope"))?;
        if scope.len() > scope::BYTES_MAX || scope.split(' ').count() > SCOPES_MAX {
            return Err(ClientError::TooManyScopes);
        }
        let mut seen = HashSet::new();
        for value in scope.split(' ') {
            if value.is_empty() || !seen.insert(value) {
                return Err(ClientError::Scope(value.to_owned()));
            }
        }
        if !seen.contains("atproto") {
            return Err(ClientError::NoAtproto);
        }
        Ok(scope.split(' ').map(str::to_owned).collect())
    }

    fn redirect_uris(&self, kind: ClientKind) -> Result<Vec<RedirectUri>, ClientError> {
        let field = "redirect_uris";
        let uris = self.texts(field)?.ok_or(ClientError::Missing(field))?;
        match uris.len() {
            0 => return Err(ClientError::NoRedirectUri),
            1..=REDIRECT_URIS_MAX => {}
            _ => return Err(ClientError::TooManyRedirectUris),
        }
        let parse = |uri: &str| {
            RedirectUri::parse(uri, self.id, kind)
                .map_err(|fault| ClientError::RedirectUri { uri: uri.to_owned(), fault })
        };
        uris.into_iter().map(parse).collect()
    }

    fn auth(&self, kind: ClientKind) -> Result<AuthMethod, ClientError> {
        let algorithm = self.text("token_endpoint_auth_signing_alg")?;
        let (jwks, jwks_uri) = (self.value("jwks"), self.text("jwks_uri")?);
        if jwks.is_some() && jwks_uri.is_some() {
            return Err(ClientError::Keys);
        }
        // A client that has shown its key to everybody is told so, whatever it needs the key for.
        if let Some(Err(fault @ JwkSetError::Private(_))) = jwks.map(JwkSet::read) {
            return Err(ClientError::KeySet(fault));
        }
        match self.text("token_endpoint_auth_method")? {
            // By the standard this would be a secret that both sides have. Nobody means that here.
            None if jwks.is_some() || jwks_uri.is_some() => Err(ClientError::NoAuthMethod),
            None | Some("none") => match algorithm {
                None => Ok(AuthMethod::None),
                Some(_) => Err(ClientError::UnusedAlgorithm),
            },
            Some("private_key_jwt") if kind == ClientKind::Native => {
                Err(ClientError::NativeAuthMethod)
            }
            Some("private_key_jwt") => {
                let missing = ClientError::Missing("token_endpoint_auth_signing_alg");
                let curve = jose::curve_of(algorithm.ok_or(missing)?);
                let curve = curve.ok_or(ClientError::Algorithm)?;
                let keys = match (jwks, jwks_uri) {
                    (Some(jwks), _) => inline_keys(jwks, curve)?,
                    (None, Some(uri)) => self.keys_at(uri)?,
                    (None, None) => return Err(ClientError::Keys),
                };
                Ok(AuthMethod::PrivateKeyJwt { curve, keys })
            }
            Some(method) => Err(ClientError::AuthMethod(method.to_owned())),
        }
    }

    /// Reads where the keys are. Only clients whose document came without encryption, which happens
    /// on servers in development, may have their keys come so.
    fn keys_at(&self, uri: &str) -> Result<KeySource, ClientError> {
        let url = Url::parse(uri).map_err(|_| ClientError::KeysUrl)?;
        let is_own = matches!(self.id, ClientId::Discoverable(id) if id.scheme() == url.scheme());
        let is_plain =
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let is_http = url.scheme() == "https" || (url.scheme() == "http" && is_own);
        if is_plain && is_http { Ok(KeySource::At(url)) } else { Err(ClientError::KeysUrl) }
    }

    fn page(&self) -> Result<Option<Url>, ClientError> {
        let Some(text) = self.text("client_uri")? else { return Ok(None) };
        let page = Url::parse(text).map_err(|_| ClientError::Page)?;
        let ClientId::Discoverable(id) = self.id else { return Err(ClientError::Page) };
        let path = page.path();
        let is_parent = id.path() == path
            || id
                .path()
                .strip_prefix(path)
                .is_some_and(|rest| path.ends_with('/') || rest.starts_with('/'));
        let is_own = page.origin() == id.origin() && is_parent;
        if is_own { Ok(Some(page)) } else { Err(ClientError::Page) }
    }
}

fn inline_keys(jwks: &Value, curve: Curve) -> Result<KeySource, ClientError> {
    let keys = JwkSet::read(jwks).map_err(ClientError::KeySet)?;
    if !keys.iter().any(|key| key.public_key().curve() == curve) {
        return Err(ClientError::KeySet(JwkSetError::Unusable(None)));
    }
    Ok(KeySource::Inline(keys))
}

/// Makes a name one line of text that is read in one direction, if anything of it is left.
fn plain_name(name: &str) -> Option<String> {
    let is_plain = |char: &char| {
        !char.is_control()
            && !matches!(*char, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}')
            && !matches!(*char, '\u{2066}'..='\u{2069}')
    };
    let name: String = name.chars().filter(is_plain).take(NAME_CHARS_MAX).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;
