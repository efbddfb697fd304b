//! Objects that say by `$type` which of several types they are of.
//!
//! Most senders put `$type` first; such an object is read in one pass. For the others, what comes
//! before `$type` has to wait for it.

use std::fmt;
use std::marker::PhantomData;

use repo::data::Value;
use repo::data::json::Json;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};

/// A union's enum.
pub(crate) trait Union: Sized + 'static {
    /// Makes a value of an object of another type. There is nothing in it if the union is closed.
    const OTHER: &[fn(Json) -> Self];

    /// Reads the fields of the type that is called `name`, or gives them back if there is none.
    fn read<'de, D: Deserializer<'de>>(name: &str, fields: D) -> Result<Result<Self, D>, D::Error>;
}

/// Defines the enum of a union: types with their names, and `or Other` if it is open.
macro_rules! union {
    (
        $(#[$doc:meta])*
        $name:ident { $($variant:ident = $kind:literal,)+ } $(or $other:ident)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(tag = "$type")]
        pub enum $name {
            $(
                #[doc = concat!("An object of the type `", $kind, "`.")]
                #[serde(rename = $kind)]
                $variant($variant),
            )+
            $(
                /// An object of a type that the schema does not name, with its `$type`.
                #[serde(untagged)]
                $other(repo::data::json::Json),
            )?
        }

        impl $crate::wire::Union for $name {
            const OTHER: &[fn(repo::data::json::Json) -> Self] = &[$(Self::$other)?];

            fn read<'de, D: serde::Deserializer<'de>>(
                name: &str,
                fields: D,
            ) -> Result<Result<Self, D>, D::Error> {
                match name {
                    $($kind => serde::Deserialize::deserialize(fields)
                        .map(|value| Ok(Self::$variant(value))),)+
                    _ => Ok(Err(fields)),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(fields: D) -> Result<Self, D::Error> {
                $crate::wire::deserialize_union(fields)
            }
        }
    };
}

pub(crate) use union;

/// Reads an object of one of the types of a union.
pub(crate) fn deserialize_union<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Union,
{
    deserializer.deserialize_map(UnionVisitor(PhantomData))
}

struct UnionVisitor<T>(PhantomData<T>);

impl<'de, T: Union> Visitor<'de> for UnionVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with $type")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<T, A::Error> {
        let mut waiting = serde_json::Map::new();
        while let Some(key) = entries.next_key::<String>()? {
            if key != "$type" {
                waiting.insert(key, entries.next_value()?);
                continue;
            }
            let name: String = entries.next_value()?;
            if waiting.is_empty() {
                return of_type(name, MapAccessDeserializer::new(entries));
            }
            while let Some((key, value)) = entries.next_entry()? {
                waiting.insert(key, value);
            }
            return of_type(name, serde_json::Value::Object(waiting)).map_err(de::Error::custom);
        }
        Err(de::Error::missing_field("$type"))
    }
}

/// Reads an object whose type is known by now from the rest of its fields.
fn of_type<'de, D, T>(name: String, fields: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Union,
{
    let fields = match T::read(&name, fields)? {
        Ok(value) => return Ok(value),
        Err(fields) => fields,
    };
    let Json(Value::Map(mut map)) = Json::deserialize(fields)? else {
        return Err(de::Error::custom("not an object"));
    };
    let is_named = !name.is_empty();
    map.insert("$type", Value::String(name));
    match T::OTHER {
        [other, ..] if is_named => Ok(other(Json(Value::Map(map)))),
        _ => Err(de::Error::custom("$type is not in the union")),
    }
}
