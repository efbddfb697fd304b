//! The rules of the data model that are about meaning rather than encoding.

use std::fmt;

use thiserror::Error;

use super::Value;
use super::blob::BlobRef;

/// The integers that every client can hold: those that a 64-bit float has exactly.
const SAFE_INTEGER_MAX: i128 = (1 << 53) - 1;

/// Says what in a value is against the data model, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{fault} at {}", if path.is_empty() { "the top" } else { path })]
pub struct CheckError {
    /// What is wrong.
    pub fault: Fault,
    /// Where: keys and indices with slashes between them, empty at the top.
    pub path: String,
}

/// What in a value is against the data model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Fault {
    /// The whole is not a map.
    #[error("not a map")]
    Top,
    /// A floating-point number.
    #[error("floating-point number")]
    Float,
    /// An integer that does not fit into 53 bits and a sign.
    #[error("integer beyond 53 bits")]
    Integer,
    /// A map with an empty key.
    #[error("empty key")]
    EmptyKey,
    /// A map with a key that JSON keeps for links and bytes.
    #[error("reserved key")]
    ReservedKey,
    /// A `$type` that is not a text with something in it.
    #[error("$type is not a text, or empty")]
    Type,
    /// A map with `$type` `blob` that is not a reference to a blob.
    #[error("malformed blob reference")]
    Blob,
}

/// Checks a value against the rules that the encoding does not have.
///
/// The whole is a map. Integers keep to 53 bits, as clients lose the others; keys are not empty and not `$link` or
/// `$bytes`; each `$type` is a text; each map of type `blob` is a whole reference.
///
/// # Errors
///
/// [`CheckError`] with the first fault.
pub fn check(value: &Value) -> Result<(), CheckError> {
    match value {
        Value::Map(_) => check_at(value, None),
        _ => Err(error(Fault::Top, None)),
    }
}

/// The way from a value up to the top, on the stack.
struct Step<'a> {
    name: &'a dyn fmt::Display,
    above: Option<&'a Step<'a>>,
}

fn check_at(value: &Value, at: Option<&Step<'_>>) -> Result<(), CheckError> {
    match value {
        Value::Float(_) => Err(error(Fault::Float, at)),
        Value::Integer(value) if value.abs() > SAFE_INTEGER_MAX => Err(error(Fault::Integer, at)),
        Value::List(list) => list
            .iter()
            .enumerate()
            .try_for_each(|(index, item)| check_at(item, Some(&Step { name: &index, above: at }))),
        Value::Map(map) => {
            for (key, item) in map.iter() {
                let at = Some(&Step { name: &key, above: at });
                match key {
                    "" => return Err(error(Fault::EmptyKey, at)),
                    "$link" | "$bytes" => return Err(error(Fault::ReservedKey, at)),
                    "$type" => match item {
                        Value::String(name) if !name.is_empty() => {}
                        _ => return Err(error(Fault::Type, at)),
                    },
                    _ => check_at(item, at)?,
                }
            }
            let is_blob = map.get("$type").and_then(Value::as_str) == Some("blob");
            if is_blob && BlobRef::from_value(value).is_none() {
                return Err(error(Fault::Blob, at));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

fn error(fault: Fault, at: Option<&Step<'_>>) -> CheckError {
    let mut names: Vec<String> = Vec::new();
    let mut next = at;
    while let Some(step) = next {
        names.push(step.name.to_string());
        next = step.above;
    }
    names.reverse();
    CheckError { fault, path: names.join("/") }
}
