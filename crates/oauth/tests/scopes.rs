//! Scopes and permission sets: by files of good and bad examples, those in `fixtures/scopes` and
//! those of the same layout in the directory that `PAGURUS_VECTORS` names, and by what has to hold
//! for all of them.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lexicon::Catalog;
use lexicon::schema::Document;
use pagurus_oauth::permission_set::granted;
use pagurus_oauth::scope::{
    AccountAction, AccountAttr, IdentityAttr, Include, Method, Need, Parts, RepoAction, Scope,
    Scopes,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use syntax::Nsid;

/// The workspace's root.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn ours() -> PathBuf {
    Path::new(ROOT).join("fixtures/scopes")
}

/// Returns the directories of examples, all of which have the same layout.
fn suites() -> Vec<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "a test has no command line to be told by")]
    let further = std::env::var_os("PAGURUS_VECTORS");
    // Relative to the workspace, from where the tests are started.
    let further = further.map(|vectors| Path::new(ROOT).join(vectors).join("scopes"));
    [ours()].into_iter().chain(further).collect()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

fn json<T: DeserializeOwned>(path: &Path) -> T {
    serde_json::from_str(&read(path)).unwrap_or_else(|err| panic!("{}: {err}", path.display()))
}

/// Returns the lines of a file that are neither empty nor remarks.
fn lines(path: &Path) -> Vec<String> {
    let text = read(path);
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<String> = lines.map(str::to_owned).collect();
    assert!(!lines.is_empty(), "{} is empty", path.display());
    lines
}

#[test]
fn scopes_are_taken_apart() {
    #[derive(Deserialize)]
    struct Case {
        scope: String,
        generic: Generic,
    }
    #[derive(Deserialize)]
    struct Generic {
        resource: String,
        positional: String,
        params: BTreeMap<String, Vec<String>>,
    }
    for suite in suites() {
        for Case { scope, generic } in json::<Vec<Case>>(&suite.join("generic_scopes_valid.json")) {
            let parts = Parts::parse(&scope).unwrap_or_else(|err| panic!("{scope}: {err}"));
            assert_eq!(parts.resource(), generic.resource, "{scope}");
            assert_eq!(parts.positional().unwrap_or_default(), generic.positional, "{scope}");
            let mut params: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, value) in parts.params() {
                params.entry(name.to_owned()).or_default().push(value.to_owned());
            }
            assert_eq!(params, generic.params, "{scope}");
        }
    }
}

#[test]
fn what_is_not_written_as_a_scope_is_refused() {
    for suite in suites() {
        for line in lines(&suite.join("generic_scopes_invalid.txt")) {
            assert!(Parts::parse(&line).is_err(), "{}: {line}", suite.display());
            assert!(Scope::parse(&line).is_err(), "{}: {line}", suite.display());
        }
    }
}

#[test]
fn scopes_that_grant_something_are_read() {
    for suite in suites() {
        for line in lines(&suite.join("permission_scopes_valid.txt")) {
            let scope = Scope::parse(line.trim()).unwrap_or_else(|err| panic!("{line}: {err}"));
            let normal = scope.to_string();
            assert_eq!(Scope::parse(&normal).as_ref(), Ok(&scope), "{line} is {normal}");
        }
    }
}

#[test]
fn scopes_that_are_not_understood_grant_nothing() {
    for suite in suites() {
        for line in lines(&suite.join("permission_scopes_invalid.txt")) {
            assert!(Scope::parse(&line).is_err(), "{}: {line}", suite.display());
        }
    }
}

#[test]
fn there_is_one_normal_form() {
    for line in lines(&ours().join("normal_forms.txt")) {
        let (scope, normal) = line.split_once(' ').unwrap();
        let scope = Scope::parse(scope).unwrap_or_else(|err| panic!("{line}: {err}"));
        assert_eq!(scope.to_string(), normal);
        assert_eq!(Scope::parse(normal), Ok(scope), "{normal}");
    }
}

#[test]
fn permission_sets_grant_what_they_may() {
    #[derive(Deserialize)]
    struct Case {
        name: String,
        include: String,
        permissions: serde_json::Value,
        scopes: Vec<String>,
    }
    for case in json::<Vec<Case>>(&ours().join("permission_sets.json")) {
        let include = include(&case.include);
        let document = serde_json::json!({
            "lexicon": 1,
            "id": include.nsid(),
            "defs": {"main": {"type": "permission-set", "permissions": case.permissions}},
        });
        let document = Document::parse(&document.to_string()).unwrap();
        let found: Vec<_> = granted(&include, document.permission_set().unwrap())
            .map(|scope| scope.to_string())
            .collect();
        assert_eq!(found, case.scopes, "{}", case.name);
    }
}

