//! `GET /export`: the operations of all DIDs, a page at a time, a line for each.
//!
//! With a number as its cursor, pages are in the order in which the directory took the operations,
//! and each is there as it came. With a time, or without a cursor, they are in the order of time,
//! and tell whether they were taken back.

use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response};
use identity::plc::directory::{EXPORT_LINES_MAX, EXPORT_TYPE, export_line, sequenced_export_line};
use identity::plc::log::Entry;
use serde::Deserialize;
use store::PlcEntry;
use syntax::Datetime;

use super::Directory;
use super::answer::{Answer, Failure};
use super::logs::entry_of;

#[derive(Deserialize)]
pub(super) struct Params {
    count: Option<String>,
    after: Option<String>,
}

/// Where a page begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum After {
    /// After a number of the directory.
    Seq(u64),
    /// After a time in milliseconds since 1970, or at the beginning.
    Time(Option<u64>),
}

pub(super) async fn export(
    State(directory): State<Directory>,
    params: Result<Query<Params>, QueryRejection>,
) -> Answer {
    let Query(params) = params.map_err(|_| Failure::Parameter("query"))?;
    let count = count(params.count.as_deref())?;
    let lines = match after(params.after.as_deref())? {
        After::Seq(seq) => {
            let entries = directory.store.read(|tx| tx.plc_entries_after(seq, count)).await?;
            lines(&entries, |seq, entry| sequenced_export_line(entry, seq))?
        }
        After::Time(time) => {
            let entries = directory.store.read(|tx| tx.plc_entries_since(time, count)).await?;
            lines(&entries, |_, entry| export_line(entry))?
        }
    };
    let mut response = Response::new(Body::from(lines));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(EXPORT_TYPE));
    Ok(response)
}

fn lines(entries: &[PlcEntry], line: impl Fn(u64, &Entry) -> String) -> Result<String, Failure> {
    let lines = entries.iter().map(|stored| Ok(line(stored.seq, &entry_of(stored)?)));
    Ok(lines.collect::<Result<Vec<_>, Failure>>()?.join("\n"))
}

/// Reads how many lines are wanted; more than there may be is as many as there may be.
fn count(text: Option<&str>) -> Result<u64, Failure> {
    let most = u64::try_from(EXPORT_LINES_MAX).expect("a thousand is a number");
    match text {
        None | Some("") => Ok(most),
        Some(text) => match number(text) {
            Some(0) | None => Err(Failure::Parameter("count")),
            Some(count) => Ok(count.min(most)),
        },
    }
}

fn after(text: Option<&str>) -> Result<After, Failure> {
    let Some(text) = text.filter(|text| !text.is_empty()) else {
        return Ok(After::Time(None));
    };
    if let Some(seq) = number(text) {
        return Ok(After::Seq(seq));
    }
    let time = Datetime::parse(text).map_err(|_| Failure::Parameter("after"))?;
    // What was before 1970 was before all operations.
    Ok(After::Time(u64::try_from(time.unix_us().div_euclid(1_000)).ok()))
}

/// Reads a number of digits alone. One that is beyond all others is after them all.
fn number(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty();
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_number_or_a_time() {
        for (text, expected) in [
            (None, Some(After::Time(None))),
            (Some(""), Some(After::Time(None))),
            (Some("0"), Some(After::Seq(0))),
            (Some("007"), Some(After::Seq(7))),
            (Some("99999999999999999999999"), Some(After::Seq(u64::MAX))),
            (Some("1970-01-01T00:00:01.234567Z"), Some(After::Time(Some(1234)))),
            (Some("1969-12-31T23:59:59Z"), Some(After::Time(None))),
            (Some("-1"), None),
            (Some("1.5"), None),
            (Some("yesterday"), None),
        ] {
            assert_eq!(after(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn a_page_has_one_to_a_thousand_lines() {
        for (text, expected) in [
            (None, Some(1000)),
            (Some("1"), Some(1)),
            (Some("1000"), Some(1000)),
            (Some("1001"), Some(1000)),
            (Some("0"), None),
            (Some("-1"), None),
            (Some("ten"), None),
        ] {
            assert_eq!(count(text).ok(), expected, "{text:?}");
        }
    }
}
