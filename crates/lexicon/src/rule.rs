//! The rules about lengths, ranges and the like, each written once: validation and the generated
//! types hold values to them alike.

use repo::data::{Map, Value};
use unicode_segmentation::UnicodeSegmentation as _;

use crate::fault::{At, Fault, Invalid, Unit, ValueType};

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

/// Each rule holds a value that is at this place.
impl At<'_> {
    /// The length of a text in bytes of UTF-8.
    pub(crate) fn text_bytes(&self, text: &str, bounds: Bounds<usize>) -> Result<(), Invalid> {
        self.length(text.len(), bounds, Unit::Bytes)
    }

    /// The length of a byte string.
    pub(crate) fn bytes(&self, bytes: &[u8], bounds: Bounds<usize>) -> Result<(), Invalid> {
        self.length(bytes.len(), bounds, Unit::Bytes)
    }

    /// The number of items of an array.
    pub(crate) fn items(&self, count: usize, bounds: Bounds<usize>) -> Result<(), Invalid> {
        self.length(count, bounds, Unit::Items)
    }

    /// The length of a text in grapheme clusters, which are counted only where they decide.
    ///
    /// A cluster has one character or more, and a character one byte or more, so that either count,
    /// which are cheap, may tell that there are few enough clusters.
    pub(crate) fn graphemes(&self, text: &str, bounds: Bounds<usize>) -> Result<(), Invalid> {
        let unit = Unit::Graphemes;
        if let Some(max) = bounds.max
            && text.len() > max
            && text.chars().count() > max
            && text.graphemes(true).nth(max).is_some()
        {
            return Err(self.invalid(Fault::TooLong { unit, max }));
        }
        if let Some(min) = bounds.min
            && min > 0
            && (text.len() < min || text.graphemes(true).nth(min - 1).is_none())
        {
            return Err(self.invalid(Fault::TooShort { unit, min }));
        }
        Ok(())
    }

    /// The range of an integer.
    pub(crate) fn range(&self, value: i64, bounds: Bounds<i64>) -> Result<(), Invalid> {
        match bounds {
            Bounds { min: Some(min), .. } if value < min => {
                Err(self.invalid(Fault::TooSmall { min }))
            }
            Bounds { max: Some(max), .. } if value > max => {
                Err(self.invalid(Fault::TooLarge { max }))
            }
            _ => Ok(()),
        }
    }

    /// The values that are allowed, if any are listed.
    pub(crate) fn listed<T, U>(&self, value: &U, allowed: &[T]) -> Result<(), Invalid>
    where
        T: PartialEq<U>,
        U: ?Sized,
    {
        if allowed.is_empty() || allowed.iter().any(|one| one == value) {
            return Ok(());
        }
        Err(self.invalid(Fault::NotListed))
    }

    /// Any object: a map that does not stand for something else.
    pub(crate) fn object(&self, value: &Value) -> Result<(), Invalid> {
        let is_blob = |map: &Map| match map.get("$type") {
            Some(Value::String(name)) => name == "blob",
            _ => false,
        };
        match value {
            Value::Map(map) if !is_blob(map) => Ok(()),
            _ => Err(self.invalid(Fault::Type(ValueType::Object))),
        }
    }

    fn length(&self, count: usize, bounds: Bounds<usize>, unit: Unit) -> Result<(), Invalid> {
        match bounds {
            Bounds { min: Some(min), .. } if count < min => {
                Err(self.invalid(Fault::TooShort { unit, min }))
            }
            Bounds { max: Some(max), .. } if count > max => {
                Err(self.invalid(Fault::TooLong { unit, max }))
            }
            _ => Ok(()),
        }
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
            assert_eq!(
                At::TOP.graphemes(text, bounds).is_ok(),
                good,
                "{text:?} within {min}..={max}"
            );
        }
    }

    #[test]
    fn bounds_belong_to_what_they_allow() {
        let bounds = Bounds::new(Some(2), Some(4));
        let good = [1, 2, 4, 5].map(|count| At::TOP.items(count, bounds).is_ok());
        assert_eq!(good, [false, true, true, false]);
        let bounds = Bounds::new(Some(-1), Some(i64::MAX));
        let good = [i64::MIN, -2, -1, i64::MAX].map(|value| At::TOP.range(value, bounds).is_ok());
        assert_eq!(good, [false, false, true, true]);
        assert!(At::TOP.items(usize::MAX, Bounds::default()).is_ok());
    }
}
