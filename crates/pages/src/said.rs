//! What others wrote, made fit to be shown.

use std::fmt;

/// Text that somebody else wrote: cut to a number of characters, without those that steer how other
/// text is shown. Markup in it has no meaning, as pages escape what they print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Said<'a, const CHARS: usize>(&'a str);

/// A name: of an application, a device, a collection.
pub type Name<'a> = Said<'a, 80>;
/// A handle, a DID, an address, a URL that is shown.
pub type Id<'a> = Said<'a, 300>;
/// What another program says, in a sentence or a few.
pub type Sentence<'a> = Said<'a, 600>;

impl<'a, const CHARS: usize> Said<'a, CHARS> {
    /// Tells whether there is nothing to be shown.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Returns the text as it came: to compare, never to show.
    pub(crate) fn as_came(&self) -> &'a str {
        self.0
    }

    /// Returns the first letter, for a picture of what has none.
    pub(crate) fn initial(&self) -> String {
        let first = self.0.chars().find(|letter| letter.is_alphanumeric());
        first.map_or_else(|| "?".to_owned(), |letter| letter.to_uppercase().collect())
    }
}

impl<'a, const CHARS: usize> From<&'a str> for Said<'a, CHARS> {
    fn from(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a, const CHARS: usize> From<&'a String> for Said<'a, CHARS> {
    fn from(text: &'a String) -> Self {
        Self(text)
    }
}

impl<const CHARS: usize> fmt::Display for Said<'_, CHARS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;

        // A letter may carry any number of marks, each a character: they count, too.
        for (at, letter) in self.0.trim().chars().filter_map(shown).enumerate() {
            if at == CHARS {
                return f.write_char('…');
            }
            f.write_char(letter)?;
        }
        Ok(())
    }
}

/// JSON that is shown to be copied. What would steer how it is shown is written as JSON escapes it, which
/// means the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Json<'a>(&'a str);

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Self(text)
    }
}

impl<'a> From<&'a String> for Json<'a> {
    fn from(text: &'a String) -> Self {
        Self(text)
    }
}

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write as _;

        for letter in self.0.chars() {
            if letter == '\n' || shown(letter) == Some(letter) {
                f.write_char(letter)?;
                continue;
            }
            for unit in letter.encode_utf16(&mut [0; 2]) {
                write!(f, "\\u{unit:04x}")?;
            }
        }
        Ok(())
    }
}

/// Returns what is shown of a character, if it may be.
fn shown(letter: char) -> Option<char> {
    match letter {
        '\t' | '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => Some(' '),
        letter if letter.is_control() => None,
        // Marks and brackets of direction, which would reach beyond the text.
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            None
        }
        // What has no width hides what a name is: soft hyphens, spaces of no width, tags.
        '\u{ad}'
        | '\u{200b}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e007f}' => None,
        letter => Some(letter),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_other_text_is_left_out() {
        for (said, expected) in [
            ("  alice ", "alice"),
            ("a\nb\tc\u{2028}d", "a b c d"),
            ("\u{202e}gro.knab\u{202c}", "gro.knab"),
            ("pay\u{200b}pal\u{0}\u{1b}[31m", "paypal[31m"),
            ("عالم", "عالم"),
            ("👩\u{200d}🚀", "👩\u{200d}🚀"),
        ] {
            assert_eq!(Name::from(said).to_string(), expected);
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = "é".repeat(100);
        assert_eq!(Said::<'_, 3>::from(long.as_str()).to_string(), "ééé…");
        assert_eq!(Said::<'_, 100>::from(long.as_str()).to_string(), long);
    }

    #[test]
    fn json_says_the_same_in_letters_that_can_be_seen() {
        let json = "{\n \"a\": \"\u{202e}b\u{e0001}é\"\n}";
        let expected = "{\n \"a\": \"\\u202eb\\udb40\\udc01é\"\n}";
        assert_eq!(Json::from(json).to_string(), expected);
    }

    #[test]
    fn what_has_no_picture_has_a_letter() {
        assert_eq!(Name::from("@shells.example").initial(), "S");
        assert_eq!(Name::from("<>").initial(), "?");
    }
}
