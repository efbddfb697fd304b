//! Points in time as records write them.

use std::fmt;
use std::str::FromStr;

use smol_str::{SmolStr, format_smolstr};
use thiserror::Error;

use crate::text::serde_as_text;

/// The most bytes that a datetime may have.
const DATETIME_BYTES_MAX: usize = 64;
const SECONDS_PER_DAY: i64 = 86_400;
/// The last millisecond of the year 9999, the last that four digits can name.
const UNIX_MS_MAX: u64 = 253_402_300_799_999;

/// A point in time, with the text that it was given in.
///
/// The text is one that RFC 3339, ISO 8601 and WHATWG HTML all allow. Orders by time, then by text.
///
/// Spec: <https://atproto.com/specs/lexicon#datetime>
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Datetime {
    unix_us: i64,
    text: SmolStr,
}

/// Says why a text is not a datetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DatetimeError {
    /// The text does not have the form `YYYY-MM-DDTHH:MM:SS[.s…](Z|±HH:MM)`, or has 65 bytes or more.
    #[error("datetime is not of the form YYYY-MM-DDTHH:MM:SS.sssZ")]
    Form,
    /// A month, day, hour, minute or second does not exist.
    #[error("datetime has a month, day, hour, minute or second that does not exist")]
    Range,
    /// The offset is `-00:00`, which ISO 8601 does not have.
    #[error("datetime has the offset -00:00")]
    UnknownOffset,
    /// The time is before the year 0 in UTC.
    #[error("datetime is before the year 0")]
    BeforeYearZero,
}

impl Datetime {
    /// Parses a datetime.
    ///
    /// # Errors
    ///
    /// [`DatetimeError`] if the text is not a datetime of the strict form.
    pub fn parse(text: &str) -> Result<Self, DatetimeError> {
        let unix_us = parse_unix_us(text)?;
        Ok(Self { unix_us, text: SmolStr::new(text) })
    }

    /// Returns the datetime of a time in milliseconds since 1970, in the preferred form.
    ///
    /// Times after the year 9999 become its last millisecond.
    pub fn from_unix_ms(unix_ms: u64) -> Self {
        let unix_ms = unix_ms.min(UNIX_MS_MAX);
        let (seconds, millis) = (unix_ms / 1000, unix_ms % 1000);
        let seconds = i64::try_from(seconds).expect("it was bounded above");
        let (days, second) = (seconds.div_euclid(SECONDS_PER_DAY), seconds % SECONDS_PER_DAY);
        let (year, month, day) = civil_from_days(days);
        let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
        let text = format_smolstr!(
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millis:03}Z"
        );
        Self { unix_us: i64::try_from(unix_ms * 1000).expect("it was bounded above"), text }
    }

    /// Returns the text that the datetime was given in.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the time in microseconds since 1970; finer digits are dropped.
    pub fn unix_us(&self) -> i64 {
        self.unix_us
    }

    /// Returns the time in milliseconds since 1970; times before that count as 1970.
    pub fn unix_ms(&self) -> u64 {
        u64::try_from(self.unix_us.div_euclid(1000)).unwrap_or_default()
    }
}

fn parse_unix_us(text: &str) -> Result<i64, DatetimeError> {
    let bytes = text.as_bytes();
    if bytes.len() > DATETIME_BYTES_MAX {
        return Err(DatetimeError::Form);
    }
    let (head, rest) = bytes.split_at_checked(19).ok_or(DatetimeError::Form)?;
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    if separators.iter().any(|&(index, byte)| head[index] != byte) {
        return Err(DatetimeError::Form);
    }
    let [year, month, day] = [number(&head[..4])?, number(&head[5..7])?, number(&head[8..10])?];
    let [hour, minute, second] =
        [number(&head[11..13])?, number(&head[14..16])?, number(&head[17..])?];
    let (fraction_us, zone) = parse_fraction(rest)?;
    let offset_s = parse_offset_s(zone)?;

    let days_in_month = match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(DatetimeError::Range),
    };
    if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return Err(DatetimeError::Range);
    }
    let seconds =
        days_from_civil(year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second
            - offset_s;
    if seconds < days_from_civil(0, 1, 1) * SECONDS_PER_DAY {
        return Err(DatetimeError::BeforeYearZero);
    }
    Ok(seconds * 1_000_000 + fraction_us)
}