fn include(text: &str) -> Include {
    let Ok(Scope::Include(include)) = Scope::parse(text) else { panic!("{text} is no include") };
    include
}

/// The sets that come with the schemas are written as they should be: nothing of them is lost.
#[test]
fn all_permissions_of_the_embedded_sets_are_granted() {
    let service = "did:web:api.example.com%23svc_appview";
    let catalog = Catalog::embedded();
    let mut count = 0;
    for file in lexicon::DOCUMENTS {
        let document = Document::parse(file).unwrap();
        let Some(set) = document.permission_set() else { continue };
        count += 1;
        let include = include(&format!("include:{}?aud={service}", document.id));
        let granted = granted(&include, set).count();
        assert_eq!(granted, set.permissions().len(), "{}", document.id);
    }
    assert!(count >= 10, "there are {count} sets");

    let expand = |text: &str| Scopes::parse(text).expand(|nsid| catalog.permission_set(nsid));
    let full = expand(&format!("atproto include:app.bsky.authFullApp?aud={service}"));
    let timeline = Nsid::parse("app.bsky.feed.getTimeline").unwrap();
    let post = Nsid::parse("app.bsky.feed.post").unwrap();
    let rpc = |audience| Need::Rpc { method: Method::One(&timeline), audience };
    assert!(full.allows(&rpc("did:web:api.example.com#svc_appview")));
    assert!(!full.allows(&rpc("did:web:api.example.com#other")));
    assert!(!full.allows(&rpc("did:web:api.example.com")));
    for action in RepoAction::ALL {
        assert!(full.allows(&Need::Repo { collection: &post, action }));
    }
    assert_eq!(Scopes::parse(&full.to_string()), full);
    let unnamed = expand("atproto include:app.bsky.authFullApp");
    assert_eq!(unnamed.iter().len(), 2, "what is for no service is left out");
}

/// Numbers as by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Returns a number below another one.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// Joins a few of some pieces.
    fn join(&mut self, pieces: &[&str], most: usize) -> String {
        (0..=self.below(most)).map(|_| self.pick(pieces)).collect()
    }
}

/// Collections, which need not be listed anywhere to be written.
const COLLECTIONS: [&str; 3] = ["org.harbour.boat", "org.harbour.buoy", "org.stranger.boat"];
/// Methods, of chats, too.
const METHODS: [&str; 4] =
    ["org.harbour.getTides", "org.stranger.getTides", "chat.bsky.getTides", "chat.bsky.stranger"];
const SERVICES: [&str; 4] = [
    "did:web:harbour.example.com#tides",
    "did:web:harbour.example.com#winds",
    "did:web:stranger.example.com#tides",
    "did:web:harbour.example.com",
];
const MEDIA_TYPES: [&str; 6] =
    ["image/png", "image/stranger", "text/html", "text/stranger", "stranger/stranger", "none"];

