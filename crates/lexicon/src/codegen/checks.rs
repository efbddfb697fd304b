//! The rules of a schema that types do not express, as statements.
//!
//! The rules themselves are methods of a place: see `rule`.

use std::collections::BTreeSet;
use std::fmt::Debug;

use super::module::Module;
use super::shapes::Presence;
use super::{OPAQUE, Result, Schemas, names};
use crate::format::Format;
use crate::rule::Bounds;
use crate::schema::{Object, Reference, Type};

impl Module<'_, '_> {
    /// Writes how an object, or the parameters, are checked.
    pub(super) fn check_object(
        &mut self,
        name: &str,
        object: &Object,
        params: bool,
    ) -> Result<String> {
        let mut body = String::new();
        for (key, property) in &object.properties {
            let ty = &property.schema.ty;
            let place = format!("at.key({key:?})");
            let field = format!("self.{}", names::field(key));
            let by = if is_copy(ty) { "" } else { "&" };
            // An absent list of parameters is an empty one.
            let may_be_empty = params && matches!(ty, Type::Array(_));
            let (head, value, tail) = match Presence::of(property) {
                Presence::Required => (String::new(), field.as_str(), ""),
                Presence::Optional if may_be_empty => {
                    (format!("if !{field}.is_empty() {{\n"), field.as_str(), "}\n")
                }
                Presence::Optional | Presence::RequiredNullable => {
                    (format!("if let Some(value) = {by}{field} {{\n"), "value", "}\n")
                }
                Presence::Nullable => {
                    (format!("if let Nullable::Value(value) = {by}{field} {{\n"), "value", "}\n")
                }
            };
            let rules = Rules::new(self.schemas).of(ty, value, &place);
            match rules.ok_or_else(|| self.unsupported(key, "a blob in a request"))? {
                rules if rules.is_empty() => {}
                rules => body += &format!("{head}{rules}{tail}"),
            }
        }
        Ok(self.check_impl(name, &body))
    }

    /// Writes how an object of one of several types is checked.
    pub(super) fn check_union(&mut self, name: &str, variants: &[(String, &Reference)]) -> String {
        let mut arms = String::new();
        for (variant, reference) in variants {
            if Rules::new(self.schemas).has(reference) {
                arms += &format!("Self::{variant}(value) => value.check(at)?,\n");
            }
        }
        if arms.is_empty() {
            return self.check_impl(name, "");
        }
        self.check_impl(name, &format!("match self {{\n{arms}_ => {{}}\n}}\n"))
    }

    fn check_impl(&mut self, name: &str, body: &str) -> String {
        self.import("crate", "Check");
        if body.is_empty() {
            return format!("\nimpl Check for {name} {{}}\n");
        }
        self.import("crate", "At");
        self.import("crate", "Invalid");
        if body.contains("Bounds::") {
            self.import("crate::schema", "Bounds");
        }
        format!(
            "\nimpl Check for {name} {{\n\
             fn check(&self, at: &At<'_>) -> Result<(), Invalid> {{\n{body}Ok(())\n}}\n}}\n"
        )
    }
}

/// Makes the statements for the rules of a type.
struct Rules<'s, 'd> {
    schemas: &'s Schemas<'d>,
    /// The definitions that were looked into: some refer to themselves.
    seen: BTreeSet<Reference>,
}

impl<'s, 'd> Rules<'s, 'd> {
    fn new(schemas: &'s Schemas<'d>) -> Self {
        Self { schemas, seen: BTreeSet::new() }
    }

    /// Returns the statements for a value and its place, unless there is no form of them.
    ///
    /// Both are expressions; that of the value is of the type itself or a reference to it, but of
    /// types that are copied always of the type itself.
    fn of(&mut self, ty: &Type, value: &str, at: &str) -> Option<String> {
        let nested = |has_rules| match has_rules {
            true => format!("{value}.check(&{at})?;\n"),
            false => String::new(),
        };
        Some(match ty {
            Type::Boolean(boolean) => listed(boolean.constant.as_slice(), &format!("&{value}"), at),
            Type::Integer(integer) => {
                let by = format!("&{value}");
                listed(integer.constant.as_slice(), &by, at)
                    + &listed(&integer.allowed, &by, at)
                    + &bounded("range", value, integer.range, at)
            }
            Type::String(schema) => {
                // Two of the types do not keep their text.
                let text = match schema.format {
                    Some(Format::Cid | Format::Tid) => format!("{value}.to_string().as_str()"),
                    _ => format!("{value}.as_str()"),
                };
                listed(schema.constant.as_slice(), &text, at)
                    + &listed(&schema.allowed, &text, at)
                    + &bounded("text_bytes", &text, schema.bytes, at)
                    + &bounded("graphemes", &text, schema.graphemes, at)
            }
            Type::Bytes(bounds) => bounded("bytes", &format!("&{value}.0"), *bounds, at),
            Type::CidLink => String::new(),
            Type::Blob(_) => return None,
            Type::Array(array) => {
                let items = self.of(&array.items.ty, "item", &format!("{at}.index(index)"))?;
                let copied = if is_copy(&array.items.ty) { ".copied()" } else { "" };
                let mut text = bounded("items", &format!("{value}.len()"), array.length, at);
                if !items.is_empty() {
                    let all = format!("{value}.iter(){copied}.enumerate()");
                    text += &format!("for (index, item) in {all} {{\n{items}}}\n");
                }
                text
            }
            Type::Unknown => format!("{at}.object(&{value}.0)?;\n"),
            Type::Ref(name) if OPAQUE.contains(&name.as_str()) => {
                format!("crate::validate::check_part(\"{name}\", &{value}.0, &{at})?;\n")
            }
            Type::Ref(name) => match self.schemas.value(name) {
                Ok(Type::Object(_)) => nested(self.has(name)),
                Ok(ty) => self.of(ty, value, at)?,
                // There is no such thing: all names have been resolved before.
                Err(_) => String::new(),
            },
            Type::Object(object) => nested(self.has_within(object)),
            Type::Union(union) => nested(union.refs.iter().any(|name| self.has(name))),
        })
    }

    /// Tells whether there are rules for the values of a definition.
    fn has(&mut self, name: &Reference) -> bool {
        match self.schemas.value(name) {
            Ok(Type::Object(object)) => self.seen.insert(name.clone()) && self.has_within(object),
            _ => false,
        }
    }

    fn has_within(&mut self, object: &Object) -> bool {
        let mut types = object.properties.values().map(|property| &property.schema.ty);
        types.any(|ty| self.of(ty, "", "").is_none_or(|rules| !rules.is_empty()))
    }
}

fn is_copy(ty: &Type) -> bool {
    matches!(ty, Type::Boolean(_) | Type::Integer(_))
}

/// Holds a value to those that are listed, if any are.
fn listed<T: Debug>(allowed: &[T], value: &str, at: &str) -> String {
    match allowed {
        [] => String::new(),
        allowed => format!("{at}.listed({value}, &{allowed:?})?;\n"),
    }
}

/// Holds a value to bounds, if there are any, by the rule of this name.
fn bounded<T: Debug>(rule: &str, value: &str, bounds: Bounds<T>, at: &str) -> String {
    match bounds {
        Bounds { min: None, max: None } => String::new(),
        Bounds { min, max } => {
            format!("{at}.{rule}({value}, Bounds::new({min:?}, {max:?}))?;\n")
        }
    }
}
