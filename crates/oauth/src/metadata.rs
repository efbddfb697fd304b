//! Who this server is, and the two documents in which it tells clients what it can do.
//!
//! Only what is there is announced.
//!
//! Specs: RFC 8414, RFC 9728, <https://atproto.com/specs/oauth#server-metadata>

use std::fmt;

use serde::Serialize;
use thiserror::Error;
use url::Url;

use crate::jose;

/// Where a request of a client is pushed to.
pub const PUSHED_REQUEST_PATH: &str = "/oauth/par";
/// Where the owner's browser goes.
pub const AUTHORIZE_PATH: &str = "/oauth/authorize";
/// Where tokens are had.
pub const TOKEN_PATH: &str = "/oauth/token";
/// Where tokens are given back.
pub const REVOKE_PATH: &str = "/oauth/revoke";
/// Where the keys of this server are. There are none: its tokens are for itself.
pub const JWKS_PATH: &str = "/oauth/jwks";

/// The origin of this server, by which clients know it.
///
/// It is the one that is configured, whatever a request says that it was sent to. It has no slash
/// at the end: clients compare it byte by byte.
#[derive(Clone, PartialEq, Eq)]
pub struct Issuer {
    url: Url,
    text: String,
}

/// Says that a text is not the origin of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an origin of http or https: nothing may stand behind the host and the port")]
pub struct IssuerError;

