//! Who this server is to other authorization servers.

use serde::Serialize;
use url::{Host, form_urlencoded};

use crate::metadata::Issuer;

/// Who a client is, and where answers to it go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnClient {
    /// The id, by which servers know it.
    pub client_id: String,
    /// Where browsers are sent back to.
    pub redirect_uri: String,
    /// What it asks for.
    pub scope: String,
    /// The host that it is on the machine where it runs, if it has no address of its own.
    loopback: Option<String>,
}

/// The document behind a client's id: a public client, as everybody can read what is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Document<'a> {
    client_id: &'a str,
    client_name: &'a str,
    client_uri: &'a str,
    application_type: &'static str,
    grant_types: [&'static str; 2],
    response_types: [&'static str; 1],
    redirect_uris: [&'a str; 1],
    scope: &'a str,
    token_endpoint_auth_method: &'static str,
    dpop_bound_access_tokens: bool,
}

impl OwnClient {
    /// Says who the server at an origin is that has its document and takes answers at these paths.
    ///
    /// One that is being developed, on this machine, is known without a document. Answers to it go to
    /// `127.0.0.1`, as those to `localhost` might go elsewhere.
    pub fn new(origin: &Issuer, document: &str, callback: &str, scope: &str) -> Self {
        let url = origin.url("/");
        let scope = scope.to_owned();
        let address = match url.host() {
            _ if url.scheme() != "http" => None,
            Some(Host::Domain("localhost")) => Some("127.0.0.1".to_owned()),
            Some(Host::Ipv4(address)) if address.is_loopback() => Some(address.to_string()),
            Some(Host::Ipv6(address)) if address.is_loopback() => Some(format!("[{address}]")),
            _ => None,
        };
        let Some(address) = address else {
            let client_id = format!("{origin}{document}");
            let redirect_uri = format!("{origin}{callback}");
            return Self { client_id, redirect_uri, scope, loopback: None };
        };
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let host = format!("{address}{port}");
        let redirect_uri = format!("http://{host}{callback}");
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("redirect_uri", &redirect_uri)
            .append_pair("scope", &scope)
            .finish();
        let client_id = format!("http://localhost?{query}");
        Self { client_id, redirect_uri, scope, loopback: Some(host) }
    }

    /// Tells whether an answer came to the host, by its header `Host`, that answers are sent to because
    /// the server itself is not known by its name: it has to be led on to where its cookies are.
    pub fn is_beside(&self, origin: &Issuer, host: &str) -> bool {
        let own = origin.as_str().split_once("://").map_or("", |(_, host)| host);
        self.loopback.as_deref() == Some(host) && own != host
    }

    /// Returns the document.
    pub fn document<'a>(&'a self, origin: &'a Issuer, name: &'a str) -> Document<'a> {
        Document {
            client_id: &self.client_id,
            client_name: name,
            client_uri: origin.as_str(),
            application_type: "web",
            grant_types: ["authorization_code", "refresh_token"],
            response_types: ["code"],
            redirect_uris: [&self.redirect_uri],
            scope: &self.scope,
            token_endpoint_auth_method: "none",
            dpop_bound_access_tokens: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{Client, ClientId, Hosts};

    const SCOPE: &str = "atproto rpc:com.example.a?aud=* identity:*";

    fn own(origin: &str) -> (Issuer, OwnClient) {
        let origin = Issuer::parse(origin).unwrap();
        let own = OwnClient::new(&origin, "/oauth/a.json", "/move/b", SCOPE);
        (origin, own)
    }

    #[test]
    fn the_document_is_one_that_servers_take() {
        let (origin, own) = own("https://new.example.com");
        let document = serde_json::to_vec(&own.document(&origin, "New")).unwrap();
        let id = ClientId::parse(&own.client_id, Hosts::Public).unwrap();
        let client = Client::parse(&id, &document).unwrap();
        assert_eq!(client.scope.join(" "), SCOPE);
        assert!(client.redirect_uri("https://new.example.com/move/b").is_some());
        assert!(client.refreshes && !client.is_confidential());
        assert_eq!(client.page.unwrap().as_str(), "https://new.example.com/");
        assert!(!own.is_beside(&origin, "new.example.com"));
        assert!(!own.is_beside(&origin, "127.0.0.1"));
    }

    #[test]
    fn on_a_machine_of_its_own_no_document_is_needed() {
        for (origin, redirect_uri, beside) in [
            ("http://localhost:2583", "http://127.0.0.1:2583/move/b", Some("127.0.0.1:2583")),
            ("http://127.0.0.1:2583", "http://127.0.0.1:2583/move/b", None),
            ("http://[::1]:2583", "http://[::1]:2583/move/b", None),
            ("http://localhost", "http://127.0.0.1/move/b", Some("127.0.0.1")),
        ] {
            let (origin, own) = own(origin);
            assert_eq!(own.redirect_uri, redirect_uri);
            let id = ClientId::parse(&own.client_id, Hosts::Public).unwrap();
            let ClientId::Loopback(_) = &id else { panic!("{}", own.client_id) };
            let name = origin.as_str().trim_start_matches("http://");
            assert!(!own.is_beside(&origin, name), "{name}");
            assert!(!own.is_beside(&origin, "evil.test"));
            if let Some(host) = beside {
                assert!(own.is_beside(&origin, host), "{host}");
            }
        }
    }
}
