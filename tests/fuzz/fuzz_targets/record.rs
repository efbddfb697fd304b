//! Records against the embedded schemas, and the bodies of a method.

#![no_main]

use lexicon::com::atproto::repo::apply_writes::ApplyWrites;
use lexicon::{Catalog, decode_input};
use libfuzzer_sys::fuzz_target;
use repo::data::{Limits, Value, json};
use syntax::{Nsid, RecordKey};

fuzz_target!(|bytes: &[u8]| {
    let _ = decode_input::<ApplyWrites>(bytes);
    let Ok(Value::Map(mut record)) = json::decode(bytes, &Limits::RECORD) else { return };
    let rkey = RecordKey::parse("3jzfcijpj2z2a").expect("it is a record key");
    for name in ["app.bsky.feed.post", "app.bsky.actor.profile", "app.bsky.feed.threadgate"] {
        record.insert("$type", Value::from(name));
        let collection = Nsid::parse(name).expect("it is an NSID");
        let _ = Catalog::embedded().validate_record(&collection, &rkey, &Value::Map(record.clone()));
    }
});
