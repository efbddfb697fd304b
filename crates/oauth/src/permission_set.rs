//! What permission sets grant.
//!
//! A set is published by whoever owns its name, and may change at any time. So it grants nothing but
//! what is below that name: whoever publishes one cannot reach into what belongs to others. Whatever
//! is not understood of a permission may narrow it, so that the permission is left out as a whole;
//! the others of the set stay. Where sets come from is not known here.
//!
//! Spec: <https://atproto.com/specs/permission#permission-sets>

use std::borrow::Borrow;

use lexicon::schema::{Permission, PermissionSet};
use syntax::Nsid;
use thiserror::Error;

use crate::scope::{
    Audiences, Include, Names, RepoAction, RepoActions, RepoScope, RpcScope, Scope, Scopes,
};

const COLLECTION: &str = "collection";
const ACTION: &str = "action";
const LXM: &str = "lxm";
const AUD: &str = "aud";
const INHERIT_AUD: &str = "inheritAud";
/// What stands for all names, and for all services.
const ALL: &str = "*";

/// Says why a permission of a set grants nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Ignored {
    /// It is neither for records nor for services.
    #[error("permission is for what sets cannot grant")]
    Resource,
    /// It has a field that is not known here.
    #[error("permission has a field that is not known")]
    UnknownField,
    /// A field is missing, of another type than it has to be, or has a value that it cannot have.
    #[error("permission lacks {0}, or has a value there that cannot be")]
    Field(&'static str),
    /// It is for all collections, or all methods.
    #[error("permission is for all names")]
    AllNames,
    /// It is for a collection or a method that is not below the set's own name.
    #[error("permission is for what belongs to others")]
    Namespace,
    /// It is for a service that the set chose.
    #[error("permission is for one service")]
    FixedAudience,
    /// It is for the service that the application names, and the application names none.
    #[error("permission is for the service that is named, and none is")]
    NoAudience,
}

impl Scopes {
    /// Replaces permission sets by what they grant. All else is kept, all in its place.
    ///
    /// `sets` finds a set by its name. One that it does not find grants nothing.
    #[must_use]
    pub fn expand<P: Borrow<PermissionSet>>(
        &self,
        mut sets: impl FnMut(&Nsid) -> Option<P>,
    ) -> Self {
        let expanded = self.iter().flat_map(|scope| match scope {
            Scope::Include(include) => sets(include.nsid())
                .map_or_else(Vec::new, |set| granted(include, set.borrow()).collect()),
            scope => vec![scope.clone()],
        });
        expanded.collect()
    }
}

/// Returns what a set grants to who includes it; `set` is the one that the scope names.
pub fn granted(include: &Include, set: &PermissionSet) -> impl Iterator<Item = Scope> {
    set.permissions().iter().filter_map(|permission| grant(include, permission).ok())
}

/// Returns what one permission of a set grants to who includes the set.
///
/// # Errors
///
/// [`Ignored`] if it grants nothing.
pub fn grant(include: &Include, permission: &Permission) -> Result<Scope, Ignored> {
    match permission.resource.as_str() {
        "repo" => repo(include, permission).map(Scope::Repo),
        "rpc" => rpc(include, permission).map(Scope::Rpc),
        _ => Err(Ignored::Resource),
    }
}

fn repo(include: &Include, permission: &Permission) -> Result<RepoScope, Ignored> {
    only(permission, &[COLLECTION, ACTION])?;
    let collections = names(include, permission, COLLECTION)?;
    let actions = if permission.params.contains_key(ACTION) {
        let texts = permission.texts(ACTION).ok_or(Ignored::Field(ACTION))?;
        texts.into_iter().map(RepoAction::read).collect::<Option<RepoActions>>()
    } else {
        Some(RepoActions::ALL)
    };
    let scope = actions.and_then(|actions| RepoScope::new(collections, actions));
    scope.ok_or(Ignored::Field(ACTION))
}

