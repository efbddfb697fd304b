//! Where handles lead: by the DNS, or by a file on the web.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use http::uri::PathAndQuery;
use syntax::{Did, Handle};
use thiserror::Error;
use tokio::time::timeout;

use crate::dns::{Dns, DnsError};
use crate::origin::Origin;
use crate::outbound::{self, Limits, Unreachable};
use crate::resolve::{ResolveError, Sources};

const WELL_KNOWN: &str = "/.well-known/atproto-did";
/// No DID is longer, and the rest would not be looked at.
const WELL_KNOWN_BYTES_MAX: u64 = 4_096;
/// Sites move from one name to another, and from there to a third.
const REDIRECTS_MAX: u8 = 5;

/// The DNS has several DIDs for one handle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("DNS has several DIDs for the handle")]
pub struct AmbiguousTxt;

impl Sources {
    /// Asks the network where a handle leads. The DNS goes before the web.
    ///
    /// Spec: <https://atproto.com/specs/handle#handle-resolution>
    pub(super) async fn did_of(&self, handle: &Handle) -> Result<Did, ResolveError> {
        if handle.has_disallowed_tld() {
            return Err(ResolveError::Unsupported);
        }
        let by_dns = self.did_by_txt(&self.dns, handle).await;
        if let Ok(_) | Err(ResolveError::Ambiguous(_)) = by_dns {
            return by_dns;
        }
        let by_web = did_on_web(&self.http, handle, self.time_max).await;
        if by_web.is_ok() {
            return by_web;
        }
        if let Some(dns) = &self.backup_dns {
            let by_backup = self.did_by_txt(dns, handle).await;
            if let Ok(_) | Err(ResolveError::Ambiguous(_)) = by_backup {
                return by_backup;
            }
        }
        // Only where nobody failed to answer is there none.
        match by_dns {
            Err(ResolveError::NotFound) => by_web,
            unknown => unknown,
        }
    }

    async fn did_by_txt(&self, dns: &Arc<dyn Dns>, handle: &Handle) -> Result<Did, ResolveError> {
        let name = format!("_atproto.{handle}");
        let answer = timeout(self.time_max, dns.txt(&name)).await;
        let records = answer.unwrap_or(Err(DnsError::Timeout));
        let records = records.map_err(|error| ResolveError::Dns(Arc::new(error)))?;
        did_in_txt(&records)?.ok_or(ResolveError::NotFound)
    }
}

/// Returns the DID that the TXT records of a handle name, if they name one.
///
/// Records that are not `did=` with a DID are for others. The same one twice is one.
///
/// # Errors
///
/// [`AmbiguousTxt`] if there are several.
pub fn did_in_txt(records: &[impl AsRef<str>]) -> Result<Option<Did>, AmbiguousTxt> {
    let dids = records.iter().filter_map(|record| record.as_ref().strip_prefix("did="));
    let mut dids: BTreeSet<Did> = dids.filter_map(|did| Did::parse(did.trim()).ok()).collect();
    let did = dids.pop_first();
    if dids.is_empty() { Ok(did) } else { Err(AmbiguousTxt) }
}

async fn did_on_web(
    http: &outbound::Client,
    handle: &Handle,
    time_max: Duration,
) -> Result<Did, ResolveError> {
    let origin = Origin::https(handle.as_str()).map_err(|_| ResolveError::Unsupported)?;
    let url = origin.url(PathAndQuery::from_static(WELL_KNOWN));
    let limits =
        Limits { redirects_max: REDIRECTS_MAX, ..Limits::document(time_max, WELL_KNOWN_BYTES_MAX) };
    let response = match http.get(url, "text/plain", &limits).await {
        Ok(response) => response,
        // Whose DNS has no address for a handle has no site there. A larger file holds no DID, and
        // neither does one that is nowhere to be found.
        Err(
            outbound::Error::Unreachable(Unreachable::NoAddress)
            | outbound::Error::Refused(_)
            | outbound::Error::TooLarge { .. }
            | outbound::Error::TooManyRedirects
            | outbound::Error::BadRedirect,
        ) => return Err(ResolveError::NotFound),
        Err(error) => return Err(error.into()),
    };
    match response.status() {
        StatusCode::OK => did_in_file(response.body()).ok_or(ResolveError::NotFound),
        StatusCode::TOO_MANY_REQUESTS => Err(ResolveError::Status(429)),
        status if status.is_server_error() => Err(ResolveError::Status(status.as_u16())),
        _ => Err(ResolveError::NotFound),
    }
}

/// Returns the DID on the first line.
fn did_in_file(file: &[u8]) -> Option<Did> {
    let line = std::str::from_utf8(file).ok()?.trim_start().lines().next()?;
    Did::parse(line.trim_end()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_name_one_did_or_none() {
        let (a, b) = ("did=did:plc:ewvi7nxzyoun6zhxrhs64oiz", "did=did:web:b.test");
        let did = |record: &str| Some(Did::parse(&record[4..]).unwrap());
        for (records, found) in [
            (&[][..], Ok(None)),
            (&[a], Ok(did(a))),
            (&[a, a], Ok(did(a))),
            (&["v=spf1 -all", "did=", "did=nonsense", b, "DID=did:web:c.test"], Ok(did(b))),
            (&["did:web:c.test", " did=did:web:c.test"], Ok(None)),
            (&[a, b], Err(AmbiguousTxt)),
            (&[a, b, a], Err(AmbiguousTxt)),
        ] {
            assert_eq!(did_in_txt(records), found, "{records:?}");
        }
    }

    #[test]
    fn a_file_names_a_did_on_its_first_line() {
        let did = Did::parse("did:web:a.test").ok();
        for (file, found) in [
            (&b"did:web:a.test"[..], did.clone()),
            (b"did:web:a.test\n", did.clone()),
            (b"\r\n did:web:a.test \r\nand more", did),
            (b"", None),
            (b"\n\n", None),
            (b"<!DOCTYPE html>\ndid:web:a.test", None),
            (b"did:web:a.test did:web:b.test", None),
            (b"\xff", None),
        ] {
            assert_eq!(did_in_file(file), found, "{file:?}");
        }
    }
}
