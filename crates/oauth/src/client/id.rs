//! The ids of clients: URLs, of two kinds.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use thiserror::Error;
use url::{Host, Url, form_urlencoded};

use crate::client::RedirectUriError;
use crate::client::redirect_uri::{RedirectUri, is_local_name};
use crate::error::{ErrorCode, Refusal};

/// The most bytes of an id.
const BYTES_MAX: usize = 2048;
/// The most addresses that the id of a client in development may name.
const REDIRECT_URIS_MAX: usize = 32;
/// What a client in development may ask for if it does not say.
const LOOPBACK_SCOPE: &str = "atproto";

/// Which hosts a client may be at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hosts {
    /// Names of the public internet, by `https`.
    Public,
    /// Any host and port, by `http` too: for servers that are being developed or tested.
    Any,
}

/// Who a client is. Ids are compared byte by byte.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientId {
    /// The address of its document.
    Discoverable(Url),
    /// A client that is being developed, on the machine of whoever uses it.
    Loopback(Loopback),
}

/// What the id of a client that is being developed says.
#[derive(Clone, PartialEq, Eq)]
pub struct Loopback {
    text: String,
    /// What it may ask for.
    pub(super) scope: String,
    /// Where answers may go.
    pub(super) redirect_uris: Vec<RedirectUri>,
}

/// Says why something is not the id of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum ClientIdError {
    /// It is longer than 2,048 bytes.
    #[error("client_id is longer than {BYTES_MAX} bytes")]
    TooLong,
    /// It is not an absolute URL.
    #[error("client_id is not a URL")]
    Form,
    /// It is of another scheme.
    #[error("client_id is neither an https URL nor http://localhost")]
    Scheme,
    /// There is a user name or a password.
    #[error("client_id has a user name or a password")]
    User,
    /// There is a fragment.
    #[error("client_id has a fragment")]
    Fragment,
    /// There is a port.
    #[error("client_id has a port")]
    Port,
    /// The host is an address.
    #[error("host of client_id is an IP address")]
    Address,
    /// The host is no name of the public internet.
    #[error("host of client_id is not a public name")]
    Host,
    /// There is no path, or it ends with a slash.
    #[error("path of client_id is missing or ends with a slash")]
    Path,
    /// The same address is usually written in another way: with other dots, slashes, or cases.
    #[error("client_id is not in its normal form")]
    Normal,
    /// A client in development has something between the host and the query.
    #[error("client_id of a client in development has more than http://localhost and a query")]
    LoopbackForm,
    /// A client in development has a parameter other than `scope` and `redirect_uri`.
    #[error("query of client_id has a parameter other than scope and redirect_uri")]
    LoopbackParameter,
    /// The scope of a client in development is there twice, lacks `atproto`, or is not made of
    /// values with single spaces between them.
    #[error("scope in the query of client_id lacks atproto, is malformed, or there twice")]
    LoopbackScope,
    /// A client in development names too many addresses.
    #[error("query of client_id has more than {REDIRECT_URIS_MAX} values of redirect_uri")]
    LoopbackTooMany,
    /// A client in development names an address that is none, or not on its own device.
    #[error("redirect_uri in the query of client_id cannot be used")]
    LoopbackRedirect(#[from] RedirectUriError),
}

impl Refusal for ClientIdError {
    fn code(&self) -> ErrorCode {
        ErrorCode::InvalidClient
    }
}

