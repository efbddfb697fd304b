//! Moments, as people write them. There is no clock here.

use crate::Lang;
use crate::markup::Html;

/// A moment, in milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct When(pub u64);

/// A moment by the calendar, in UTC.
struct Moment {
    year: u64,
    month: u64,
    day: u64,
    hour: u64,
    minute: u64,
}

const DAY_S: u64 = 24 * 60 * 60;
/// The last moment that is told from later ones: the end of the year 9999.
const LAST_S: u64 = 253_402_300_799;

const MONTHS: [(&str, &str); 12] = [
    ("January", "janvier"),
    ("February", "février"),
    ("March", "mars"),
    ("April", "avril"),
    ("May", "mai"),
    ("June", "juin"),
    ("July", "juillet"),
    ("August", "août"),
    ("September", "septembre"),
    ("October", "octobre"),
    ("November", "novembre"),
    ("December", "décembre"),
];

impl When {
    fn moment(self) -> Moment {
        let seconds = (self.0 / 1000).min(LAST_S);
        // Counted from the first of March of the year 0, so that a leap day is the last of its year.
        let days = seconds / DAY_S + 719_468;
        let (era, of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * of_year + 2) / 153;
        let (month, later) =
            if from_march < 10 { (from_march + 3, 0) } else { (from_march - 9, 1) };
        Moment {
            year: era * 400 + year_of_era + later,
            month,
            day: of_year - (153 * from_march + 2) / 5 + 1,
            hour: seconds % DAY_S / 3600,
            minute: seconds % 3600 / 60,
        }
    }

    /// Writes the moment to the minute, as text.
    pub(crate) fn plain(self, lang: Lang) -> String {
        let moment = self.moment();
        let (date, Moment { hour, minute, .. }) = (date(lang, &moment), moment);
        match lang {
            Lang::English => format!("{date}, {hour:02}:{minute:02} UTC"),
            Lang::French => format!("{date} à {hour:02}:{minute:02} UTC"),
        }
    }

    /// Writes the moment to the minute.
    pub(crate) fn full(self, lang: Lang) -> Html {
        let Moment { year, month, day, hour, minute } = self.moment();
        let machine = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}Z");
        Html(format!("<time datetime=\"{machine}\">{}</time>", self.plain(lang)))
    }

    /// Writes the day.
    pub(crate) fn day(self, lang: Lang) -> Html {
        let moment = self.moment();
        let machine = format!("{:04}-{:02}-{:02}", moment.year, moment.month, moment.day);
        Html(format!("<time datetime=\"{machine}\">{}</time>", date(lang, &moment)))
    }
}

fn date(lang: Lang, moment: &Moment) -> String {
    let Moment { year, month, day, .. } = moment;
    let index = usize::try_from(month - 1).unwrap_or_default();
    let (english, french) = MONTHS[index];
    match lang {
        Lang::English => format!("{day} {english} {year}"),
        Lang::French if *day == 1 => format!("1er {french} {year}"),
        Lang::French => format!("{day} {french} {year}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, expected) in [
            (0, "<time datetime=\"1970-01-01T00:00Z\">1 January 1970, 00:00 UTC</time>"),
            (
                951_782_399,
                "<time datetime=\"2000-02-28T23:59Z\">28 February 2000, 23:59 UTC</time>",
            ),
            (
                951_782_400,
                "<time datetime=\"2000-02-29T00:00Z\">29 February 2000, 00:00 UTC</time>",
            ),
            (
                1_767_225_599,
                "<time datetime=\"2025-12-31T23:59Z\">31 December 2025, 23:59 UTC</time>",
            ),
            (4_107_542_400, "<time datetime=\"2100-03-01T00:00Z\">1 March 2100, 00:00 UTC</time>"),
        ] {
            assert_eq!(When(seconds * 1000).full(Lang::English).0, expected);
        }
        let french = When(4_107_542_400_000).full(Lang::French).0;
        assert!(french.contains(">1er mars 2100 à 00:00 UTC<"), "{french}");
        assert!(When(u64::MAX).day(Lang::English).0.contains("31 December 9999"));
    }
}
