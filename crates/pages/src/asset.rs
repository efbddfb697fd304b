//! Files that pages need beside themselves: the stylesheet, three small scripts and two drawings.

use data_encoding::HEXLOWER;
use sha2::{Digest as _, Sha256};

use crate::Color;
use crate::path;

/// What pages may load, for the header `Content-Security-Policy`. It needs no exceptions for anything
/// in a page.
///
/// There is no `form-action`: browsers apply it to where a form's answer redirects to as well, which is
/// how people get back to an application.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                                           img-src 'self' https:; connect-src 'self'; \
                                           base-uri 'none'; frame-ancestors 'none'";

/// The operator's colour, where they have set no other.
const ACCENT: Color = Color::of(0xa8, 0x42, 0x2a);
/// What text in the operator's colour stands on, in light pages: as in the stylesheet.
const LIGHT: [Color; 3] =
    [Color::of(0xf5, 0xef, 0xe6), Color::of(0xff, 0xfd, 0xf9), Color::of(0xf2, 0xe6, 0xd8)];
/// The same, in dark ones.
const DARK: [Color; 3] =
    [Color::of(0x1b, 0x17, 0x15), Color::of(0x25, 0x20, 0x1d), Color::of(0x35, 0x2c, 0x27)];

/// A file. Its name has a hash of what is in it, so that it can be kept for good.
#[derive(Debug, Clone)]
pub struct Asset {
    path: String,
    media_type: &'static str,
    bytes: Vec<u8>,
}

/// All files, as they are under the operator's colour.
#[derive(Debug, Clone)]
pub struct Assets {
    pub(crate) style: Asset,
    pub(crate) mark: Asset,
    pub(crate) spiral: Asset,
    pub(crate) live: Asset,
    pub(crate) key: Asset,
    pub(crate) submit: Asset,
}

impl Asset {
    fn new(name: &str, extension: &str, media_type: &'static str, bytes: Vec<u8>) -> Self {
        let hash = Sha256::digest(&bytes);
        let hash = HEXLOWER.encode(hash.first_chunk::<10>().map_or(&[], |hash| hash));
        Self { path: format!("{}{name}-{hash}.{extension}", path::ASSETS), media_type, bytes }
    }

    /// Returns where it is.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns what it is, for the header `Content-Type`.
    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// Returns what is in it.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl Assets {
    /// Makes the files, under the operator's colour if they have one.
    pub fn new(accent: Option<Color>) -> Self {
        const SVG: &str = "image/svg+xml";
        const SCRIPT: &str = "text/javascript; charset=utf-8";
        let accent = accent.unwrap_or(ACCENT);
        let light = accent.readable_on(&LIGHT);
        let dark = accent.readable_on(&DARK);
        let mark = include_str!("../assets/mark.svg").replace("#a8422a", &light.css());
        let script = |name: &str, text: &str| Asset::new(name, "js", SCRIPT, text.into());
        let spiral = include_str!("../assets/spiral.svg").replace("#a8422a", &light.css());
        let spiral = Asset::new("spiral", "svg", SVG, spiral.into_bytes());
        let style = format!(
            ":root{{--accent:{};--on-accent:{};--spiral:url({})}}\n\
             @media (prefers-color-scheme:dark){{:root{{--accent:{};--on-accent:{}}}}}\n{}",
            light.css(),
            light.text_on().css(),
            spiral.path(),
            dark.css(),
            dark.text_on().css(),
            include_str!("../assets/style.css"),
        );
        Self {
            style: Asset::new("style", "css", "text/css; charset=utf-8", style.into_bytes()),
            mark: Asset::new("mark", "svg", SVG, mark.into_bytes()),
            spiral,
            live: script("live", include_str!("../assets/live.js")),
            key: script("key", include_str!("../assets/key.js")),
            submit: script("submit", include_str!("../assets/submit.js")),
        }
    }

    /// Returns all files.
    pub fn all(&self) -> [&Asset; 6] {
        [&self.style, &self.mark, &self.spiral, &self.live, &self.key, &self.submit]
    }

    /// Returns the file at a path, if there is one.
    pub fn find(&self, path: &str) -> Option<&Asset> {
        self.all().into_iter().find(|asset| asset.path == path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_path_which_changes_with_it() {
        let (one, two) = (Assets::new(None), Assets::new(Color::parse("#2266aa")));
        for asset in one.all() {
            assert_eq!(one.find(asset.path()).unwrap().bytes(), asset.bytes());
        }
        assert_ne!(one.style.path(), two.style.path());
        assert_eq!(one.live.path(), two.live.path());
        assert!(one.find("/assets/style.css").is_none());
    }

    #[test]
    fn grounds_are_those_of_the_stylesheet() {
        let style = include_str!("../assets/style.css");
        let (light, dark) = style.split_once("prefers-color-scheme: dark").unwrap();
        for (part, grounds) in [(light, LIGHT), (dark, DARK)] {
            for ground in grounds {
                assert!(part.contains(&ground.css()), "{}", ground.css());
            }
        }
    }
}