/// Calls `check` with all needs that there are in a small world.
fn each_need(mut check: impl FnMut(Need<'_>)) {
    for collection in COLLECTIONS.map(|name| Nsid::parse(name).unwrap()) {
        for action in RepoAction::ALL {
            check(Need::Repo { collection: &collection, action });
        }
    }
    let methods = METHODS.map(|name| Nsid::parse(name).unwrap());
    for audience in SERVICES {
        for method in methods.iter().map(Method::One).chain([Method::Any]) {
            check(Need::Rpc { method, audience });
        }
    }
    for media_type in MEDIA_TYPES {
        check(Need::Blob { media_type });
    }
    for attr in [AccountAttr::Email, AccountAttr::Repo] {
        for action in [AccountAction::Read, AccountAction::Manage] {
            check(Need::Account { attr, action });
        }
    }
    for attr in [IdentityAttr::Handle, IdentityAttr::All] {
        check(Need::Identity(attr));
    }
}

/// Writes a scope of the same world, in one of many ways; some are none.
fn some_scope(chance: &mut Chance) -> String {
    let mut params = Vec::new();
    let mut some = |chance: &mut Chance, name: &str, values: &[&str], most: usize| {
        for _ in 0..chance.below(most + 1) {
            params.push(format!("{name}={}", chance.pick(values)));
        }
    };
    let resource = chance.pick(&["repo", "repo", "rpc", "rpc", "blob", "account", "identity", ""]);
    match resource {
        "repo" => {
            some(chance, "collection", &[COLLECTIONS[0], COLLECTIONS[1], "*"], 2);
            some(chance, "action", &["create", "update", "delete"], 2);
        }
        "rpc" => {
            some(chance, "lxm", &[METHODS[0], METHODS[2], METHODS[0], "*"], 2);
            let services = [SERVICES[0], SERVICES[1], "*"].map(|text| text.replace('#', "%23"));
            params.push(format!("aud={}", services[chance.below(3)]));
        }
        "blob" => some(chance, "accept", &["image/*", "image/png", "text/html", "*/*"], 3),
        "account" => {
            some(chance, "attr", &["email", "repo"], 1);
            some(chance, "action", &["read", "manage"], 1);
        }
        "identity" => some(chance, "attr", &["handle", "*"], 1),
        _ => {
            let whole =
                ["atproto", "transition:generic", "transition:email", "transition:chat.bsky"];
            return chance.pick(&whole).to_owned();
        }
    }
    for at in (1..params.len()).rev() {
        params.swap(at, chance.below(at + 1));
    }
    format!("{resource}?{}", params.join("&"))
}

fn some_scopes(chance: &mut Chance) -> Scopes {
    let texts: Vec<String> = (0..chance.below(6)).map(|_| some_scope(chance)).collect();
    Scopes::parse(&texts.join(" "))
}

#[test]
fn normal_forms_are_read_as_what_they_are_of() {
    let mut chance = Chance(1);
    let mut read = 0;
    for _ in 0..20_000 {
        let text = some_scope(&mut chance);
        let Ok(scope) = Scope::parse(&text) else { continue };
        let normal = scope.to_string();
        assert_eq!(Scope::parse(&normal).as_ref(), Ok(&scope), "{text} is {normal}");
        assert_eq!(Scope::parse(&normal).unwrap().to_string(), normal);
        read += 1;

        let scopes = some_scopes(&mut chance);
        assert_eq!(Scopes::parse(&scopes.to_string()), scopes);
    }
    assert!(read > 10_000, "{read} were scopes");
}

#[test]
fn narrowing_leaves_what_both_grant() {
    let mut chance = Chance(2);
    let transition = [Scope::TransitionGeneric, Scope::TransitionChat];
    for _ in 0..5_000 {
        let (asked, given) = (some_scopes(&mut chance), some_scopes(&mut chance));
        let narrowed = asked.narrowed_to(&given);
        // Some of what is granted by scopes of the transition cannot be said by others.
        let is_exact = |scopes: &Scopes| !transition.iter().any(|scope| scopes.contains(scope));
        let is_exact = is_exact(&asked) && is_exact(&given);
        each_need(|need| {
            let both = asked.allows(&need) && given.allows(&need);
            let is_rpc = matches!(need, Need::Rpc { .. });
            let allowed = narrowed.allows(&need);
            assert!(!allowed || both, "{need} is in {narrowed}, of {asked} and {given}");
            let is_lost = both && !allowed && (is_exact || !is_rpc);
            assert!(!is_lost, "{need} is not in {narrowed}, of {asked} and {given}");
        });
        assert!(narrowed.is_subset_of(&asked), "{narrowed} of {asked}");
        assert!(narrowed.is_subset_of(&given), "{narrowed} of {given}");
        assert_eq!(asked.narrowed_to(&asked), asked);
        assert_eq!(narrowed.narrowed_to(&given), narrowed, "of {asked} and {given}");
        let has_both = asked.has_atproto() && given.has_atproto();
        assert_eq!(narrowed.has_atproto(), has_both);
    }
}

#[test]
fn scopes_cover_what_grants_no_more() {
    let mut chance = Chance(3);
    let (mut covered, mut uncovered) = (0, 0);
    for _ in 0..20_000 {
        let given = some_scopes(&mut chance);
        let Ok(scope) = Scope::parse(&some_scope(&mut chance)) else { continue };
        let mut grants_no_more = true;
        each_need(|need| grants_no_more &= !scope.allows(&need) || given.allows(&need));
        let covers = given.covers(&scope);
        assert!(grants_no_more || !covers, "{scope} by {given}");
        // Scopes of the transition grant more than the small world has, and `atproto` grants
        // nothing in it.
        let is_whole =
            matches!(scope, Scope::Atproto | Scope::TransitionGeneric | Scope::TransitionChat);
        assert!(covers || is_whole || !grants_no_more, "{scope} by {given}");
        *if covers { &mut covered } else { &mut uncovered } += 1;
    }
    assert!(covered > 1_000 && uncovered > 1_000, "{covered}, {uncovered}");
}

#[test]
fn areas_are_all_there_is_and_refusing_them_only_takes_away() {
    let mut chance = Chance(4);
    for _ in 0..2_000 {
        let scopes = some_scopes(&mut chance);
        let areas = scopes.areas();
        let of_areas: Scopes = areas.iter().flat_map(|area| area.scopes()).cloned().collect();
        assert_eq!(of_areas.iter().len(), scopes.iter().len(), "{scopes}");
        let refused: Vec<_> =
            areas.iter().filter(|_| chance.below(2) == 0).map(|area| area.key()).collect();
        let agreed: Vec<_> =
            areas.iter().map(|area| area.key()).filter(|key| !refused.contains(key)).collect();
        let left = scopes.without(&refused);
        assert_eq!(left, scopes.only(&agreed), "{scopes} without {refused:?}");
        assert!(left.iter().all(|scope| scopes.contains(scope)));
        assert_eq!(left.has_atproto(), scopes.has_atproto());
    }
}

#[test]
fn sets_never_reach_what_belongs_to_others() {
    let mut chance = Chance(5);
    let names = [
        "org.harbour.boat",
        "org.harbour.crew.watch",
        "org.harbour.crew.night.watch",
        "org.harbour.crewed.boat",
        "org.harbour.crew",
        "org.stranger.boat",
        "chat.bsky.convo.getLog",
        "*",
        "org.harbour.*",
        "no name",
    ];
    let mut granted_count = 0;
    for _ in 0..20_000 {
        let listed: Vec<&str> = (0..chance.below(4)).map(|_| chance.pick(&names)).collect();
        let mut permission = serde_json::json!({"type": "permission"});
        permission["resource"] = chance.pick(&["repo", "rpc", "repo", "rpc", "blob"]).into();
        for field in ["collection", "lxm"] {
            if chance.below(10) != 0 && (field == "lxm") == (permission["resource"] == "rpc") {
                permission[field] = listed.clone().into();
            }
        }
        if permission["resource"] == "rpc" {
            let aud = chance.pick(&["*", "did:web:harbour.example.com#tides", ""]);
            if !aud.is_empty() {
                permission["aud"] = aud.into();
            }
            if chance.below(2) == 0 {
                permission["inheritAud"] = (chance.below(4) != 0).into();
            }
        }
        let document = serde_json::json!({
            "lexicon": 1,
            "id": "org.harbour.crew.authWatch",
            "defs": {"main": {"type": "permission-set", "permissions": [permission]}},
        });
        let document = Document::parse(&document.to_string()).unwrap();
        let set = document.permission_set().unwrap();
        let text = "atproto include:org.harbour.crew.authWatch?aud=did:web:a.test%23s";
        let expanded = Scopes::parse(text).expand(|_| Some(set));
        for scope in expanded.iter().filter(|scope| **scope != Scope::Atproto) {
            let names = match scope {
                Scope::Repo(scope) => scope.collections(),
                Scope::Rpc(scope) => {
                    let audience = scope.audiences().as_str();
                    assert!(["*", "did:web:a.test#s"].contains(&audience), "{scope}");
                    scope.methods()
                }
                other => panic!("{other} by {permission}"),
            };
            for name in names.as_listed().unwrap_or_else(|| panic!("{scope} by {permission}")) {
                assert!(name.as_str().starts_with("org.harbour.crew."), "{scope} by {permission}");
            }
            granted_count += 1;
        }
        assert!(expanded.iter().len() <= 2 && expanded.has_atproto());
    }
    assert!(granted_count > 300, "{granted_count} were granted");
}

#[test]
fn nothing_makes_the_parser_panic() {
    const PIECES: [&str; 48] = [
        "repo",
        "rpc",
        "blob",
        "account",
        "identity",
        "include",
        "atproto",
        "transition",
        ":",
        ":",
        "?",
        "?",
        "&",
        "&",
        "=",
        "=",
        "*",
        "*/*",
        "/",
        "image",
        "png",
        "%",
        "%2",
        "%23",
        "%zz",
        "%C3%A9",
        "%ff",
        "%00",
        "#",
        "collection",
        "action",
        "lxm",
        "aud",
        "accept",
        "attr",
        "nsid",
        "create",
        "email",
        "manage",
        "handle",
        "com.example.foo",
        "did:web:a.test",
        "did:plc:",
        "localhost%3A",
        " ",
        "é",
        "\u{0}",
        ";",
    ];
    let mut chance = Chance(6);
    for _ in 0..100_000 {
        let text = chance.join(&PIECES, 14);
        if let Ok(scope) = Scope::parse(&text) {
            let normal = scope.to_string();
            assert_eq!(Scope::parse(&normal), Ok(scope), "{text:?} is {normal:?}");
        }
        let scopes = Scopes::parse(&text);
        assert_eq!(Scopes::parse(&scopes.to_string()), scopes, "{text:?}");
        let _ = scopes.areas();
        let need = Need::Blob { media_type: &text };
        assert!(!need.to_string().contains(' '), "{text:?}");
        let method = Method::Any;
        let _ = scopes.missing(&Need::Rpc { method, audience: &text });

        let bytes: Vec<u8> =
            (0..chance.below(30)).map(|_| chance.next().to_le_bytes()[0]).collect();
        let _ = Scopes::parse(&String::from_utf8_lossy(&bytes));
    }
}
