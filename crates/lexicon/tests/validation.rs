//! What validation lets through and what it refuses, beyond the examples in `fixtures/`.

use pagurus_lexicon::schema::Document;
use pagurus_lexicon::{Catalog, ValidationError};
use repo::data::{Limits, Value, json};

const POST: &str = "app.bsky.feed.post";

fn value(json: &str) -> Value {
    json::decode(json.as_bytes(), &Limits::FOREIGN).expect("it is JSON")
}

fn catalog(documents: &[&str]) -> Catalog {
    let mut catalog = Catalog::new();
    for json in documents {
        catalog.insert(&Document::parse(json).expect("it is a document"));
    }
    catalog
}

fn record(catalog: &Catalog, collection: &str, record: &Value) -> Result<(), ValidationError> {
    let nsid = collection.parse().expect("it is an NSID");
    let rkey = "3kznmn7xqxl22".parse().expect("it is a record key");
    catalog.validate_record(&nsid, &rkey, record)
}

/// Makes a document of a record `a.b.c` with one field, and of the definitions given besides.
fn with_field(schema: &str, defs: &str) -> String {
    format!(
        r#"{{"lexicon": 1, "id": "a.b.c", "defs": {{"main": {{"type": "record", "key": "any",
            "record": {{"type": "object", "properties": {{"f": {schema}}}}}}}{defs}}}}}"#
    )
}

