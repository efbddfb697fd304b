//! Where answers go: the addresses that a client has named beforehand, and no others.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use url::{Host, Url};

use crate::client::{ClientId, ClientKind};

/// The most bytes of an address.
const BYTES_MAX: usize = 2048;
/// Top-level domains that are nowhere on the public internet.
const LOCAL_TLDS: [&str; 5] = ["test", "local", "localhost", "invalid", "example"];

/// An address that a client has named beforehand. The text is kept as it is written.
#[derive(Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: String,
    /// Set if the client may add any port: it cannot know which one will be free.
    any_port: Option<Url>,
}

/// Says why answers cannot go to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RedirectUriError {
    /// It is longer than 2,048 bytes.
    #[error("redirect URI is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// It is not an absolute URL of printable ASCII, or has a backslash.
    #[error("redirect URI is not an absolute URL of printable ASCII characters")]
    Form,
    /// There is a user name or a password.
    #[error("redirect URI has a user name or a password")]
    User,
    /// There is a fragment, where answers would have to be put.
    #[error("redirect URI has a fragment")]
    Fragment,
    /// The host is `localhost`, which may be looked up elsewhere.
    #[error("redirect URI is at localhost; use http://127.0.0.1 or http://[::1]")]
    Localhost,
    /// It is on the device of its user, and the client is not.
    #[error("redirect URI is on a loopback address, which is for native clients")]
    Loopback,
    /// It is on the device of its user, by another scheme than `http`.
    #[error("redirect URI is on a loopback address, and its scheme is not http")]
    LoopbackScheme,
    /// It is `http`, and not on the device of its user.
    #[error("redirect URI is http, which is for loopback addresses")]
    Http,
    /// The host is no name of the public internet.
    #[error("host of the redirect URI is not a public name")]
    Host,
    /// It is of a scheme that belongs to an app, and the client is not one.
    #[error("redirect URI has a scheme that is for native clients")]
    Private,
    /// The scheme is not the client's own.
    #[error("scheme of the redirect URI is not the reversed host of client_id")]
    OtherApp,
    /// There is not exactly one slash behind the scheme.
    #[error("redirect URI has not exactly one slash behind its scheme")]
    Slashes,
    /// It is at none of the two addresses that every device has for itself.
    #[error("redirect URI is not at http://127.0.0.1 or http://[::1]")]
    NotLoopback,
}

impl RedirectUri {
    /// Parses an address that a client with a document names.
    ///
    /// # Errors
    ///
    /// [`RedirectUriError`] if answers cannot go there.
    pub fn parse(
        text: &str,
        client: &ClientId,
        kind: ClientKind,
    ) -> Result<Self, RedirectUriError> {
        let url = parse_plain(text)?;
        match url.scheme() {
            "http" | "https" => {}
            scheme => return Self::parse_private(text, scheme, client, kind),
        }
        // That a client gets answers where its document is needs no other reason. For `http` and
        // local names this comes up only where clients may be anywhere.
        if let ClientId::Discoverable(id) = client
            && id.origin() == url.origin()
        {
            return Ok(Self { text: text.to_owned(), any_port: None });
        }
        match (url.host(), url.scheme()) {
            (Some(Host::Domain("localhost")), _) => Err(RedirectUriError::Localhost),
            (host, "http") if is_loopback(&host) => match kind {
                ClientKind::Native => Self::parse_loopback(text),
                ClientKind::Web => Err(RedirectUriError::Loopback),
            },
            (host, _) if is_loopback(&host) => Err(RedirectUriError::LoopbackScheme),
            (_, "http") => Err(RedirectUriError::Http),
            (Some(Host::Domain(name)), _) if is_local_name(name) => Err(RedirectUriError::Host),
            _ => Ok(Self { text: text.to_owned(), any_port: None }),
        }
    }

    /// Parses an address on the device where the client runs.
    ///
    /// # Errors
    ///
    /// [`RedirectUriError`] if it is none.
    pub fn parse_loopback(text: &str) -> Result<Self, RedirectUriError> {
        let url = parse_plain(text)?;
        if url.host() == Some(Host::Domain("localhost")) {
            return Err(RedirectUriError::Localhost);
        }
        let is_own = match url.host() {
            Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
            Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
            Some(Host::Domain(_)) | None => false,
        };
        if url.scheme() != "http" || !is_own {
            return Err(RedirectUriError::NotLoopback);
        }
        let any_port = (!has_port(text)).then_some(url);
        Ok(Self { text: text.to_owned(), any_port })
    }

