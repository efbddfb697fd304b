//! TXT records of handles, a line each: they name one DID or none, in whatever order they come.

#![no_main]

use identity::resolve::did_in_txt;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut records: Vec<&str> = text.split('\n').collect();
    let found = did_in_txt(&records);
    records.reverse();
    assert_eq!(did_in_txt(&records), found);
    if let Ok(Some(did)) = &found {
        assert!(records.iter().any(|record| record.contains(did.as_str())));
        let alone = format!("did={did}");
        assert_eq!(did_in_txt(&[&alone]), found);
        records.push(&alone);
        assert_eq!(did_in_txt(&records), found);
        records.push("did=did:web:another.example");
        assert_eq!(did_in_txt(&records).is_err(), did.as_str() != "did:web:another.example");
    }
});
