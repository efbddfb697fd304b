//! Which other documents a document speaks of.

use std::collections::BTreeSet;

use syntax::Nsid;

use super::{Body, DefinitionKind, Document, Object, Reference, Type};

impl Document {
    /// Returns the NSIDs of the other documents that this one refers to.
    ///
    /// Values can be held to this one only where those are known as well.
    pub fn mentions(&self) -> BTreeSet<Nsid> {
        let mut found = BTreeSet::new();
        for definition in self.defs.values() {
            match &definition.kind {
                DefinitionKind::Record(record) => in_object(&record.object, &mut found),
                DefinitionKind::Method(method) => {
                    in_object(&method.params, &mut found);
                    in_body(method.input.as_ref(), &mut found);
                    in_body(method.output.as_ref(), &mut found);
                    let refs = method.message.iter().flat_map(|message| &message.refs);
                    refs.for_each(|reference| add(reference, &mut found));
                }
                DefinitionKind::Value(ty) => in_type(ty, &mut found),
                DefinitionKind::PermissionSet(_) | DefinitionKind::Token => {}
            }
        }
        found.remove(&self.id);
        found
    }
}

fn in_body(body: Option<&Body>, found: &mut BTreeSet<Nsid>) {
    if let Some(schema) = body.and_then(|body| body.schema.as_ref()) {
        in_type(&schema.ty, found);
    }
}

fn in_object(object: &Object, found: &mut BTreeSet<Nsid>) {
    for property in object.properties.values() {
        in_type(&property.schema.ty, found);
    }
}

/// Goes as deep as a document may be, which its reader bounds.
fn in_type(ty: &Type, found: &mut BTreeSet<Nsid>) {
    match ty {
        Type::Array(array) => in_type(&array.items.ty, found),
        Type::Object(object) => in_object(object, found),
        Type::Ref(reference) => add(reference, found),
        Type::Union(union) => union.refs.iter().for_each(|reference| add(reference, found)),
        Type::Boolean(_)
        | Type::Integer(_)
        | Type::String(_)
        | Type::Bytes(_)
        | Type::CidLink
        | Type::Blob(_)
        | Type::Unknown => {}
    }
}

fn add(reference: &Reference, found: &mut BTreeSet<Nsid>) {
    found.extend(Nsid::parse(reference.document()).ok());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_documents_are_found_wherever_they_are_mentioned() {
        let document = Document::parse(
            r##"{"lexicon": 1, "id": "a.b.c", "defs": {
                "main": {"type": "record", "key": "any", "record": {"type": "object", "properties": {
                    "own": {"type": "ref", "ref": "#other"},
                    "list": {"type": "array", "items": {"type": "ref", "ref": "d.e.f#g"}},
                    "either": {"type": "union", "refs": ["h.i.j", "a.b.c#other"]}
                }}},
                "other": {"type": "object", "properties": {"far": {"type": "ref", "ref": "k.l.m"}}}
            }}"##,
        );
        let mentions = document.unwrap().mentions();
        let mentions: Vec<&str> = mentions.iter().map(Nsid::as_str).collect();
        assert_eq!(mentions, ["d.e.f", "h.i.j", "k.l.m"]);
    }
}