    fn parse_private(
        text: &str,
        scheme: &str,
        client: &ClientId,
        kind: ClientKind,
    ) -> Result<Self, RedirectUriError> {
        if kind != ClientKind::Native {
            return Err(RedirectUriError::Private);
        }
        let ClientId::Discoverable(id) = client else { return Err(RedirectUriError::NotLoopback) };
        let labels: Vec<&str> = id.host_str().unwrap_or_default().rsplit('.').collect();
        if labels.len() < 2 || labels.join(".") != scheme {
            return Err(RedirectUriError::OtherApp);
        }
        let rest = text.split_once(':').map_or("", |(_, rest)| rest);
        if !rest.starts_with('/') || rest.starts_with("//") {
            return Err(RedirectUriError::Slashes);
        }
        Ok(Self { text: text.to_owned(), any_port: None })
    }

    /// Returns the address as the client has named it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Tells whether a request that names an address means this one: byte by byte, but for the port
    /// on the device of its user, where none was named.
    pub fn matches(&self, requested: &str) -> bool {
        if self.text == requested {
            return true;
        }
        let (Some(registered), Ok(requested)) = (&self.any_port, parse_plain(requested)) else {
            return false;
        };
        requested.scheme() == registered.scheme()
            && requested.host() == registered.host()
            && requested.path() == registered.path()
            && requested.query() == registered.query()
    }
}

/// Parses what every address has to be. The parser of URLs trims and repairs, which what goes into
/// a header must not need.
fn parse_plain(text: &str) -> Result<Url, RedirectUriError> {
    if text.len() > BYTES_MAX {
        return Err(RedirectUriError::TooLong);
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\') {
        return Err(RedirectUriError::Form);
    }
    let url = Url::parse(text).map_err(|_| RedirectUriError::Form)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(RedirectUriError::User);
    }
    if url.fragment().is_some() {
        return Err(RedirectUriError::Fragment);
    }
    Ok(url)
}

fn is_loopback(host: &Option<Host<&str>>) -> bool {
    match host {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(_)) | None => false,
    }
}

/// Tells whether a URL names a port, be it the one that its scheme implies.
fn has_port(text: &str) -> bool {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    authority.rsplit(']').next().unwrap_or_default().contains(':')
}

/// Tells whether the name of a host is nowhere on the public internet.
pub(super) fn is_local_name(name: &str) -> bool {
    match name.rsplit_once('.') {
        Some((_, tld)) => tld.is_empty() || LOCAL_TLDS.contains(&tld),
        None => true,
    }
}

