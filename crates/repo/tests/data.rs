//! The data model against its rules, and against two decoders that others wrote.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use ipld_core::ipld::Ipld;
use libipld::cbor::DagCborCodec;
use libipld::codec::Codec as _;
use pagurus_repo::data::cbor::{
    self, DecodeError, DecodeErrorKind as Kind, check, decode, decode_lenient,
};
use pagurus_repo::data::{Fault, Limits, Link, Map, Value, blob, check as check_value, json};
use proptest::prelude::*;
use syntax::Cid;

/// Any value of the data model, floats left out.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|value| Value::Integer(value.into())),
        (-30i64..30).prop_map(|value| Value::Integer(value.into())),
        ".{0,12}".prop_map(Value::String),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Value::Bytes),
        any::<u64>().prop_map(|n| Value::from(Cid::of_cbor(&n.to_be_bytes()))),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Value::List),
            prop::collection::btree_map("[a-z$]{1,9}", inner, 0..8)
                .prop_map(|map| Value::Map(map.into_iter().collect())),
        ]
    })
}

/// The same value in the terms of `libipld`.
fn to_libipld(value: &Ipld) -> libipld::Ipld {
    match value {
        Ipld::Null => libipld::Ipld::Null,
        Ipld::Bool(value) => libipld::Ipld::Bool(*value),
        Ipld::Integer(value) => libipld::Ipld::Integer(*value),
        Ipld::Float(value) => libipld::Ipld::Float(*value),
        Ipld::String(text) => libipld::Ipld::String(text.clone()),
        Ipld::Bytes(bytes) => libipld::Ipld::Bytes(bytes.clone()),
        Ipld::List(list) => libipld::Ipld::List(list.iter().map(to_libipld).collect()),
        Ipld::Map(map) => {
            libipld::Ipld::StringMap(map.iter().map(|(k, v)| (k.clone(), to_libipld(v))).collect())
        }
        Ipld::Link(link) => {
            libipld::Ipld::Link(libipld::Cid::try_from(link.to_bytes()).expect("a CID is a CID"))
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn encoding_and_decoding_are_opposites(value in values()) {
        let bytes = cbor::encode(&value).unwrap();
        prop_assert_eq!(&decode(&bytes, &Limits::RECORD).unwrap(), &value);
        prop_assert_eq!(check(&bytes, &Limits::RECORD), Ok(()));
        let lenient = decode_lenient(&bytes, &Limits::RECORD).unwrap();
        prop_assert_eq!((lenient.value, lenient.deviation), (value, None));
    }

    #[test]
    fn decoders_that_others_wrote_agree(value in values()) {
        let bytes = cbor::encode(&value).unwrap();
        let theirs: libipld::Ipld = DagCborCodec.decode(&bytes).unwrap();
        let ours = Ipld::from(value.clone());
        prop_assert_eq!(&theirs, &to_libipld(&ours));
        let theirs: Ipld = serde_ipld_dagcbor::from_slice(&bytes).unwrap();
        prop_assert_eq!(&theirs, &ours);
        prop_assert_eq!(serde_ipld_dagcbor::to_vec(&ours).unwrap(), bytes);
        prop_assert_eq!(Value::from(theirs), value);
    }

    #[test]
    fn json_and_cbor_hold_the_same(value in values()) {
        let text = json::encode(&value);
        prop_assert_eq!(&json::decode(text.as_bytes(), &Limits::RECORD).unwrap(), &value);
        let mut transcoded = Vec::new();
        let bytes = cbor::encode(&value).unwrap();
        json::from_cbor(&bytes, &Limits::RECORD, &mut transcoded).unwrap();
        prop_assert_eq!(json::decode(&transcoded, &Limits::RECORD).unwrap(), value);
    }

    #[test]
    fn whatever_decodes_is_the_one_encoding_of_its_value(
        value in values(),
        at in any::<prop::sample::Index>(),
        byte: u8,
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = cbor::encode(&value).unwrap();
        let cut = cut.index(bytes.len());
        prop_assert!(decode(&bytes[..cut], &Limits::RECORD).is_err());
        let index = at.index(bytes.len());
        bytes[index] = byte;
        match decode(&bytes, &Limits::RECORD) {
            Ok(value) => prop_assert_eq!(cbor::encode(&value).unwrap(), bytes.clone()),
            Err(error) => prop_assert!(error.offset <= bytes.len()),
        }
        let outcome = decode(&bytes, &Limits::RECORD).map(|_| ());
        prop_assert_eq!(check(&bytes, &Limits::RECORD), outcome);
    }

    #[test]
    fn noise_is_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let strict = decode(&bytes, &Limits::FOREIGN);
        let lenient = decode_lenient(&bytes, &Limits::FOREIGN);
        prop_assert!(strict.is_err() || lenient.is_ok());
        let _ = json::from_cbor(&bytes, &Limits::FOREIGN, &mut Vec::new());
        let _ = json::decode(&bytes, &Limits::FOREIGN);
    }
}

fn hex(text: &str) -> Vec<u8> {
    let text: String = text.split_whitespace().collect();
    data_encoding::HEXLOWER.decode(text.as_bytes()).unwrap()
}

#[test]
fn each_form_that_is_not_canonical_has_its_name() {
    let nested = |levels: usize| [vec![0x81; levels], vec![0x80]].concat();
    let long_list = [hex("9a 00020001"), vec![0xf6; 131_073]].concat();
    for (bytes, kind, offset) in [
        (hex(""), Kind::Truncated, 0),
        (hex("61"), Kind::Truncated, 0),
        (hex("82 01"), Kind::Truncated, 0),
        (hex("f6 f6"), Kind::Trailing, 1),
        (hex("18 17"), Kind::NotShortest, 0),
        (hex("81 19 00ff"), Kind::NotShortest, 1),
        (hex("1b 00000000ffffffff"), Kind::NotShortest, 0),
        (hex("58 01 00"), Kind::NotShortest, 0),
        (hex("9f ff"), Kind::Indefinite, 0),
        (hex("5f 40 ff"), Kind::Indefinite, 0),
        (hex("ff"), Kind::Indefinite, 0),
        (hex("f7"), Kind::Simple, 0),
        (hex("e0"), Kind::Simple, 0),
        (hex("f8 20"), Kind::Simple, 0),
        (hex("1c"), Kind::Simple, 0),
        (hex("f9 3c00"), Kind::Float, 0),
        (hex("fb 3ff8000000000000"), Kind::Float, 0),
        (hex("fb 7ff8000000000000"), Kind::Float, 0),
        (hex("c0 61 61"), Kind::Tag, 0),
        (hex("d8 2a 61 00"), Kind::Link, 0),
        (hex("d8 2a 41 01"), Kind::Link, 0),
        (hex("d8 2a 42 0001"), Kind::Link, 0),
        (hex("61 ff"), Kind::Utf8, 0),
        (hex("a1 01 01"), Kind::Key, 1),
        (hex("a2 6162 01 6161 01"), Kind::KeyOrder, 4),
        (hex("a2 626161 01 6162 01"), Kind::KeyOrder, 5),
        (hex("a2 6161 01 6161 01"), Kind::DuplicateKey, 4),
        (nested(32), Kind::TooDeep, 32),
        (nested(20_000), Kind::TooDeep, 32),
        (long_list, Kind::TooLong, 0),
        (hex("9b ffffffffffffffff"), Kind::Truncated, 0),
        (hex("5b 7fffffffffffffff 00"), Kind::Truncated, 0),
        (hex("bb 0000000100000000"), Kind::Truncated, 0),
    ] {
        let expected = Err(DecodeError { kind, offset });
        let shown = &bytes[..bytes.len().min(12)];
        assert_eq!(decode(&bytes, &Limits::RECORD).map(|_| ()), expected, "{shown:x?}");
        assert_eq!(check(&bytes, &Limits::RECORD), expected, "{shown:x?}");
    }
    assert!(decode(&nested(31), &Limits::RECORD).is_ok());
}

#[test]
fn what_other_servers_let_through_is_read_and_told() {
    let text = |text: &str| Value::String(text.to_owned());
    let map = |entries: &[(&str, Value)]| {
        Value::Map(entries.iter().map(|(k, v)| (*k, v.clone())).collect())
    };
    for (bytes, value, kind) in [
        (hex("18 17"), Value::Integer(23), Kind::NotShortest),
        (hex("f7"), Value::Null, Kind::Simple),
        (hex("f9 3e00"), Value::Float(1.5), Kind::Float),
        (hex("fa 3fc00000"), Value::Float(1.5), Kind::Float),
        (hex("62 61ff"), text("a\u{fffd}"), Kind::Utf8),
        (
            hex("a2 6162 01 6161 02"),
            map(&[("a", Value::Integer(2)), ("b", Value::Integer(1))]),
            Kind::KeyOrder,
        ),
    ] {
        let read = decode_lenient(&bytes, &Limits::FOREIGN).unwrap();
        assert_eq!(read.value, value, "{bytes:x?}");
        assert_eq!(read.deviation.map(|error| error.kind), Some(kind), "{bytes:x?}");
        assert_eq!(decode(&bytes, &Limits::FOREIGN).unwrap_err().kind, kind);
    }
    for bytes in
        ["f9 7e00", "f9 7c00", "a2 6161 01 6161 01", "a2 6161 01 6162 01 00", "c1 00", "9f ff"]
    {
        assert!(decode_lenient(&hex(bytes), &Limits::FOREIGN).is_err(), "{bytes}");
    }
}

#[test]
fn unusual_links_stay_as_they_are() {
    for text in [
        "QmbWqxBEKC3P8tqsKc98xmWNzrzDtRLMiMPL8wBuTGsMnR",
        "zdj7WhuEjrB52m1BisYCtmjH1hSKa7yZ3jEZ9JcXaFRD51wVz",
        "bafkqaaa",
    ] {
        let value = Value::Link(Link::from(cid::Cid::try_from(text).unwrap()));
        let bytes = cbor::encode(&value).unwrap();
        assert_eq!(decode(&bytes, &Limits::RECORD).unwrap(), value, "{text}");
        let again = json::decode(json::encode(&value).as_bytes(), &Limits::RECORD).unwrap();
        assert_eq!(again, value, "{text}");
    }
}

#[test]
fn json_numbers_are_integers_or_refused() {
    let read = |text: &str| json::decode(text.as_bytes(), &Limits::RECORD).ok();
    for (text, value) in [
        ("123", Some(123)),
        ("123.0", Some(123)),
        ("-0", Some(0)),
        ("-1e3", Some(-1000)),
        ("9007199254740991", Some(9_007_199_254_740_991)),
        ("9007199254740992", Some(9_007_199_254_740_992)),
        ("18446744073709551615", Some(18_446_744_073_709_551_615)),
        ("18446744073709551616", None),
        ("9007199254740992.0", None),
        ("1.5", None),
        ("1e-3", None),
        ("1e999", None),
        ("NaN", None),
    ] {
        assert_eq!(read(text), value.map(Value::Integer), "{text}");
    }
}

#[test]
fn json_that_stands_for_links_and_bytes_has_one_shape() {
    let cid = Cid::of_raw(b"x").to_string();
    let good = [
        (format!(r#"{{"$link":"{cid}"}}"#), Value::from(Cid::of_raw(b"x"))),
        (r#"{"$bytes":"AQI"}"#.to_owned(), Value::Bytes(vec![1, 2])),
        (r#"{"$bytes":"AQI="}"#.to_owned(), Value::Bytes(vec![1, 2])),
        // Stray bits in the last digit are what some encoders leave.
        (r#"{"$bytes":"123"}"#.to_owned(), Value::Bytes(vec![0xd7, 0x6d])),
        (r#"{"$bytes":""}"#.to_owned(), Value::Bytes(vec![])),
    ];
    for (text, value) in good {
        assert_eq!(json::decode(text.as_bytes(), &Limits::RECORD).unwrap(), value, "{text}");
    }
    let mut deep = "[".repeat(33) + &"]".repeat(33);
    for text in [
        r#"{"$link":"."}"#,
        r#"{"$link":1234}"#,
        r#"{"$link":null}"#,
        &format!(r#"{{"$link":"{cid}","more":1}}"#),
        r#"{"$bytes":[1,2,3]}"#,
        r#"{"$bytes":"AQI==="}"#,
        r#"{"$bytes":"AQ="}"#,
        r#"{"$bytes":"A-_B"}"#,
        r#"{"$bytes":"AQI","more":1}"#,
        r#"{"a":1,"a":2}"#,
        r#"{"a":1}x"#,
        &deep,
        "",
        "\u{feff}{}",
    ] {
        assert!(json::decode(text.as_bytes(), &Limits::RECORD).is_err(), "{text}");
    }
    deep = "[".repeat(32) + &"]".repeat(32);
    assert!(json::decode(deep.as_bytes(), &Limits::RECORD).is_ok());
    let bottomless = "[".repeat(1_000_000);
    assert!(json::decode(bottomless.as_bytes(), &Limits::FOREIGN).is_err());
}

#[test]
fn rules_about_meaning_name_the_fault_and_its_place() {
    let cid = Cid::of_raw(b"x").to_string();
    let faults = |text: &str| {
        let value = json::decode(text.as_bytes(), &Limits::RECORD).unwrap();
        check_value(&value).map_err(|error| (error.fault, error.path))
    };
    let at = |fault, path: &str| Err((fault, path.to_owned()));
    let blob = |rest: &str| format!(r#"{{"a":[{{"$type":"blob",{rest}}}]}}"#);
    let whole = format!(r#""ref":{{"$link":"{cid}"}},"mimeType":"image/png","size":3"#);
    assert_eq!(faults(r#"{"$type":"a.b.c","n":{"$type":"a.b.c#d"}}"#), Ok(()));
    assert_eq!(faults(&blob(&whole)), Ok(()));
    assert_eq!(faults(&blob(&whole.replace('3', "\"3\""))), at(Fault::Blob, "a/0"));
    assert_eq!(faults(&blob(r#""mimeType":"image/png","size":3"#)), at(Fault::Blob, "a/0"));
    assert_eq!(faults(r#"{"a":{"$type":null}}"#), at(Fault::Type, "a/$type"));
    assert_eq!(faults(r#"{"$type":""}"#), at(Fault::Type, "$type"));
    assert_eq!(faults(r#"{"$type":123}"#), at(Fault::Type, "$type"));
    assert_eq!(faults(r#"{"a":{"":1}}"#), at(Fault::EmptyKey, "a/"));
    assert_eq!(faults(r#"{"a":[0,9007199254740992]}"#), at(Fault::Integer, "a/1"));
    assert_eq!(faults("[]"), at(Fault::Top, ""));
    let map = |key: &str| Value::Map(Map::from([(key, Value::Float(0.5))]));
    assert_eq!(check_value(&map("a")).unwrap_err().fault, Fault::Float);
    assert_eq!(check_value(&map("$link")).unwrap_err().fault, Fault::ReservedKey);
    assert_eq!(check_value(&map("a")).unwrap_err().to_string(), "floating-point number at a");
}

#[test]
fn blobs_are_found_wherever_they_are() {
    let cid = Cid::of_raw(b"x");
    let text = format!(
        r#"{{"embed":{{"images":[{{"image":{{"$type":"blob","ref":{{"$link":"{cid}"}},
        "mimeType":"image/png","size":3}}}},{{"image":{{"cid":"{cid}","mimeType":"image/jpeg"}}}}]}}}}"#
    );
    let value = json::decode(text.as_bytes(), &Limits::RECORD).unwrap();
    let found = blob::find(&value);
    assert_eq!(found.iter().map(|blob| blob.size).collect::<Vec<_>>(), [Some(3), None]);
    assert!(found.iter().all(|blob| blob.cid == cid));
}
