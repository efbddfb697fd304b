//! Typed access to the fields of a document, with the place for when one is wrong.

use std::collections::BTreeMap;

use repo::data::{Map, Value};

use super::{Bounds, SchemaError, SchemaFault};
use crate::fault::{At, ValueType};

/// How many items a list or a map may have; the longest real ones have a hundred. Validation goes
/// through some of them for each item of a value, so that this also bounds what a record can cost.
const ITEMS_MAX: usize = 256;

pub(super) type Result<T> = std::result::Result<T, SchemaError>;

/// Says that `fault` is at a place.
pub(super) fn error(at: &At<'_>, fault: SchemaFault) -> SchemaError {
    SchemaError { path: at.to_string(), fault }
}

/// Returns the text, if the value is one.
pub(super) fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// A map of a document, and where it is.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a> {
    map: &'a Map,
    at: &'a At<'a>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value, at: &'a At<'a>) -> Result<Self> {
        match value {
            Value::Map(map) => Ok(Self { map, at }),
            _ => Err(error(at, SchemaFault::Type(ValueType::Object))),
        }
    }

    pub(super) fn at(&self) -> &'a At<'a> {
        self.at
    }

    /// Says that `fault` is about the whole map.
    pub(super) fn error(&self, fault: SchemaFault) -> SchemaError {
        error(self.at, fault)
    }

    /// Says that `fault` is in one field.
    pub(super) fn error_in(&self, key: &str, fault: SchemaFault) -> SchemaError {
        error(&self.at.key(key), fault)
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key)
    }

    /// Returns all fields.
    pub(super) fn entries(&self) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.map.iter()
    }

    /// Returns a field's value, or the error that the field is not there.
    pub(super) fn required<T>(&self, key: &str, value: Option<T>) -> Result<T> {
        value.ok_or_else(|| self.error_in(key, SchemaFault::Missing))
    }

    pub(super) fn text(&self, key: &str) -> Result<Option<&'a str>> {
        self.read(key, ValueType::String, as_text)
    }

    pub(super) fn string(&self, key: &str) -> Result<Option<String>> {
        Ok(self.text(key)?.map(str::to_owned))
    }

    pub(super) fn boolean(&self, key: &str) -> Result<Option<bool>> {
        self.read(key, ValueType::Boolean, |value| match value {
            Value::Bool(value) => Some(*value),
            _ => None,
        })
    }

    pub(super) fn integer<T: TryFrom<i128>>(&self, key: &str) -> Result<Option<T>> {
        let value = self.read(key, ValueType::Integer, |value| match value {
            Value::Integer(value) => Some(*value),
            _ => None,
        })?;
        let Some(value) = value else { return Ok(None) };
        T::try_from(value).map(Some).map_err(|_| self.error_in(key, SchemaFault::Range))
    }

    /// Reads a least and a greatest value that go together.
    pub(super) fn bounds<T>(&self, min: &str, max: &str) -> Result<Bounds<T>>
    where
        T: TryFrom<i128> + PartialOrd,
    {
        let bounds = Bounds { min: self.integer(min)?, max: self.integer(max)? };
        match (&bounds.min, &bounds.max) {
            (Some(least), Some(most)) if least > most => {
                Err(self.error_in(min, SchemaFault::EmptyRange))
            }
            _ => Ok(bounds),
        }
    }

    /// Reads an array item by item; an absent one is empty.
    pub(super) fn list<T>(
        &self,
        key: &str,
        mut read: impl FnMut(&'a Value, &At<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let at = self.at.key(key);
        let list = self.read(key, ValueType::Array, |value| match value {
            Value::List(list) => Some(list.as_slice()),
            _ => None,
        })?;
        let list = list.unwrap_or_default();
        if list.len() > ITEMS_MAX {
            return Err(error(&at, SchemaFault::TooComplex));
        }
        let items = list.iter().enumerate();
        items.map(|(index, item)| read(item, &at.index(index))).collect()
    }

    pub(super) fn strings(&self, key: &str) -> Result<Vec<String>> {
        self.list(key, |item, at| match as_text(item) {
            Some(text) => Ok(text.to_owned()),
            None => Err(error(at, SchemaFault::Type(ValueType::String))),
        })
    }

    /// Reads a map entry by entry; an absent one is empty.
    pub(super) fn map<T>(
        &self,
        key: &str,
        mut read: impl FnMut(&'a str, &'a Value, &At<'_>) -> Result<T>,
    ) -> Result<BTreeMap<String, T>> {
        let at = self.at.key(key);
        let map = self.read(key, ValueType::Object, |value| match value {
            Value::Map(map) => Some(map),
            _ => None,
        })?;
        if map.is_some_and(|map| map.len() > ITEMS_MAX) {
            return Err(error(&at, SchemaFault::TooComplex));
        }
        let entries = map.into_iter().flat_map(Map::iter);
        entries
            .map(|(name, item)| Ok((name.to_owned(), read(name, item, &at.key(name))?)))
            .collect()
    }

    fn read<T>(
        &self,
        key: &str,
        expected: ValueType,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Result<Option<T>> {
        let Some(value) = self.get(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.error_in(key, SchemaFault::Type(expected)))
    }
}
