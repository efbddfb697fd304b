//! Values as JSON: links as `{"$link": …}`, bytes as `{"$bytes": …}`.
//!
//! [`Json`] carries a value through serde, so that it can stand anywhere in a message.
//! [`from_cbor`] turns an encoded record into JSON without a value in between.

use std::fmt;
use std::sync::LazyLock;

use cid::Cid as AnyCid;
use data_encoding::{BASE64_NOPAD, Encoding};
use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, SerializeSeq as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use smol_str::SmolStr;
use syntax::Cid;
use thiserror::Error;

use super::cbor::{DecodeError, DecodeErrorKind, Item, Mode, Reader, enter};
use super::{Limits, Link, Map, Value};

/// The largest integer that a number with a fraction part in JSON may stand for exactly.
const FLOAT_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;
/// Longer than any CID of a supported hash in any base.
const LINK_TEXT_BYTES_MAX: usize = 512;

/// Base 64 as the data model has it: padding may be there, stray bits in the last digit may, too.
static BASE64_PERMISSIVE: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = BASE64_NOPAD.specification();
    specification.check_trailing_bits = false;
    specification.encoding().expect("it is an encoding with one rule less")
});

/// Says why a text is not a value in JSON.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct JsonError(#[from] serde_json::Error);

/// A value that goes through serde in its JSON form, read within [`Limits::RECORD`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json(pub Value);

/// A borrowed value that goes through serde in its JSON form.
#[derive(Debug, Clone, Copy)]
pub struct JsonRef<'a>(pub &'a Value);

/// Decodes JSON.
///
/// A number such as `123.0` is read as an integer, as JSON has no other way to tell them apart.
///
/// # Errors
///
/// [`JsonError`] if the text is not JSON, has a number that is no integer, a malformed `$link` or
/// `$bytes`, or goes beyond `limits`.
pub fn decode(text: &[u8], limits: &Limits) -> Result<Value, JsonError> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Seed { limits, depth: limits.depth }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Encodes a value as JSON. Floats, which only records of other servers have, stay numbers.
///
/// # Panics
///
/// Never for values within 512 levels, which all decoders of this crate keep to.
pub fn encode(value: &Value) -> String {
    serde_json::to_string(&JsonRef(value)).expect("writing to memory does not fail")
}

struct Seed<'a> {
    limits: &'a Limits,
    depth: usize,
}

impl Seed<'_> {
    fn inner<E: de::Error>(&self) -> Result<Self, E>
    where
        Self: Sized,
    {
        let depth = self.depth.checked_sub(1);
        let depth = depth.ok_or_else(|| E::custom(DecodeErrorKind::TooDeep))?;
        Ok(Seed { limits: self.limits, depth })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of the data model")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(i128::from(value)))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Integer(i128::from(value)))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() != 0.0 || value.abs() > FLOAT_INTEGER_MAX {
            return Err(E::custom("number is not an integer within 53 bits"));
        }
        // Through text: there is no lossless conversion in the language, and this is rare.
        let integer = format!("{value:.0}").parse().map_err(E::custom)?;
        Ok(Value::Integer(integer))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self.inner()?)? {
            if list.len() == self.limits.container_items {
                return Err(de::Error::custom(DecodeErrorKind::TooLong));
            }
            list.push(item);
        }
        self.inner::<A::Error>()?;
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut read: Vec<(SmolStr, Value)> = Vec::with_capacity(4);
        self.inner::<A::Error>()?;
        while let Some(key) = entries.next_key::<SmolStr>()? {
            if read.len() == self.limits.container_items || key.len() > self.limits.key_bytes {
                return Err(de::Error::custom(DecodeErrorKind::TooLong));
            }
            read.push((key, entries.next_value_seed(self.inner()?)?));
        }
        let map = Map::from_entries(read);
        let map = map.ok_or_else(|| de::Error::custom(DecodeErrorKind::DuplicateKey))?;
        special(map).map_err(de::Error::custom)
    }
}

