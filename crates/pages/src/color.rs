//! The operator's colour, made fit to be read.

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Color {
    red: u8,
    green: u8,
    blue: u8,
}

/// The least contrast of text that anybody can read, by the Web Content Accessibility Guidelines, and
/// a little more, as tints come between.
const CONTRAST_MIN: f64 = 4.8;
/// In how many steps a colour goes to black or white.
const STEPS: u16 = 32;

impl Color {
    pub(crate) const BLACK: Self = Self::of(0, 0, 0);
    pub(crate) const WHITE: Self = Self::of(255, 255, 255);

    pub(crate) const fn of(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads a colour as style sheets have it: `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        Some(Self { red: part(0)?, green: part(2)?, blue: part(4)? })
    }

    /// Writes the colour as style sheets have it.
    pub(crate) fn css(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }

    /// Returns the colour, or the nearest one towards black or white that can be read on all of these
    /// grounds.
    pub(crate) fn readable_on(self, grounds: &[Self]) -> Self {
        let is_readable =
            |color: &Self| grounds.iter().all(|on| color.contrast(*on) >= CONTRAST_MIN);
        let is_dark = grounds.iter().all(|ground| ground.luminance() < 0.18);
        let end = if is_dark { Self::WHITE } else { Self::BLACK };
        (0..=STEPS).map(|step| self.towards(end, step)).find(is_readable).unwrap_or(end)
    }

    /// Returns what can be read on the colour: black or white.
    pub(crate) fn text_on(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// Returns the contrast of two colours, from 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (one, two) = (self.luminance() + 0.05, other.luminance() + 0.05);
        if one > two { one / two } else { two / one }
    }

    fn towards(self, end: Self, step: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * (STEPS - step) + u16::from(to) * step;
            u8::try_from(sum / STEPS).unwrap_or(to)
        };
        Self::of(mix(self.red, end.red), mix(self.green, end.green), mix(self.blue, end.blue))
    }

    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_as_they_are_written() {
        assert_eq!(Color::parse("#00aaFF").unwrap().css(), "#00aaff");
        for text in ["red", "#fff", "#12345g", "#123456;x", "123456", "#+12345", "#ééé", ""] {
            assert_eq!(Color::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_that_of_the_guidelines() {
        assert!((Color::BLACK.contrast(Color::WHITE) - 21.0).abs() < 0.01);
        let grey = Color::parse("#767676").unwrap();
        assert!((grey.contrast(Color::WHITE) - 4.54).abs() < 0.01);
    }

    #[test]
    fn every_colour_becomes_one_that_can_be_read() {
        let (light, dark) = ([Color::WHITE, Color::of(246, 241, 232)], [Color::of(28, 24, 22)]);
        for text in ["#ffffff", "#000000", "#ffee00", "#b4472e", "#00aaff", "#808080"] {
            let color = Color::parse(text).unwrap();
            for grounds in [&light[..], &dark[..]] {
                let readable = color.readable_on(grounds);
                for ground in grounds {
                    assert!(readable.contrast(*ground) >= 4.5, "{text}: {}", readable.css());
                }
                assert!(readable.contrast(readable.text_on()) >= 4.5, "on {}", readable.css());
            }
        }
        // What can be read stays as it is.
        let shell = Color::parse("#8a3a24").unwrap();
        assert_eq!(shell.readable_on(&light), shell);
    }
}
