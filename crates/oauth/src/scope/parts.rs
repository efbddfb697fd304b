//! How scopes are written: a resource, a value in its place, and parameters. What any of them means
//! is not known here.

use std::borrow::Cow;
use std::fmt::{self, Write as _};

use super::{BYTES_MAX, ScopeError};

/// A scope by its parts, of whatever resource.
///
/// `resource:value?name=value&name=value`; all but the resource may be missing, and may be
/// percent-encoded.
///
/// Spec: <https://atproto.com/specs/permission#scope-string-syntax>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts<'a> {
    resource: &'a str,
    positional: Option<Cow<'a, str>>,
    params: Vec<Param<'a>>,
}

/// A parameter: its name, and its value.
type Param<'a> = (Cow<'a, str>, Cow<'a, str>);

/// The parameters of a scope, from which each one is taken once.
pub(super) struct Params<'a> {
    entries: Vec<Param<'a>>,
}

impl<'a> Parts<'a> {
    /// Takes a scope apart.
    ///
    /// A plus sign is itself: no value that there is has a space, and media types have plus signs.
    ///
    /// # Errors
    ///
    /// [`ScopeError`] if it is too long, has a character that scopes cannot have, a percent sign that
    /// encodes nothing, or no resource.
    pub fn parse(text: &'a str) -> Result<Self, ScopeError> {
        if text.len() > BYTES_MAX {
            return Err(ScopeError::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\')) {
            return Err(ScopeError::Character);
        }
        let (resource, rest) = text.split_at(text.find([':', '?']).unwrap_or(text.len()));
        if resource.is_empty() {
            return Err(ScopeError::UnknownResource);
        }
        let (positional, query) = match rest.strip_prefix(':') {
            Some(rest) => {
                let (value, query) = rest.split_once('?').unwrap_or((rest, ""));
                (Some(decode(value)?), query)
            }
            None => (None, rest.strip_prefix('?').unwrap_or_default()),
        };
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        let params = pairs.map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(name)?, decode(value)?))
        });
        let params = params.collect::<Result<_, ScopeError>>()?;
        Ok(Self { resource, positional, params })
    }

    /// Returns what comes before the first colon or question mark.
    pub fn resource(&self) -> &'a str {
        self.resource
    }

    /// Returns the value without a name, which follows the colon.
    pub fn positional(&self) -> Option<&str> {
        self.positional.as_deref()
    }

    /// Returns the parameters with their names, in their order.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(name, value)| (name.as_ref(), value.as_ref()))
    }

    /// Gives the value without a name the one that it has for this resource.
    pub(super) fn named(self, positional: &'static str) -> Result<Params<'a>, ScopeError> {
        let mut entries = self.params;
        if let Some(value) = self.positional {
            if entries.iter().any(|(name, _)| name == positional) {
                return Err(ScopeError::Repeated(positional));
            }
            entries.push((Cow::Borrowed(positional), value));
        }
        Ok(Params { entries })
    }
}

impl<'a> Params<'a> {
    /// Takes out all values of a parameter.
    pub(super) fn many(&mut self, wanted: &str) -> Vec<Cow<'a, str>> {
        let taken = self.entries.extract_if(.., |(name, _)| name == wanted);
        taken.map(|(_, value)| value).collect()
    }

    /// Takes out the value of a parameter that has no more than one.
    pub(super) fn one(&mut self, wanted: &'static str) -> Result<Option<Cow<'a, str>>, ScopeError> {
        let mut values = self.many(wanted);
        let value = values.pop();
        if values.is_empty() { Ok(value) } else { Err(ScopeError::Repeated(wanted)) }
    }

    /// Makes sure that all parameters have been taken out.
    pub(super) fn end(self) -> Result<(), ScopeError> {
        if self.entries.is_empty() { Ok(()) } else { Err(ScopeError::UnknownParameter) }
    }
}

