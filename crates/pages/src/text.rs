//! All that pages say, in each of their languages, side by side.
//!
//! A text is a method of [`Lang`](crate::Lang). One with names in parentheses has them put in as text; one
//! with names in angle brackets is HTML, and has them put in so that they stand out. What is put in is
//! escaped in both cases. That the languages have the same names in them, a test sees to.

macro_rules! texts {
    ($($name:ident $(($($arg:ident),+))? $(<$($mark:ident),+>)? : $en:literal | $fr:literal,)+) => {
        impl crate::Lang {
            $(texts!(@ $name $(($($arg),+))? $(<$($mark),+>)? $en $fr);)+
        }

        /// The texts of this part: the name, and the text in each language.
        #[cfg(test)]
        pub(super) const ALL: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $fr)),+];
    };
    (@ $name:ident $en:literal $fr:literal) => {
        pub(crate) const fn $name(self) -> &'static str {
            match self {
                Self::English => $en,
                Self::French => $fr,
            }
        }
    };
    (@ $name:ident ($($arg:ident),+) $en:literal $fr:literal) => {
        pub(crate) fn $name(self, $($arg: impl std::fmt::Display),+) -> String {
            match self {
                Self::English => format!($en),
                Self::French => format!($fr),
            }
        }
    };
    (@ $name:ident <$($mark:ident),+> $en:literal $fr:literal) => {
        pub(crate) fn $name(self, $($mark: impl std::fmt::Display),+) -> crate::markup::Html {
            $(let $mark = crate::markup::Marked($mark);)+
            crate::markup::Html(match self {
                Self::English => format!($en),
                Self::French => format!($fr),
            })
        }
    };
}

mod account;
mod closing;
mod consent;
mod frame;
mod identity;
mod moving;
mod problem;
mod sign_in;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{account, closing, consent, frame, identity, moving, problem, sign_in};

    fn all() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
        let parts = [
            account::ALL,
            closing::ALL,
            consent::ALL,
            frame::ALL,
            identity::ALL,
            moving::ALL,
            problem::ALL,
            sign_in::ALL,
        ];
        parts.into_iter().flatten().copied()
    }

    /// The names in braces.
    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).map(|part| part.split('}').next().unwrap()).collect()
    }

    #[test]
    fn every_text_is_there_in_both_languages_with_the_same_names_in_it() {
        for (name, english, french) in all() {
            assert!(!english.trim().is_empty() && !french.trim().is_empty(), "{name}");
            assert_eq!(placeholders(english), placeholders(french), "{name}");
        }
        assert!(all().count() > 300, "texts are missing from this test");
    }

    #[test]
    fn texts_are_whole() {
        for (name, english, french) in all() {
            for text in [english, french] {
                assert!(!text.contains("  "), "{name} has two spaces: {text}");
                assert_eq!(text.trim(), text, "{name}");
                assert_eq!(text.matches('<').count(), text.matches('>').count(), "{name}: {text}");
            }
            let ends = |text: &str| text.ends_with(['.', '?', '!', '…']);
            assert_eq!(ends(english), ends(french), "{name} ends otherwise in French");
        }
    }

    #[test]
    fn letters_are_those_of_print() {
        for (name, english, french) in all() {
            assert!(!english.contains('\'') && !french.contains('\''), "{name} has a straight '");
            for sign in [" :", " ;", " ?", " !", " »", "« "] {
                assert!(!french.contains(sign), "{name}: a line may break at {sign:?}");
            }
            for sign in ["é", "è", "à"] {
                assert!(!english.contains(sign), "{name} is not English: {english}");
            }
        }
    }
}