/// Turns a map that stands for a link or for bytes into it.
fn special(map: Map) -> Result<Value, &'static str> {
    match map.get("$link") {
        None => {}
        Some(Value::String(text)) if map.len() == 1 && text.len() <= LINK_TEXT_BYTES_MAX => {
            return link(text).map(Value::Link).ok_or("$link is not a CID");
        }
        Some(_) => return Err("malformed $link"),
    }
    match map.get("$bytes") {
        None => Ok(Value::Map(map)),
        Some(Value::String(text)) if map.len() == 1 => {
            let digits = text.trim_end_matches('=').as_bytes();
            let padding = text.len() - digits.len();
            if padding > 0 && (padding > 2 || text.len() % 4 != 0) {
                return Err("$bytes is not base 64");
            }
            BASE64_PERMISSIVE.decode(digits).map(Value::Bytes).map_err(|_| "$bytes is not base 64")
        }
        Some(_) => Err("malformed $bytes"),
    }
}

/// Reads a CID, if it is one that the binary form takes back.
fn link(text: &str) -> Option<Link> {
    if let Ok(cid) = Cid::parse(text) {
        return Some(cid.into());
    }
    let cid = AnyCid::try_from(text).ok()?;
    let same = AnyCid::try_from(cid.to_bytes()).is_ok_and(|same| same == cid);
    same.then(|| cid.into())
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seed = Seed { limits: &Limits::RECORD, depth: Limits::RECORD.depth };
        seed.deserialize(deserializer).map(Self)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        JsonRef(&self.0).serialize(serializer)
    }
}

impl Serialize for JsonRef<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(value) => serializer.serialize_bool(*value),
            Value::Integer(value) => match (i64::try_from(*value), u64::try_from(*value)) {
                (Ok(value), _) => serializer.serialize_i64(value),
                (_, Ok(value)) => serializer.serialize_u64(value),
                _ => serializer.serialize_i128(*value),
            },
            Value::Float(value) => serializer.serialize_f64(*value),
            Value::String(text) => serializer.serialize_str(text),
            Value::Bytes(bytes) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$bytes", &BASE64_NOPAD.encode(bytes))?;
                map.end()
            }
            Value::Link(link) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("$link", &format_args!("{link}"))?;
                map.end()
            }
            Value::List(list) => {
                let mut seq = serializer.serialize_seq(Some(list.len()))?;
                list.iter().try_for_each(|item| seq.serialize_element(&JsonRef(item)))?;
                seq.end()
            }
            Value::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries.iter() {
                    map.serialize_entry(key, &JsonRef(value))?;
                }
                map.end()
            }
        }
    }
}

/// Appends an encoded value to `out` as JSON, read as [`super::cbor::decode_lenient`] reads it.
///
/// Keys keep the order of the encoding. On an error, `out` may have got a part.
///
/// # Errors
///
/// [`DecodeError`] in the cases of the lenient decoder, except that a key that occurs twice is
/// not looked for.
pub fn from_cbor(cbor: &[u8], limits: &Limits, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let mut reader = Reader::new(cbor, Mode::Lenient);
    transcode(&mut reader, limits, limits.depth, out)?;
    reader.end()
}

fn transcode(
    reader: &mut Reader<'_>,
    limits: &Limits,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), DecodeError> {
    let start = reader.offset();
    match reader.item()? {
        Item::Null => out.extend_from_slice(b"null"),
        Item::Bool(value) => put_json(out, &value),
        Item::Integer(value) => put_json(out, &JsonRef(&Value::Integer(value))),
        Item::Float(value) => put_json(out, &value),
        Item::Bytes(bytes) => put_json(out, &JsonRef(&Value::Bytes(bytes.to_vec()))),
        Item::Link(link) => put_json(out, &JsonRef(&Value::Link(link.into()))),
        Item::Text(text) => put_json(out, &String::from_utf8_lossy(text)),
        Item::List(count) => {
            let depth = enter(count, limits, depth, start)?;
            out.push(b'[');
            for index in 0..count {
                if index > 0 {
                    out.push(b',');
                }
                transcode(reader, limits, depth, out)?;
            }
            out.push(b']');
        }
        Item::Map(count) => {
            let depth = enter(count, limits, depth, start)?;
            out.push(b'{');
            for index in 0..count {
                if index > 0 {
                    out.push(b',');
                }
                put_json(out, &String::from_utf8_lossy(reader.key()?));
                out.push(b':');
                transcode(reader, limits, depth, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn put_json(out: &mut Vec<u8>, value: &impl Serialize) {
    serde_json::to_writer(out, value).expect("writing to memory does not fail");
}
