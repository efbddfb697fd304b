//! Random values of the data model, in JSON.

use data_encoding::BASE64_NOPAD;
use serde_json::{Map, Value, json};
use syntax::Cid;

use crate::chance::Chance;

/// Characters at the edges of what encodings and orders treat alike.
const CHARACTERS: [char; 24] = [
    'a',
    'b',
    'z',
    'A',
    '0',
    ' ',
    '"',
    '\\',
    '/',
    '$',
    '\0',
    '\u{1f}',
    '\u{7f}',
    '\u{80}',
    '\u{7ff}',
    '\u{800}',
    '\u{2028}',
    '\u{d7ff}',
    '\u{e000}',
    '\u{feff}',
    '\u{ffff}',
    '\u{10000}',
    '🦀',
    '\u{10ffff}',
];

/// Integers around which an encoding gets longer.
const INTEGERS: [i64; 12] = [
    0,
    23,
    24,
    255,
    256,
    65_535,
    65_536,
    4_294_967_295,
    4_294_967_296,
    1_767_225_600_000_000,
    9_007_199_254_740_990,
    9_007_199_254_740_991,
];

fn text(chance: &mut Chance, length_max: usize) -> String {
    let length = chance.below(length_max + 1);
    let text: String = (0..length)
        .map(|_| match chance.percent(60) {
            true => char::from(b'a' + u8::try_from(chance.below(26)).unwrap()),
            false => *chance.pick(&CHARACTERS),
        })
        .collect();
    // At the beginning of a text, the other side's decoder takes it for a byte order mark.
    text.trim_start_matches('\u{feff}').to_owned()
}

/// Returns a key, which is neither empty nor one with a meaning.
fn key(chance: &mut Chance) -> String {
    loop {
        // With a key that ends in a backslash, V8's `JSON.parse` takes a later key for it.
        let key = text(chance, 9).replace('\\', "/");
        // The other side refuses `__proto__`.
        if !matches!(key.as_str(), "" | "$link" | "$bytes" | "$type" | "__proto__") {
            return key;
        }
    }
}

/// Returns a link to something.
fn link(chance: &mut Chance) -> Value {
    let bytes = chance.bytes(4);
    let cid = if chance.percent(50) { Cid::of_cbor(&bytes) } else { Cid::of_raw(&bytes) };
    json!({ "$link": cid.to_string() })
}

fn blob(chance: &mut Chance) -> Value {
    let cid = Cid::of_raw(&chance.bytes(4));
    json!({
        "$type": "blob",
        "ref": { "$link": cid.to_string() },
        "mimeType": "image/webp",
        "size": chance.below(1_000_000),
    })
}

/// Returns any value, with so many levels of lists and maps in it at most.
pub(crate) fn value(chance: &mut Chance, levels: usize) -> Value {
    match chance.below(if levels == 0 { 8 } else { 11 }) {
        0 => Value::Null,
        1 => json!(chance.percent(50)),
        2 => {
            let integer = *chance.pick(&INTEGERS);
            json!(if chance.percent(50) { integer } else { -integer })
        }
        3 => json!(i64::try_from(chance.number() >> 12).unwrap()),
        4 | 5 => json!(text(chance, 40)),
        6 => link(chance),
        7 => {
            let length = chance.below(70);
            json!({ "$bytes": BASE64_NOPAD.encode(&chance.bytes(length)) })
        }
        8 => {
            let length = *chance.pick(&[0, 1, 2, 3, 5, 23, 24]);
            Value::Array((0..length).map(|_| value(chance, levels - 1)).collect())
        }
        9 => blob(chance),
        _ => {
            let length = *chance.pick(&[0, 1, 2, 3, 4, 6, 9, 25]);
            Value::Object(map(chance, length, levels - 1))
        }
    }
}

/// Returns a map with so many keys at most, of values with so many levels at most.
pub(crate) fn map(chance: &mut Chance, length: usize, levels: usize) -> Map<String, Value> {
    (0..length).map(|_| (key(chance), value(chance, levels))).collect()
}

/// Returns a record of a collection: mostly of the kind that people write, sometimes anything.
pub(crate) fn record(chance: &mut Chance, collection: &str) -> Value {
    let mut record = match chance.below(10) {
        0 => map(chance, 6, 3),
        1 => map(chance, 2, 1),
        _ => {
            let mut record = Map::new();
            record.insert("createdAt".to_owned(), json!("2026-01-01T00:00:00.000Z"));
            record.insert("text".to_owned(), json!(text(chance, 200)));
            if chance.percent(30) {
                record.insert("reply".to_owned(), json!({ "root": link(chance) }));
            }
            if chance.percent(20) {
                record.insert("image".to_owned(), blob(chance));
            }
            record
        }
    };
    record.insert("$type".to_owned(), json!(collection));
    Value::Object(record)
}
