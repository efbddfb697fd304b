//! Identifiers: what parses prints as text that parses to the same.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use libfuzzer_sys::fuzz_target;
use syntax::{
    AtIdentifier, AtUri, Cid, Datetime, Did, Handle, Language, Nsid, RecordKey, RecordPath, Tid, Uri,
};

fn check<T: FromStr<Err: Debug> + Display + PartialEq + Debug>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().expect("it was printed"), value);
    }
}

fuzz_target!(|text: &str| {
    check::<AtIdentifier>(text);
    check::<AtUri>(text);
    check::<Cid>(text);
    check::<Datetime>(text);
    check::<Did>(text);
    check::<Handle>(text);
    check::<Language>(text);
    check::<Nsid>(text);
    check::<RecordKey>(text);
    check::<RecordPath>(text);
    check::<Tid>(text);
    check::<Uri>(text);
    let _ = syntax::is_cid_text(text);
});
