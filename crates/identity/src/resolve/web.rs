//! did:web: documents on the web server of a host.

use std::time::Duration;

use http::StatusCode;
use http::uri::PathAndQuery;
use syntax::{Did, Handle};

use crate::document::{DOCUMENT_BYTES_MAX, Document};
use crate::origin::Origin;
use crate::outbound::{self, Limits};
use crate::resolve::ResolveError;

const WELL_KNOWN: &str = "/.well-known/did.json";
pub(super) const DOCUMENT_TYPES: &str =
    "application/did+ld+json, application/did+json, application/json";

/// Asks the host of a DID for its document. Redirects are not followed.
///
/// Spec: <https://atproto.com/specs/did#blessed-did-methods>
pub(super) async fn document(
    http: &outbound::Client,
    did: &Did,
    time_max: Duration,
) -> Result<Document, ResolveError> {
    let origin = origin(did).ok_or(ResolveError::Unsupported)?;
    let url = origin.url(PathAndQuery::from_static(WELL_KNOWN));
    read_document(http, did, url, time_max).await
}

/// Gets a document and checks that it is the DID's.
pub(super) async fn read_document(
    http: &outbound::Client,
    did: &Did,
    url: http::Uri,
    time_max: Duration,
) -> Result<Document, ResolveError> {
    let limits = Limits::document(time_max, document_bytes_max());
    let response = http.get(url, DOCUMENT_TYPES, &limits).await?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND => return Err(ResolveError::NotFound),
        StatusCode::GONE => return Err(ResolveError::Ended),
        status => return Err(ResolveError::Status(status.as_u16())),
    }
    let document = Document::parse(response.body())?;
    if document.did() != did {
        return Err(ResolveError::OtherDid(document.did().clone()));
    }
    Ok(document)
}

fn document_bytes_max() -> u64 {
    u64::try_from(DOCUMENT_BYTES_MAX).expect("it is small")
}

/// Returns the server of a DID: a host as handles may have it, or this machine with any port.
fn origin(did: &Did) -> Option<Origin> {
    let host = did.identifier();
    let local = host.strip_prefix("localhost");
    if let Some(port) = local.filter(|port| port.is_empty() || port.starts_with(['%', ':'])) {
        let port = port.replace("%3A", ":").replace("%3a", ":");
        return Origin::parse(&format!("http://localhost{port}")).ok();
    }
    let host = Handle::parse(host).ok().filter(|host| !host.has_disallowed_tld())?;
    Origin::https(host.as_str()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_bare_hosts_have_a_server() {
        for (did, server) in [
            ("did:web:a.example.com", Some("https://a.example.com")),
            ("did:web:A.Example.com", Some("https://a.example.com")),
            ("did:web:localhost", Some("http://localhost")),
            ("did:web:localhost%3A2583", Some("http://localhost:2583")),
            ("did:web:localhost%3a2583", Some("http://localhost:2583")),
            ("did:web:localhost:2583:path", None),
            ("did:web:localhost%3A", None),
            ("did:web:localhost%2Fpath", None),
            ("did:web:localhost.example.com", Some("https://localhost.example.com")),
            ("did:web:a.example.com%3A8443", None),
            ("did:web:a.example.com:path", None),
            ("did:web:a.example.com%2Fpath", None),
            ("did:web:example", None),
            ("did:web:127.0.0.1", None),
            ("did:web:2130706433", None),
            ("did:web:%5B%3A%3A1%5D", None),
            ("did:web:router.local", None),
            ("did:web:metadata.internal", None),
            ("did:web:a.onion", None),
            ("did:web:a.localhost", None),
        ] {
            let found = origin(&did.parse().unwrap()).map(|origin| origin.to_string());
            assert_eq!(found.as_deref(), server, "{did}");
        }
    }
}
