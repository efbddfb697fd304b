//! The names under `.test`, which no nameserver knows.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use syntax::{Did, Handle};

use crate::dns::{Answer, Dns};

/// A DNS in which handles under `.test` are answered here, and all hosts there are this machine.
///
/// For development and closed networks: all else goes to the DNS that it is laid over. Connecting
/// to a host under `.test` still takes an exception for its origin, as this machine is not public.
pub struct TestDomain {
    dns: Arc<dyn Dns>,
    did_of: Box<DidOf>,
}

/// Says which DID a handle under `.test` has.
type DidOf = dyn Fn(Handle) -> Answer<'static, Option<Did>> + Send + Sync;

impl TestDomain {
    /// Lays the names under `.test` over a DNS. `did_of` says whose a handle is.
    pub fn over(
        dns: Arc<dyn Dns>,
        did_of: impl Fn(Handle) -> Answer<'static, Option<Did>> + Send + Sync + 'static,
    ) -> Self {
        Self { dns, did_of: Box::new(did_of) }
    }
}

impl Dns for TestDomain {
    fn addresses<'a>(&'a self, host: &'a str) -> Answer<'a, Vec<IpAddr>> {
        if is_test(host) {
            let here = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Box::pin(async { Ok(here) });
        }
        self.dns.addresses(host)
    }

    fn txt<'a>(&'a self, name: &'a str) -> Answer<'a, Vec<String>> {
        if !is_test(name) {
            return self.dns.txt(name);
        }
        let handle = name.strip_prefix("_atproto.").and_then(|name| Handle::parse(name).ok());
        Box::pin(async move {
            let Some(handle) = handle else {
                return Ok(Vec::new());
            };
            let did = (self.did_of)(handle).await?;
            Ok(did.map(|did| format!("did={did}")).into_iter().collect())
        })
    }
}

fn is_test(name: &str) -> bool {
    name.ends_with(".test")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::DnsTable;

    #[tokio::test]
    async fn only_names_under_test_are_answered_here() {
        let table = DnsTable::new();
        table.set_txt("_atproto.alice.example.com", vec!["did=did:web:other".to_owned()]);
        table.set_txt("_atproto.alice.test", vec!["did=did:web:wrong".to_owned()]);
        let did_of = |handle: Handle| -> Answer<'static, Option<Did>> {
            Box::pin(
                async move { Ok((handle == "alice.test").then(|| "did:web:a".parse().unwrap())) },
            )
        };
        let dns = TestDomain::over(Arc::new(table), did_of);
        for (name, txt) in [
            ("_atproto.alice.test", vec!["did=did:web:a"]),
            ("_atproto.bob.test", vec![]),
            ("alice.test", vec![]),
            ("_atproto.alice.example.com", vec!["did=did:web:other"]),
        ] {
            assert_eq!(dns.txt(name).await.unwrap(), txt, "{name}");
        }
        assert!(dns.addresses("alice.test").await.unwrap().iter().all(IpAddr::is_loopback));
        assert!(dns.addresses("alice.example.com").await.unwrap().is_empty());
    }
}
