//! Values of the data model, laid out for what a server does with them: read, checked and written
//! once.
//!
//! They are those of [`Ipld`], and convert to and from it. That type takes 1.3 KB for each map and
//! 80 bytes for each number, as it keeps links in place and maps in trees; here a value has 32
//! bytes, and a map is a vector in canonical order.

use std::cmp::Ordering;
use std::fmt;

use cid::Cid as AnyCid;
use ipld_core::ipld::Ipld;
use smol_str::SmolStr;
use syntax::Cid;

/// A value of the data model.
///
/// Floats are not part of it. They occur in records that other servers let through.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A truth value.
    Bool(bool),
    /// An integer, which is within 64 bits and a sign.
    Integer(i128),
    /// A floating-point number.
    Float(f64),
    /// A text.
    String(String),
    /// A byte string.
    Bytes(Vec<u8>),
    /// A list.
    List(Vec<Value>),
    /// A map.
    Map(Map),
    /// A link.
    Link(Link),
}

/// A link, which may be a CID of any kind.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Link(Box<AnyCid>);

/// A map, whose entries are in canonical order: by the length of the key, then by its bytes.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Map(Vec<(SmolStr, Value)>);

// Floats are finite wherever they come from, so that each equals itself.
impl Eq for Value {}

impl Value {
    /// Returns the text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }
}

impl Link {
    /// Returns the CID, if it is of the one kind that blocks and blobs have.
    pub fn cid(&self) -> Option<Cid> {
        Cid::try_from(&*self.0).ok()
    }

    /// Returns the CID, of whatever kind.
    pub fn as_any(&self) -> &AnyCid {
        &self.0
    }
}

impl Map {
    /// Makes an empty map.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes entries in any order; `None` if a key occurs twice.
    pub(crate) fn from_entries(mut entries: Vec<(SmolStr, Value)>) -> Option<Self> {
        let order = |(a, _): &(SmolStr, Value), (b, _): &(SmolStr, Value)| key_order(a, b);
        entries.sort_unstable_by(order);
        let twice = entries.windows(2).any(|pair| pair[0].0 == pair[1].0);
        if twice { None } else { Some(Self(entries)) }
    }

    /// Takes entries that are in canonical order.
    pub(crate) fn from_sorted(entries: Vec<(SmolStr, Value)>) -> Self {
        debug_assert!(entries.is_sorted_by(|(a, _), (b, _)| key_order(a, b) == Ordering::Less));
        Self(entries)
    }

    /// Returns how many entries there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Tells whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.find(key).ok().map(|index| &self.0[index].1)
    }

    /// Tells whether there is a key.
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Sets the value of a key and returns the one that it had.
    pub fn insert(&mut self, key: impl Into<SmolStr>, value: Value) -> Option<Value> {
        let key = key.into();
        match self.find(&key) {
            Ok(index) => Some(std::mem::replace(&mut self.0[index].1, value)),
            Err(index) => {
                self.0.insert(index, (key, value));
                None
            }
        }
    }

    /// Removes a key and returns the value that it had.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.find(key).ok().map(|index| self.0.remove(index).1)
    }

    /// Returns the entries in canonical order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> + ExactSizeIterator {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Returns the keys in canonical order.
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> + ExactSizeIterator {
        self.0.iter().map(|(key, _)| key.as_str())
    }

    /// Returns the values in the order of their keys, to be changed.
    pub fn values_mut(
        &mut self,
    ) -> impl DoubleEndedIterator<Item = &mut Value> + ExactSizeIterator {
        self.0.iter_mut().map(|(_, value)| value)
    }

    /// Returns the values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> + ExactSizeIterator {
        self.0.iter().map(|(_, value)| value)
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(other, _)| key_order(other, key))
    }
}

/// Compares two keys as canonical maps order them: by length, then by bytes.
pub fn key_order(left: &str, right: &str) -> Ordering {
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

impl<K: Into<SmolStr>> FromIterator<(K, Value)> for Map {
    /// Collects entries; of those with the same key, the last counts.
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.insert(key, value);
        }
        map
    }
}

impl<K: Into<SmolStr>> Extend<(K, Value)> for Map {
    fn extend<I: IntoIterator<Item = (K, Value)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Into<SmolStr>, const N: usize> From<[(K, Value); N]> for Map {
    fn from(entries: [(K, Value); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl IntoIterator for Map {
    type Item = (SmolStr, Value);
    type IntoIter = std::vec::IntoIter<(SmolStr, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Cid> for Link {
    fn from(cid: Cid) -> Self {
        Self(Box::new(cid.into()))
    }
}

impl From<AnyCid> for Link {
    fn from(cid: AnyCid) -> Self {
        Self(Box::new(cid))
    }
}

impl From<Cid> for Value {
    fn from(cid: Cid) -> Self {
        Self::Link(cid.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<Map> for Value {
    fn from(map: Map) -> Self {
        Self::Map(map)
    }
}

impl From<Value> for Ipld {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Integer(value) => Self::Integer(value),
            Value::Float(value) => Self::Float(value),
            Value::String(text) => Self::String(text),
            Value::Bytes(bytes) => Self::Bytes(bytes),
            Value::List(list) => Self::List(list.into_iter().map(Self::from).collect()),
            Value::Map(map) => {
                Self::Map(map.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
            }
            Value::Link(link) => Self::Link(*link.0),
        }
    }
}

impl From<Ipld> for Value {
    fn from(value: Ipld) -> Self {
        match value {
            Ipld::Null => Self::Null,
            Ipld::Bool(value) => Self::Bool(value),
            Ipld::Integer(value) => Self::Integer(value),
            Ipld::Float(value) => Self::Float(value),
            Ipld::String(text) => Self::String(text),
            Ipld::Bytes(bytes) => Self::Bytes(bytes),
            Ipld::List(list) => Self::List(list.into_iter().map(Self::from).collect()),
            Ipld::Map(map) => {
                Self::Map(map.into_iter().map(|(key, value)| (key, Self::from(value))).collect())
            }
            Ipld::Link(link) => Self::Link(link.into()),
        }
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Link({self})")
    }
}

impl fmt::Debug for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value:?}"),
            Self::String(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) => write!(f, "{bytes:?}"),
            Self::List(list) => f.debug_list().entries(list).finish(),
            Self::Map(map) => fmt::Debug::fmt(map, f),
            Self::Link(link) => fmt::Debug::fmt(link, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_small() {
        assert_eq!(size_of::<Value>(), 32);
    }

    #[test]
    fn maps_keep_canonical_order_whatever_is_done() {
        let mut map = Map::from([("bb", Value::Null), ("a", Value::Null), ("ccc", Value::Null)]);
        map.insert("b", Value::Bool(true));
        assert_eq!(map.insert("b", Value::Bool(false)), Some(Value::Bool(true)));
        map.remove("a");
        assert_eq!(map.keys().collect::<Vec<_>>(), ["b", "bb", "ccc"]);
        assert_eq!((map.get("b"), map.get("a")), (Some(&Value::Bool(false)), None));
        let twice = vec![("a".into(), Value::Null), ("a".into(), Value::Null)];
        assert_eq!(Map::from_entries(twice), None);
    }
}
