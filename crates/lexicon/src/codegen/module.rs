//! The file of one document: its method, and the objects that methods use.

use std::collections::{BTreeMap, BTreeSet};

use super::{CodegenError, Result, Schemas, docs, method, names};
use crate::schema::{Body, Document, Method, MethodKind, Object, Reference, Type};

/// Names that a module must not give to its own types, as the text refers to others by them.
const RESERVED: [&str; 11] =
    ["Check", "Default", "Err", "None", "Ok", "Option", "Result", "Self", "Some", "String", "Vec"];

/// The text of a module that is being written.
pub(super) struct Module<'s, 'd> {
    pub(super) schemas: &'s Schemas<'d>,
    nsid: &'d str,
    /// What is imported, by where it is.
    imports: BTreeMap<String, BTreeSet<String>>,
    /// The names of types that are taken, and what each is of.
    taken: BTreeMap<String, String>,
    /// The items, in order.
    items: Vec<String>,
}

/// Writes the text of the module of a document.
pub(super) fn write(schemas: &Schemas<'_>, document: &Document) -> Result<String> {
    let nsid = document.id.as_str();
    let mut module = Module {
        schemas,
        nsid,
        imports: BTreeMap::new(),
        taken: RESERVED.map(|name| (name.to_owned(), "Rust".to_owned())).into(),
        items: Vec::new(),
    };
    let is_here = |name: &&Reference| name.document() == nsid;
    let objects: Vec<_> = schemas.used.iter().filter(is_here).collect();
    for name in &objects {
        module.take_or_fail(&type_name(name), name.as_str())?;
    }
    let mut text = match method(document) {
        Some(method) => {
            let description = document.main().and_then(|main| main.description.as_deref());
            let description = docs::plain(description.unwrap_or("A method without a description."));
            module.method(document, method, &description)?;
            docs::comment("//!", &format!("`{nsid}`: {}", lower_first(&description)))
        }
        None => docs::comment("//!", &format!("Objects of `{nsid}`.")),
    };
    for name in objects {
        module.shared_object(name)?;
    }
    let path = nsid.replace('.', "/");
    text += &format!("//!\n//! Made from `lexicons/{path}.json` by `just codegen`.\n\n");
    text += &module.import_lines();
    text += "\n";
    text += &module.items.join("\n");
    Ok(text)
}

/// Returns the name of the type of a definition.
pub(super) fn type_name(name: &Reference) -> String {
    match name.name() {
        "main" => names::ty(name.document().rsplit('.').next().unwrap_or_default()),
        name => names::ty(name),
    }
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if second.is_ascii_lowercase() => {
            format!("{}{}", first.to_ascii_lowercase(), &text[first.len_utf8()..])
        }
        _ => text.to_owned(),
    }
}

impl<'s, 'd> Module<'s, 'd> {
    /// Says that the schemas ask for what there is no form of.
    pub(super) fn unsupported(&self, name: &str, feature: &'static str) -> CodegenError {
        CodegenError::Unsupported { place: format!("{} {name}", self.nsid), feature }
    }

    /// Imports `name` of a module.
    pub(super) fn import(&mut self, path: &str, name: &str) -> String {
        self.imports.entry(path.to_owned()).or_default().insert(name.to_owned());
        name.to_owned()
    }

    /// Names the type of an object that has a name, and imports it if it is of another module.
    pub(super) fn shared(&mut self, name: &Reference) -> Result<String> {
        let ty = type_name(name);
        if name.document() != self.nsid {
            self.take_or_fail(&ty, name.as_str())?;
            let segments: Vec<_> = name.document().split('.').map(names::module).collect();
            self.import(&format!("crate::{}", segments.join("::")), &ty);
        }
        Ok(ty)
    }

    /// Takes a name for a type; tells whether the type has to be written.
    ///
    /// The name may be taken already, by the same type.
    pub(super) fn take(&mut self, name: &str, owner: &str) -> Option<bool> {
        match self.taken.get(name) {
            None => {
                self.taken.insert(name.to_owned(), owner.to_owned());
                Some(true)
            }
            Some(taken) => (taken == owner).then_some(false),
        }
    }

    fn take_or_fail(&mut self, name: &str, owner: &str) -> Result<()> {
        let collision =
            || CodegenError::Collision { module: self.nsid.to_owned(), name: name.to_owned() };
        if self.taken.get(name).is_some_and(|taken| taken != owner) {
            return Err(collision());
        }
        self.take(name, owner);
        Ok(())
    }

    /// Reserves the place of an item, so that those that it needs come after it.
    pub(super) fn reserve(&mut self) -> usize {
        self.items.push(String::new());
        self.items.len() - 1
    }

    pub(super) fn put(&mut self, place: usize, item: String) {
        self.items[place] = item;
    }

