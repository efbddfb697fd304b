//! Whom a request comes from, when it comes through a proxy.

use std::net::IpAddr;

use http::HeaderMap;

/// Returns the address of the client.
///
/// A peer in our own network is taken for a proxy, and what it says of where the request came from
/// is believed, back to the first address that is not in our network.
pub(super) fn of(headers: &HeaderMap, peer: IpAddr) -> IpAddr {
    let mut ip = peer.to_canonical();
    let hops = headers.get_all("x-forwarded-for").iter().rev();
    let hops = hops.filter_map(|value| value.to_str().ok()).flat_map(|value| value.rsplit(','));
    for hop in hops {
        if !is_near(ip) {
            break;
        }
        let Ok(before) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        ip = before.to_canonical();
    }
    ip
}

/// Tells whether an address is of this machine or of a private network.
fn is_near(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proxies_of_ours_are_believed_and_no_others() {
        for (forwarded, peer, client) in [
            (None, "203.0.113.1", "203.0.113.1"),
            (None, "127.0.0.1", "127.0.0.1"),
            (Some("198.51.100.7"), "127.0.0.1", "198.51.100.7"),
            (Some("198.51.100.7"), "203.0.113.1", "203.0.113.1"),
            (Some("1.2.3.4, 198.51.100.7"), "10.0.0.1", "198.51.100.7"),
            (Some("198.51.100.7, 10.0.0.2"), "::1", "198.51.100.7"),
            (Some("nonsense"), "127.0.0.1", "127.0.0.1"),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(forwarded) = forwarded {
                headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            }
            assert_eq!(of(&headers, peer.parse().unwrap()), client.parse::<IpAddr>().unwrap());
        }
    }
}
