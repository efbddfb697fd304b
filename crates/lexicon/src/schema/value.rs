//! From a document's maps to the types that values may have.

use std::cell::Cell;

use repo::data::Value;
use syntax::Nsid;

use super::reader::{Fields, Result, as_text, error};
use super::reference::{Reference, ReferenceError};
use super::{
    Array, Blob, Boolean, Integer, Object, Property, Schema, SchemaFault, Text, Type, Union,
};
use crate::fault::{At, ValueType};
use crate::format::Format;

/// How many schemas may be within each other in one definition; real ones have four.
const SCHEMA_DEPTH_MAX: usize = 16;
/// How many schemas one document may have; the largest real ones have a few hundred.
const SCHEMAS_MAX: usize = 10_000;
/// The longest name that a field may have.
const PROPERTY_BYTES_MAX: usize = 256;

/// Where a schema stands, which decides what it may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Under a name in `defs`.
    Definition,
    /// Within another schema.
    Inner,
    /// As a body's schema.
    Body,
    /// As a parameter.
    Parameter,
    /// As the item of a parameter.
    ParameterItem,
}

impl Place {
    fn allows(self, kind: &str) -> bool {
        let is_scalar = matches!(kind, "boolean" | "integer" | "string");
        match self {
            Self::Definition => !matches!(kind, "ref" | "union" | "unknown"),
            Self::Inner => true,
            Self::Body => matches!(kind, "object" | "ref" | "union"),
            Self::Parameter => is_scalar || kind == "array",
            Self::ParameterItem => is_scalar,
        }
    }
}

/// Reads the schemas of one document, and counts them.
pub(super) struct Values<'d> {
    document: &'d Nsid,
    left: Cell<usize>,
}

impl<'d> Values<'d> {
    pub(super) fn new(document: &'d Nsid) -> Self {
        Self { document, left: Cell::new(SCHEMAS_MAX) }
    }

    /// Reads a schema with its description. `depth` counts the schemas around it.
    pub(super) fn schema(
        &self,
        value: &Value,
        at: &At<'_>,
        place: Place,
        depth: usize,
    ) -> Result<Schema> {
        let fields = Fields::of(value, at)?;
        let description = fields.string("description")?;
        Ok(Schema { description, ty: self.ty(&fields, place, depth)? })
    }

    /// Reads what a schema says of its type.
    pub(super) fn ty(&self, fields: &Fields<'_>, place: Place, depth: usize) -> Result<Type> {
        let left = self.left.get().checked_sub(1).filter(|_| depth < SCHEMA_DEPTH_MAX);
        self.left.set(left.ok_or_else(|| fields.error(SchemaFault::TooComplex))?);

        let kind = fields.required("type", fields.text("type")?)?;
        if !place.allows(kind) {
            return Err(fields.error_in("type", SchemaFault::UnknownType));
        }
        Ok(match kind {
            "boolean" => Type::Boolean(boolean(fields)?),
            "integer" => Type::Integer(integer(fields)?),
            "string" => Type::String(text(fields)?),
            "bytes" => Type::Bytes(fields.bounds("minLength", "maxLength")?),
            "cid-link" => Type::CidLink,
            "blob" => Type::Blob(blob(fields)?),
            "array" => Type::Array(self.array(fields, place, depth)?),
            "object" => Type::Object(self.object(fields, Place::Inner, depth)?),
            "ref" => Type::Ref(self.reference(fields)?),
            "union" => Type::Union(self.union(fields)?),
            "unknown" => Type::Unknown,
            _ => return Err(fields.error_in("type", SchemaFault::UnknownType)),
        })
    }

    fn array(&self, fields: &Fields<'_>, place: Place, depth: usize) -> Result<Array> {
        let place = match place {
            Place::Parameter => Place::ParameterItem,
            _ => Place::Inner,
        };
        let items = fields.required("items", fields.get("items"))?;
        let items = self.schema(items, &fields.at().key("items"), place, depth + 1)?;
        let length = fields.bounds("minLength", "maxLength")?;
        Ok(Array { items: Box::new(items), length })
    }

    /// Reads the fields of an object, or the parameters of a method.
    pub(super) fn object(&self, fields: &Fields<'_>, place: Place, depth: usize) -> Result<Object> {
        fields.required("properties", fields.get("properties"))?;
        let required = fields.strings("required")?;
        let nullable = match place {
            Place::Parameter => Vec::new(),
            _ => fields.strings("nullable")?,
        };
        let is_in = |names: &[String], name: &str| names.iter().any(|one| one == name);
        let properties = fields.map("properties", |name, value, at| {
            if name.is_empty() || name.len() > PROPERTY_BYTES_MAX {
                return Err(error(at, SchemaFault::Name));
            }
            Ok(Property {
                schema: self.schema(value, at, place, depth + 1)?,
                required: is_in(&required, name),
                nullable: is_in(&nullable, name),
            })
        })?;
        match required.iter().find(|name| !properties.contains_key(*name)) {
            Some(name) => Err(fields.error_in(name, SchemaFault::Undescribed)),
            None => Ok(Object { properties }),
        }
    }

