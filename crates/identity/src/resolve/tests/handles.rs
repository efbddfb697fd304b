//! Where handles lead.

use std::net::IpAddr;
use std::time::Instant;

use super::*;
use crate::dns::{Answer, DnsError, DnsTable};

#[tokio::test]
async fn the_dns_goes_before_the_web() {
    let mut world = World::new().await;
    let (a, b) = ("did:web:a.test", "did:web:b.test");
    let txt = |texts: &[&str]| texts.iter().copied().map(str::to_owned).collect::<Vec<_>>();
    for host in ["dns.test", "web.test", "two.test", "foreign.test"] {
        world.net.https(host, file(format!("{b}\n"))).await;
    }
    let moved: Script = Arc::new(|_| response("301", "location: https://web.test/x\r\n", ""));
    world.net.https("moved.test", moved).await;
    let (did_a, did_b) = (format!("did={a}"), format!("did={b}"));
    world.net.dns.set_txt("_atproto.dns.test", txt(&[&did_a, "v=spf1", &did_a]));
    world.net.dns.set_txt("_atproto.two.test", txt(&[&did_a, &did_b]));
    world.net.dns.set_txt("_atproto.foreign.test", txt(&["v=spf1", "did=x"]));
    let resolver = world.resolver();
    for (handle, did) in
        [("dns.test", a), ("web.test", b), ("WEB.test", b), ("foreign.test", b), ("moved.test", b)]
    {
        assert_eq!(resolver.did_of(&handle.parse().unwrap()).await.unwrap(), did, "{handle}");
    }
    let two = resolver.did_of(&"two.test".parse().unwrap()).await;
    assert!(matches!(two, Err(ResolveError::Ambiguous(_))), "{two:?}");
}

#[tokio::test]
async fn servers_that_mean_no_good_name_nobody() {
    let mut world = World::new().await;
    let drip: Script = Arc::new(|_| {
        let head = b"HTTP/1.1 200 X\r\ncontent-length: 1000\r\n\r\n".to_vec();
        let drop = [Piece::Bytes(b"d".to_vec()), Piece::Pause(Duration::from_millis(50))];
        [Piece::Bytes(head)].into_iter().chain(drop.into_iter().cycle().take(2000)).collect()
    });
    let home: Script = Arc::new(|_| response("302", "location: https://127.0.0.1/\r\n", ""));
    let round: Script = Arc::new(|_| response("302", "location: /again\r\n", ""));
    world.net.https("large.test", file("d".repeat(10 << 20))).await;
    world.net.https("html.test", file("<html>did:web:a.test</html>")).await;
    world.net.https("home.test", home).await;
    world.net.https("round.test", round).await;
    world.net.https("drip.test", drip).await;
    world.net.dns.set_addresses("inside.test", vec!["10.0.0.1".parse().unwrap()]);
    let resolver = world.resolver();
    for host in ["large.test", "html.test", "home.test", "round.test", "inside.test", "none.test"] {
        let result = resolver.did_of(&host.parse().unwrap()).await;
        assert!(matches!(result, Err(ResolveError::NotFound)), "{host}: {result:?}");
    }
    assert!(
        world.net.take_dialed().iter().all(|address| address.ip().to_string().starts_with("8.8."))
    );
    // Who is slow may be there all the same.
    let sources = Sources { time_max: Duration::from_millis(500), ..world.sources() };
    let resolver = Resolver::new(sources, Memory::default());
    let start = Instant::now();
    let result = resolver.did_of(&"drip.test".parse().unwrap()).await;
    assert!(matches!(result, Err(ResolveError::Http(outbound::Error::Timeout(_)))), "{result:?}");
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_silent_dns_is_no_proof_of_absence_and_a_backup_helps() {
    let mut world = World::new().await;
    world.net.https("web.test", file("did:web:a.test")).await;
    let handle = |text: &str| text.parse().unwrap();
    let silent = || Sources { dns: Arc::new(Silent), ..world.sources() };
    let resolver = Resolver::new(silent(), Memory::default());
    assert_eq!(resolver.did_of(&handle("web.test")).await.unwrap(), "did:web:a.test");
    let result = resolver.did_of(&handle("none.test")).await;
    assert!(matches!(result, Err(ResolveError::Dns(_))), "{result:?}");

    let backup = DnsTable::new();
    backup.set_txt("_atproto.none.test", vec!["did=did:web:b.test".to_owned()]);
    backup.set_txt("_atproto.web.test", vec!["did=did:web:c.test".to_owned()]);
    let sources = Sources { backup_dns: Some(Arc::new(backup)), ..silent() };
    let resolver = Resolver::new(sources, Memory::default());
    assert_eq!(resolver.did_of(&handle("none.test")).await.unwrap(), "did:web:b.test");
    assert_eq!(resolver.did_of(&handle("web.test")).await.unwrap(), "did:web:a.test");
}

#[tokio::test]
async fn a_handle_counts_when_both_ends_name_each_other() {
    let world = World::new().await;
    let (did, _) = world.create("alice.test").await;
    let (other, _) = world.create("alice.test").await;
    let resolver = world.resolver();
    let point = |handle: &str, did: &Did| {
        world.net.dns.set_txt(&format!("_atproto.{handle}"), vec![format!("did={did}")]);
    };
    point("alice.test", &did);
    point("stray.test", &did);
    for (id, handle) in [
        (did.as_str(), "alice.test"),
        ("alice.test", "alice.test"),
        // This one leads to the identity, whose handle is another.
        ("stray.test", "alice.test"),
        (other.as_str(), "handle.invalid"),
    ] {
        let identity = resolver.identity(&id.parse().unwrap()).await.unwrap();
        assert_eq!(identity.handle, handle, "{id}");
        assert_eq!(identity.document.did(), &identity.did);
    }
    // The way forward is what it is.
    assert_eq!(resolver.did_of(&"stray.test".parse().unwrap()).await.unwrap(), did);
    point("alice.test", &other);
    resolver.forget_handle(&"alice.test".parse().unwrap());
    let identity = resolver.identity(&AtIdentifier::Did(did)).await.unwrap();
    assert!(identity.handle.is_invalid());
}

/// A DNS that does not answer.
struct Silent;

impl Dns for Silent {
    fn addresses<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<IpAddr>> {
        Box::pin(async { Err(DnsError::Timeout) })
    }

    fn txt<'a>(&'a self, _: &'a str) -> Answer<'a, Vec<String>> {
        Box::pin(async { Err(DnsError::Timeout) })
    }
}
