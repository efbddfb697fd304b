//! Writes the Rust types of methods from their schemas. Where the text goes, the caller decides.
//!
//! `cargo run -p pagurus-lexicon --example codegen` writes what is in `src/generated/`, and a test
//! fails when that is not what the schemas say.

mod checks;
mod docs;
mod module;
mod names;
mod shapes;

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::schema::{
    Body, Definition, DefinitionKind, Document, Method, Object, Reference, Type, Union,
};

/// The namespaces whose methods get types: that of the protocol, and that of this server.
const NAMESPACES: [&str; 2] = ["com.atproto.", "social.pagurus."];
/// Further methods that get types, as servers of accounts answer them on their own.
const METHODS: [&str; 4] = [
    "app.bsky.actor.getPreferences",
    "app.bsky.actor.putPreferences",
    "app.bsky.notification.registerPush",
    "app.bsky.notification.unregisterPush",
];
/// Definitions whose values stay as they came: what is kept for a client has to come back to it
/// with the fields that its schema does not know yet.
const OPAQUE: [&str; 1] = ["app.bsky.actor.defs#preferences"];

/// Says why there are no Rust types of a set of schemas.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CodegenError {
    /// A schema refers to a definition that is not in the set, or is of no type of value.
    #[error("no value is defined by {name}")]
    Reference {
        /// The full name of the definition.
        name: String,
    },
    /// Two types of a module come to the same name.
    #[error("{module} has two types {name}")]
    Collision {
        /// The NSID of the module.
        module: String,
        /// The name.
        name: String,
    },
    /// An NSID is also the beginning of another one, and both would be in one file.
    #[error("{path} is the file of a document and of a namespace")]
    File {
        /// The path of the file.
        path: String,
    },
    /// A schema says what the generator has no types for, as no schema said it so far.
    #[error("{place} has {feature}, which has no form in Rust yet")]
    Unsupported {
        /// The module and what in it.
        place: String,
        /// What is not supported.
        feature: &'static str,
    },
}

type Result<T, E = CodegenError> = std::result::Result<T, E>;

/// Writes the source text of all generated files, by their paths within `src/`.
///
/// The text is not laid out as rustfmt does it. The documents are those of `lexicons/`, each in the
/// file that its NSID says.
///
/// # Errors
///
/// [`CodegenError`] if a schema has no form in Rust.
pub fn generate(documents: &[Document]) -> Result<BTreeMap<String, String>, CodegenError> {
    let schemas = Schemas::new(documents)?;
    let mut files =
        BTreeMap::from([("catalog/documents.rs".to_owned(), document_table(documents))]);
    let mut namespaces: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (nsid, document) in &schemas.documents {
        if !schemas.is_module(document) {
            continue;
        }
        let path: Vec<String> = nsid.split('.').map(names::module).collect();
        files.insert(file(&path), module::write(&schemas, document)?);
        for length in 0..path.len() {
            let children = namespaces.entry(file(&path[..length])).or_default();
            children.insert(path[length].clone());
        }
    }
    for (path, children) in namespaces {
        if files.insert(path.clone(), namespace(&path, &children)).is_some() {
            return Err(CodegenError::File { path });
        }
    }
    Ok(files)
}

/// Returns the path of the file of a module below `generated`.
fn file(path: &[String]) -> String {
    let mut file = "generated".to_owned();
    for name in path {
        file += &format!("/{name}");
    }
    file + ".rs"
}

fn namespace(path: &str, children: &BTreeSet<String>) -> String {
    let name = path.trim_end_matches(".rs").trim_start_matches("generated").replace('/', ".");
    let mut text = match name.trim_start_matches('.') {
        "" => "//! The types of methods, made from `lexicons/` by `just codegen`.\n\n".to_owned(),
        name => format!("//! The methods and types of `{name}`.\n\n"),
    };
    for child in children {
        text += &format!("pub mod {child};\n");
    }
    text
}

/// Writes the table of the documents that the binary carries.
fn document_table(documents: &[Document]) -> String {
    let mut paths: Vec<_> = documents.iter().map(|document| document.id.as_str()).collect();
    paths.sort_unstable();
    let mut text =
        "//! The schema documents that the binary carries, listed by `just codegen`.\n\n\
        /// The JSON of each document in `lexicons/`.\n\
        pub const DOCUMENTS: &[&str] = &[\n"
            .to_owned();
    for path in paths {
        let path = path.replace('.', "/");
        text += &format!("    include_str!(\"../../../../lexicons/{path}.json\"),\n");
    }
    text + "];\n"
}

