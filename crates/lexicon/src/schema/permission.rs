//! Permission sets: permissions that applications ask for under one name. What they grant, and to
//! whom, is not decided here.

use std::collections::BTreeMap;

use repo::data::{Map, Value};
use syntax::Language;

use super::SchemaFault;
use super::reader::{Fields, Result, as_text, error};
use crate::fault::{At, ValueType};

/// Permissions that applications may ask for as one, and how to show them to people.
///
/// Spec: <https://atproto.com/specs/permission>
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PermissionSet {
    title: Localized,
    detail: Localized,
    permissions: Vec<Permission>,
}

/// A permission, as the set has it.
///
/// Which resources and parameters there are may grow, and one that is not known may narrow what
/// the permission grants: whoever enforces it has to ignore a permission with anything unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// What the permission is about, such as `repo` or `rpc`.
    pub resource: String,
    /// All further fields but the description.
    pub params: Map,
}

/// A text and its translations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Localized {
    text: Option<String>,
    translations: BTreeMap<String, String>,
}

impl PermissionSet {
    /// Returns the name to show, in the first of the languages that there is one in.
    ///
    /// Without one, it is the name in the author's own language.
    pub fn title(&self, languages: &[Language]) -> Option<&str> {
        self.title.pick(languages)
    }

    /// Returns the explanation to show, in a language picked as for the title.
    pub fn detail(&self, languages: &[Language]) -> Option<&str> {
        self.detail.pick(languages)
    }

    /// Returns the permissions of the set.
    pub fn permissions(&self) -> &[Permission] {
        &self.permissions
    }
}

impl Permission {
    /// Returns a parameter that has to be a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.params.get(name).and_then(as_text)
    }

    /// Returns a parameter that has to be true or false.
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.params.get(name)? {
            Value::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// Returns a parameter that has to be a list of texts.
    pub fn texts(&self, name: &str) -> Option<Vec<&str>> {
        match self.params.get(name)? {
            Value::List(list) => list.iter().map(as_text).collect(),
            _ => None,
        }
    }
}

impl Localized {
    fn pick(&self, languages: &[Language]) -> Option<&str> {
        let exact = |wanted: &Language| self.find(|tag| tag.eq_ignore_ascii_case(wanted.as_str()));
        let similar = |wanted: &Language| {
            self.find(|tag| primary(tag).eq_ignore_ascii_case(primary(wanted.as_str())))
        };
        let translated = languages.iter().find_map(|wanted| exact(wanted).or(similar(wanted)));
        translated.or(self.text.as_deref())
    }

    fn find(&self, is_wanted: impl Fn(&str) -> bool) -> Option<&str> {
        self.translations.iter().find(|(tag, _)| is_wanted(tag)).map(|(_, text)| text.as_str())
    }
}

/// Returns the language of a tag, without region and the like.
fn primary(tag: &str) -> &str {
    tag.split_once('-').map_or(tag, |(language, _)| language)
}

pub(super) fn read(fields: &Fields<'_>) -> Result<PermissionSet> {
    let title = localized(fields, "title", "title:lang")?;
    let detail = localized(fields, "detail", "detail:lang")?;
    fields.required("permissions", fields.get("permissions"))?;
    let permissions = fields.list("permissions", permission)?;
    Ok(PermissionSet { title, detail, permissions })
}

fn localized(fields: &Fields<'_>, key: &str, translations_key: &str) -> Result<Localized> {
    let text = fields.string(key)?;
    let translations = fields.map(translations_key, |tag, value, at| {
        if Language::parse(tag).is_err() {
            return Err(error(at, SchemaFault::Name));
        }
        let text = as_text(value).map(str::to_owned);
        text.ok_or_else(|| error(at, SchemaFault::Type(ValueType::String)))
    })?;
    Ok(Localized { text, translations })
}

fn permission(value: &Value, at: &At<'_>) -> Result<Permission> {
    let fields = Fields::of(value, at)?;
    if fields.required("type", fields.text("type")?)? != "permission" {
        return Err(fields.error_in("type", SchemaFault::UnknownType));
    }
    let resource = fields.required("resource", fields.string("resource")?)?;
    let params = fields
        .entries()
        .filter(|(key, _)| !matches!(*key, "type" | "resource" | "description"))
        .map(|(key, value)| (key, value.clone()))
        .collect();
    Ok(Permission { resource, params })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Document;

    const SET: &str = r#"{
        "lexicon": 1, "id": "test.pagurus.authShells", "defs": {"main": {
            "type": "permission-set",
            "title": "Shells",
            "title:lang": {"cy": "Cregyn", "pt-BR": "Conchas", "pt": "Conchas do mar"},
            "permissions": [
                {"type": "permission", "description": "Write.", "resource": "repo",
                 "collection": ["test.pagurus.shell"], "action": ["create", "delete"]},
                {"type": "permission", "resource": "rpc", "lxm": ["test.pagurus.getShell", 1],
                 "inheritAud": true, "aud": "*"},
                {"type": "permission", "resource": "tide", "height": 3}
            ]
        }}
    }"#;

    #[test]
    fn permissions_keep_all_parameters() {
        let document = Document::parse(SET).unwrap();
        let permissions = document.permission_set().unwrap().permissions();
        let resources: Vec<_> = permissions.iter().map(|one| one.resource.as_str()).collect();
        assert_eq!(resources, ["repo", "rpc", "tide"]);
        let names: Vec<Vec<&str>> =
            permissions.iter().map(|one| one.params.keys().collect()).collect();
        let expected =
            [vec!["action", "collection"], vec!["aud", "lxm", "inheritAud"], vec!["height"]];
        assert_eq!(names, expected);
    }

    #[test]
    fn parameters_are_read_by_type() {
        let document = Document::parse(SET).unwrap();
        let [repo, rpc, tide] = document.permission_set().unwrap().permissions() else {
            panic!("there are three permissions");
        };
        assert_eq!(repo.texts("action"), Some(vec!["create", "delete"]));
        assert_eq!((rpc.text("aud"), rpc.flag("inheritAud")), (Some("*"), Some(true)));
        assert_eq!(rpc.texts("lxm"), None, "not all of them are texts");
        assert_eq!(
            (tide.text("height"), tide.flag("height"), tide.texts("none")),
            (None, None, None)
        );
    }

    #[test]
    fn titles_are_shown_in_the_first_language_there_is() {
        let document = Document::parse(SET).unwrap();
        let set = document.permission_set().unwrap();
        for (wanted, title) in [
            (&["cy"][..], "Cregyn"),
            (&["cy-GB"], "Cregyn"),
            (&["pt-BR"], "Conchas"),
            (&["pt-PT"], "Conchas do mar"),
            (&["fr", "pt-br"], "Conchas"),
            (&["fr"], "Shells"),
            (&[], "Shells"),
        ] {
            let languages: Vec<_> =
                wanted.iter().map(|tag| Language::parse(tag).unwrap()).collect();
            assert_eq!(set.title(&languages), Some(title), "{wanted:?}");
            assert_eq!(set.detail(&languages), None);
        }
    }
}
