//! The rules about lengths and ranges, each written once: for values of the data model, for
//! parameters, and for the generated types.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::fault::{Fault, Unit};

/// The least and the most that a number or a length may be. An end that is `None` is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds<T> {
    /// The least.
    pub min: Option<T>,
    /// The most.
    pub max: Option<T>,
}

impl<T> Bounds<T> {
    /// Joins both ends.
    pub const fn new(min: Option<T>, max: Option<T>) -> Self {
        Self { min, max }
    }
}

/// Holds a count of bytes or items to its bounds.
pub(crate) fn length(count: usize, bounds: Bounds<usize>, unit: Unit) -> Result<(), Fault> {
    match bounds {
        Bounds { min: Some(min), .. } if count < min => Err(Fault::TooShort { unit, min }),
        Bounds { max: Some(max), .. } if count > max => Err(Fault::TooLong { unit, max }),
        _ => Ok(()),
    }
}

/// Holds a text's grapheme clusters to their bounds, and counts them only where it has to.
///
/// A cluster has one character or more, and a character one byte or more, so that either count,
/// which are cheap, often decides.
pub(crate) fn graphemes(text: &str, bounds: Bounds<usize>) -> Result<(), Fault> {
    let unit = Unit::Graphemes;
    if let Some(max) = bounds.max
        && text.len() > max
        && text.chars().count() > max
        && text.graphemes(true).nth(max).is_some()
    {
        return Err(Fault::TooLong { unit, max });
    }
    if let Some(min) = bounds.min
        && min > 0
        && (text.len() < min || text.graphemes(true).nth(min - 1).is_none())
    {
        return Err(Fault::TooShort { unit, min });
    }
    Ok(())
}

/// Holds an integer to its bounds.
pub(crate) fn range(value: i128, bounds: Bounds<i64>) -> Result<(), Fault> {
    match bounds {
        Bounds { min: Some(min), .. } if value < i128::from(min) => Err(Fault::TooSmall { min }),
        Bounds { max: Some(max), .. } if value > i128::from(max) => Err(Fault::TooLarge { max }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graphemes_are_what_readers_take_for_characters() {
        let family = "👩‍👩‍👦‍👦";
        for (text, min, max, good) in [
            ("", 0, 0, true),
            ("", 1, 9, false),
            ("abc", 3, 3, true),
            ("abcd", 0, 3, false),
            ("äöü", 3, 3, true),
            ("a\u{308}o\u{308}", 2, 2, true),
            ("a\u{308}o\u{308}", 3, 9, false),
            (family, 1, 1, true),
            (family, 2, 9, false),
            ("\r\n", 1, 1, true),
            ("🇩🇪🇩🇪🇩🇪", 0, 2, false),
        ] {
            let bounds = Bounds::new(Some(min), Some(max));
            assert_eq!(graphemes(text, bounds).is_ok(), good, "{text:?} within {min}..={max}");
        }
    }

    #[test]
    fn bounds_belong_to_what_they_allow() {
        let bounds = Bounds::new(Some(2), Some(4));
        let counts = [1, 2, 4, 5].map(|count| length(count, bounds, Unit::Items).is_ok());
        assert_eq!(counts, [false, true, true, false]);
        let bounds = Bounds::new(Some(-1), Some(i64::MAX));
        let values = [i128::MIN, -2, -1, i128::from(i64::MAX), i128::MAX];
        let good = values.map(|value| range(value, bounds).is_ok());
        assert_eq!(good, [false, false, true, true, false]);
        assert!(length(usize::MAX, Bounds::default(), Unit::Bytes).is_ok());
    }
}
