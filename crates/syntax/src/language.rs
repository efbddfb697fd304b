//! Language tags.

use smol_str::SmolStr;
use thiserror::Error;

use crate::text::text_identifier;

/// The most bytes that a tag may have here; RFC 5646 asks for at least 35.
const LANGUAGE_BYTES_MAX: usize = 128;

/// Tags registered before the present grammar, which does not make them.
const IRREGULAR: [&str; 17] = [
    "en-GB-oed",
    "i-ami",
    "i-bnn",
    "i-default",
    "i-enochian",
    "i-hak",
    "i-klingon",
    "i-lux",
    "i-mingo",
    "i-navajo",
    "i-pwn",
    "i-tao",
    "i-tay",
    "i-tsu",
    "sgn-BE-FR",
    "sgn-BE-NL",
    "sgn-CH-DE",
];

/// A language tag of BCP 47 that begins with a language of two or three lower-case letters.
///
/// The text is kept as it came; tags are compared byte by byte. Whether the subtags are registered
/// is not looked at.
///
/// Specs: <https://atproto.com/specs/lexicon#language>, RFC 5646
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(SmolStr);

/// Says why a text is not a language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum LanguageError {
    /// The text is not made by the grammar of RFC 5646, or longer than 128 bytes.
    #[error("language tag is not well formed")]
    Form,
    /// A variant or an extension occurs twice.
    #[error("language tag has a variant or an extension twice")]
    Duplicate,
}

impl Language {
    /// Parses a language tag.
    ///
    /// # Errors
    ///
    /// [`LanguageError`] if the tag is not well formed or repeats a subtag.
    pub fn parse(text: &str) -> Result<Self, LanguageError> {
        if !IRREGULAR.contains(&text) {
            check(text)?;
        }
        Ok(Self(SmolStr::new(text)))
    }
}

fn check(text: &str) -> Result<(), LanguageError> {
    if text.len() > LANGUAGE_BYTES_MAX {
        return Err(LanguageError::Form);
    }
    let well_formed = |subtag: &&str| {
        (1..=8).contains(&subtag.len()) && subtag.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    let subtags: Vec<&str> = text.split('-').collect();
    if !subtags.iter().all(well_formed) {
        return Err(LanguageError::Form);
    }
    let Some((first, rest)) = subtags.split_first() else {
        return Err(LanguageError::Form);
    };
    if first.eq_ignore_ascii_case("x") {
        return if rest.is_empty() { Err(LanguageError::Form) } else { Ok(()) };
    }
    if !(2..=3).contains(&first.len()) || !first.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return Err(LanguageError::Form);
    }
    check_after_language(rest)
}

/// Checks `[extlangs][script][region][variants][extensions][private use]`.
fn check_after_language(mut rest: &[&str]) -> Result<(), LanguageError> {
    let alphabetic = |subtag: &str| subtag.bytes().all(|byte| byte.is_ascii_alphabetic());
    let numeric = |subtag: &str| subtag.bytes().all(|byte| byte.is_ascii_digit());
    let mut skip_if = |is: &dyn Fn(&str) -> bool| match rest.split_first() {
        Some((first, after)) if is(first) => {
            rest = after;
            Some(*first)
        }
        _ => None,
    };

    for _ in 0..3 {
        skip_if(&|subtag| subtag.len() == 3 && alphabetic(subtag));
    }
    skip_if(&|subtag| subtag.len() == 4 && alphabetic(subtag));
    skip_if(&|subtag| {
        subtag.len() == 2 && alphabetic(subtag) || subtag.len() == 3 && numeric(subtag)
    });
    let mut seen: Vec<String> = Vec::new();
    while let Some(variant) = skip_if(&|subtag| {
        subtag.len() >= 5 || subtag.len() == 4 && subtag.starts_with(|c: char| c.is_ascii_digit())
    }) {
        remember(&mut seen, variant)?;
    }
    while let Some(singleton) = skip_if(&|subtag| subtag.len() == 1) {
        let private = singleton.eq_ignore_ascii_case("x");
        remember(&mut seen, singleton)?;
        let least = if private { 1 } else { 2 };
        let mut count = 0;
        while skip_if(&|subtag| subtag.len() >= least).is_some() {
            count += 1;
        }
        if count == 0 {
            return Err(LanguageError::Form);
        }
    }
    if rest.is_empty() { Ok(()) } else { Err(LanguageError::Form) }
}

fn remember(seen: &mut Vec<String>, subtag: &str) -> Result<(), LanguageError> {
    let subtag = subtag.to_ascii_lowercase();
    if seen.contains(&subtag) {
        return Err(LanguageError::Duplicate);
    }
    seen.push(subtag);
    Ok(())
}

text_identifier!(Language, LanguageError);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_has_its_name() {
        for (text, fault) in [
            ("", LanguageError::Form),
            ("JA", LanguageError::Form),
            ("ja-", LanguageError::Form),
            ("x", LanguageError::Form),
            ("en-u", LanguageError::Form),
            ("en-GB-Latn", LanguageError::Form),
            ("de-1901-1901", LanguageError::Duplicate),
            ("en-a-foo-A-bar", LanguageError::Duplicate),
        ] {
            assert_eq!(Language::parse(text), Err(fault), "{text}");
        }
        for text in ["zh-cmn-Hans-CN", "en-x-a-b", "zh-min-nan", "de-DE-u-co-phonebk"] {
            assert!(Language::parse(text).is_ok(), "{text}");
        }
    }
}
