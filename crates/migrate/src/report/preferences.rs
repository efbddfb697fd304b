//! The preferences of an account, by digest: what is in them is nobody else's.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use super::blobs::count;
use super::digest::Digest;

/// The preferences of an account.
///
/// The digest is the SHA-256 of one line for each preference, in ascending order of the bytes, each
/// with a line feed after it. A line is the preference as JSON without spaces, with the keys of each
/// object in ascending order of their UTF-8 bytes; lists keep their order. Strings have no more
/// escapes than they must (`\"`, `\\`, `\b`, `\f`, `\n`, `\r`, `\t`, else `\u00xx` in lower case);
/// a number without a fraction is written without one, as servers in JavaScript do.
///
/// So neither the order of keys counts nor that of the preferences, which clients find by type.
/// Short preferences can be guessed from their digest: a report is for the account's owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Preferences {
    /// How many there are.
    pub count: u64,
    /// The digest of all of them.
    pub digest: Digest,
    /// How many there are of each `$type`; the empty name is for those without one.
    pub types: BTreeMap<String, u64>,
}

impl Preferences {
    /// Describes preferences as `app.bsky.actor.getPreferences` gives them.
    pub fn of(preferences: &[Value]) -> Self {
        let mut types = BTreeMap::new();
        for preference in preferences {
            let kind = preference.get("$type").and_then(Value::as_str).unwrap_or_default();
            *types.entry(kind.to_owned()).or_default() += 1;
        }
        let lines = preferences.iter().map(|preference| {
            let mut line = String::new();
            write_value(preference, &mut line);
            line
        });
        Self { count: count(preferences.len()), digest: Digest::of(lines), types }
    }
}

fn write_value(value: &Value, to: &mut String) {
    match value {
        Value::Null => to.push_str("null"),
        Value::Bool(value) => to.push_str(if *value { "true" } else { "false" }),
        Value::Number(number) => write_number(number, to),
        Value::String(text) => write_text(text, to),
        Value::Array(list) => {
            to.push('[');
            for (index, item) in list.iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                write_value(item, to);
            }
            to.push(']');
        }
        Value::Object(map) => {
            let sorted: BTreeMap<&String, &Value> = map.iter().collect();
            to.push('{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                write_text(key, to);
                to.push(':');
                write_value(item, to);
            }
            to.push('}');
        }
    }
}

fn write_number(number: &Number, to: &mut String) {
    let whole = number.as_f64().filter(|float| number.is_f64() && float.fract() == 0.0);
    let written = match whole {
        // Zero has two signs in binary and one in this form.
        Some(0.0) => to.write_str("0"),
        Some(float) => write!(to, "{float:.0}"),
        None => write!(to, "{number}"),
    };
    written.expect("texts take what is written to them");
}

fn write_text(text: &str, to: &mut String) {
    to.push_str(&Value::from(text).to_string());
}
