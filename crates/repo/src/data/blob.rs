//! References to blobs in records.

use syntax::{Cid, Codec};

use super::Value;

/// A reference to a blob, as a record holds it.
///
/// Spec: <https://atproto.com/specs/data-model#blob-type>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlobRef {
    /// The CID of the blob's bytes.
    pub cid: Cid,
    /// The MIME type that the record claims.
    pub mime_type: String,
    /// The size in bytes that the record claims; legacy references claim none.
    pub size: Option<u64>,
}

impl BlobRef {
    /// Reads a value that is a reference in the present form: `$type`, `ref`, `mimeType`, `size`.
    pub fn from_value(value: &Value) -> Option<Self> {
        let Value::Map(map) = value else { return None };
        let (Some(Value::String(kind)), Some(Value::Link(link)), Some(Value::String(mime_type))) =
            (map.get("$type"), map.get("ref"), map.get("mimeType"))
        else {
            return None;
        };
        let Some(Value::Integer(size)) = map.get("size") else { return None };
        let cid = link.cid().filter(|_| kind == "blob" && map.len() == 4)?;
        if mime_type.is_empty() {
            return None;
        }
        Some(Self { cid, mime_type: mime_type.clone(), size: Some(u64::try_from(*size).ok()?) })
    }

    /// Reads a value that is a reference in the form of before 2023: `cid` and `mimeType`.
    pub fn from_legacy_value(value: &Value) -> Option<Self> {
        let Value::Map(map) = value else { return None };
        let (Some(Value::String(cid)), Some(Value::String(mime_type)), 2) =
            (map.get("cid"), map.get("mimeType"), map.len())
        else {
            return None;
        };
        let cid = Cid::parse(cid).ok().filter(|cid| cid.codec() == Codec::Raw)?;
        Some(Self { cid, mime_type: mime_type.clone(), size: None })
    }

    /// Returns the value in the present form; without a size it is the legacy form.
    pub fn to_value(&self) -> Value {
        let entries = match self.size {
            Some(size) => vec![
                ("$type", "blob".into()),
                ("ref", self.cid.into()),
                ("mimeType", self.mime_type.as_str().into()),
                ("size", Value::Integer(i128::from(size))),
            ],
            None => {
                vec![
                    ("cid", self.cid.to_string().into()),
                    ("mimeType", self.mime_type.as_str().into()),
                ]
            }
        };
        Value::Map(entries.into_iter().collect())
    }
}

/// Returns all references to blobs in a value, of both forms, in the order of the value.
pub fn find(value: &Value) -> Vec<BlobRef> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<BlobRef>) {
    match value {
        Value::List(list) => list.iter().for_each(|item| collect(item, found)),
        Value::Map(map) => {
            match BlobRef::from_value(value).or_else(|| BlobRef::from_legacy_value(value)) {
                Some(blob) => found.push(blob),
                None => map.values().for_each(|item| collect(item, found)),
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Map;

    fn blob(size: Option<u64>) -> BlobRef {
        BlobRef { cid: Cid::of_raw(b"image"), mime_type: "image/png".into(), size }
    }

    #[test]
    fn both_forms_come_back_and_are_found() {
        let (new, old) = (blob(Some(5)), blob(None));
        assert_eq!(BlobRef::from_value(&new.to_value()), Some(new.clone()));
        assert_eq!(BlobRef::from_legacy_value(&old.to_value()), Some(old.clone()));
        assert_eq!(BlobRef::from_value(&old.to_value()), None);
        assert_eq!(BlobRef::from_legacy_value(&new.to_value()), None);

        let inner = Value::List(vec![old.to_value(), Value::Null]);
        let record = Map::from([("avatar", new.to_value()), ("old", inner)]);
        assert_eq!(find(&Value::Map(record)), vec![old, new]);
    }

    #[test]
    fn a_reference_has_its_four_fields_and_no_other() {
        let Value::Map(whole) = blob(Some(5)).to_value() else { unreachable!("it is a map") };
        for key in whole.keys() {
            let mut part = whole.clone();
            part.remove(key);
            assert_eq!(BlobRef::from_value(&Value::Map(part)), None, "without {key}");
        }
        for (key, value) in [
            ("size", Value::Integer(-1)),
            ("mimeType", Value::String(String::new())),
            ("more", Value::Null),
            ("ref", Value::Null),
        ] {
            let mut changed = whole.clone();
            changed.insert(key, value);
            assert_eq!(BlobRef::from_value(&Value::Map(changed)), None, "with another {key}");
        }
    }
}
