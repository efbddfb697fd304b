//! Values in CBOR: whatever decodes is canonical, and the three readers agree.

#![no_main]

use libfuzzer_sys::fuzz_target;
use repo::data::{Limits, blob, cbor, check, json};

fuzz_target!(|bytes: &[u8]| {
    let strict = cbor::decode(bytes, &Limits::FOREIGN);
    assert_eq!(cbor::check(bytes, &Limits::FOREIGN).err(), strict.as_ref().err().copied());
    let lenient = cbor::decode_lenient(bytes, &Limits::FOREIGN);
    if let Ok(value) = &strict {
        assert_eq!(cbor::encode(value).expect("it was decoded"), bytes);
        let lenient = lenient.as_ref().expect("lenient reads what strict does");
        assert_eq!((&lenient.value, lenient.deviation), (value, None));
        let _ = check(value);
    }
    let mut text = Vec::new();
    let transcoded = json::from_cbor(bytes, &Limits::FOREIGN, &mut text);
    if let Ok(lenient) = lenient {
        transcoded.expect("what can be read can be shown");
        serde_json::from_slice::<serde_json::Value>(&text).expect("it is JSON");
        let _ = blob::find(&lenient.value);
    }
});
