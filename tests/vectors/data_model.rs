//! Values in JSON and CBOR with their CIDs, and values that are none.

use data_encoding::BASE64_NOPAD;
use repo::data::{Limits, cbor, check, json as json_form};
use serde::Deserialize;
use serde_json::Value;
use syntax::Cid;

use crate::{each_suite, json};

#[derive(Deserialize)]
struct Encoded {
    json: Value,
    cbor_base64: String,
    cid: Cid,
}

#[derive(Deserialize)]
struct Noted {
    note: String,
    json: Value,
}

#[test]
fn json_and_cbor_agree_with_the_cid() {
    each_suite("data-model", "interop/data-model", |root| {
        let cases: Vec<Encoded> = json(&root.join("data-model-fixtures.json"));
        assert!(cases.len() >= 3);
        for case in cases {
            let value =
                json_form::decode(case.json.to_string().as_bytes(), &Limits::RECORD).unwrap();
            let bytes = cbor::encode(&value).unwrap();
            assert_eq!(BASE64_NOPAD.encode(&bytes), case.cbor_base64);
            assert_eq!(Cid::of_cbor(&bytes), case.cid);
            assert_eq!(cbor::decode(&bytes, &Limits::RECORD).unwrap(), value);
            let text: Value = serde_json::from_str(&json_form::encode(&value)).unwrap();
            assert_eq!(text, case.json);
        }
    });
}

#[test]
fn values_are_told_from_what_is_none() {
    each_suite("data-model", "interop/data-model", |root| {
        let is_valid = |case: &Noted| {
            json_form::decode(case.json.to_string().as_bytes(), &Limits::RECORD)
                .is_ok_and(|value| check(&value).is_ok() && cbor::encode(&value).is_ok())
        };
        for case in json::<Vec<Noted>>(&root.join("data-model-valid.json")) {
            assert!(is_valid(&case), "{} is valid", case.note);
        }
        for case in json::<Vec<Noted>>(&root.join("data-model-invalid.json")) {
            assert!(!is_valid(&case), "{} is invalid", case.note);
        }
    });
}
