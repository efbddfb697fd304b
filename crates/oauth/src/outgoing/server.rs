//! Other authorization servers, as they describe themselves.

use serde::Deserialize;
use thiserror::Error;
use url::{Host, Url};

use crate::metadata::Issuer;

/// The algorithm that proofs are signed with.
const ALGORITHM: &str = "ES256";

/// An authorization server that does what this protocol asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorizationServer {
    /// Who it is.
    pub issuer: Issuer,
    /// Where the browser goes.
    pub authorize: Url,
    /// Where requests are pushed to.
    pub push: Url,
    /// Where tokens are had.
    pub token: Url,
    /// Where tokens are given back, if that is possible.
    pub revoke: Option<Url>,
}

/// Says why nobody can be let in by what a server says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ServerError {
    /// It is not JSON, or lacks a field.
    #[error("metadata is not a JSON object with all that is needed")]
    Json,
    /// It describes another server than the one that was asked.
    #[error("{0} is not the server that was asked")]
    Other(&'static str),
    /// There is not exactly one authorization server.
    #[error("there is not one authorization server")]
    NotOne,
    /// An address cannot be used.
    #[error("{0} is not an https address")]
    Address(&'static str),
    /// It does not do what it has to.
    #[error("{0} lacks what is needed")]
    Lacking(&'static str),
}

#[derive(Deserialize)]
struct Resource {
    resource: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    pushed_authorization_request_endpoint: String,
    revocation_endpoint: Option<String>,
    response_types_supported: Vec<String>,
    grant_types_supported: Vec<String>,
    scopes_supported: Vec<String>,
    code_challenge_methods_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Vec<String>,
    dpop_signing_alg_values_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    client_id_metadata_document_supported: bool,
    protected_resources: Option<Vec<String>>,
}

/// Reads who lets people in to a host, from its `/.well-known/oauth-protected-resource`. `resource` is
/// the host's origin.
///
/// # Errors
///
/// [`ServerError`] if that is not said.
pub fn issuer_of(body: &[u8], resource: &str) -> Result<Issuer, ServerError> {
    let found: Resource = serde_json::from_slice(body).map_err(|_| ServerError::Json)?;
    if found.resource != resource {
        return Err(ServerError::Other("resource"));
    }
    let [issuer] = &found.authorization_servers[..] else { return Err(ServerError::NotOne) };
    let parsed =
        Issuer::parse(issuer).map_err(|_| ServerError::Address("authorization_servers"))?;
    // With a slash at its end it would not be what the server calls itself.
    if parsed.as_str() != issuer {
        return Err(ServerError::Address("authorization_servers"));
    }
    address("authorization_servers", issuer)?;
    Ok(parsed)
}

impl AuthorizationServer {
    /// Reads what the server at an origin says of itself, from its
    /// `/.well-known/oauth-authorization-server`, for letting people in to the host `resource`.
    ///
    /// # Errors
    ///
    /// [`ServerError`] with what does not do.
    pub fn read(body: &[u8], issuer: &Issuer, resource: &str) -> Result<Self, ServerError> {
        let found: Metadata = serde_json::from_slice(body).map_err(|_| ServerError::Json)?;
        if found.issuer != issuer.as_str() {
            return Err(ServerError::Other("issuer"));
        }
        if found.protected_resources.is_some_and(|all| all.iter().all(|one| one != resource)) {
            return Err(ServerError::Other("protected_resources"));
        }
        for (name, list, needed) in [
            ("response_types_supported", &found.response_types_supported, "code"),
            ("grant_types_supported", &found.grant_types_supported, "authorization_code"),
            ("grant_types_supported", &found.grant_types_supported, "refresh_token"),
            ("scopes_supported", &found.scopes_supported, "atproto"),
            ("code_challenge_methods_supported", &found.code_challenge_methods_supported, "S256"),
            (
                "token_endpoint_auth_methods_supported",
                &found.token_endpoint_auth_methods_supported,
                "none",
            ),
            (
                "dpop_signing_alg_values_supported",
                &found.dpop_signing_alg_values_supported,
                ALGORITHM,
            ),
        ] {
            if !list.iter().any(|one| one == needed) {
                return Err(ServerError::Lacking(name));
            }
        }
        for (name, is_so) in [
            (
                "authorization_response_iss_parameter_supported",
                found.authorization_response_iss_parameter_supported,
            ),
            ("client_id_metadata_document_supported", found.client_id_metadata_document_supported),
        ] {
            if !is_so {
                return Err(ServerError::Lacking(name));
            }
        }
        let revoke = found.revocation_endpoint.as_deref();
        Ok(Self {
            issuer: issuer.clone(),
            authorize: address("authorization_endpoint", &found.authorization_endpoint)?,
            push: address(
                "pushed_authorization_request_endpoint",
                &found.pushed_authorization_request_endpoint,
            )?,
            token: address("token_endpoint", &found.token_endpoint)?,
            revoke: revoke.map(|url| address("revocation_endpoint", url)).transpose()?,
        })
    }

    /// Returns where the browser goes with a request that was pushed.
    pub fn link(&self, client_id: &str, request_uri: &str) -> Url {
        let mut link = self.authorize.clone();
        link.query_pairs_mut()
            .append_pair("client_id", client_id)
            .append_pair("request_uri", request_uri);
        link
    }
}

/// Reads an address that secrets may go to: of `https`, or on this machine.
fn address(name: &'static str, text: &str) -> Result<Url, ServerError> {
    let url = Url::parse(text).map_err(|_| ServerError::Address(name))?;
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_local);
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    if is_safe && is_plain && url.has_host() { Ok(url) } else { Err(ServerError::Address(name)) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::metadata::{ResourceMetadata, ServerMetadata};

    const HOST: &str = "https://pds.test";

    #[test]
    fn what_this_server_says_of_itself_is_what_is_looked_for() {
        let issuer = Issuer::parse(HOST).unwrap();
        let resource = serde_json::to_vec(&ResourceMetadata::new(&issuer)).unwrap();
        assert_eq!(issuer_of(&resource, HOST).unwrap(), issuer);
        let server = serde_json::to_vec(&ServerMetadata::new(&issuer, &["en"], true)).unwrap();
        let server = AuthorizationServer::read(&server, &issuer, HOST).unwrap();
        assert_eq!(server.revoke.as_ref().unwrap().as_str(), "https://pds.test/oauth/revoke");
        assert_eq!(
            server.link("https://a.test/b?c", "urn:d").as_str(),
            "https://pds.test/oauth/authorize?client_id=https%3A%2F%2Fa.test%2Fb%3Fc&request_uri=urn%3Ad"
        );
    }

    #[test]
    fn a_host_names_one_server_and_itself() {
        let at = "authorization_servers";
        for (resource, servers, expected) in [
            (HOST, json!(["https://entry.test"]), Ok("https://entry.test")),
            (HOST, json!(["http://127.0.0.1:2583"]), Ok("http://127.0.0.1:2583")),
            (HOST, json!(["http://entry.test"]), Err(ServerError::Address(at))),
            (HOST, json!(["https://entry.test/"]), Err(ServerError::Address(at))),
            (HOST, json!(["https://entry.test/a"]), Err(ServerError::Address(at))),
            (HOST, json!(["https://a.test", "https://b.test"]), Err(ServerError::NotOne)),
            (HOST, json!([]), Err(ServerError::NotOne)),
            (HOST, json!("https://entry.test"), Err(ServerError::Json)),
            ("https://pds.test/", json!([HOST]), Err(ServerError::Other("resource"))),
            ("https://evil.test", json!([HOST]), Err(ServerError::Other("resource"))),
        ] {
            let body = json!({ "resource": resource, at: servers }).to_string();
            let found = issuer_of(body.as_bytes(), HOST);
            let found = found.as_ref().map(Issuer::as_str).map_err(|error| *error);
            assert_eq!(found, expected, "{body}");
        }
        assert_eq!(issuer_of(b"<html>", HOST).unwrap_err(), ServerError::Json);
    }

    #[test]
    fn a_server_that_does_too_little_is_not_asked() {
        let issuer = Issuer::parse(HOST).unwrap();
        let good = serde_json::to_value(ServerMetadata::new(&issuer, &["en"], true)).unwrap();
        let read = |name: &str, value: Value| {
            let mut metadata = good.clone();
            metadata[name] = value;
            AuthorizationServer::read(metadata.to_string().as_bytes(), &issuer, HOST)
        };
        assert!(read("protected_resources", Value::Null).is_ok(), "not all say");
        assert_eq!(read("revocation_endpoint", Value::Null).unwrap().revoke, None);
        let codes = "code_challenge_methods_supported";
        let iss = "authorization_response_iss_parameter_supported";
        for (name, value, fault) in [
            ("issuer", json!("https://evil.test"), ServerError::Other("issuer")),
            ("issuer", json!("https://pds.test/"), ServerError::Other("issuer")),
            ("issuer", Value::Null, ServerError::Json),
            (
                "protected_resources",
                json!(["https://evil.test"]),
                ServerError::Other("protected_resources"),
            ),
            ("token_endpoint", json!("http://pds.test/a"), ServerError::Address("token_endpoint")),
            ("token_endpoint", json!("/a"), ServerError::Address("token_endpoint")),
            ("token_endpoint", Value::Null, ServerError::Json),
            ("pushed_authorization_request_endpoint", Value::Null, ServerError::Json),
            (
                "authorization_endpoint",
                json!("javascript:alert(1)"),
                ServerError::Address("authorization_endpoint"),
            ),
            (
                "authorization_endpoint",
                json!("https://a:b@pds.test/"),
                ServerError::Address("authorization_endpoint"),
            ),
            (codes, json!(["plain"]), ServerError::Lacking(codes)),
            (iss, json!(false), ServerError::Lacking(iss)),
            (
                "dpop_signing_alg_values_supported",
                json!(["RS256"]),
                ServerError::Lacking("dpop_signing_alg_values_supported"),
            ),
            (
                "token_endpoint_auth_methods_supported",
                json!(["private_key_jwt"]),
                ServerError::Lacking("token_endpoint_auth_methods_supported"),
            ),
            (
                "grant_types_supported",
                json!(["authorization_code"]),
                ServerError::Lacking("grant_types_supported"),
            ),
            ("scopes_supported", json!(["openid"]), ServerError::Lacking("scopes_supported")),
            ("client_id_metadata_document_supported", Value::Null, ServerError::Json),
        ] {
            assert_eq!(read(name, value), Err(fault), "{name}");
        }
    }
}
