//! Structs, enums and the types of their fields.

use super::module::Module;
use super::{OPAQUE, Result, docs, names};
use crate::format::Format;
use crate::schema::{Object, Property, Text, Type, Union};

/// Where a type stands, which names it if it has no name of its own.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) parent: &'a str,
    pub(super) field: &'a str,
}

/// How a field may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    /// It has to be there, or has a default.
    Required,
    /// It may be absent: `Option`.
    Optional,
    /// It has to be there and may be null: `Option`, too.
    RequiredNullable,
    /// It may be absent, and may be null: `Nullable`.
    Nullable,
}

impl Presence {
    pub(super) fn of(property: &Property) -> Self {
        let is_there = property.required || property.schema.ty.has_default();
        match (is_there, property.nullable) {
            (true, false) => Self::Required,
            (false, false) => Self::Optional,
            (true, true) => Self::RequiredNullable,
            (false, true) => Self::Nullable,
        }
    }
}

/// How a field goes through serde that may be absent, but not null.
const OPTIONAL: &str = "#[serde(default, deserialize_with = \"wire::some\", \
    skip_serializing_if = \"Option::is_none\")]\n";

impl Module<'_, '_> {
    /// Returns the type of a value, and writes it if it has no name of its own.
    pub(super) fn ty(&mut self, ty: &Type, place: Place<'_>, checked: bool) -> Result<String> {
        Ok(match ty {
            Type::Boolean(_) => "bool".to_owned(),
            Type::Integer(_) => "i64".to_owned(),
            Type::String(Text { format: None, .. }) => "String".to_owned(),
            Type::String(Text { format: Some(format), .. }) => {
                self.import("syntax", format_type(*format))
            }
            Type::Bytes(_) => self.import("crate::wire", "Bytes"),
            Type::CidLink => self.import("crate::wire", "CidLink"),
            Type::Blob(_) => self.import("crate::wire", "Blob"),
            Type::Array(array) => format!("Vec<{}>", self.ty(&array.items.ty, place, checked)?),
            Type::Unknown => self.import("repo::data::json", "Json"),
            Type::Ref(name) if OPAQUE.contains(&name.as_str()) => {
                self.import("repo::data::json", "Json")
            }
            Type::Ref(name) => match self.schemas.value(name)? {
                Type::Object(_) => self.shared(name)?,
                ty => self.ty(ty, place, checked)?,
            },
            Type::Object(object) => {
                let doc = format!("The field `{}` of [`{}`].", place.field, place.parent);
                let (name, is_new) = self.name(place, &format!("{object:?}"))?;
                if is_new {
                    self.object(&name, &doc, object, checked)?;
                }
                name
            }
            Type::Union(union) => {
                let doc = format!("The field `{}` of [`{}`].", place.field, place.parent);
                let (name, is_new) = self.name(place, &format!("{union:?}"))?;
                if is_new {
                    self.union(&name, &doc, union, checked)?;
                }
                name
            }
        })
    }

    /// Finds a name for a type that has none, and tells whether the type is new.
    fn name(&mut self, place: Place<'_>, owner: &str) -> Result<(String, bool)> {
        let short = names::ty(place.field);
        let long = format!("{}{short}", place.parent);
        for name in [short, long] {
            if let Some(is_new) = self.take(&name, owner) {
                return Ok((name, is_new));
            }
        }
        Err(self.unsupported(place.field, "a type whose names are taken"))
    }

    /// Writes a struct.
    pub(super) fn object(
        &mut self,
        name: &str,
        doc: &str,
        object: &Object,
        checked: bool,
    ) -> Result<()> {
        let place = self.reserve();
        self.import("serde", "Deserialize");
        self.import("serde", "Serialize");
        let mut text = docs::comment("///", doc);
        text += "#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]\n";
        let fields = object.properties.keys().map(|key| (key, names::field(key)));
        if fields.clone().any(|(_, field)| field.contains('_')) {
            text += "#[serde(rename_all = \"camelCase\")]\n";
        }
        text += &format!("pub struct {name} {{\n");
        let mut defaults = String::new();
        for ((key, field), property) in fields.zip(object.properties.values()) {
            let ty = &property.schema.ty;
            text += &docs::comment("///", &self.field_doc(key, property));
            if !names::is_camel_of(key, &field) {
                text += &format!("#[serde(rename = {key:?})]\n");
            }
            let rust = self.ty(ty, Place { parent: name, field: key }, checked)?;
            if let Some(value) = self.default(key, ty)? {
                text += &format!("#[serde(default = \"default_{field}\")]\n");
                defaults += &format!("\nfn default_{field}() -> {rust} {{\n{value}\n}}\n");
            }
            let (attribute, rust) = match Presence::of(property) {
                Presence::Required => ("", rust),
                Presence::RequiredNullable => {
                    ("#[serde(deserialize_with = \"Option::deserialize\")]\n", option(&rust))
                }
                Presence::Optional => {
                    self.import("crate", "wire");
                    (OPTIONAL, option(&rust))
                }
                Presence::Nullable => (
                    "#[serde(default, skip_serializing_if = \"Nullable::is_absent\")]\n",
                    format!("{}<{rust}>", self.import("crate::wire", "Nullable")),
                ),
            };
            text += &format!("{attribute}pub {field}: {rust},\n");
        }
        text += "}\n";
        text += &defaults;
        if checked {
            text += &self.check_object(name, object, false)?;
        }
        self.put(place, text);
        Ok(())
    }

