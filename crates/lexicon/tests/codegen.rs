//! The generated sources are what the schemas say.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use pagurus_lexicon::codegen::{CodegenError, generate};
use pagurus_lexicon::schema::Document;

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).expect("the directory is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// Returns the text as it is without the layout, which rustfmt gives it.
fn without_layout(text: &str) -> String {
    let text: String = text.split_whitespace().filter(|word| !word.starts_with("//")).collect();
    text.replace(",)", ")").replace(",}", "}").replace(",]", "]")
}

#[test]
fn the_generated_sources_are_fresh() {
    let crate_dir = Path::new(env!("CARGO_MANIFEST_DIR"));
    let lexicons = crate_dir.join("../../lexicons");
    let mut documents = Vec::new();
    for path in files(&lexicons, "json") {
        let document = Document::parse(&read(&path)).expect("the schemas are well formed");
        let expected = lexicons.join(document.id.as_str().replace('.', "/") + ".json");
        assert_eq!(path, expected, "a document is where its NSID says");
        documents.push(document);
    }
    let source_dir = crate_dir.join("src");
    let mut committed: Vec<_> = files(&source_dir.join("generated"), "rs");
    committed.extend(["generated.rs", "catalog/documents.rs"].map(|path| source_dir.join(path)));
    let committed: BTreeMap<_, _> =
        committed.into_iter().map(|path| (path.clone(), without_layout(&read(&path)))).collect();
    let generated = generate(&documents).expect("the schemas have a form in Rust");
    let generated: BTreeMap<_, _> = generated
        .into_iter()
        .map(|(path, text)| (source_dir.join(path), without_layout(&text)))
        .collect();

    for (path, text) in &generated {
        assert!(committed.get(path) == Some(text), "{} is stale: `just codegen`", path.display());
    }
    for path in committed.keys() {
        assert!(generated.contains_key(path), "{} is not needed: `just codegen`", path.display());
    }
}

/// Generates the types of one procedure, `com.atproto.test.run`, with this schema of its input.
fn generate_input(schema: &str) -> Result<String, CodegenError> {
    let json = format!(
        r##"{{"lexicon": 1, "id": "com.atproto.test.run", "defs": {{"main": {{"type": "procedure",
            "input": {{"encoding": "application/json", "schema": {schema}}}}},
            "list": {{"type": "array", "items": {{"type": "ref", "ref": "#list"}}}},
            "text": {{"type": "string"}}}}}}"##
    );
    let document = Document::parse(&json).expect("the schema is well formed");
    let files = generate(&[document])?;
    Ok(without_layout(&files["generated/com/atproto/test/run.rs"]))
}

#[test]
fn every_rule_that_types_do_not_express_is_checked() {
    for (schema, check) in [
        (
            r#"{"type": "string", "maxLength": 3}"#,
            r#".text_bytes(value.as_str(), Bounds::new(None, Some(3)))"#,
        ),
        (
            r#"{"type": "string", "minGraphemes": 3}"#,
            r#".graphemes(value.as_str(), Bounds::new(Some(3), None))"#,
        ),
        (r#"{"type": "string", "enum": ["a", "b"]}"#, r#".listed(value.as_str(), &["a", "b"])"#),
        (
            r#"{"type": "string", "format": "tid", "const": "x"}"#,
            r#".listed(value.to_string().as_str(), &["x"])"#,
        ),
        (r#"{"type": "integer", "minimum": -1}"#, r#".range(value, Bounds::new(Some(-1), None))"#),
        (r#"{"type": "boolean", "const": true}"#, r#".listed(&value, &[true])"#),
        (r#"{"type": "bytes", "maxLength": 9}"#, r#".bytes(&value.0, Bounds::new(None, Some(9)))"#),
        (r#"{"type": "unknown"}"#, r#".object(&value.0)"#),
        (
            r#"{"type": "array", "items": {"type": "boolean"}, "maxLength": 2}"#,
            r#".items(value.len(), Bounds::new(None, Some(2)))"#,
        ),
        (
            r#"{"type": "array", "items": {"type": "integer", "maximum": 5}}"#,
            r#"for (index, item) in value.iter().copied().enumerate() {
                at.key("a").index(index).range(item, Bounds::new(None, Some(5)))?;
            }"#,
        ),
    ] {
        let input = format!(r#"{{"type": "object", "properties": {{"a": {schema}}}}}"#);
        let text = generate_input(&input).expect("it has a form in Rust");
        assert!(text.contains(&without_layout(check)), "{schema}: {text}");
    }
}

#[test]
fn schemas_without_a_form_in_rust_are_refused() {
    let dangling = r##"{"type": "object", "properties": {"a": {"type": "ref", "ref": "#gone"}}}"##;
    let name = "com.atproto.test.run#gone".to_owned();
    assert_eq!(generate_input(dangling), Err(CodegenError::Reference { name }));
    let dangling = r##"{"type": "union", "refs": ["#gone"]}"##;
    assert!(matches!(generate_input(dangling), Err(CodegenError::Reference { .. })));
    let method = r##"{"type": "object", "properties": {"a": {"type": "ref", "ref": "#main"}}}"##;
    assert!(matches!(generate_input(method), Err(CodegenError::Reference { .. })));
    for schema in [
        r#"{"type": "object", "properties": {"a": {"type": "blob"}}}"#,
        r##"{"type": "object", "properties": {"a": {"type": "ref", "ref": "#list"}}}"##,
        r##"{"type": "ref", "ref": "#text"}"##,
    ] {
        let outcome = generate_input(schema);
        assert!(matches!(outcome, Err(CodegenError::Unsupported { .. })), "{schema}: {outcome:?}");
    }
}