    fn reference(&self, fields: &Fields<'_>) -> Result<Reference> {
        let text = fields.required("ref", fields.text("ref")?)?;
        self.parse_reference(text, &fields.at().key("ref"))
    }

    /// Reads a union. An open one may name no types at all.
    pub(super) fn union(&self, fields: &Fields<'_>) -> Result<Union> {
        fields.required("refs", fields.get("refs"))?;
        let refs = fields.list("refs", |item, at| match as_text(item) {
            Some(text) => self.parse_reference(text, at),
            None => Err(error(at, SchemaFault::Type(ValueType::String))),
        })?;
        let closed = fields.boolean("closed")?.unwrap_or(false);
        if closed && refs.is_empty() {
            return Err(fields.error_in("refs", SchemaFault::Empty));
        }
        Ok(Union { refs, closed })
    }

    fn parse_reference(&self, text: &str, at: &At<'_>) -> Result<Reference> {
        Reference::parse(text, self.document).map_err(|fault| match fault {
            ReferenceError::Nsid(fault) => error(at, SchemaFault::Nsid(fault)),
            ReferenceError::Name => error(at, SchemaFault::Name),
        })
    }
}

/// Reads what an absent value stands for, and the only value: one of them at most.
fn default_or_constant<T>(
    fields: &Fields<'_>,
    read: impl Fn(&str) -> Result<Option<T>>,
) -> Result<(Option<T>, Option<T>)> {
    match (read("default")?, read("const")?) {
        (Some(_), Some(_)) => Err(fields.error(SchemaFault::ConstAndDefault)),
        either => Ok(either),
    }
}

/// Refuses a list of allowed values that is there and empty.
fn not_empty<T>(fields: &Fields<'_>, allowed: Vec<T>) -> Result<Vec<T>> {
    match fields.get("enum") {
        Some(_) if allowed.is_empty() => Err(fields.error_in("enum", SchemaFault::Empty)),
        _ => Ok(allowed),
    }
}

fn boolean(fields: &Fields<'_>) -> Result<Boolean> {
    let (default, constant) = default_or_constant(fields, |key| fields.boolean(key))?;
    Ok(Boolean { default, constant })
}

fn integer(fields: &Fields<'_>) -> Result<Integer> {
    let (default, constant) = default_or_constant(fields, |key| fields.integer(key))?;
    let allowed = fields.list("enum", |item, at| match item {
        Value::Integer(value) => i64::try_from(*value).map_err(|_| error(at, SchemaFault::Range)),
        _ => Err(error(at, SchemaFault::Type(ValueType::Integer))),
    })?;
    let range = fields.bounds("minimum", "maximum")?;
    Ok(Integer { range, allowed: not_empty(fields, allowed)?, default, constant })
}

fn text(fields: &Fields<'_>) -> Result<Text> {
    let (default, constant) = default_or_constant(fields, |key| fields.string(key))?;
    let mut format = None;
    if let Some(name) = fields.text("format")? {
        let known = Format::named(name);
        format = Some(known.ok_or_else(|| fields.error_in("format", SchemaFault::UnknownFormat))?);
    }
    Ok(Text {
        format,
        bytes: fields.bounds("minLength", "maxLength")?,
        graphemes: fields.bounds("minGraphemes", "maxGraphemes")?,
        known: fields.strings("knownValues")?,
        allowed: not_empty(fields, fields.strings("enum")?)?,
        default,
        constant,
    })
}

fn blob(fields: &Fields<'_>) -> Result<Blob> {
    let accept = fields.list("accept", |item, at| match as_text(item) {
        Some(pattern) if is_mime_pattern(pattern) => Ok(pattern.to_owned()),
        Some(_) => Err(error(at, SchemaFault::MimePattern)),
        None => Err(error(at, SchemaFault::Type(ValueType::String))),
    })?;
    Ok(Blob { accept, size_max: fields.integer("maxSize")? })
}

/// Tells whether a text is a MIME type, or one of the patterns `image/*` and `*/*`.
fn is_mime_pattern(pattern: &str) -> bool {
    let is_whole = |part: &str| !part.is_empty() && !part.contains(['*', '/']);
    match pattern.split_once('/') {
        Some(("*", "*")) => true,
        Some((kind, "*")) => is_whole(kind),
        Some((kind, subtype)) => is_whole(kind) && is_whole(subtype),
        None => false,
    }
}