fn number(digits: &[u8]) -> Result<i64, DatetimeError> {
    digits.iter().try_fold(0, |value, byte| match byte {
        b'0'..=b'9' => Ok(value * 10 + i64::from(byte - b'0')),
        _ => Err(DatetimeError::Form),
    })
}

/// Splits `.123Z` into its microseconds and what follows.
fn parse_fraction(rest: &[u8]) -> Result<(i64, &[u8]), DatetimeError> {
    let Some(rest) = rest.strip_prefix(b".") else {
        return Ok((0, rest));
    };
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 {
        return Err(DatetimeError::Form);
    }
    let digits =
        rest[..length].iter().map(|byte| i64::from(byte - b'0')).chain(std::iter::repeat(0));
    Ok((digits.take(6).fold(0, |value, digit| value * 10 + digit), &rest[length..]))
}

fn parse_offset_s(zone: &[u8]) -> Result<i64, DatetimeError> {
    let (sign, hours, minutes) = match zone {
        [b'Z'] => return Ok(0),
        [b'-', b'0', b'0', b':', b'0', b'0'] => return Err(DatetimeError::UnknownOffset),
        [b'+', h1, h2, b':', m1, m2] => (1, number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        [b'-', h1, h2, b':', m1, m2] => (-1, number(&[*h1, *h2])?, number(&[*m1, *m2])?),
        _ => return Err(DatetimeError::Form),
    };
    if hours > 23 || minutes > 59 {
        return Err(DatetimeError::Range);
    }
    Ok(sign * (hours * 3600 + minutes * 60))
}

/// Returns the days from 1970-01-01 to a date of the proleptic Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    // Years begin in March here, so that the leap day is a year's last.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Returns the year, month and day that are `days` after 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

impl FromStr for Datetime {
    type Err = DatetimeError;

    fn from_str(text: &str) -> Result<Self, DatetimeError> {
        Self::parse(text)
    }
}

impl fmt::Display for Datetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Datetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

serde_as_text!(Datetime);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times_have_known_numbers() {
        for (text, unix_us) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59.999999Z", -1),
            ("2000-02-29T12:34:56.789Z", 951_827_696_789_000),
            ("1985-04-12T23:20:50.1235678912345Z", 482_196_050_123_567),
            ("1985-04-12T23:20:50.123-07:00", 482_221_250_123_000),
            ("0000-01-01T00:00:00.000Z", -62_167_219_200_000_000),
            ("9999-12-31T23:59:59.999Z", 253_402_300_799_999_000),
        ] {
            assert_eq!(Datetime::parse(text).map(|time| time.unix_us()), Ok(unix_us), "{text}");
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        for (text, fault) in [
            ("1985-04-12", DatetimeError::Form),
            ("1985-04-12T23:20:50", DatetimeError::Form),
            ("1985-04-12T23:20:50.Z", DatetimeError::Form),
            ("1985-02-29T23:20:50Z", DatetimeError::Range),
            ("1985-04-12T24:00:00Z", DatetimeError::Range),
            ("1985-04-12T23:20:50+24:00", DatetimeError::Range),
            ("1985-04-12T23:20:50-00:00", DatetimeError::UnknownOffset),
            ("0000-01-01T00:00:00+01:00", DatetimeError::BeforeYearZero),
        ] {
            assert_eq!(Datetime::parse(text), Err(fault), "{text}");
        }
    }

    proptest! {
        #[test]
        fn printing_and_parsing_are_opposites(unix_ms in 0..=UNIX_MS_MAX) {
            let time = Datetime::from_unix_ms(unix_ms);
            prop_assert_eq!(Datetime::parse(time.as_str()).unwrap(), time);
        }
    }
}