#[test]
fn refusals_name_the_place_and_the_fault() {
    let image = r#"{"alt": "", "image": {"$type": "blob", "mimeType": "image/png", "size": 1,
        "ref": {"$link": "bafkreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454"}}}"#;
    let embed =
        |fields: &str| format!(r#""embed": {{"$type": "app.bsky.embed.images", {fields}}}"#);
    for (fields, sentence) in [
        (r#""text": null"#.to_owned(), "/text is null"),
        (r#""text": 1"#.to_owned(), "/text is not a string"),
        (
            r#""langs": ["en", "!"]"#.to_owned(),
            "/langs/1 is not well formed: language tag is not well formed",
        ),
        (r#""langs": ["en", "de", "cy", "fr"]"#.to_owned(), "/langs has more than 3 items"),
        (r#""embed": {}"#.to_owned(), "/embed has no $type"),
        (r#""embed": {"$type": 1}"#.to_owned(), "/embed/$type is not a string"),
        (embed(r#""x": 1"#), "/embed/images is missing"),
        (
            embed(&format!(r#""images": [{image}, {{"alt": ""}}]"#)),
            "/embed/images/1/image is missing",
        ),
        (
            embed(&format!(r#""images": [{}]"#, image.replace("image/png", "text/plain"))),
            "/embed/images/0/image has a MIME type that is not accepted",
        ),
        (
            embed(&format!(
                r#""images": [{}]"#,
                image.replace(r#""size": 1"#, r#""size": 9999999"#)
            )),
            "/embed/images/0/image refers to a blob of more than 2000000 bytes",
        ),
    ] {
        let json = format!(
            r#"{{"$type": "{POST}", "createdAt": "2024-05-06T07:08:09Z", "text": "", {fields}}}"#
        );
        let json = json.replace(r#""text": "", "text""#, r#""text""#);
        let refusal = record(Catalog::embedded(), POST, &value(&json)).unwrap_err();
        assert_eq!(refusal.to_string(), sentence, "{json}");
    }
}

#[test]
fn a_record_is_an_object_of_its_collection() {
    let refusal =
        |json: &str| record(Catalog::embedded(), POST, &value(json)).unwrap_err().to_string();
    assert_eq!(refusal("[]"), "value is not an object");
    assert_eq!(refusal("{}"), "value has no $type");
    let other = r#"{"$type": "app.bsky.feed.like"}"#;
    assert_eq!(refusal(other), "value has a $type other than app.bsky.feed.post");
}

#[test]
fn a_record_key_is_of_the_type_of_its_collection() {
    for (key, rkey, sentence) in [
        ("tid", "self", "record key is not a TID"),
        ("nsid", "self", "record key is not an NSID"),
        ("literal:self", "other", "record key is not \"self\""),
    ] {
        let schema = with_field(r#"{"type": "integer"}"#, "");
        let catalog = catalog(&[&schema.replace(r#""any""#, &format!("\"{key}\""))]);
        let rkey = rkey.parse().unwrap();
        let refusal = catalog.validate_record(&"a.b.c".parse().unwrap(), &rkey, &value("{}"));
        assert_eq!(refusal.unwrap_err().to_string(), sentence);
    }
}

#[test]
fn an_unknown_schema_is_not_an_invalid_value() {
    let name_of = |outcome| match outcome {
        Err(ValidationError::UnknownSchema { name }) => name,
        outcome => panic!("{outcome:?}"),
    };
    let embedded = Catalog::embedded();
    assert_eq!(name_of(record(embedded, "com.example.none", &value("{}"))), "com.example.none");
    let query = "app.bsky.feed.getPosts";
    assert_eq!(name_of(record(embedded, query, &value("{}"))), query);
    assert_eq!(name_of(embedded.validate_input(POST, &value("{}"))), POST);
    assert_eq!(name_of(embedded.validate_output("a.b.c", &value("{}"))), "a.b.c");
}

#[test]
fn references_are_good_once_their_document_is_there() {
    let schema = with_field(r#"{"type": "ref", "ref": "a.b.defs#number"}"#, "");
    let mut catalog = catalog(&[&schema]);
    let one = value(r#"{"$type": "a.b.c", "f": 1}"#);
    let unknown = ValidationError::UnknownSchema { name: "a.b.defs#number".into() };
    assert_eq!(record(&catalog, "a.b.c", &one), Err(unknown));
    let defs = r#"{"lexicon": 1, "id": "a.b.defs",
        "defs": {"number": {"type": "integer", "maximum": 1}}}"#;
    catalog.insert(&Document::parse(defs).unwrap());
    assert_eq!(record(&catalog, "a.b.c", &one), Ok(()));
    let two = value(r#"{"$type": "a.b.c", "f": 2}"#);
    assert_eq!(record(&catalog, "a.b.c", &two).unwrap_err().to_string(), "/f is above 1");
}

#[test]
fn a_reference_to_what_has_no_values_is_as_good_as_unknown() {
    for target in ["token", r#"permission-set", "permissions": [], "x": ""#, "query"] {
        let name = if target == "token" { "t" } else { "main" };
        let defs = format!(
            r#"{{"lexicon": 1, "id": "a.b.d", "defs": {{"{name}": {{"type": "{target}"}}}}}}"#
        );
        for field in [
            format!(r#"{{"type": "ref", "ref": "a.b.d#{name}"}}"#),
            format!(r#"{{"type": "union", "refs": ["a.b.d#{name}"]}}"#),
        ] {
            let catalog = catalog(&[&with_field(&field, ""), &defs]);
            let kind = if name == "main" { "a.b.d".to_owned() } else { format!("a.b.d#{name}") };
            let json = format!(r#"{{"$type": "a.b.c", "f": {{"$type": "{kind}"}}}}"#);
            let unknown = ValidationError::UnknownSchema { name: kind };
            assert_eq!(record(&catalog, "a.b.c", &value(&json)), Err(unknown), "{field}");
        }
    }
}

#[test]
fn a_reference_to_a_record_asks_for_its_type() {
    let catalog = catalog(&[&with_field(r##"{"type": "ref", "ref": "#main"}"##, "")]);
    let refusal = |inner: &str| {
        let json = format!(r#"{{"$type": "a.b.c", "f": {inner}}}"#);
        record(&catalog, "a.b.c", &value(&json)).map_err(|err| err.to_string())
    };
    assert_eq!(refusal(r#"{"$type": "a.b.c"}"#), Ok(()));
    assert_eq!(refusal("{}"), Err("/f has no $type".into()));
    assert_eq!(refusal(r#"{"$type": "a.b.d"}"#), Err("/f has a $type other than a.b.c".into()));
}

#[test]
fn schemas_that_refer_to_themselves_end_with_the_value() {
    let defs = r##", "list": {"type": "array", "items": {"type": "ref", "ref": "#list"}}"##;
    let catalog = catalog(&[&with_field(r##"{"type": "ref", "ref": "#list"}"##, defs)]);
    let nested = |depth: usize| {
        let list = (0..depth).fold(Value::List(Vec::new()), |inner, _| Value::List(vec![inner]));
        let entries = [("$type", Value::String("a.b.c".into())), ("f", list)];
        Value::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
    };
    assert_eq!(record(&catalog, "a.b.c", &nested(100)), Ok(()));
    let refusal = record(&catalog, "a.b.c", &nested(300)).unwrap_err().to_string();
    assert!(refusal.ends_with("/0/0 is nested too deep"), "{refusal}");
}

#[test]
fn legacy_blobs_are_read_and_not_written() {
    let catalog =
        catalog(&[&with_field(r#"{"type": "blob", "accept": ["image/*"], "maxSize": 1}"#, "")]);
    let legacy = |mime: &str| {
        value(&format!(
            r#"{{"$type": "a.b.c", "f": {{"mimeType": "{mime}",
                "cid": "bafkreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454"}}}}"#
        ))
    };
    let new = record(&catalog, "a.b.c", &legacy("image/png")).unwrap_err();
    assert_eq!(new.to_string(), "/f is a blob reference of the legacy form");
    let (nsid, rkey) = ("a.b.c".parse().unwrap(), "x".parse().unwrap());
    let old = |mime| catalog.validate_old_record(&nsid, &rkey, &legacy(mime));
    assert_eq!(old("image/png"), Ok(()));
    assert!(old("text/plain").is_err());
}

#[test]
fn defaults_fill_bodies_and_not_records() {
    let object = r#"{"type": "object", "required": ["n"],
        "properties": {"n": {"type": "integer", "default": 1}}}"#;
    let catalog = catalog(&[
        &with_field(object, ""),
        &format!(
            r#"{{"lexicon": 1, "id": "a.b.run", "defs": {{"main": {{"type": "procedure",
                "input": {{"encoding": "application/json", "schema": {object}}},
                "output": {{"encoding": "application/json"}}}}}}}}"#
        ),
    ]);
    let missing = record(&catalog, "a.b.c", &value(r#"{"$type": "a.b.c", "f": {}}"#));
    assert_eq!(missing.unwrap_err().to_string(), "/f/n is missing");
    assert_eq!(catalog.validate_input("a.b.run", &value("{}")), Ok(()));
    assert_eq!(catalog.validate_output("a.b.run", &value("[1]")), Ok(()), "it has no schema");
}
