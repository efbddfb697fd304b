//! The schema language and validation, by files of good and bad examples: those in `fixtures/`,
//! and those in the directory that `PAGURUS_VECTORS` names, if it is set.

use std::fs;
use std::path::{Path, PathBuf};

use pagurus_lexicon::schema::Document;
use pagurus_lexicon::{Catalog, ValidationError};
use repo::data::{self, Limits, Value, json};
use syntax::{Nsid, RecordKey};

/// Returns the directories of examples, all of which have the same layout.
fn suites() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    #[expect(clippy::disallowed_methods, reason = "a test has no command line to be told by")]
    let further = std::env::var_os("PAGURUS_VECTORS");
    // Relative to the workspace, from where the tests are started.
    let further = further.map(|vectors| root.join(vectors).join("interop/lexicon"));
    [root.join("fixtures/lexicon")].into_iter().chain(further).collect()
}

/// Reads a file's list of cases: each is a map with a name.
fn cases(suite: &Path, file: &str) -> Vec<(String, Value)> {
    let value = read(&suite.join(file));
    let Value::List(list) = value else { panic!("{file} is not a list") };
    assert!(!list.is_empty(), "{file} is empty");
    list.into_iter().map(|case| (text(&case, "name").to_owned(), case)).collect()
}

fn read(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
    json::decode(&bytes, &Limits::FOREIGN).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

fn field<'a>(value: &'a Value, key: &str) -> &'a Value {
    let Value::Map(map) = value else { panic!("{value:?} is not a map") };
    map.get(key).unwrap_or_else(|| panic!("{value:?} has no {key}"))
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    match field(value, key) {
        Value::String(text) => text,
        other => panic!("{other:?} is not a text"),
    }
}

fn catalog(suite: &Path) -> Catalog {
    let mut catalog = Catalog::new();
    for entry in fs::read_dir(suite.join("catalog")).expect("the suite has a catalog") {
        let path = entry.expect("its directory can be read").path();
        let document = Document::from_value(&read(&path));
        catalog.insert(&document.unwrap_or_else(|err| panic!("{}: {err}", path.display())));
    }
    catalog
}

fn validate(catalog: &Catalog, case: &Value) -> Result<(), ValidationError> {
    let record = field(case, "data");
    let collection = Nsid::parse(text(record, "$type")).expect("cases name their collection");
    let rkey = RecordKey::parse(text(case, "rkey")).expect("cases have a record key");
    catalog.validate_record(&collection, &rkey, record)
}

#[test]
fn good_documents_are_read() {
    for suite in suites() {
        for (name, case) in cases(&suite, "lexicon-valid.json") {
            let document = Document::from_value(field(&case, "lexicon"));
            assert!(document.is_ok(), "{}: {name}: {document:?}", suite.display());
        }
    }
}

#[test]
fn bad_documents_are_refused() {
    for suite in suites() {
        for (name, case) in cases(&suite, "lexicon-invalid.json") {
            let document = Document::from_value(field(&case, "lexicon"));
            assert!(document.is_err(), "{}: {name}: {document:?}", suite.display());
        }
    }
}

#[test]
fn good_records_follow_their_schema() {
    for suite in suites() {
        let catalog = catalog(&suite);
        for (name, case) in cases(&suite, "record-data-valid.json") {
            assert_eq!(data::check(field(&case, "data")), Ok(()), "{}: {name}", suite.display());
            assert_eq!(validate(&catalog, &case), Ok(()), "{}: {name}", suite.display());
        }
    }
}

#[test]
fn bad_records_do_not_follow_their_schema() {
    for suite in suites() {
        let catalog = catalog(&suite);
        for (name, case) in cases(&suite, "record-data-invalid.json") {
            match validate(&catalog, &case) {
                Err(ValidationError::Invalid(_) | ValidationError::RecordKey { .. }) => {}
                outcome => panic!("{}: {name}: {outcome:?}", suite.display()),
            }
        }
    }
}
