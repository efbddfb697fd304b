//! Addresses that pages lead to or show images from.

use std::borrow::Cow;
use std::fmt;

/// The most bytes of an address that is followed.
const BYTES_MAX: usize = 4096;

/// An address that a page leads to: of the web, whatever else somebody would like it to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link<'a>(Cow<'a, str>);

/// The address of an image, which is fetched in safety or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image<'a>(Cow<'a, str>);

/// Where a browser is sent back to: the web, or an application on the device by its own scheme.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target<'a>(Cow<'a, str>);

impl<'a> Link<'a> {
    /// Takes an address if it is of `https` or `http`.
    pub fn parse(url: &'a str) -> Option<Self> {
        is_of(url, &["https://", "http://"]).then_some(Self(Cow::Borrowed(url)))
    }

    /// Keeps the address.
    pub fn into_owned(self) -> Link<'static> {
        Link(Cow::Owned(self.0.into_owned()))
    }
}

impl<'a> Image<'a> {
    /// Takes an address if it is of `https`.
    pub fn parse(url: &'a str) -> Option<Self> {
        is_of(url, &["https://"]).then_some(Self(Cow::Borrowed(url)))
    }

    /// Keeps the address.
    pub fn into_owned(self) -> Image<'static> {
        Image(Cow::Owned(self.0.into_owned()))
    }
}

impl<'a> Target<'a> {
    /// Takes an address if it is of the web, or of a scheme with a dot in it, which is how applications
    /// name their own. All those that a browser runs, such as `javascript`, have none.
    pub fn parse(url: &'a str) -> Option<Self> {
        let is_of_app = || {
            let scheme = url.split_once(':').map_or("", |(scheme, _)| scheme);
            let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
            scheme.contains('.') && scheme.bytes().all(is_scheme) && is_plain(url)
        };
        let is_good = is_of(url, &["https://", "http://"]) || is_of_app();
        is_good.then_some(Self(Cow::Borrowed(url)))
    }

    /// Tells whether it is of the web, so that a form can be sent there.
    pub fn is_web(&self) -> bool {
        is_of(&self.0, &["https://", "http://"])
    }
}

fn is_of(url: &str, schemes: &[&str]) -> bool {
    let has_scheme = |scheme: &&str| {
        let start = url.get(..scheme.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(scheme)) && url.len() > scheme.len()
    };
    schemes.iter().any(has_scheme) && is_plain(url)
}

/// Tells whether an address has only characters that addresses have.
fn is_plain(url: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    url.len() <= BYTES_MAX && url.bytes().all(is_letter)
}

impl fmt::Display for Link<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Image<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Target<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_do_no_harm_are_taken() {
        for (url, is_link, is_image, is_target) in [
            ("https://a.example/l.png?a=1&b='2'", true, true, true),
            ("HTTPS://a.example", true, true, true),
            ("http://localhost:2583/", true, false, true),
            ("com.example.app:/cb?code=1", false, false, true),
            ("com.example.app://cb", false, false, true),
            ("javascript:alert(1)", false, false, false),
            ("java.script\u{1}:alert(1)", false, false, false),
            (" javascript:alert(1)//.:", false, false, false),
            ("data:text/html,a.b", false, false, false),
            ("vbscript:x.y", false, false, false),
            ("//a.example", false, false, false),
            ("https://", false, false, false),
            ("https://a.example/\"onload=", false, false, false),
            ("https://a.example/ b", false, false, false),
            ("https://exämple", false, false, false),
            ("", false, false, false),
        ] {
            assert_eq!(Link::parse(url).is_some(), is_link, "{url}");
            assert_eq!(Image::parse(url).is_some(), is_image, "{url}");
            assert_eq!(Target::parse(url).is_some(), is_target, "{url}");
        }
        assert!(Target::parse("https://a.example").unwrap().is_web());
        assert!(!Target::parse("a.b:/").unwrap().is_web());
        let long = format!("https://a.example/{}", "a".repeat(BYTES_MAX));
        assert_eq!(Link::parse(&long), None);
    }
}