/// Writes a scope: a value that stands alone in its place, and all else with its name.
pub(super) fn write<'a>(
    f: &mut fmt::Formatter<'_>,
    resource: &str,
    (main, values): (&str, impl IntoIterator<Item = &'a str>),
    others: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> fmt::Result {
    f.write_str(resource)?;
    let mut values = values.into_iter();
    let (first, second) = (values.next(), values.next());
    let mut separator = '?';
    let mut param = |f: &mut fmt::Formatter<'_>, name: &str, value: &str| {
        write!(f, "{}{name}=", std::mem::replace(&mut separator, '&'))?;
        encode(f, value)
    };
    match (first, second) {
        (Some(only), None) => {
            f.write_char(':')?;
            encode(f, only)?;
        }
        _ => {
            for value in first.into_iter().chain(second).chain(values) {
                param(f, main, value)?;
            }
        }
    }
    others.into_iter().try_for_each(|(name, value)| param(f, name, value))
}

fn decode(text: &str) -> Result<Cow<'_, str>, ScopeError> {
    if !text.contains('%') {
        return Ok(Cow::Borrowed(text));
    }
    let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
            return Err(ScopeError::Escape);
        };
        decoded.push(u8::try_from(high * 16 + low).expect("two digits make a byte"));
    }
    String::from_utf8(decoded).map(Cow::Owned).map_err(|_| ScopeError::Escape)
}

fn encode(f: &mut fmt::Formatter<'_>, value: &str) -> fmt::Result {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~*:/+,@".contains(c);
    let mut rest = value;
    while let Some(at) = rest.find(|c| !is_plain(c)) {
        let (plain, others) = rest.split_at(at);
        let (strange, after) = others.split_at(others.find(is_plain).unwrap_or(others.len()));
        f.write_str(plain)?;
        strange.bytes().try_for_each(|byte| write!(f, "%{byte:02X}"))?;
        rest = after;
    }
    f.write_str(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Written<'a>(&'a [&'a str], &'a [(&'a str, &'a str)]);

    impl fmt::Display for Written<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write(f, "tide", ("v", self.0.iter().copied()), self.1.iter().copied())
        }
    }

    #[test]
    fn a_value_that_stands_alone_needs_no_name() {
        for (values, others, expected) in [
            (&["a"][..], &[][..], "tide:a"),
            (&["a"], &[("w", "b"), ("x", "c")], "tide:a?w=b&x=c"),
            (&["a", "b", "c"], &[("w", "d")], "tide?v=a&v=b&v=c&w=d"),
            (&[], &[("w", "d")], "tide?w=d"),
            (&[], &[], "tide"),
        ] {
            assert_eq!(Written(values, others).to_string(), expected);
        }
    }

    #[test]
    fn whatever_is_written_is_read_again() {
        let all: String = (0_u8..=255).map(char::from).collect();
        for value in ["a b", "a+b", "50%", "%41", "a&b=c?d#e", "\"\\", "é☺", "", all.as_str()] {
            let text = Written(&[value], &[("w", value)]).to_string();
            let parts = Parts::parse(&text).unwrap();
            assert_eq!(parts.positional(), Some(value), "{text}");
            assert_eq!(parts.params().collect::<Vec<_>>(), [("w", value)], "{text}");
        }
    }

    #[test]
    fn what_percent_signs_encode_is_checked() {
        for text in ["r:%", "r:%4", "r:%4g", "r:%g4", "r:%+4", "r:%ff", "r?a=%", "r?%=a", "r?%c3"] {
            assert_eq!(Parts::parse(text), Err(ScopeError::Escape), "{text}");
        }
        // A resource is not decoded.
        assert_eq!(Parts::parse("r%zz:a").unwrap().resource(), "r%zz");
    }

    #[test]
    fn the_first_mark_ends_the_resource() {
        for (text, resource, positional, params) in [
            ("r", "r", None, &[][..]),
            ("r:", "r", Some(""), &[]),
            ("r?", "r", None, &[]),
            ("r:?", "r", Some(""), &[]),
            ("r?:", "r", None, &[(":", "")]),
            ("r?a=b:c?d", "r", None, &[("a", "b:c?d")]),
            ("r:a:b?c=d=e", "r", Some("a:b"), &[("c", "d=e")]),
            ("r?&a&&=b&", "r", None, &[("a", ""), ("", "b")]),
            ("r?%61=%62&a=c", "r", None, &[("a", "b"), ("a", "c")]),
        ] {
            let parts = Parts::parse(text).unwrap();
            assert_eq!((parts.resource(), parts.positional()), (resource, positional), "{text}");
            assert_eq!(parts.params().collect::<Vec<_>>(), params, "{text}");
        }
    }
}
