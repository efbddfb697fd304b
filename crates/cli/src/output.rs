//! The only place that writes to the terminal.

use std::io::{self, Write as _};

use serde_json::Value;

/// Prints a line. A reader that went away is no fault of ours.
pub(crate) fn line(text: &str) {
    let _ = writeln!(io::stdout().lock(), "{text}");
}

/// Prints a value as JSON, in several lines.
pub(crate) fn json(value: &Value) {
    line(&format!("{value:#}"));
}

/// Prints what went wrong.
pub(crate) fn error(text: &str) {
    let _ = writeln!(io::stderr().lock(), "pagurus: {text}");
}

/// Writes a count of bytes for people: `17.3 MB`.
pub(crate) fn bytes(count: u64) -> String {
    let mut unit = "B";
    let (mut whole, mut tenth) = (count, 0);
    for larger in ["kB", "MB", "GB", "TB"] {
        if whole < 1000 {
            break;
        }
        tenth = whole % 1000 / 100;
        whole /= 1000;
        unit = larger;
    }
    if unit == "B" { format!("{whole} B") } else { format!("{whole}.{tenth} {unit}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_for_people() {
        for (count, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1000, "1.0 kB"),
            (17_345_678, "17.3 MB"),
            (u64::MAX, "18446744.0 TB"),
        ] {
            assert_eq!(bytes(count), text);
        }
    }
}