impl fmt::Debug for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Hosts;

    fn parse(text: &str, kind: ClientKind) -> Result<RedirectUri, RedirectUriError> {
        let client = ClientId::parse("https://app.example.com/client.json", Hosts::Public).unwrap();
        RedirectUri::parse(text, &client, kind)
    }

    #[test]
    fn answers_go_to_public_hosts_own_devices_and_own_apps() {
        for (text, is_web, is_native) in [
            ("https://app.example.com/cb", true, true),
            ("https://elsewhere.example.org:8443/cb?a=b", true, true),
            ("https://192.0.2.1/cb", true, true),
            ("http://127.0.0.1/cb", false, true),
            ("http://127.0.0.1:8080/cb", false, true),
            ("http://[::1]/cb?a=b", false, true),
            ("com.example.app:/cb", false, true),
            ("com.example.app:/", false, true),
        ] {
            assert_eq!(parse(text, ClientKind::Web).is_ok(), is_web, "{text}");
            assert_eq!(parse(text, ClientKind::Native).is_ok(), is_native, "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let long = format!("https://app.example.com/{}", "a".repeat(BYTES_MAX));
        for (text, fault) in [
            (&*long, RedirectUriError::TooLong),
            ("", RedirectUriError::Form),
            ("/cb", RedirectUriError::Form),
            ("https://", RedirectUriError::Form),
            (" https://app.example.com/cb", RedirectUriError::Form),
            ("https://app.example.com/c\nb", RedirectUriError::Form),
            ("https://app.example.com/é", RedirectUriError::Form),
            ("https:\\\\app.example.com/cb", RedirectUriError::Form),
            ("https://me@app.example.com/cb", RedirectUriError::User),
            ("https://:pw@app.example.com/cb", RedirectUriError::User),
            ("https://app.example.com/cb#", RedirectUriError::Fragment),
            ("https://app.example.com/cb#a", RedirectUriError::Fragment),
            ("com.example.app:/cb#a", RedirectUriError::Fragment),
            ("http://localhost/cb", RedirectUriError::Localhost),
            ("https://localhost/cb", RedirectUriError::Localhost),
            ("https://127.0.0.1/cb", RedirectUriError::LoopbackScheme),
            ("https://[::1]/cb", RedirectUriError::LoopbackScheme),
            ("http://127.0.0.2/cb", RedirectUriError::NotLoopback),
            ("http://app.example.com/cb", RedirectUriError::Http),
            ("http://192.0.2.1/cb", RedirectUriError::Http),
            ("https://app.test/cb", RedirectUriError::Host),
            ("https://printer.local/cb", RedirectUriError::Host),
            ("https://printer/cb", RedirectUriError::Host),
            ("https://app.example.com./cb", RedirectUriError::Host),
            ("com.example.other:/cb", RedirectUriError::OtherApp),
            ("com.example:/cb", RedirectUriError::OtherApp),
            ("app:/cb", RedirectUriError::OtherApp),
            ("javascript:alert(1)", RedirectUriError::OtherApp),
            ("com.example.app:cb", RedirectUriError::Slashes),
            ("com.example.app://cb", RedirectUriError::Slashes),
            ("com.example.app:///cb", RedirectUriError::Slashes),
        ] {
            assert_eq!(parse(text, ClientKind::Native), Err(fault), "{text}");
        }
        for (text, fault) in [
            ("http://127.0.0.1/cb", RedirectUriError::Loopback),
            ("com.example.app:/cb", RedirectUriError::Private),
        ] {
            assert_eq!(parse(text, ClientKind::Web), Err(fault), "{text}");
        }
    }

    #[test]
    fn a_request_names_an_address_byte_by_byte() {
        for (registered, requested, matches) in [
            ("https://a.example.com/cb", "https://a.example.com/cb", true),
            ("https://a.example.com/cb", "https://a.example.com/cb/", false),
            ("https://a.example.com/cb", "https://a.example.com/cb?a", false),
            ("https://a.example.com/cb", "https://A.example.com/cb", false),
            ("https://a.example.com/cb", "https://a.example.com:443/cb", false),
            ("https://a.example.com/cb", "https://a.example.com:8443/cb", false),
            ("com.example.app:/cb", "com.example.app:/cb", true),
            ("com.example.app:/cb", "com.example.app:/cb2", false),
        ] {
            let registered = parse(registered, ClientKind::Native).unwrap();
            assert_eq!(registered.matches(requested), matches, "{registered:?} {requested}");
        }
    }

    #[test]
    fn on_the_device_any_port_will_do_unless_one_was_named() {
        for (registered, requested, matches) in [
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555/cb", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:80/cb", true),
            ("http://127.0.0.1/cb?a=b", "http://127.0.0.1:5555/cb?a=b", true),
            ("http://[::1]/", "http://[::1]:5555/", true),
            ("http://[::1]", "http://[::1]:5555/", true),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555/other", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555/cb?a=b", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555/cb#a", false),
            ("http://127.0.0.1/cb", "http://me@127.0.0.1:5555/cb", false),
            ("http://127.0.0.1/cb", "https://127.0.0.1:5555/cb", false),
            ("http://127.0.0.1/cb", "http://localhost:5555/cb", false),
            ("http://127.0.0.1/cb", "http://[::1]:5555/cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:5555\\cb", false),
            ("http://127.0.0.1/cb", "http://127.0.0.1:port/cb", false),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1:80/cb", true),
            ("http://127.0.0.1:80/cb", "http://127.0.0.1:5555/cb", false),
            ("http://127.0.0.1:8080/cb", "http://127.0.0.1:5555/cb", false),
            ("http://[::1]:8080/cb", "http://[::1]/cb", false),
        ] {
            let registered = RedirectUri::parse_loopback(registered).unwrap();
            assert_eq!(registered.matches(requested), matches, "{registered:?} {requested}");
        }
    }

    #[test]
    fn where_a_client_may_be_anywhere_answers_go_where_its_document_is() {
        let id = "http://127.0.0.1:4000/client.json";
        let client = ClientId::parse(id, Hosts::Any).unwrap();
        let parse = |text| RedirectUri::parse(text, &client, ClientKind::Web);
        assert!(parse("http://127.0.0.1:4000/cb").is_ok());
        assert_eq!(parse("http://127.0.0.1:4001/cb"), Err(RedirectUriError::Loopback));
        let client = ClientId::parse("https://client.test/c.json", Hosts::Any).unwrap();
        let parse = |text| RedirectUri::parse(text, &client, ClientKind::Web);
        assert!(parse("https://client.test/cb").is_ok());
        assert_eq!(parse("https://other.test/cb"), Err(RedirectUriError::Host));
    }
}