fn rpc(include: &Include, permission: &Permission) -> Result<RpcScope, Ignored> {
    only(permission, &[LXM, AUD, INHERIT_AUD])?;
    let methods = names(include, permission, LXM)?;
    let inherits = if permission.params.contains_key(INHERIT_AUD) {
        permission.flag(INHERIT_AUD).ok_or(Ignored::Field(INHERIT_AUD))?
    } else {
        false
    };
    let audiences = match (inherits, permission.params.contains_key(AUD)) {
        (true, true) => return Err(Ignored::Field(AUD)),
        (true, false) => Audiences::One(include.audience().ok_or(Ignored::NoAudience)?.clone()),
        (false, _) => match permission.text(AUD).ok_or(Ignored::Field(AUD))? {
            ALL => Audiences::All,
            _ => return Err(Ignored::FixedAudience),
        },
    };
    RpcScope::new(methods, audiences).ok_or(Ignored::AllNames)
}

/// Makes sure that a permission has no other fields than these.
fn only(permission: &Permission, known: &[&str]) -> Result<(), Ignored> {
    let is_known = permission.params.keys().all(|name| known.contains(&name));
    if is_known { Ok(()) } else { Err(Ignored::UnknownField) }
}

/// Reads collections or methods, all of which have to be the set's to grant.
fn names(
    include: &Include,
    permission: &Permission,
    field: &'static str,
) -> Result<Names, Ignored> {
    let texts = permission.texts(field).ok_or(Ignored::Field(field))?;
    if texts.contains(&ALL) {
        return Err(Ignored::AllNames);
    }
    let names = texts.into_iter().map(Nsid::parse).collect::<Result<Vec<_>, _>>();
    let names = names.map_err(|_| Ignored::Field(field))?;
    if !names.iter().all(|name| is_below(name, include.nsid())) {
        return Err(Ignored::Namespace);
    }
    Names::listed(names).ok_or(Ignored::Field(field))
}

