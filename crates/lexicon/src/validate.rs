//! Holds values of the data model to their schemas.
//!
//! Fields that a schema does not know are let through, as schemas grow. Nothing here changes a
//! value, and the rules of the data model itself are not looked at: see [`repo::data::check()`].

use std::cmp::Ordering;

use std::fmt;

use repo::data::blob::BlobRef;
use repo::data::{Limits, Map, Value, key_order};
use syntax::{Nsid, RecordKey, Tid};
use thiserror::Error;

use crate::catalog::{Catalog, Compiled, Node, ObjectNode};
use crate::fault::{At, Fault, Invalid, ValueType};
use crate::schema::{Blob, Integer, KeyType, Text};

/// Says why a value is not known to follow its schema.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ValidationError {
    /// The catalog lacks the schema, or one that it refers to: the value may be good or bad.
    #[error("no schema is known for {name}")]
    UnknownSchema {
        /// The NSID or the full name of the definition.
        name: String,
    },
    /// The record's key is not of the type that its collection has.
    #[error("record key is not {expected}")]
    RecordKey {
        /// What the key has to be.
        expected: KeyType,
    },
    /// The value does not follow its schema.
    #[error(transparent)]
    Invalid(#[from] Invalid),
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("a record key"),
            Self::Tid => f.write_str("a TID"),
            Self::Nsid => f.write_str("an NSID"),
            Self::Literal(key) => write!(f, "\"{key}\""),
        }
    }
}

type Result<T = (), E = ValidationError> = std::result::Result<T, E>;

impl Catalog {
    /// Checks a record that is about to be written, and its key, by the collection's schema.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] if no schema is known, or the record or its key do not follow it.
    pub fn validate_record(
        &self,
        collection: &Nsid,
        rkey: &RecordKey,
        record: &Value,
    ) -> Result<(), ValidationError> {
        let mode = Mode { legacy_blobs: false, defaults: false };
        Walk { catalog: self, mode }.record(collection, rkey, record)
    }

    /// Checks a record of any age: blob references of before 2023 are good.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] if no schema is known, or the record or its key do not follow it.
    pub fn validate_old_record(
        &self,
        collection: &Nsid,
        rkey: &RecordKey,
        record: &Value,
    ) -> Result<(), ValidationError> {
        let mode = Mode { legacy_blobs: true, defaults: false };
        Walk { catalog: self, mode }.record(collection, rkey, record)
    }

    /// Checks what a request to a method carries. Fields that have a default may be absent.
    ///
    /// A method that has no schema of its input takes all.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] if the method is not known, or the value does not follow its schema.
    pub fn validate_input(&self, method: &str, input: &Value) -> Result<(), ValidationError> {
        match self.named(method) {
            Some(Compiled::Method { input: node, .. }) => self.body(node.as_ref(), input),
            _ => Err(unknown(method)),
        }
    }

    /// Checks what a method's response carries. Fields that have a default may be absent.
    ///
    /// A method that has no schema of its output may answer anything.
    ///
    /// # Errors
    ///
    /// [`ValidationError`] if the method is not known, or the value does not follow its schema.
    pub fn validate_output(&self, method: &str, output: &Value) -> Result<(), ValidationError> {
        match self.named(method) {
            Some(Compiled::Method { output: node, .. }) => self.body(node.as_ref(), output),
            _ => Err(unknown(method)),
        }
    }

    fn body(&self, node: Option<&Node>, value: &Value) -> Result {
        let walk = Walk { catalog: self, mode: Mode::BODY };
        node.map_or(Ok(()), |node| walk.value(node, value, &At::TOP))
    }
}

fn unknown(name: &str) -> ValidationError {
    ValidationError::UnknownSchema { name: name.to_owned() }
}

/// What is allowed beyond the schema.
#[derive(Clone, Copy)]
struct Mode {
    /// Whether blob references may be of the legacy form.
    legacy_blobs: bool,
    /// Whether a required field may be absent if it has a default.
    defaults: bool,
}

impl Mode {
    const BODY: Self = Self { legacy_blobs: false, defaults: true };
}

