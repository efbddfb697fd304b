//! The languages that pages are in.

// Templates hand over numbers as well as references to some.
use askama::PrimitiveType;

/// How many of the languages that somebody asks for are looked at.
const ASKED_MAX: usize = 20;

/// A language that all pages are in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Lang {
    /// English, which is shown where nothing else is asked for.
    #[default]
    English,
    /// French.
    French,
}

impl Lang {
    /// All languages, in the order that they are offered in.
    pub const ALL: [Self; 2] = [Self::English, Self::French];

    /// Picks the language for somebody: the first that there is of those that an application asks for
    /// (`ui_locales`, with spaces between), else of those that the browser does (`Accept-Language`).
    pub fn pick(ui_locales: Option<&str>, accept_language: Option<&str>) -> Self {
        let asked = ui_locales.unwrap_or_default().split_whitespace().take(ASKED_MAX);
        let by_browser = || accept_language.and_then(accepted);
        asked.into_iter().find_map(Self::parse).or_else(by_browser).unwrap_or_default()
    }

    /// Returns the language of a tag, such as `fr` or `fr-CA`, if there is one.
    pub fn parse(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|lang| lang.tag().eq_ignore_ascii_case(primary))
    }

    /// Returns the language's tag, as in the attribute `lang`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::French => "fr",
        }
    }

    /// Returns what the language is called by those who speak it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::French => "Français",
        }
    }

    /// Writes a number for people.
    pub(crate) fn number(self, number: impl PrimitiveType<Value = u64>) -> String {
        let digits = number.get().to_string();
        let separator = match self {
            Self::English => ',',
            Self::French => '\u{202f}',
        };
        let mut written = String::with_capacity(digits.len() * 2);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                written.push(separator);
            }
            written.push(digit);
        }
        written
    }

    /// Writes a number of bytes for people, with one decimal.
    pub(crate) fn bytes(self, bytes: impl PrimitiveType<Value = u64>) -> String {
        let bytes = bytes.get();
        const UNITS: [(&str, &str); 5] =
            [("bytes", "octets"), ("kB", "ko"), ("MB", "Mo"), ("GB", "Go"), ("TB", "To")];
        let (mut unit, mut size) = (0, 1);
        while bytes / size >= 1000 && unit + 1 < UNITS.len() {
            (unit, size) = (unit + 1, size * 1000);
        }
        let (english, french) = UNITS[unit];
        let tenths = bytes % size * 10 / size;
        let whole = self.number(bytes / size);
        match (self, unit) {
            (Self::English, 0) => format!("{whole} {english}"),
            (Self::English, _) => format!("{whole}.{tenths} {english}"),
            (Self::French, 0) => format!("{whole}\u{a0}{french}"),
            (Self::French, _) => format!("{whole},{tenths}\u{a0}{french}"),
        }
    }
}

/// Returns the language that is wanted most by the value of `Accept-Language`.
fn accepted(value: &str) -> Option<Lang> {
    let mut best: Option<(u16, Lang)> = None;
    for part in value.split(',').take(ASKED_MAX) {
        let (tag, weight) = part.split_once(';').unwrap_or((part, "q=1"));
        let (Some(lang), Some(weight)) = (Lang::parse(tag.trim()), per_mille(weight.trim())) else {
            continue;
        };
        // The first of those that are wanted alike.
        if weight > 0 && best.is_none_or(|(most, _)| weight > most) {
            best = Some((weight, lang));
        }
    }
    best.map(|(_, lang)| lang)
}

/// Reads `q=0.8` as 800.
fn per_mille(weight: &str) -> Option<u16> {
    let number = weight.strip_prefix(['q', 'Q'])?.trim_start().strip_prefix('=')?.trim();
    let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
    let is_number = decimals.len() <= 3 && decimals.bytes().all(|byte| byte.is_ascii_digit());
    match whole {
        "1" => Some(1000),
        "0" if is_number => format!("{decimals:0<3}").parse().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_that_is_wanted_most() {
        for (ui_locales, accept_language, expected) in [
            (None, None, Lang::English),
            (Some("fr"), Some("en"), Lang::French),
            (Some("ja fr-CA en"), None, Lang::French),
            (Some("ja"), Some("fr;q=0.8, en;q=0.9"), Lang::English),
            (None, Some("de, FR-fr;q=0.5, en;q=0.4"), Lang::French),
            (None, Some("en;q=0, fr;q=0.001"), Lang::French),
            (None, Some("fr, en"), Lang::French),
            (None, Some("en;q=2, fr;q=0.1"), Lang::French),
            (None, Some("fr;q=x, *"), Lang::English),
            (Some(""), Some(",;,;;q=,"), Lang::English),
        ] {
            let picked = Lang::pick(ui_locales, accept_language);
            assert_eq!(picked, expected, "{ui_locales:?} {accept_language:?}");
        }
    }

    #[test]
    fn only_the_first_of_many_languages_are_looked_at() {
        let many = format!("{}fr", "ja,".repeat(ASKED_MAX));
        assert_eq!(Lang::pick(None, Some(&many)), Lang::English);
        let many = format!("{}fr", "ja ".repeat(ASKED_MAX));
        assert_eq!(Lang::pick(Some(&many), None), Lang::English);
    }

    #[test]
    fn numbers_are_written_as_people_do() {
        for (number, english, french) in [
            (0_u64, "0", "0"),
            (999, "999", "999"),
            (1000, "1,000", "1\u{202f}000"),
            (12_345_678, "12,345,678", "12\u{202f}345\u{202f}678"),
        ] {
            assert_eq!(Lang::English.number(number), english);
            assert_eq!(Lang::French.number(number), french);
        }
        for (bytes, english, french) in [
            (0_u64, "0 bytes", "0\u{a0}octets"),
            (999, "999 bytes", "999\u{a0}octets"),
            (1_250, "1.2 kB", "1,2\u{a0}ko"),
            (33_000_000, "33.0 MB", "33,0\u{a0}Mo"),
            (u64::MAX, "18,446,744.0 TB", "18\u{202f}446\u{202f}744,0\u{a0}To"),
        ] {
            assert_eq!(Lang::English.bytes(bytes), english);
            assert_eq!(Lang::French.bytes(bytes), french);
        }
    }
}