impl Issuer {
    /// Parses an origin. One slash at its end is left out, and so is the port that is implied.
    ///
    /// # Errors
    ///
    /// [`IssuerError`] if it has more than a scheme, a host and a port.
    pub fn parse(text: &str) -> Result<Self, IssuerError> {
        let url = Url::parse(text).map_err(|_| IssuerError)?;
        let is_http = matches!(url.scheme(), "http" | "https");
        let origin = url.origin().ascii_serialization();
        // All else that a URL can have makes it longer than this.
        if !is_http || url.as_str() != format!("{origin}/") {
            return Err(IssuerError);
        }
        Ok(Self { url, text: origin })
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the address of a path here.
    pub fn url(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(path);
        url
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.text)
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// `/.well-known/oauth-protected-resource`: where tokens for this server are had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ResourceMetadata {
    resource: String,
    authorization_servers: [String; 1],
    bearer_methods_supported: [&'static str; 1],
    scopes_supported: [&'static str; 0],
    resource_documentation: &'static str,
}

impl ResourceMetadata {
    /// Describes the server at an origin: it has its tokens from itself.
    pub fn new(issuer: &Issuer) -> Self {
        Self {
            resource: issuer.to_string(),
            authorization_servers: [issuer.to_string()],
            bearer_methods_supported: ["header"],
            scopes_supported: [],
            resource_documentation: "https://atproto.com",
        }
    }
}

/// `/.well-known/oauth-authorization-server`: how tokens are had here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerMetadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    revocation_endpoint: String,
    pushed_authorization_request_endpoint: String,
    jwks_uri: String,
    protected_resources: [String; 1],
    scopes_supported: [&'static str; 4],
    subject_types_supported: [&'static str; 1],
    response_types_supported: [&'static str; 1],
    response_modes_supported: [&'static str; 3],
    grant_types_supported: [&'static str; 2],
    code_challenge_methods_supported: [&'static str; 1],
    ui_locales_supported: Vec<String>,
    display_values_supported: [&'static str; 3],
    prompt_values_supported: Vec<&'static str>,
    authorization_response_iss_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    require_request_uri_registration: bool,
    require_pushed_authorization_requests: bool,
    token_endpoint_auth_methods_supported: [&'static str; 2],
    token_endpoint_auth_signing_alg_values_supported: [&'static str; 2],
    dpop_signing_alg_values_supported: [&'static str; 2],
    client_id_metadata_document_supported: bool,
}

impl ServerMetadata {
    /// Describes the server at an origin. `languages` are those of its pages, and `has_sign_up`
    /// tells whether people can get accounts.
    pub fn new(issuer: &Issuer, languages: &[&str], has_sign_up: bool) -> Self {
        let mut prompts = vec!["none", "login", "consent", "select_account"];
        prompts.extend(has_sign_up.then_some("create"));
        Self {
            issuer: issuer.to_string(),
            authorization_endpoint: issuer.at(AUTHORIZE_PATH),
            token_endpoint: issuer.at(TOKEN_PATH),
            revocation_endpoint: issuer.at(REVOKE_PATH),
            pushed_authorization_request_endpoint: issuer.at(PUSHED_REQUEST_PATH),
            jwks_uri: issuer.at(JWKS_PATH),
            protected_resources: [issuer.to_string()],
            scopes_supported: [
                "atproto",
                "transition:email",
                "transition:generic",
                "transition:chat.bsky",
            ],
            subject_types_supported: ["public"],
            response_types_supported: ["code"],
            response_modes_supported: ["query", "fragment", "form_post"],
            grant_types_supported: ["authorization_code", "refresh_token"],
            code_challenge_methods_supported: ["S256"],
            ui_locales_supported: languages.iter().map(|tag| (*tag).to_owned()).collect(),
            display_values_supported: ["page", "popup", "touch"],
            prompt_values_supported: prompts,
            authorization_response_iss_parameter_supported: true,
            request_parameter_supported: false,
            // By itself this means requests that were pushed. Some clients look for it.
            request_uri_parameter_supported: true,
            require_request_uri_registration: true,
            require_pushed_authorization_requests: true,
            token_endpoint_auth_methods_supported: ["none", "private_key_jwt"],
            token_endpoint_auth_signing_alg_values_supported: jose::ALGORITHMS,
            dpop_signing_alg_values_supported: jose::ALGORITHMS,
            client_id_metadata_document_supported: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_issuer_is_an_origin_and_nothing_more() {
        for (text, issuer) in [
            ("https://pds.test", Some("https://pds.test")),
            ("https://PDS.test:443/", Some("https://pds.test")),
            ("http://localhost:2583", Some("http://localhost:2583")),
            ("http://[::1]:80", Some("http://[::1]")),
            ("https://pds.test/a", None),
            ("https://pds.test?a", None),
            ("https://pds.test#a", None),
            ("https://me@pds.test", None),
            ("ftp://pds.test", None),
            ("pds.test", None),
            ("", None),
        ] {
            let found = Issuer::parse(text);
            assert_eq!(found.as_ref().ok().map(Issuer::as_str), issuer, "{text}");
        }
    }

    #[test]
    fn an_address_is_at_the_origin_whatever_its_path() {
        let issuer = Issuer::parse("https://pds.test:8443").unwrap();
        for (path, url) in [
            ("/oauth/token", "https://pds.test:8443/oauth/token"),
            ("//evil.test/a", "https://pds.test:8443//evil.test/a"),
            ("@evil.test", "https://pds.test:8443/@evil.test"),
            ("/a?b#c", "https://pds.test:8443/a%3Fb%23c"),
        ] {
            assert_eq!(issuer.url(path).as_str(), url);
        }
    }

    #[test]
    fn the_documents_have_what_clients_look_for() {
        let issuer = Issuer::parse("https://pds.test").unwrap();
        assert_eq!(
            serde_json::to_value(ResourceMetadata::new(&issuer)).unwrap(),
            json!({
                "resource": "https://pds.test",
                "authorization_servers": ["https://pds.test"],
                "bearer_methods_supported": ["header"],
                "scopes_supported": [],
                "resource_documentation": "https://atproto.com",
            })
        );
        let server = ServerMetadata::new(&issuer, &["en", "fr"], true);
        assert_eq!(
            serde_json::to_value(server).unwrap(),
            json!({
                "issuer": "https://pds.test",
                "authorization_endpoint": "https://pds.test/oauth/authorize",
                "token_endpoint": "https://pds.test/oauth/token",
                "revocation_endpoint": "https://pds.test/oauth/revoke",
                "pushed_authorization_request_endpoint": "https://pds.test/oauth/par",
                "jwks_uri": "https://pds.test/oauth/jwks",
                "protected_resources": ["https://pds.test"],
                "scopes_supported": [
                    "atproto", "transition:email", "transition:generic", "transition:chat.bsky",
                ],
                "subject_types_supported": ["public"],
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "grant_types_supported": ["authorization_code", "refresh_token"],
                "code_challenge_methods_supported": ["S256"],
                "ui_locales_supported": ["en", "fr"],
                "display_values_supported": ["page", "popup", "touch"],
                "prompt_values_supported": [
                    "none", "login", "consent", "select_account", "create",
                ],
                "authorization_response_iss_parameter_supported": true,
                "request_parameter_supported": false,
                "request_uri_parameter_supported": true,
                "require_request_uri_registration": true,
                "require_pushed_authorization_requests": true,
                "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
                "token_endpoint_auth_signing_alg_values_supported": ["ES256", "ES256K"],
                "dpop_signing_alg_values_supported": ["ES256", "ES256K"],
                "client_id_metadata_document_supported": true,
            })
        );
        let closed = ServerMetadata::new(&issuer, &["en"], false);
        assert!(!closed.prompt_values_supported.contains(&"create"));
    }
}