struct Walk<'c> {
    catalog: &'c Catalog,
    mode: Mode,
}

impl Walk<'_> {
    fn record(&self, collection: &Nsid, rkey: &RecordKey, record: &Value) -> Result {
        let Some(Compiled::Record { key, object }) = self.catalog.named(collection.as_str()) else {
            return Err(unknown(collection.as_str()));
        };
        let follows = match key {
            KeyType::Any => true,
            KeyType::Tid => Tid::parse(rkey.as_str()).is_ok(),
            KeyType::Nsid => Nsid::parse(rkey.as_str()).is_ok(),
            KeyType::Literal(literal) => rkey == literal,
        };
        if !follows {
            return Err(ValidationError::RecordKey { expected: key.clone() });
        }
        let map = as_map(record, &At::TOP)?;
        self.typed_object(object, collection.as_str(), map, &At::TOP)
    }

    /// Checks an object that has to say that it is `name`.
    fn typed_object(&self, object: &ObjectNode, name: &str, map: &Map, at: &At<'_>) -> Result {
        if type_of(map, at)? != name {
            return Err(at.invalid(Fault::OtherType { expected: name.to_owned() }).into());
        }
        self.object(object, map, at)
    }

    fn value(&self, node: &Node, value: &Value, at: &At<'_>) -> Result {
        // Schemas may refer to themselves: it is the value's depth that ends the walk.
        if at.depth() > Limits::FOREIGN.depth {
            return Err(at.invalid(Fault::TooDeep).into());
        }
        match (node, value) {
            (Node::Boolean(schema), Value::Bool(value)) => {
                Ok(at.listed(value, schema.constant.as_slice())?)
            }
            (Node::Integer(schema), Value::Integer(value)) => {
                Ok(check_integer(schema, *value, at)?)
            }
            (Node::String(schema), Value::String(value)) => Ok(check_text(schema, value, at)?),
            (Node::Bytes(length), Value::Bytes(value)) => Ok(at.bytes(value, *length)?),
            (Node::CidLink, Value::Link(_)) => Ok(()),
            (Node::Blob(schema), Value::Map(_)) => {
                let outcome = check_blob(schema, value, self.mode.legacy_blobs);
                Ok(outcome.map_err(|fault| at.invalid(fault))?)
            }
            (Node::Array { items, length }, Value::List(list)) => {
                at.items(list.len(), *length)?;
                let mut all = list.iter().enumerate();
                all.try_for_each(|(index, item)| self.value(items, item, &at.index(index)))
            }
            (Node::Object(object), Value::Map(map)) => self.object(object, map, at),
            (Node::Ref(name, slot), value) => {
                self.definition(self.catalog.definition(*slot), name, value, at)
            }
            (Node::Union { variants, closed }, value) => {
                let name = type_of(as_map(value, at)?, at)?;
                match variants.iter().find(|(variant, _)| variant == name) {
                    Some((_, slot)) => {
                        self.definition(self.catalog.definition(*slot), name, value, at)
                    }
                    None if *closed => Err(at.invalid(Fault::NotInUnion).into()),
                    None => Ok(()),
                }
            }
            (Node::Unknown, value) => Ok(at.object(value)?),
            (node, _) => Err(at.invalid(Fault::Type(expected(node))).into()),
        }
    }

    /// Checks a value by a definition that another schema refers to.
    fn definition(
        &self,
        definition: Option<&Compiled>,
        name: &str,
        value: &Value,
        at: &At<'_>,
    ) -> Result {
        match definition {
            Some(Compiled::Value(node)) => self.value(node, value, at),
            Some(Compiled::Record { object, .. }) => {
                self.typed_object(object, name, as_map(value, at)?, at)
            }
            // What is left has no values: the schema that refers to it is as good as absent.
            _ => Err(unknown(name)),
        }
    }

    /// Walks the schema's fields and the value's, which have the same order, side by side.
    fn object(&self, object: &ObjectNode, map: &Map, at: &At<'_>) -> Result {
        let mut entries = map.iter().peekable();
        for field in &object.0 {
            let name = field.name.as_str();
            while entries.next_if(|(key, _)| key_order(key, name) == Ordering::Less).is_some() {}
            let at = at.key(name);
            match entries.next_if(|(key, _)| *key == name) {
                None if !field.required || field.has_default && self.mode.defaults => {}
                None => return Err(at.invalid(Fault::Missing).into()),
                Some((_, Value::Null)) if field.nullable => {}
                Some((_, Value::Null)) => return Err(at.invalid(Fault::Null).into()),
                Some((_, value)) => self.value(&field.node, value, &at)?,
            }
        }
        Ok(())
    }
}

