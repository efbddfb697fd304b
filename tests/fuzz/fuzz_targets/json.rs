//! Values in JSON: what is read can be written, and reads the same.

#![no_main]

use libfuzzer_sys::fuzz_target;
use repo::data::{Limits, cbor, check, json};

fuzz_target!(|bytes: &[u8]| {
    let Ok(value) = json::decode(bytes, &Limits::RECORD) else { return };
    let again = json::encode(&value);
    assert_eq!(json::decode(again.as_bytes(), &Limits::RECORD).expect("it was written"), value);
    let encoded = cbor::encode(&value).expect("JSON has no floats for us");
    assert_eq!(cbor::decode(&encoded, &Limits::RECORD).expect("it was encoded"), value);
    let _ = check(&value);
});
