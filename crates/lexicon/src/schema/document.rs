//! From a document's JSON to its definitions.

use repo::data::{Ipld, Limits, json};
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

pub(super) fn read(value: &Ipld) -> Result<Document> {
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
