//! `blob:`: the uploading of files.

use std::collections::BTreeSet;
use std::fmt;

use super::ScopeError;
use super::parts::{self, Parts};

pub(super) const RESOURCE: &str = "blob";
pub(super) const ACCEPT: &str = "accept";
/// All media types.
pub(super) const ALL: &str = "*/*";

/// Media types: all (`*/*`), those of one kind (`image/*`), or one (`image/png`), in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaRange(String);

/// Which files may be uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BlobScope {
    /// In order, and none that another one contains.
    accept: Vec<MediaRange>,
}

impl MediaRange {
    /// Parses a range of media types; `None` if the text is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, subtype) = text.split_once('/')?;
        let is_all = (kind, subtype) == ("*", "*");
        let is_range = is_token(kind) && (subtype == "*" || is_token(subtype));
        (is_all || is_range).then(|| Self(text.to_ascii_lowercase()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns all media types of the same kind.
    fn of_kind(&self) -> Self {
        let kind = self.0.split_once('/').map_or("", |(kind, _)| kind);
        Self(format!("{kind}/*"))
    }
}

impl fmt::Display for MediaRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl BlobScope {
    /// Makes a scope; `None` if there are no ranges.
    pub fn new(ranges: impl IntoIterator<Item = MediaRange>) -> Option<Self> {
        let ranges: BTreeSet<MediaRange> = ranges.into_iter().collect();
        let all = MediaRange(ALL.to_owned());
        let accept = if ranges.contains(&all) {
            vec![all]
        } else {
            let is_contained = |range: &MediaRange| {
                let kind = range.of_kind();
                *range != kind && ranges.contains(&kind)
            };
            ranges.iter().filter(|range| !is_contained(range)).cloned().collect()
        };
        (!accept.is_empty()).then_some(Self { accept })
    }

    pub(super) fn read(parts: Parts<'_>) -> Result<Self, ScopeError> {
        let mut params = parts.named(ACCEPT)?;
        let accept = params.many(ACCEPT);
        params.end()?;
        let ranges: Option<Vec<_>> = accept.iter().map(|text| MediaRange::parse(text)).collect();
        let ranges = ranges.ok_or(ScopeError::Value(ACCEPT))?;
        Self::new(ranges).ok_or(ScopeError::Missing(ACCEPT))
    }

    /// Returns the media types that files may have.
    pub fn accept(&self) -> &[MediaRange] {
        &self.accept
    }

    /// Tells whether a file may be uploaded under a media type, which may have parameters.
    ///
    /// What is not a media type may be uploaded only where everything may.
    pub(super) fn accepts(&self, media_type: &str) -> bool {
        let range = essence(media_type).unwrap_or_else(|| ALL.to_owned());
        self.contains(&MediaRange(range))
    }

    /// Tells whether all media types of a range are accepted.
    pub(super) fn contains(&self, range: &MediaRange) -> bool {
        let has = |range: &MediaRange| self.accept.binary_search(range).is_ok();
        self.accept.first().is_some_and(|first| first.as_str() == ALL)
            || has(range)
            || has(&range.of_kind())
    }

    pub(super) fn intersection(&self, other: &Self) -> Option<Self> {
        let of_other = other.accept.iter().filter(|range| self.contains(range));
        let own = self.accept.iter().filter(|range| other.contains(range));
        Self::new(own.chain(of_other).cloned())
    }
}

impl fmt::Display for BlobScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(f, self.accept.iter().map(MediaRange::as_str))
    }
}

/// Writes the scope for some ranges of media types.
pub(super) fn write<'a>(
    f: &mut fmt::Formatter<'_>,
    ranges: impl Iterator<Item = &'a str>,
) -> fmt::Result {
    parts::write(f, RESOURCE, (ACCEPT, ranges), [])
}

/// Returns a media type without its parameters, in lower case; `None` if it is not one.
pub(super) fn essence(media_type: &str) -> Option<String> {
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    let (kind, subtype) = essence.split_once('/')?;
    (is_token(kind) && is_token(subtype)).then(|| essence.to_ascii_lowercase())
}

/// Tells whether a text is a token, as RFC 9110 has it, without the asterisk.
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::super::Scope;
    use super::super::need::Need;
    use super::*;

    #[test]
    fn a_scope_is_for_its_media_types_alone() {
        let types = [
            "image/png",
            "IMAGE/PNG",
            "image/png; charset=utf-8",
            " image/png ;a=b/c",
            "image/jpeg",
            "text/html",
            "*/*",
            "image/*",
            "image",
            "image/",
            "/png",
            "",
            "image/png/x",
            "image/p ng",
        ];
        let every = &types[..];
        let images = &types[..5];
        for (text, allowed) in [
            ("blob:*/*", every),
            ("transition:generic", every),
            ("blob:image/*", images),
            ("blob:Image/*", images),
            ("blob:image/png", &types[..4]),
            (
                "blob?accept=image/png&accept=text/html",
                &[types[0], types[1], types[2], types[3], types[5]],
            ),
            ("blob:imag/*", &[]),
            ("transition:chat.bsky", &[]),
            ("atproto", &[]),
        ] {
            let scope = Scope::parse(text).unwrap();
            for media_type in types {
                let expected = allowed.contains(&media_type);
                let need = Need::Blob { media_type };
                assert_eq!(scope.allows(&need), expected, "{text}: {media_type}");
            }
        }
    }

    #[test]
    fn ranges_that_others_contain_are_left_out() {
        for (text, normal) in [
            ("blob?accept=*/*&accept=image/png", "blob:*/*"),
            ("blob?accept=image/*&accept=image/png", "blob:image/*"),
            ("blob?accept=image/png&accept=image/*&accept=IMAGE/*", "blob:image/*"),
            // Comes before the asterisk.
            ("blob?accept=image/*&accept=image/!", "blob:image/*"),
            ("blob?accept=video/*&accept=text/html", "blob?accept=text/html&accept=video/*"),
            ("blob:IMAGE/SVG+xml", "blob:image/svg+xml"),
            ("blob?accept=image/svg%2Bxml&accept=a/b", "blob?accept=a/b&accept=image/svg+xml"),
        ] {
            assert_eq!(Scope::parse(text).unwrap().to_string(), normal);
            assert_eq!(Scope::parse(normal).unwrap().to_string(), normal);
        }
    }

    #[test]
    fn partial_wildcards_are_none() {
        for range in ["*", "*/", "/*", "*/png", "image/p*", "im*/png", "*/**", "image/*/*", "a/b c"]
        {
            assert_eq!(MediaRange::parse(range), None, "{range}");
        }
    }
}
