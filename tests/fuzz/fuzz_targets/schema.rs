//! Schema documents: whatever parses can be put into a catalog and validated by.

#![no_main]

use lexicon::Catalog;
use lexicon::schema::Document;
use libfuzzer_sys::fuzz_target;
use repo::data::{Map, Value};
use syntax::RecordKey;

fuzz_target!(|text: &str| {
    let Ok(document) = Document::parse(text) else { return };
    let mut catalog = Catalog::new();
    catalog.insert(&document);
    let rkey = RecordKey::parse("self").expect("it is a record key");
    let record = Map::from([("$type", Value::from(document.id.as_str()))]);
    let _ = catalog.validate_record(&document.id, &rkey, &Value::Map(record));
});