impl ClientId {
    /// Parses an id.
    ///
    /// # Errors
    ///
    /// [`ClientIdError`] if it is none.
    pub fn parse(text: &str, hosts: Hosts) -> Result<Self, ClientIdError> {
        if text.len() > BYTES_MAX {
            return Err(ClientIdError::TooLong);
        }
        let url = Url::parse(text).map_err(|_| ClientIdError::Form)?;
        let is_loopback = url.scheme() == "http" && url.host_str() == Some("localhost");
        let has_document = hosts == Hosts::Any && url.path() != "/";
        if is_loopback && !has_document {
            return Loopback::parse(text).map(Self::Loopback);
        }
        check_discoverable(text, &url, hosts)?;
        Ok(Self::Discoverable(url))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Discoverable(url) => url.as_str(),
            Self::Loopback(loopback) => &loopback.text,
        }
    }

    /// Returns what is shown to people: the host, and the path where it is none of the usual ones.
    pub fn display_name(&self) -> &str {
        let Self::Discoverable(url) = self else { return "http://localhost" };
        let is_usual = matches!(
            url.path(),
            "/client-metadata.json" | "/oauth-client-metadata.json" | "/oauth/client-metadata.json"
        );
        let host = url.host_str().filter(|_| is_usual && url.query().is_none());
        let bare = || url.as_str().strip_prefix("https://").unwrap_or(url.as_str());
        host.filter(|_| url.scheme() == "https" && url.port().is_none()).unwrap_or_else(bare)
    }
}

fn check_discoverable(text: &str, url: &Url, hosts: Hosts) -> Result<(), ClientIdError> {
    let is_public = hosts == Hosts::Public;
    match url.scheme() {
        "https" => {}
        "http" if !is_public => {}
        _ => return Err(ClientIdError::Scheme),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(ClientIdError::User);
    }
    if url.fragment().is_some() {
        return Err(ClientIdError::Fragment);
    }
    if is_public && url.port().is_some() {
        return Err(ClientIdError::Port);
    }
    match url.host() {
        Some(Host::Domain(name)) if !is_public || !is_local_name(name) => {}
        Some(Host::Domain(_)) | None => return Err(ClientIdError::Host),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) if is_public => return Err(ClientIdError::Address),
        Some(Host::Ipv4(_) | Host::Ipv6(_)) => {}
    }
    if url.path().ends_with('/') {
        return Err(ClientIdError::Path);
    }
    if url.as_str() != text {
        return Err(ClientIdError::Normal);
    }
    Ok(())
}

impl Loopback {
    fn parse(text: &str) -> Result<Self, ClientIdError> {
        let rest = text.strip_prefix("http://localhost").ok_or(ClientIdError::LoopbackForm)?;
        let rest = rest.strip_prefix('/').unwrap_or(rest);
        let query = match rest.strip_prefix('?') {
            Some(query) if !query.contains('#') => query,
            None if rest.is_empty() => "",
            _ => return Err(ClientIdError::LoopbackForm),
        };
        let (mut scope, mut redirect_uris) = (None, Vec::new());
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "scope" if scope.is_none() => scope = Some(value.into_owned()),
                "scope" => return Err(ClientIdError::LoopbackScope),
                "redirect_uri" if redirect_uris.len() == REDIRECT_URIS_MAX => {
                    return Err(ClientIdError::LoopbackTooMany);
                }
                "redirect_uri" => redirect_uris.push(RedirectUri::parse_loopback(&value)?),
                _ => return Err(ClientIdError::LoopbackParameter),
            }
        }
        let scope = scope.unwrap_or_else(|| LOOPBACK_SCOPE.to_owned());
        let is_scope = scope.split(' ').all(|value| !value.is_empty());
        if !is_scope || !scope.split(' ').any(|value| value == "atproto") {
            return Err(ClientIdError::LoopbackScope);
        }
        if redirect_uris.is_empty() {
            for text in ["http://127.0.0.1/", "http://[::1]/"] {
                redirect_uris.push(RedirectUri::parse_loopback(text)?);
            }
        }
        Ok(Self { text: text.to_owned(), scope, redirect_uris })
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Reads an id that was written down here: where clients may be was looked at when it came.
impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        Self::parse(&text, Hosts::Any).map_err(de::Error::custom)
    }
}

