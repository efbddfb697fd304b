//! References to blobs in records.

use std::collections::BTreeMap;

use syntax::{Cid, Codec};

use super::Ipld;

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
    pub fn from_ipld(value: &Ipld) -> Option<Self> {
        let Ipld::Map(map) = value else { return None };
        let (Some(Ipld::String(kind)), Some(Ipld::Link(link)), Some(Ipld::String(mime_type))) =
            (map.get("$type"), map.get("ref"), map.get("mimeType"))
        else {
            return None;
        };
        let Some(Ipld::Integer(size)) = map.get("size") else { return None };
        let cid = Cid::try_from(link).ok().filter(|_| kind == "blob" && map.len() == 4)?;
        if mime_type.is_empty() {
            return None;
        }
        Some(Self { cid, mime_type: mime_type.clone(), size: Some(u64::try_from(*size).ok()?) })
    }

    /// Reads a value that is a reference in the form of before 2023: `cid` and `mimeType`.
    pub fn from_legacy_ipld(value: &Ipld) -> Option<Self> {
        let Ipld::Map(map) = value else { return None };
        let (Some(Ipld::String(cid)), Some(Ipld::String(mime_type)), 2) =
            (map.get("cid"), map.get("mimeType"), map.len())
        else {
            return None;
        };
        let cid = Cid::parse(cid).ok().filter(|cid| cid.codec() == Codec::Raw)?;
        Some(Self { cid, mime_type: mime_type.clone(), size: None })
    }

    /// Returns the value in the present form; without a size it is the legacy form.
    pub fn to_ipld(&self) -> Ipld {
        let text = |text: &str| Ipld::String(text.to_owned());
        let entries = match self.size {
            Some(size) => vec![
                ("$type", text("blob")),
                ("ref", Ipld::Link(self.cid.into())),
                ("mimeType", text(&self.mime_type)),
                ("size", Ipld::Integer(i128::from(size))),
            ],
            None => {
                vec![("cid", text(&self.cid.to_string())), ("mimeType", text(&self.mime_type))]
            }
        };
        let map = entries.into_iter().map(|(key, value)| (key.to_owned(), value));
        Ipld::Map(map.collect::<BTreeMap<_, _>>())
    }
}

/// Returns all references to blobs in a value, of both forms, in the order of the value.
pub fn find(value: &Ipld) -> Vec<BlobRef> {
    let mut found = Vec::new();
    collect(value, &mut found);
    found
}

fn collect(value: &Ipld, found: &mut Vec<BlobRef>) {
    match value {
        Ipld::List(list) => list.iter().for_each(|item| collect(item, found)),
        Ipld::Map(map) => {
            match BlobRef::from_ipld(value).or_else(|| BlobRef::from_legacy_ipld(value)) {
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

    fn blob(size: Option<u64>) -> BlobRef {
        BlobRef { cid: Cid::of_raw(b"image"), mime_type: "image/png".into(), size }
    }

    #[test]
    fn both_forms_come_back_and_are_found() {
        let (new, old) = (blob(Some(5)), blob(None));
        assert_eq!(BlobRef::from_ipld(&new.to_ipld()), Some(new.clone()));
        assert_eq!(BlobRef::from_legacy_ipld(&old.to_ipld()), Some(old.clone()));
        assert_eq!(BlobRef::from_ipld(&old.to_ipld()), None);
        assert_eq!(BlobRef::from_legacy_ipld(&new.to_ipld()), None);

        let inner = Ipld::List(vec![old.to_ipld(), Ipld::Null]);
        let record = BTreeMap::from([("avatar".into(), new.to_ipld()), ("old".into(), inner)]);
        assert_eq!(find(&Ipld::Map(record)), vec![new, old]);
    }

    #[test]
    fn a_reference_has_its_four_fields_and_no_other() {
        let Ipld::Map(whole) = blob(Some(5)).to_ipld() else { unreachable!("it is a map") };
        for key in whole.keys() {
            let mut part = whole.clone();
            part.remove(key);
            assert_eq!(BlobRef::from_ipld(&Ipld::Map(part)), None, "without {key}");
        }
        for (key, value) in [
            ("size", Ipld::Integer(-1)),
            ("mimeType", Ipld::String(String::new())),
            ("more", Ipld::Null),
            ("ref", Ipld::Null),
        ] {
            let mut changed = whole.clone();
            changed.insert(key.into(), value);
            assert_eq!(BlobRef::from_ipld(&Ipld::Map(changed)), None, "with another {key}");
        }
    }
}