fn as_map<'v>(value: &'v Value, at: &At<'_>) -> Result<&'v Map, Invalid> {
    match value {
        Value::Map(map) => Ok(map),
        _ => Err(at.invalid(Fault::Type(ValueType::Object))),
    }
}

fn type_of<'v>(map: &'v Map, at: &At<'_>) -> Result<&'v str, Invalid> {
    match map.get("$type") {
        Some(Value::String(name)) if !name.is_empty() => Ok(name),
        Some(_) => Err(at.key("$type").invalid(Fault::Type(ValueType::String))),
        None => Err(at.invalid(Fault::NoType)),
    }
}

fn check_integer(schema: &Integer, value: i128, at: &At<'_>) -> Result<(), Invalid> {
    let Ok(value) = i64::try_from(value) else {
        return Err(at.invalid(Fault::Type(ValueType::Integer)));
    };
    at.listed(&value, schema.constant.as_slice())?;
    at.listed(&value, &schema.allowed)?;
    at.range(value, schema.range)
}

fn check_text(schema: &Text, value: &str, at: &At<'_>) -> Result<(), Invalid> {
    at.listed(value, schema.constant.as_slice())?;
    at.listed(value, &schema.allowed)?;
    at.text_bytes(value, schema.bytes)?;
    at.graphemes(value, schema.graphemes)?;
    match schema.format.map(|format| format.check(value)) {
        Some(Err(fault)) => Err(at.invalid(Fault::Format(fault))),
        _ => Ok(()),
    }
}

fn check_blob(schema: &Blob, value: &Value, legacy: bool) -> Result<(), Fault> {
    let blob = match BlobRef::from_value(value) {
        Some(blob) => blob,
        None => match BlobRef::from_legacy_value(value) {
            Some(blob) if legacy => blob,
            Some(_) => return Err(Fault::LegacyBlob),
            None => return Err(Fault::Type(ValueType::Blob)),
        },
    };
    if let (Some(size), Some(max)) = (blob.size, schema.size_max)
        && size > max
    {
        return Err(Fault::BlobTooLarge { max });
    }
    let accepts = |pattern: &String| match pattern.strip_suffix('*') {
        Some("*/") => true,
        Some(kind) => blob.mime_type.starts_with(kind),
        None => blob.mime_type == *pattern,
    };
    if !schema.accept.is_empty() && !schema.accept.iter().any(accepts) {
        return Err(Fault::MimeType);
    }
    Ok(())
}

/// Checks a part of a body that the generated types keep as it came, by the definition of it.
pub(crate) fn check_part(name: &str, value: &Value, at: &At<'_>) -> Result<(), Invalid> {
    let walk = Walk { catalog: Catalog::embedded(), mode: Mode::BODY };
    match walk.definition(walk.catalog.named(name), name, value, at) {
        Ok(()) => Ok(()),
        Err(ValidationError::Invalid(invalid)) => Err(invalid),
        // Unions are open: what we know no schema of is good.
        Err(_) => Ok(()),
    }
}

/// Returns the type of the values that a node allows.
fn expected(node: &Node) -> ValueType {
    match node {
        Node::Boolean(_) => ValueType::Boolean,
        Node::Integer(_) => ValueType::Integer,
        Node::String(_) => ValueType::String,
        Node::Bytes(_) => ValueType::Bytes,
        Node::CidLink => ValueType::CidLink,
        Node::Blob(_) => ValueType::Blob,
        Node::Array { .. } => ValueType::Array,
        Node::Object(_) | Node::Ref(..) | Node::Union { .. } | Node::Unknown => ValueType::Object,
    }
}
