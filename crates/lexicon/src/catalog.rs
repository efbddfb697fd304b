//! Sets of schemas, made ready for validation. How values are held to them is in `validate`.

mod documents;
mod node;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use smol_str::SmolStr;
use syntax::Nsid;

pub(crate) use crate::catalog::node::{Compiled, Node, ObjectNode, Slot};
use crate::schema::{Document, MethodKind, PermissionSet, Reference};

/// The schemas that this crate carries.
static EMBEDDED: LazyLock<Catalog> = LazyLock::new(Catalog::load_embedded);

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

    /// Parses the schemas of `lexicons/` once more; [`Catalog::embedded`] has them ready.
    #[doc(hidden)]
    pub fn load_embedded() -> Self {
        let mut catalog = Self::new();
        for json in documents::DOCUMENTS {
            catalog.insert(&Document::parse(json).expect("a test parses each of the documents"));
        }
        catalog
    }

    /// Adds the definitions of a document, in place of those of an earlier one of the same NSID.
    pub fn insert(&mut self, document: &Document) {
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

    #[test]
    fn every_embedded_document_parses() {
        for json in documents::DOCUMENTS {
            Document::parse(json).unwrap_or_else(|err| panic!("{err} in {json:.80}"));
        }
        let nsid = |text| Nsid::parse(text).unwrap();
        let catalog = Catalog::embedded();
        assert!(catalog.has_record(&nsid("app.bsky.feed.post")));
        let kind = catalog.method_kind(&nsid("com.atproto.repo.createRecord"));
        assert_eq!(kind, Some(MethodKind::Procedure));
        assert_eq!(catalog.method_kind(&nsid("app.bsky.feed.post")), None);
    }
}
