//! Sets of schemas, made ready for validation. How values are held to them is in `validate`.

mod documents;
mod node;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use smol_str::SmolStr;
use syntax::Nsid;

pub use crate::catalog::documents::DOCUMENTS;
pub(crate) use crate::catalog::node::{Compiled, Node, ObjectNode, Slot};
use crate::schema::{Document, MethodKind, PermissionSet, Reference};

/// The schemas that this crate carries.
static EMBEDDED: LazyLock<Catalog> = LazyLock::new(|| {
    let mut catalog = Catalog::new();
    for json in DOCUMENTS {
        catalog.insert(&Document::parse(json).expect("a test parses each of the documents"));
    }
    catalog
});

/// A set of schemas.
///
/// References are resolved when a document comes in, so that validation compares no names but
/// those in the data; a reference to a document that comes later is good from then on. A clone
/// shares the definitions: to add to a catalog that others read, clone it, insert, and put the
/// clone in its place.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    /// The slots of all definitions that a document has or refers to.
    slots: HashMap<SmolStr, Slot>,
    /// What is in each slot, if its document has come.
    definitions: Vec<Option<Arc<Compiled>>>,
    /// The NSIDs of the documents that have come.
    documents: HashSet<SmolStr>,
}

impl Catalog {
    /// Makes an empty catalog.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the schemas of `lexicons/`, which the binary carries.
    ///
    /// The first call parses them, within a few milliseconds.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Adds the definitions of a document, in place of those of an earlier one of the same NSID.
    pub fn insert(&mut self, document: &Document) {
        self.documents.insert(SmolStr::new(document.id.as_str()));
        let prefix = format!("{}#", document.id);
        for (name, slot) in &self.slots {
            if *name == document.id.as_str() || name.starts_with(&prefix) {
                self.definitions[slot.0] = None;
            }
        }
        for (name, definition) in &document.defs {
            let slot = self.slot(&Reference::new(&document.id, name));
            let compiled = Compiled::new(&definition.kind, &mut |name| self.slot(name));
            self.definitions[slot.0] = Some(Arc::new(compiled));
        }
    }

    /// Tells whether the document of an NSID is here, whatever it defines.
    pub fn has_document(&self, nsid: &Nsid) -> bool {
        self.documents.contains(nsid.as_str())
    }

    /// Tells whether there is a schema of the records of a collection.
    pub fn has_record(&self, collection: &Nsid) -> bool {
        matches!(self.named(collection.as_str()), Some(Compiled::Record { .. }))
    }

    /// Returns how a method is called, if there is a schema of it.
    pub fn method_kind(&self, nsid: &Nsid) -> Option<MethodKind> {
        match self.named(nsid.as_str())? {
            Compiled::Method { kind, .. } => Some(*kind),
            _ => None,
        }
    }

    /// Returns a permission set, if there is one of this name.
    pub fn permission_set(&self, nsid: &Nsid) -> Option<&PermissionSet> {
        match self.named(nsid.as_str())? {
            Compiled::PermissionSet(set) => Some(set),
            _ => None,
        }
    }

    /// Returns the definition that data call `name`.
    pub(crate) fn named(&self, name: &str) -> Option<&Compiled> {
        self.definition(*self.slots.get(name)?)
    }

    /// Returns the definition in a slot, if its document is here.
    pub(crate) fn definition(&self, slot: Slot) -> Option<&Compiled> {
        self.definitions[slot.0].as_deref()
    }

    fn slot(&mut self, name: &Reference) -> Slot {
        if let Some(slot) = self.slots.get(name.as_str()) {
            return *slot;
        }
        let slot = Slot(self.definitions.len());
        self.definitions.push(None);
        self.slots.insert(SmolStr::new(name.as_str()), slot);
        slot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nsid(text: &str) -> Nsid {
        Nsid::parse(text).unwrap()
    }

    fn document(json: &str) -> Document {
        Document::parse(json).unwrap()
    }

    #[test]
    fn the_embedded_documents_parse_and_refer_to_nothing_else() {
        for json in DOCUMENTS {
            Document::parse(json).unwrap_or_else(|err| panic!("{err} in {json:.80}"));
        }
        let catalog = Catalog::embedded();
        let lacks = |slot: &Slot| catalog.definition(*slot).is_none();
        let missing: Vec<_> = catalog.slots.iter().filter(|(_, slot)| lacks(slot)).collect();
        assert!(missing.is_empty(), "{missing:?}");
    }

    #[test]
    fn definitions_are_found_by_what_they_are() {
        let catalog = Catalog::embedded();
        assert!(catalog.has_record(&nsid("app.bsky.feed.post")));
        assert!(!catalog.has_record(&nsid("app.bsky.embed.images")));
        let kind = |text| catalog.method_kind(&nsid(text));
        assert_eq!(kind("com.atproto.repo.createRecord"), Some(MethodKind::Procedure));
        assert_eq!(kind("com.atproto.sync.subscribeRepos"), Some(MethodKind::Subscription));
        assert_eq!(kind("app.bsky.feed.post"), None);
        assert_eq!(kind("com.example.none"), None);
    }

    #[test]
    fn a_later_document_replaces_all_of_an_earlier_one() {
        let mut catalog = Catalog::new();
        catalog.insert(&document(
            r#"{"lexicon": 1, "id": "a.b.c", "defs": {
                "main": {"type": "record", "key": "any",
                    "record": {"type": "object", "properties": {}}},
                "old": {"type": "token"}
            }}"#,
        ));
        let before = catalog.clone();
        catalog.insert(&document(
            r#"{"lexicon": 1, "id": "a.b.c", "defs": {"new": {"type": "token"}}}"#,
        ));
        let names = ["a.b.c", "a.b.c#old", "a.b.c#new"];
        assert_eq!(names.map(|name| catalog.named(name).is_some()), [false, false, true]);
        assert_eq!(names.map(|name| before.named(name).is_some()), [true, true, false]);
    }
}
