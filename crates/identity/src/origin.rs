//! Origins: what of a URL says whom a request goes to. Paths and queries are for others.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;
use http::uri::PathAndQuery;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;

/// The most bytes that a host may have: what DNS allows for a name.
const HOST_BYTES_MAX: usize = 253;

/// A scheme, a host and a port, such as `https://pds.example.com`.
///
/// The host is in lower case. The port is not shown when it is the one that the scheme implies.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    scheme: Scheme,
    host: String,
    port: u16,
}

/// How a host is spoken to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scheme {
    /// `http`, in the clear.
    Http,
    /// `https`.
    Https,
}

/// Says why a text is not an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum OriginError {
    /// The text is not a URL with a scheme and a host.
    #[error("not a URL with a scheme and a host")]
    Form,
    /// The scheme is neither `https` nor `http`.
    #[error("URL is neither https nor http")]
    Scheme,
    /// The host is neither a name nor an address, or is longer than 253 bytes.
    #[error("URL has a malformed host")]
    Host,
    /// There is a user name or a password in front of the host.
    #[error("URL has a user name")]
    User,
    /// Something follows the host and the port.
    #[error("URL has more than a scheme, a host and a port")]
    Rest,
}

impl Scheme {
    /// Returns the port that the scheme implies.
    pub fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }
}

impl Origin {
    /// Parses a URL that has nothing behind the port, but for one slash.
    ///
    /// # Errors
    ///
    /// [`OriginError`] if it has more, or is not of `https` or `http`.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        // The parser of URIs drops fragments without a word.
        if text.contains('#') {
            return Err(OriginError::Rest);
        }
        let url: Uri = text.parse().map_err(|_| OriginError::Form)?;
        let origin = Self::of(&url)?;
        match (url.path(), url.query()) {
            ("" | "/", None) => Ok(origin),
            _ => Err(OriginError::Rest),
        }
    }

    /// Returns the origin of a URL, whatever its path.
    ///
    /// # Errors
    ///
    /// [`OriginError`] if the URL is not absolute, or not of `https` or `http`.
    pub fn of(url: &Uri) -> Result<Self, OriginError> {
        let scheme = match url.scheme_str().ok_or(OriginError::Form)? {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return Err(OriginError::Scheme),
        };
        let authority = url.authority().ok_or(OriginError::Form)?;
        if authority.as_str().contains('@') {
            return Err(OriginError::User);
        }
        let host = authority.host();
        // A colon with a number that is no port behind it, or with nothing, is left out by `port`.
        let port = match authority.as_str().strip_prefix(host) {
            Some("") => scheme.port(),
            Some(_) => authority.port_u16().filter(|port| *port != 0).ok_or(OriginError::Host)?,
            None => return Err(OriginError::Host),
        };
        if !is_host(host) {
            return Err(OriginError::Host);
        }
        Ok(Self { scheme, host: host.to_ascii_lowercase(), port })
    }

    /// Returns the origin of a host at the port of `https`.
    ///
    /// # Errors
    ///
    /// [`OriginError::Host`] if the text is neither a name nor an address.
    pub fn https(host: &str) -> Result<Self, OriginError> {
        if !is_host(host) {
            return Err(OriginError::Host);
        }
        Ok(Self { scheme: Scheme::Https, host: host.to_ascii_lowercase(), port: 443 })
    }

    /// Returns the scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Returns the host; an IPv6 address is in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, implied or not.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the address that the host is, if it is not a name.
    pub fn ip(&self) -> Option<IpAddr> {
        ip(&self.host)
    }

    /// Returns the URL of something at this origin.
    pub fn url(&self, path: PathAndQuery) -> Uri {
        Uri::builder()
            .scheme(self.scheme.as_str())
            .authority(self.authority())
            .path_and_query(path)
            .build()
            .expect("an origin has a scheme and a valid host")
    }

    /// Returns the host with its port, where that is not the implied one.
    fn authority(&self) -> String {
        if self.port == self.scheme.port() {
            return self.host.clone();
        }
        format!("{}:{}", self.host, self.port)
    }
}

fn ip(host: &str) -> Option<IpAddr> {
    match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(host) => host.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        None => host.parse::<Ipv4Addr>().ok().map(IpAddr::V4),
    }
}

/// Tells whether a text is an address or has the form of a name.
///
/// A name's last label must not be a number: parsers of other kinds take `127.1` and `0x7f.1` for
/// addresses.
fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let is_name = || {
        let last = host.rsplit('.').next().unwrap_or_default();
        host.len() <= HOST_BYTES_MAX
            && host.split('.').all(is_label)
            && !last.starts_with(|first: char| first.is_ascii_digit())
    };
    ip(host).is_some() || is_name()
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        Self::parse(text)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.as_str(), self.authority())
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Serialize for Origin {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_prints_in_one_form() {
        for (text, printed) in [
            ("https://pds.example.com", "https://pds.example.com"),
            ("https://PDS.example.com:443/", "https://pds.example.com"),
            ("http://localhost:2583", "http://localhost:2583"),
            ("http://pds.test:80", "http://pds.test"),
            ("http://plc_directory:2582", "http://plc_directory:2582"),
            ("https://[2606:4700::1]:8443/", "https://[2606:4700::1]:8443"),
            ("https://8.8.8.8", "https://8.8.8.8"),
        ] {
            let origin = Origin::parse(text).unwrap();
            assert_eq!(origin.to_string(), printed, "{text}");
            assert_eq!(printed.parse(), Ok(origin));
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("https://{}.com", "a.".repeat(130));
        for (text, fault) in [
            ("", OriginError::Form),
            ("pds.example.com", OriginError::Form),
            ("/xrpc", OriginError::Form),
            ("ftp://pds.example.com", OriginError::Scheme),
            ("https://me:pw@pds.example.com", OriginError::User),
            ("https://@pds.example.com", OriginError::User),
            ("https://pds.example.com:", OriginError::Host),
            ("https://pds.example.com:0", OriginError::Host),
            ("https://pds.example.com.", OriginError::Host),
            ("https://pds..com", OriginError::Host),
            ("https://pds%2eexample.com", OriginError::Form),
            ("https://2130706433", OriginError::Host),
            ("https://0x7f.1", OriginError::Host),
            ("https://127.1", OriginError::Host),
            ("https://[fe80::1%25eth0]", OriginError::Host),
            (&long, OriginError::Host),
            ("https://pds.example.com/xrpc", OriginError::Rest),
            ("https://pds.example.com?a", OriginError::Rest),
            ("https://pds.example.com#a", OriginError::Rest),
        ] {
            assert_eq!(Origin::parse(text), Err(fault), "{text}");
        }
        assert!(Origin::parse("https://pds.example.com:65536").is_err());
    }

    #[test]
    fn a_url_keeps_the_port_that_is_not_implied() {
        let path = || PathAndQuery::from_static("/xrpc/_health?a=b");
        let url = |origin: &str| Origin::parse(origin).unwrap().url(path()).to_string();
        assert_eq!(url("https://a.test"), "https://a.test/xrpc/_health?a=b");
        assert_eq!(url("http://localhost:2583"), "http://localhost:2583/xrpc/_health?a=b");
    }
}