    /// Writes the struct of parameters, which come from a query string and not through serde.
    pub(super) fn params_struct(&mut self, doc: &str, params: &Object) -> Result<()> {
        let place = self.reserve();
        let mut text = docs::comment("///", doc);
        text += "#[derive(Debug, Clone, PartialEq, Eq)]\npub struct Params {\n";
        let mut reads = String::new();
        for (key, property) in &params.properties {
            let ty = &property.schema.ty;
            let field = names::field(key);
            let rust = self.ty(ty, Place { parent: "Params", field: key }, true)?;
            let default = self.default(key, ty)?;
            let (rust, read) = match (ty, &default, property.required) {
                (Type::Array(_), _, true) => (rust, format!("query.required_list({key:?})?")),
                (Type::Array(_), _, false) => (rust, format!("query.optional_list({key:?})?")),
                (Type::String(_), Some(value), _) => {
                    (rust, format!("query.optional({key:?})?.unwrap_or_else(|| {value})"))
                }
                (_, Some(value), _) => {
                    (rust, format!("query.optional({key:?})?.unwrap_or({value})"))
                }
                (_, None, true) => (rust, format!("query.required({key:?})?")),
                (_, None, false) => (option(&rust), format!("query.optional({key:?})?")),
            };
            text += &docs::comment("///", &self.field_doc(key, property));
            text += &format!("pub {field}: {rust},\n");
            reads += &format!("{field}: {read},\n");
        }
        for name in ["FromQuery", "Invalid", "Query"] {
            self.import("crate", name);
        }
        text += &format!(
            "}}\n\nimpl FromQuery for Params {{\n\
             fn read(query: &Query<'_>) -> Result<Self, Invalid> {{\n\
             Ok(Self {{\n{reads}}})\n}}\n}}\n"
        );
        text += &self.check_object("Params", params, true)?;
        self.put(place, text);
        Ok(())
    }

    /// Writes the enum of a union.
    pub(super) fn union(
        &mut self,
        name: &str,
        doc: &str,
        union: &Union,
        checked: bool,
    ) -> Result<()> {
        let place = self.reserve();
        // rustfmt leaves the arguments of macros as they are.
        let mut text = "crate::wire::union! {\n".to_owned();
        text += &docs::comment("    ///", doc);
        text += &format!("    {name} {{\n");
        let mut variants = Vec::new();
        for reference in &union.refs {
            let Type::Object(_) = self.schemas.value(reference)? else {
                return Err(self.unsupported(reference.as_str(), "a place in a union"));
            };
            let variant = self.shared(reference)?;
            text += &format!("        {variant} = {:?},\n", reference.as_str());
            variants.push((variant, reference));
        }
        text += if union.closed { "    }\n}\n" } else { "    } or Other\n}\n" };
        if checked {
            text += &self.check_union(name, &variants);
        }
        self.put(place, text);
        Ok(())
    }

    fn field_doc(&self, key: &str, property: &Property) -> String {
        docs::field(key, property.schema.description.as_deref(), &property.schema.ty)
    }

    /// Returns the expression of a type's default.
    fn default(&self, key: &str, ty: &Type) -> Result<Option<String>> {
        Ok(match ty {
            Type::Boolean(boolean) => boolean.default.map(|value| value.to_string()),
            Type::Integer(integer) => integer.default.map(|value| value.to_string()),
            Type::String(Text { default: Some(_), format: Some(_), .. }) => {
                return Err(self.unsupported(key, "a default of a format"));
            }
            Type::String(text) => {
                text.default.as_ref().map(|value| format!("{value:?}.to_owned()"))
            }
            _ => None,
        })
    }
}

fn option(ty: &str) -> String {
    format!("Option<{ty}>")
}

/// Returns the type of `syntax` that strings of a format are of.
fn format_type(format: Format) -> &'static str {
    match format {
        Format::AtIdentifier => "AtIdentifier",
        Format::AtUri => "AtUri",
        Format::Cid => "Cid",
        Format::Datetime => "Datetime",
        Format::Did => "Did",
        Format::Handle => "Handle",
        Format::Language => "Language",
        Format::Nsid => "Nsid",
        Format::RecordKey => "RecordKey",
        Format::Tid => "Tid",
        Format::Uri => "Uri",
    }
}