    fn import_lines(&self) -> String {
        let paths = self.imports.iter().map(|(path, names)| {
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            match names.as_slice() {
                [name] => format!("{path}::{name}"),
                names => format!("{path}::{{{}}}", names.join(", ")),
            }
        });
        // The order that rustfmt has, in which braces come last.
        let paths: BTreeSet<_> = paths.collect();
        let (ours, others): (Vec<_>, Vec<_>) =
            paths.into_iter().partition(|path| path.starts_with("crate::"));
        let groups = [others, ours].into_iter().filter(|group| !group.is_empty());
        let lines = |group: Vec<String>| -> String {
            group.into_iter().map(|path| format!("use {path};\n")).collect()
        };
        groups.map(lines).collect::<Vec<_>>().join("\n")
    }

    fn shared_object(&mut self, name: &Reference) -> Result<()> {
        let definition = self.schemas.definition(name)?;
        let Type::Object(object) = self.schemas.value(name)? else {
            return Err(CodegenError::Reference { name: name.to_string() });
        };
        let doc = match &definition.description {
            Some(description) => docs::plain(description),
            None => format!("`{name}`."),
        };
        let checked = self.schemas.checked.contains(name);
        self.object(&type_name(name), &doc, object, checked)
    }

    fn method(&mut self, document: &Document, method: &Method, description: &str) -> Result<()> {
        let name = names::ty(document.id.name());
        for taken in [name.as_str(), "Params", "Input", "Output", "Message", "Error"] {
            self.take_or_fail(taken, "the method")?;
        }
        let place = self.reserve();
        let params = self.params(&name, &method.params)?;
        let input = self.body("Input", &name, method.input.as_ref(), true)?;
        let output = match &method.message {
            Some(union) => {
                let doc = format!("What the messages of [`{name}`] are.");
                self.union("Message", &doc, union, false)?;
                "Message".to_owned()
            }
            None => self.body("Output", &name, method.output.as_ref(), false)?,
        };
        let error = self.errors(method);
        self.import("crate", "Method");
        self.import("crate::schema", "MethodKind");
        let kind = match method.kind {
            MethodKind::Query => "Query",
            MethodKind::Procedure => "Procedure",
            MethodKind::Subscription => "Subscription",
        };
        let encoding = |body: Option<&Body>| match body {
            Some(body) => format!("Some({:?})", body.encoding),
            None => "None".to_owned(),
        };
        let (takes, gives) = (encoding(method.input.as_ref()), encoding(method.output.as_ref()));
        let text = format!(
            "/// The method's name.\n\
             pub const NSID: &str = \"{nsid}\";\n\n\
             {doc}\
             #[derive(Debug, Clone, Copy)]\n\
             pub struct {name};\n\n\
             impl Method for {name} {{\n\
             const NSID: &'static str = NSID;\n\
             const KIND: MethodKind = MethodKind::{kind};\n\
             const INPUT_ENCODING: Option<&'static str> = {takes};\n\
             const OUTPUT_ENCODING: Option<&'static str> = {gives};\n\
             type Params = {params};\n\
             type Input = {input};\n\
             type Output = {output};\n\
             type Error = {error};\n\
             }}\n",
            nsid = document.id,
            doc = docs::comment("///", description),
        );
        self.put(place, text);
        Ok(())
    }

    /// Writes the type of a body, and returns it.
    fn body(
        &mut self,
        name: &str,
        method: &str,
        body: Option<&Body>,
        checked: bool,
    ) -> Result<String> {
        let Some(body) = body else { return Ok("()".to_owned()) };
        if body.encoding != "application/json" {
            return Ok(self.import("crate", "RawBody"));
        }
        let Some(schema) = &body.schema else {
            return Ok(self.import("repo::data::json", "Json"));
        };
        let doc = match name {
            "Input" => format!("What a request to [`{method}`] carries."),
            _ => format!("What [`{method}`] answers."),
        };
        match &schema.ty {
            Type::Object(object) => self.object(name, &doc, object, checked)?,
            Type::Union(union) => self.union(name, &doc, union, checked)?,
            Type::Ref(target) if matches!(self.schemas.value(target)?, Type::Object(_)) => {
                let place = self.reserve();
                let ty = self.shared(target)?;
                self.put(place, format!("/// {doc}\npub type {name} = {ty};\n"));
            }
            _ => return Err(self.unsupported(name, "a body that is no object")),
        }
        Ok(name.to_owned())
    }

    fn params(&mut self, method: &str, params: &Object) -> Result<String> {
        if params.properties.is_empty() {
            return Ok("()".to_owned());
        }
        let doc = format!("The parameters of [`{method}`].");
        self.params_struct(&doc, params)?;
        Ok("Params".to_owned())
    }

    fn errors(&mut self, method: &Method) -> String {
        if method.errors.is_empty() {
            return self.import("crate", "NoError");
        }
        // rustfmt leaves the arguments of macros as they are.
        let mut text = "crate::method::declared_errors! {\n".to_owned();
        for error in &method.errors {
            let doc = match &error.description {
                Some(description) => docs::plain(description),
                None => format!("`{}`.", error.name),
            };
            text += &docs::comment("    ///", &doc);
            text += &format!("    {} = {:?},\n", names::ty(&error.name), error.name);
        }
        let place = self.reserve();
        self.put(place, text + "}\n");
        "Error".to_owned()
    }
}
