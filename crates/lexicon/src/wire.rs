//! How values that Rust has no type of its own for go through serde in the JSON of the protocol.

mod union;

use repo::data::blob::BlobRef;
use repo::data::json::{Json, JsonRef};
use repo::data::{Link, Value};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use syntax::Cid;

pub(crate) use crate::wire::union::{Union, deserialize_union, union};

/// A reference to a blob, in the present form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blob(pub BlobRef);

/// A byte string: `{"$bytes": …}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

/// A link to a block or a blob: `{"$link": …}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CidLink(pub Cid);

/// A field that may be absent, and may be null, which are not the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Nullable<T> {
    /// The field is not there.
    #[default]
    Absent,
    /// The field is there, and null.
    Null,
    /// The field is there, with a value.
    Value(T),
}

impl<T> Nullable<T> {
    /// Tells whether the field is not there.
    pub fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Nullable<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T: Serialize> Serialize for Nullable<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent | Self::Null => serializer.serialize_none(),
            Self::Value(value) => serializer.serialize_some(value),
        }
    }
}

/// Reads an optional field that is there, and so must not be null.
pub(crate) fn some<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Json(value) = Json::deserialize(deserializer)?;
        let blob = BlobRef::from_value(&value);
        blob.map(Self).ok_or_else(|| de::Error::custom("not a blob reference"))
    }
}

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        JsonRef(&self.0.to_value()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json(Value::Bytes(bytes)) => Ok(Self(bytes)),
            _ => Err(de::Error::custom("not a byte string")),
        }
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        JsonRef(&Value::Bytes(self.0.clone())).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for CidLink {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Json::deserialize(deserializer)? {
            Json(Value::Link(link)) => {
                link.cid().map(Self).ok_or_else(|| de::Error::custom("link is of an unusual kind"))
            }
            _ => Err(de::Error::custom("not a link")),
        }
    }
}

impl Serialize for CidLink {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        JsonRef(&Value::Link(Link::from(self.0))).serialize(serializer)
    }
}