impl fmt::Debug for Loopback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str, hosts: Hosts) -> Option<ClientIdError> {
        ClientId::parse(text, hosts).err()
    }

    #[test]
    fn ids_are_urls_in_their_normal_form() {
        let long = format!("https://app.example.com/{}", "a".repeat(BYTES_MAX));
        for (text, expected) in [
            ("https://app.example.com/client.json", None),
            ("https://app.example.com/a/b%20c?d=e", None),
            ("https://xn--bcher-kva.example.com/c", None),
            (&*long, Some(ClientIdError::TooLong)),
            ("", Some(ClientIdError::Form)),
            ("app.example.com/client.json", Some(ClientIdError::Form)),
            ("ftp://app.example.com/client.json", Some(ClientIdError::Scheme)),
            ("http://app.example.com/client.json", Some(ClientIdError::Scheme)),
            ("https://me@app.example.com/client.json", Some(ClientIdError::User)),
            ("https://me:pw@app.example.com/client.json", Some(ClientIdError::User)),
            ("https://app.example.com/client.json#", Some(ClientIdError::Fragment)),
            ("https://app.example.com/client.json#a", Some(ClientIdError::Fragment)),
            ("https://app.example.com:8443/client.json", Some(ClientIdError::Port)),
            ("https://app.example.com:443/client.json", Some(ClientIdError::Normal)),
            ("https://192.0.2.1/client.json", Some(ClientIdError::Address)),
            ("https://2130706433/client.json", Some(ClientIdError::Address)),
            ("https://[2001:db8::1]/client.json", Some(ClientIdError::Address)),
            ("https://localhost/client.json", Some(ClientIdError::Host)),
            ("https://app/client.json", Some(ClientIdError::Host)),
            ("https://app.test/client.json", Some(ClientIdError::Host)),
            ("https://app.local/client.json", Some(ClientIdError::Host)),
            ("https://app.localhost/client.json", Some(ClientIdError::Host)),
            ("https://app.invalid/client.json", Some(ClientIdError::Host)),
            ("https://app.example/client.json", Some(ClientIdError::Host)),
            ("https://app.example.com./client.json", Some(ClientIdError::Host)),
            ("https://app.example.com", Some(ClientIdError::Path)),
            ("https://app.example.com/", Some(ClientIdError::Path)),
            ("https://app.example.com/?a", Some(ClientIdError::Path)),
            ("https://app.example.com/a/", Some(ClientIdError::Path)),
            ("https://app.example.com/a/../client.json", Some(ClientIdError::Normal)),
            ("https://app.example.com/./client.json", Some(ClientIdError::Normal)),
            ("https://App.example.com/client.json", Some(ClientIdError::Normal)),
            ("HTTPS://app.example.com/client.json", Some(ClientIdError::Normal)),
            ("https://app.example.com/clïent.json", Some(ClientIdError::Normal)),
            (" https://app.example.com/client.json", Some(ClientIdError::Normal)),
            ("https://app.example.com/client\n.json", Some(ClientIdError::Normal)),
        ] {
            assert_eq!(fault(text, Hosts::Public), expected, "{text}");
        }
    }

    #[test]
    fn servers_in_development_take_clients_from_anywhere() {
        for text in [
            "http://127.0.0.1:4000/client-metadata.json",
            "http://localhost:4000/client-metadata.json",
            "http://[::1]:4000/client-metadata.json",
            "https://client.test/client-metadata.json",
            "https://app.example.com:8443/client-metadata.json",
        ] {
            assert!(fault(text, Hosts::Public).is_some(), "{text}");
            let id = ClientId::parse(text, Hosts::Any).unwrap();
            assert!(matches!(id, ClientId::Discoverable(_)), "{text}");
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(serde_json::from_str::<ClientId>(&json).unwrap(), id);
        }
        for (text, expected) in [
            ("http://127.0.0.1:4000/", ClientIdError::Path),
            ("ftp://127.0.0.1/a", ClientIdError::Scheme),
            ("http://localhost:4000", ClientIdError::LoopbackForm),
        ] {
            assert_eq!(fault(text, Hosts::Any), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_client_in_development_says_all_in_its_id() {
        for (text, scope, uris) in [
            ("http://localhost", "atproto", &["http://127.0.0.1/", "http://[::1]/"][..]),
            ("http://localhost/", "atproto", &["http://127.0.0.1/", "http://[::1]/"]),
            ("http://localhost?", "atproto", &["http://127.0.0.1/", "http://[::1]/"]),
            (
                "http://localhost/?redirect_uri=http%3A%2F%2F127.0.0.1%2Fcb&scope=atproto%20repo:*",
                "atproto repo:*",
                &["http://127.0.0.1/cb"],
            ),
            (
                "http://localhost?scope=a+atproto&redirect_uri=http://[::1]/&redirect_uri=\
                 http://127.0.0.1:1/a",
                "a atproto",
                &["http://[::1]/", "http://127.0.0.1:1/a"],
            ),
        ] {
            for hosts in [Hosts::Public, Hosts::Any] {
                let id = ClientId::parse(text, hosts).unwrap();
                assert_eq!(id.as_str(), text);
                let ClientId::Loopback(loopback) = id else { panic!("{text} has no document") };
                assert_eq!(loopback.scope, scope);
                let found: Vec<&str> =
                    loopback.redirect_uris.iter().map(RedirectUri::as_str).collect();
                assert_eq!(found, uris);
            }
        }
    }

    #[test]
    fn mistakes_of_clients_in_development_have_their_names() {
        let many = format!("http://localhost?{}", "redirect_uri=http://[::1]/&".repeat(33));
        for (text, expected) in [
            ("http://localhost:80", ClientIdError::LoopbackForm),
            ("http://localhost:3000/", ClientIdError::LoopbackForm),
            ("http://localhost/client.json", ClientIdError::LoopbackForm),
            ("http://localhost/#a", ClientIdError::LoopbackForm),
            ("http://localhost?scope=atproto#a", ClientIdError::LoopbackForm),
            ("http://me@localhost", ClientIdError::LoopbackForm),
            ("HTTP://localhost", ClientIdError::LoopbackForm),
            ("http://localhost?client_name=a", ClientIdError::LoopbackParameter),
            ("http://localhost?scope=atproto&scope=atproto", ClientIdError::LoopbackScope),
            ("http://localhost?scope=", ClientIdError::LoopbackScope),
            ("http://localhost?scope=atproto%20", ClientIdError::LoopbackScope),
            ("http://localhost?scope=repo:*", ClientIdError::LoopbackScope),
            (&*many, ClientIdError::LoopbackTooMany),
            ("http://localhost?redirect_uri=http://localhost/", RedirectUriError::Localhost.into()),
            (
                "http://localhost?redirect_uri=https://a.example.com/",
                RedirectUriError::NotLoopback.into(),
            ),
            ("http://localhost?redirect_uri=", RedirectUriError::Form.into()),
        ] {
            assert_eq!(fault(text, Hosts::Public), Some(expected), "{text}");
        }
    }

    #[test]
    fn people_see_the_host_and_what_is_unusual() {
        for (text, shown) in [
            ("https://app.example.com/oauth-client-metadata.json", "app.example.com"),
            ("https://app.example.com/client-metadata.json", "app.example.com"),
            (
                "https://app.example.com/client-metadata.json?a",
                "app.example.com/client-metadata.json?a",
            ),
            ("https://hosting.example.com/~me/c.json", "hosting.example.com/~me/c.json"),
            ("http://localhost?scope=atproto", "http://localhost"),
        ] {
            assert_eq!(ClientId::parse(text, Hosts::Public).unwrap().display_name(), shown);
        }
        let local = ClientId::parse("http://[::1]:4000/client-metadata.json", Hosts::Any).unwrap();
        assert_eq!(local.display_name(), "http://[::1]:4000/client-metadata.json");
    }
}