/// Tells whether a name is in the group of a set's name, or in one below that.
fn is_below(name: &Nsid, set: &Nsid) -> bool {
    let rest = name.as_str().strip_prefix(set.authority());
    rest.is_some_and(|rest| rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use lexicon::schema::Document;

    use super::*;

    fn include(text: &str) -> Include {
        let Ok(Scope::Include(include)) = Scope::parse(text) else {
            panic!("{text} is no include")
        };
        include
    }

    /// Makes a set of permissions that are written without their `type`.
    fn set(permissions: &[&str]) -> PermissionSet {
        let permissions: Vec<String> = permissions
            .iter()
            .map(|fields| format!(r#"{{"type": "permission", {fields}}}"#))
            .collect();
        let text = format!(
            r#"{{"lexicon": 1, "id": "com.example.app.set", "defs": {{"main": {{
                "type": "permission-set", "title": "Set", "permissions": [{}]
            }}}}}}"#,
            permissions.join(",")
        );
        Document::parse(&text).unwrap().permission_set().unwrap().clone()
    }

    /// Checks what permissions grant to who includes the set with a service, and without one.
    fn check(service: bool, cases: &[(&str, Result<&str, Ignored>)]) {
        let aud = if service { "?aud=did:web:a.test%23s" } else { "" };
        let include = include(&format!("include:com.example.app.set{aud}"));
        for (fields, expected) in cases {
            let set = set(&[fields]);
            let found = grant(&include, &set.permissions()[0]);
            let found = found.map(|scope| scope.to_string());
            assert_eq!(found.as_deref().map_err(|ignored| *ignored), *expected, "{fields}");
        }
    }

    #[test]
    fn records_may_be_granted_with_all_actions_or_some() {
        check(
            false,
            &[
                (
                    r#""resource": "repo", "collection": ["com.example.app.a"]"#,
                    Ok("repo:com.example.app.a"),
                ),
                (
                    r#""resource": "repo", "collection": ["com.example.app.b", "com.example.app.a"],
                   "action": ["delete", "create", "create"], "description": "Write.""#,
                    Ok("repo?collection=com.example.app.a&collection=com.example.app.b\
                    &action=create&action=delete"),
                ),
                (
                    r#""resource": "repo", "collection": ["com.example.app.a"], "action": []"#,
                    Err(Ignored::Field(ACTION)),
                ),
                (
                    r#""resource": "repo", "collection": ["com.example.app.a"], "action": ["*"]"#,
                    Err(Ignored::Field(ACTION)),
                ),
                (
                    r#""resource": "repo", "collection": ["com.example.app.a"],
                   "action": ["create", "read"]"#,
                    Err(Ignored::Field(ACTION)),
                ),
                (
                    r#""resource": "repo", "collection": ["com.example.app.a"], "action": null"#,
                    Err(Ignored::Field(ACTION)),
                ),
            ],
        );
    }

    #[test]
    fn lists_have_to_be_lists() {
        check(
            true,
            &[
                (
                    r#""resource": "repo", "collection": "com.example.app.a""#,
                    Err(Ignored::Field(COLLECTION)),
                ),
                (
                    r#""resource": "repo", "collection": ["com.example.app.a"], "action": "create""#,
                    Err(Ignored::Field(ACTION)),
                ),
                (r#""resource": "repo", "collection": []"#, Err(Ignored::Field(COLLECTION))),
                (r#""resource": "repo""#, Err(Ignored::Field(COLLECTION))),
                (
                    r#""resource": "repo", "collection": ["com.example.app.a", 1]"#,
                    Err(Ignored::Field(COLLECTION)),
                ),
                (
                    r#""resource": "repo", "collection": ["no name"]"#,
                    Err(Ignored::Field(COLLECTION)),
                ),
                (
                    r#""resource": "rpc", "lxm": "com.example.app.m", "aud": "*""#,
                    Err(Ignored::Field(LXM)),
                ),
                (r#""resource": "rpc", "lxm": [], "inheritAud": true"#, Err(Ignored::Field(LXM))),
                (r#""resource": "rpc", "inheritAud": true"#, Err(Ignored::Field(LXM))),
            ],
        );
    }

    #[test]
    fn only_records_and_services_can_be_granted() {
        for fields in [
            r#""resource": "blob", "accept": ["*/*"]"#,
            r#""resource": "account", "attr": "email""#,
            r#""resource": "identity", "attr": "handle""#,
            r#""resource": "include", "nsid": "com.example.app.other""#,
            r#""resource": "tide", "collection": ["com.example.app.a"]"#,
            r#""resource": "Repo", "collection": ["com.example.app.a"]"#,
        ] {
            check(true, &[(fields, Err(Ignored::Resource))]);
        }
    }

    #[test]
    fn not_all_names_can_be_granted() {
        check(
            true,
            &[
                (r#""resource": "repo", "collection": ["*"]"#, Err(Ignored::AllNames)),
                (
                    r#""resource": "repo", "collection": ["com.example.app.a", "*"]"#,
                    Err(Ignored::AllNames),
                ),
                (r#""resource": "rpc", "lxm": ["*"], "inheritAud": true"#, Err(Ignored::AllNames)),
                (r#""resource": "rpc", "lxm": ["*"], "aud": "*""#, Err(Ignored::AllNames)),
                (
                    r#""resource": "repo", "collection": ["com.example.app.*"]"#,
                    Err(Ignored::Field(COLLECTION)),
                ),
            ],
        );
    }

    #[test]
    fn only_what_is_below_the_set_can_be_granted() {
        for (name, is_below) in [
            ("com.example.app.foo", true),
            ("com.example.app.x.y", true),
            ("com.example.app.set", true),
            ("com.example.other", false),
            ("com.example.app", false),
            ("com.example.application.foo", false),
            ("com.example.other.app.foo", false),
            ("org.example.app.foo", false),
            ("com.Example.app.foo", false),
        ] {
            let repo =
                format!(r#""resource": "repo", "collection": ["com.example.app.a", "{name}"]"#);
            let rpc = format!(r#""resource": "rpc", "lxm": ["{name}"], "aud": "*""#);
            let set = set(&[&repo, &rpc]);
            let include = include("include:com.example.app.set");
            for permission in set.permissions() {
                let fault = grant(&include, permission).err();
                assert_eq!(fault, (!is_below).then_some(Ignored::Namespace), "{name}");
            }
        }
    }

    #[test]
    fn fields_that_are_not_known_may_narrow_a_permission() {
        for fields in [
            r#""resource": "repo", "collection": ["com.example.app.a"], "rkey": "self""#,
            r#""resource": "repo", "collection": ["com.example.app.a"], "aud": "*""#,
            r#""resource": "repo", "collection": ["com.example.app.a"], "inheritAud": true"#,
            r#""resource": "rpc", "lxm": ["com.example.app.m"], "aud": "*", "action": ["create"]"#,
            r#""resource": "rpc", "lxm": ["com.example.app.m"], "inheritAud": true, "until": 1"#,
        ] {
            check(true, &[(fields, Err(Ignored::UnknownField))]);
        }
    }

    #[test]
    fn a_set_may_be_for_all_services_or_for_the_one_that_is_named() {
        const METHOD: &str = r#""resource": "rpc", "lxm": ["com.example.app.m"]"#;
        let all = format!(r#"{METHOD}, "aud": "*""#);
        let all_not_inherited = format!(r#"{METHOD}, "aud": "*", "inheritAud": false"#);
        let inherited = format!(r#"{METHOD}, "inheritAud": true"#);
        let not_inherited = format!(r#"{METHOD}, "inheritAud": false"#);
        let both = format!(r#"{METHOD}, "aud": "*", "inheritAud": true"#);
        let fixed = format!(r#"{METHOD}, "aud": "did:web:a.test#s""#);
        let other_type = format!(r#"{METHOD}, "inheritAud": "true""#);
        let null = format!(r#"{METHOD}, "aud": null, "inheritAud": true"#);
        let of_all = Ok("rpc:com.example.app.m?aud=*");
        for service in [true, false] {
            let of_one = match service {
                true => Ok("rpc:com.example.app.m?aud=did:web:a.test%23s"),
                false => Err(Ignored::NoAudience),
            };
            check(
                service,
                &[
                    (&all, of_all),
                    (&all_not_inherited, of_all),
                    (&inherited, of_one),
                    (&not_inherited, Err(Ignored::Field(AUD))),
                    (METHOD, Err(Ignored::Field(AUD))),
                    (&both, Err(Ignored::Field(AUD))),
                    (&fixed, Err(Ignored::FixedAudience)),
                    (&other_type, Err(Ignored::Field(INHERIT_AUD))),
                    (&null, Err(Ignored::Field(AUD))),
                ],
            );
        }
    }

    #[test]
    fn sets_are_replaced_by_what_they_grant() {
        let set = set(&[
            r#""resource": "repo", "collection": ["com.example.app.a"]"#,
            r#""resource": "repo", "collection": ["com.example.other"]"#,
            r#""resource": "blob", "accept": ["*/*"]"#,
            r#""resource": "rpc", "lxm": ["com.example.app.m"], "inheritAud": true"#,
            r#""resource": "rpc", "lxm": ["com.example.app.n"], "aud": "*""#,
        ]);
        let find = |name: &Nsid| (name.as_str() == "com.example.app.set").then_some(&set);
        for (text, expected) in [
            (
                "atproto include:com.example.app.set blob:image/*",
                "atproto repo:com.example.app.a rpc:com.example.app.n?aud=* blob:image/*",
            ),
            (
                "include:com.example.app.set?aud=did:web:a.test%23s atproto",
                "repo:com.example.app.a rpc:com.example.app.m?aud=did:web:a.test%23s \
                 rpc:com.example.app.n?aud=* atproto",
            ),
            (
                "include:com.example.app.set repo:com.example.app.a include:com.example.app.set?aud=did:web:a.test%23s",
                "repo:com.example.app.a rpc:com.example.app.n?aud=* \
              rpc:com.example.app.m?aud=did:web:a.test%23s",
            ),
            ("atproto include:com.example.app.unknown", "atproto"),
            ("atproto repo:*", "atproto repo:*"),
        ] {
            let expanded = Scopes::parse(text).expand(find);
            assert_eq!(expanded.to_string(), expected, "{text}");
            assert_eq!(expanded.includes().count(), 0);
            assert_eq!(expanded.expand(find), expanded, "nothing is left to be replaced");
        }
    }
}
