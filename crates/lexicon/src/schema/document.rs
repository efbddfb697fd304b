//! From a document's JSON to its definitions.

use repo::data::{Limits, Value, json};
use syntax::{Nsid, RecordKey};

use super::permission;
use super::reader::{Fields, Result, error};
use super::reference::is_definition_name;
use super::value::{Place, Values};
use super::{
    Body, DOCUMENT_BYTES_MAX, DeclaredError, Definition, DefinitionKind, Document, KeyType, Method,
    MethodKind, Object, Record, SchemaFault, Union,
};
use crate::fault::At;

pub(super) fn parse(text: &str) -> Result<Document> {
    if text.len() > DOCUMENT_BYTES_MAX {
        return Err(error(&At::TOP, SchemaFault::TooLong));
    }
    let value = json::decode(text.as_bytes(), &Limits::RECORD);
    read(&value.map_err(|err| error(&At::TOP, SchemaFault::Json(err)))?)
}

pub(super) fn read(value: &Value) -> Result<Document> {
    let fields = Fields::of(value, &At::TOP)?;
    if fields.required("lexicon", fields.integer::<i64>("lexicon")?)? != 1 {
        return Err(fields.error_in("lexicon", SchemaFault::Version));
    }
    let id = fields.required("id", fields.text("id")?)?;
    let id = Nsid::parse(id).map_err(|fault| fields.error_in("id", SchemaFault::Nsid(fault)))?;

    fields.required("defs", fields.get("defs"))?;
    let values = Values::new(&id);
    let defs = fields.map("defs", |name, value, at| {
        if !is_definition_name(name) {
            return Err(error(at, SchemaFault::Name));
        }
        let fields = Fields::of(value, at)?;
        let description = fields.string("description")?;
        Ok(Definition { description, kind: definition(&values, name, &fields)? })
    })?;
    if defs.is_empty() {
        return Err(fields.error_in("defs", SchemaFault::Empty));
    }
    let description = fields.string("description")?;
    Ok(Document { id, description, defs })
}

fn definition(values: &Values<'_>, name: &str, fields: &Fields<'_>) -> Result<DefinitionKind> {
    let kind = fields.required("type", fields.text("type")?)?;
    let is_primary =
        matches!(kind, "record" | "query" | "procedure" | "subscription" | "permission-set");
    if is_primary && name != "main" {
        return Err(fields.error_in("type", SchemaFault::UnknownType));
    }
    Ok(match kind {
        "record" => DefinitionKind::Record(record(values, fields)?),
        "query" => method(values, fields, MethodKind::Query)?,
        "procedure" => method(values, fields, MethodKind::Procedure)?,
        "subscription" => method(values, fields, MethodKind::Subscription)?,
        "permission-set" => DefinitionKind::PermissionSet(permission::read(fields)?),
        "token" => DefinitionKind::Token,
        _ => DefinitionKind::Value(values.ty(fields, Place::Definition, 0)?),
    })
}

fn record(values: &Values<'_>, fields: &Fields<'_>) -> Result<Record> {
    let key = match fields.required("key", fields.text("key")?)? {
        "any" => Some(KeyType::Any),
        "tid" => Some(KeyType::Tid),
        "nsid" => Some(KeyType::Nsid),
        other => {
            let literal = other.strip_prefix("literal:");
            literal.and_then(|key| RecordKey::parse(key).ok()).map(KeyType::Literal)
        }
    };
    let key = key.ok_or_else(|| fields.error_in("key", SchemaFault::KeyType))?;
    let at = fields.at().key("record");
    let inner = Fields::of(fields.required("record", fields.get("record"))?, &at)?;
    of_type(&inner, "object")?;
    Ok(Record { key, object: values.object(&inner, Place::Inner, 0)? })
}

/// Refuses a map that is of another type than the only one that its place allows.
fn of_type(fields: &Fields<'_>, kind: &str) -> Result<()> {
    match fields.required("type", fields.text("type")?)? {
        found if found == kind => Ok(()),
        _ => Err(fields.error_in("type", SchemaFault::UnknownType)),
    }
}

fn method(values: &Values<'_>, fields: &Fields<'_>, kind: MethodKind) -> Result<DefinitionKind> {
    let mut params = Object::default();
    if let Some(value) = fields.get("parameters") {
        let at = fields.at().key("parameters");
        let inner = Fields::of(value, &at)?;
        of_type(&inner, "params")?;
        params = values.object(&inner, Place::Parameter, 0)?;
    }
    let (mut input, mut output, mut message) = (None, None, None);
    match kind {
        MethodKind::Query => output = body(values, fields, "output")?,
        MethodKind::Procedure => {
            input = body(values, fields, "input")?;
            output = body(values, fields, "output")?;
        }
        MethodKind::Subscription => message = Some(stream(values, fields)?),
    }
    let errors = fields.list("errors", |item, at| {
        let fields = Fields::of(item, at)?;
        let name = fields.required("name", fields.string("name")?)?;
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(fields.error_in("name", SchemaFault::Name));
        }
        Ok(DeclaredError { name, description: fields.string("description")? })
    })?;
    let method = Method { kind, params, input, output, message, errors };
    Ok(DefinitionKind::Method(Box::new(method)))
}