/// All documents, and which of their definitions get types.
struct Schemas<'d> {
    documents: BTreeMap<&'d str, &'d Document>,
    /// The objects that a method refers to.
    used: BTreeSet<Reference>,
    /// Those of them that requests carry, whose rules are checked.
    checked: BTreeSet<Reference>,
}

impl<'d> Schemas<'d> {
    fn new(documents: &'d [Document]) -> Result<Self> {
        let documents = documents.iter().map(|document| (document.id.as_str(), document)).collect();
        let mut schemas = Self { documents, used: BTreeSet::new(), checked: BTreeSet::new() };
        let (mut used, mut checked) = (BTreeSet::new(), BTreeSet::new());
        for document in schemas.documents.values() {
            let Some(method) = method(document) else { continue };
            if let Some(ty) = schema_of(&method.input) {
                schemas.collect(ty, &mut checked, &mut Vec::new())?;
            }
            if let Some(ty) = schema_of(&method.output) {
                schemas.collect(ty, &mut used, &mut Vec::new())?;
            }
            for name in method.message.iter().flat_map(|union| &union.refs) {
                schemas.collect_named(name, &mut used, &mut Vec::new())?;
            }
        }
        used.extend(checked.iter().cloned());
        (schemas.used, schemas.checked) = (used, checked);
        Ok(schemas)
    }

    /// Collects the names of the objects that a type refers to, near and far.
    ///
    /// `way` has the names that led here since the last object.
    fn collect(
        &self,
        ty: &Type,
        found: &mut BTreeSet<Reference>,
        way: &mut Vec<Reference>,
    ) -> Result<()> {
        match ty {
            Type::Ref(name) => self.collect_named(name, found, way),
            Type::Union(Union { refs, .. }) => {
                refs.iter().try_for_each(|name| self.collect_named(name, found, way))
            }
            Type::Array(array) => self.collect(&array.items.ty, found, way),
            Type::Object(Object { properties }) => {
                let mut types = properties.values().map(|property| &property.schema.ty);
                types.try_for_each(|ty| self.collect(ty, found, &mut Vec::new()))
            }
            _ => Ok(()),
        }
    }

    fn collect_named(
        &self,
        name: &Reference,
        found: &mut BTreeSet<Reference>,
        way: &mut Vec<Reference>,
    ) -> Result<()> {
        if OPAQUE.contains(&name.as_str()) {
            return Ok(());
        }
        let ty = self.value(name)?;
        if let Type::Object(_) = ty {
            let is_new = found.insert(name.clone());
            return if is_new { self.collect(ty, found, &mut Vec::new()) } else { Ok(()) };
        }
        if way.contains(name) {
            let (place, feature) = (name.to_string(), "lists of itself");
            return Err(CodegenError::Unsupported { place, feature });
        }
        way.push(name.clone());
        let outcome = self.collect(ty, found, way);
        way.pop();
        outcome
    }

    fn definition(&self, name: &Reference) -> Result<&'d Definition> {
        let document = self.documents.get(name.document());
        let definition = document.and_then(|document| document.defs.get(name.name()));
        definition.ok_or_else(|| CodegenError::Reference { name: name.to_string() })
    }

    /// Returns the type of the values that a definition is of. Those of records stay as they are.
    fn value(&self, name: &Reference) -> Result<&'d Type> {
        match &self.definition(name)?.kind {
            DefinitionKind::Value(ty) => Ok(ty),
            DefinitionKind::Record(_) => Ok(&Type::Unknown),
            _ => Err(CodegenError::Reference { name: name.to_string() }),
        }
    }

    /// Tells whether a document gets a module: it has a method, or an object that methods use.
    fn is_module(&self, document: &Document) -> bool {
        method(document).is_some()
            || self.used.iter().any(|name| name.document() == document.id.as_str())
    }
}

/// Returns the method of a document that gets types.
fn method(document: &Document) -> Option<&Method> {
    let nsid = document.id.as_str();
    match &document.main()?.kind {
        DefinitionKind::Method(method)
            if NAMESPACES.iter().any(|namespace| nsid.starts_with(namespace))
                || METHODS.contains(&nsid) =>
        {
            Some(method)
        }
        _ => None,
    }
}

fn schema_of(body: &Option<Body>) -> Option<&Type> {
    body.as_ref()?.schema.as_ref().map(|schema| &schema.ty)
}