fn body(values: &Values<'_>, fields: &Fields<'_>, key: &str) -> Result<Option<Body>> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let at = fields.at().key(key);
    let fields = Fields::of(value, &at)?;
    let encoding = fields.required("encoding", fields.string("encoding")?)?;
    if encoding.is_empty() {
        return Err(fields.error_in("encoding", SchemaFault::Empty));
    }
    let mut schema = None;
    if let Some(value) = fields.get("schema") {
        schema = Some(values.schema(value, &at.key("schema"), Place::Body, 0)?);
    }
    Ok(Some(Body { description: fields.string("description")?, encoding, schema }))
}

/// Reads what the messages of a subscription are, which has to be a union.
fn stream(values: &Values<'_>, fields: &Fields<'_>) -> Result<Union> {
    let at = fields.at().key("message");
    let fields = Fields::of(fields.required("message", fields.get("message"))?, &at)?;
    let at = at.key("schema");
    let fields = Fields::of(fields.required("schema", fields.get("schema"))?, &at)?;
    of_type(&fields, "union")?;
    values.union(&fields)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::catalog::{Catalog, DOCUMENTS};

    /// Returns the sentence that says what is wrong with a document.
    fn refusal(json: &str) -> String {
        parse(json).expect_err(json).to_string()
    }

    /// Makes a document of one object with one field.
    fn with_field(schema: &str) -> String {
        format!(
            r#"{{"lexicon": 1, "id": "a.b.c", "defs": {{"d": {{"type": "object",
                "properties": {{"f": {schema}}}}}}}}}"#
        )
    }

    #[test]
    fn refusals_name_the_place_and_the_fault() {
        for (json, sentence) in [
            ("[]", "document is not an object"),
            (r#"{"id": "a.b.c"}"#, "/lexicon is missing"),
            (r#"{"lexicon": true}"#, "/lexicon is not an integer"),
            (
                r#"{"lexicon": 2, "id": "a.b.c"}"#,
                "/lexicon is not 1, the version of the language that is known",
            ),
            (
                r#"{"lexicon": 1, "id": "a.b"}"#,
                "/id is not an NSID: NSID has fewer than three segments",
            ),
            (r#"{"lexicon": 1, "id": "a.b.c", "defs": {}}"#, "/defs is empty"),
            (
                r#"{"lexicon": 1, "id": "a.b.c", "defs": {"d": {"type": "ref", "ref": "a.b.c"}}}"#,
                "/defs/d/type has a type that is unknown or not allowed here",
            ),
            (
                r#"{"lexicon": 1, "id": "a.b.c",
                    "defs": {"main": {"type": "record", "key": "x"}}}"#,
                "/defs/main/key is not a type of record keys",
            ),
        ] {
            assert_eq!(refusal(json), sentence, "{json}");
        }
        for (schema, sentence) in [
            (r#"{"type": "string", "format": "email"}"#, "/format is not a format"),
            (r#"{"type": "integer", "maximum": 1e15}"#, ""),
            (r#"{"type": "integer", "const": 1, "default": 1}"#, " has both const and default"),
            (
                r#"{"type": "string", "minLength": 2, "maxLength": 1}"#,
                "/minLength has a minimum above its maximum",
            ),
            (
                r#"{"type": "blob", "accept": ["image/*", "*"]}"#,
                "/accept/1 is not a MIME type or a pattern of them",
            ),
            (r#"{"type": "union", "refs": [], "closed": true}"#, "/refs is empty"),
            (
                r#"{"type": "object", "required": ["x"], "properties": {}}"#,
                "/x is required, but not among the properties",
            ),
        ] {
            let json = with_field(schema);
            match sentence {
                "" => assert!(parse(&json).is_ok(), "{schema}"),
                sentence => assert_eq!(refusal(&json), format!("/defs/d/properties/f{sentence}")),
            }
        }
    }

    #[test]
    fn numbers_beyond_their_place_are_refused() {
        for schema in [
            r#"{"type": "integer", "minimum": 18446744073709551615}"#,
            r#"{"type": "integer", "enum": [18446744073709551615]}"#,
            r#"{"type": "string", "maxLength": -1}"#,
            r#"{"type": "blob", "maxSize": -1}"#,
        ] {
            let refusal = refusal(&with_field(schema));
            assert!(refusal.ends_with("is an integer out of range"), "{refusal}");
        }
        for number in ["1e400", "0.5", "123456789012345678901234567890"] {
            let json = with_field(&format!(r#"{{"type": "integer", "maximum": {number}}}"#));
            assert!(matches!(parse(&json), Err(err) if matches!(err.fault, SchemaFault::Json(_))));
        }
    }

    #[test]
    fn documents_beyond_any_real_one_are_refused() {
        let refusal_of = |json: String| parse(&json).expect_err("it is too much").fault;
        let within = |depth: usize| {
            let open = r#"{"type": "array", "items": "#.repeat(depth);
            with_field(&format!(r#"{open}{{"type": "integer"}}{}"#, "}".repeat(depth)))
        };
        assert!(parse(&within(10)).is_ok());
        assert!(matches!(refusal_of(within(15)), SchemaFault::TooComplex));
        assert!(matches!(refusal_of(within(100_000 / 26)), SchemaFault::Json(_)));

        let fields = |count: usize| {
            let fields = (0..count).map(|index| format!(r#""f{index}": {{"type": "integer"}}"#));
            format!(
                r#"{{"type": "object", "properties": {{{}}}}}"#,
                fields.collect::<Vec<_>>().join(",")
            )
        };
        assert!(parse(&with_field(&fields(256))).is_ok());
        assert!(matches!(refusal_of(with_field(&fields(257))), SchemaFault::TooComplex));
        let many = fields(200).replace(r#"{"type": "integer"}"#, &fields(100));
        assert!(matches!(refusal_of(with_field(&many)), SchemaFault::TooComplex));
        let refs = vec![r#""a.b.c""#; 257].join(",");
        let union = format!(r#"{{"type": "union", "refs": [{refs}]}}"#);
        assert!(matches!(refusal_of(with_field(&union)), SchemaFault::TooComplex));

        let long = with_field(&format!(r#"{{"type": "string", "x": "{}"}}"#, "x".repeat(1 << 20)));
        assert!(matches!(refusal_of(long), SchemaFault::TooLong));
    }

    /// Changes one place of a value, found by going on from item to item as the numbers say.
    fn change(value: &mut Value, way: &[usize], replacement: &Value) {
        let count = match value {
            Value::List(list) => list.len(),
            Value::Map(map) => map.len(),
            _ => 0,
        };
        let next = match (way.split_first(), &mut *value) {
            (Some((step, way)), Value::List(list)) if count > 0 => {
                Some((way, &mut list[step % count]))
            }
            (Some((step, way)), Value::Map(map)) if count > 0 => {
                map.values_mut().nth(step % count).map(|item| (way, item))
            }
            _ => None,
        };
        match next {
            Some((way, item)) => change(item, way, replacement),
            None => *value = replacement.clone(),
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::Bool),
            any::<i128>().prop_map(Value::Integer),
            prop::sample::select(vec![
                "",
                "main",
                "#main",
                "#a#b",
                "a.b.c#d",
                "object",
                "array",
                "string",
                "integer",
                "ref",
                "union",
                "unknown",
                "blob",
                "record",
                "params",
                "token",
                "literal:self",
                "did",
                "*/*",
                "image/*",
                "\u{202e}",
            ])
            .prop_map(|text| Value::String(text.to_owned())),
            Just(Value::Bytes(vec![1, 2])),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            let key =
                prop::sample::select(vec!["type", "properties", "items", "refs", "ref", "", "x"]);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::List),
                prop::collection::btree_map(key.prop_map(str::to_owned), inner, 0..4)
                    .prop_map(|map| Value::Map(map.into_iter().collect())),
            ]
        })
    }

    /// Makes a way to a place and what to put there.
    fn any_change() -> impl Strategy<Value = (Vec<usize>, Value)> {
        (prop::collection::vec(0..64_usize, 0..9), any_value())
    }

    proptest! {
        #[test]
        fn no_document_and_no_value_makes_it_panic(
            which: prop::sample::Index,
            changes in prop::collection::vec(any_change(), 1..4),
            value in any_value(),
        ) {
            let json = which.get(DOCUMENTS).as_bytes();
            let mut document = json::decode(json, &Limits::RECORD).unwrap();
            for (way, replacement) in &changes {
                change(&mut document, way, replacement);
            }
            if let Ok(document) = read(&document) {
                let mut catalog = Catalog::embedded().clone();
                catalog.insert(&document);
                for name in document.defs.keys() {
                    let name = crate::schema::Reference::new(&document.id, name);
                    let _ = catalog.validate_input(name.as_str(), &value);
                    let _ = catalog.validate_output(name.as_str(), &value);
                }
                let _ = catalog.validate_old_record(&document.id, &"self".parse().unwrap(), &value);
            }
        }
    }
}
