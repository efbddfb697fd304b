//! What each method wants of an app.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use http::Method;
use serde_json::{Value, json};

use super::World;
use crate::harness::Answer;
use crate::harness::oauth::{App, Tokens};

/// What an app needs to call a method.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Needs {
    /// That it was let in.
    Nothing,
    /// One of these scopes each; none of the rest will do.
    Scope(&'static str),
    /// It is not for apps.
    Never,
}

use Needs::{Never, Nothing, Scope};

/// All that there is, but what is not for apps.
const EVERYTHING: &str = "atproto transition:generic transition:chat.bsky transition:email repo:* \
                          blob:*/* identity:* account:email?action=manage \
                          account:repo?action=manage rpc:com.example.get?aud=*";
const PREFERENCES: &str = "rpc:app.bsky.actor.getPreferences?aud=*";
const PUT_PREFERENCES: &str = "rpc:app.bsky.actor.putPreferences?aud=*";
const NOTES: &str = "repo:com.example.note";

/// Methods, what they are sent, and what they need. What they do with it is not looked at here.
fn methods(did: &str) -> Vec<(&'static str, Value, Needs)> {
    let record = json!({ "$type": "com.example.note", "text": "a" });
    let note = json!({ "repo": did, "collection": "com.example.note", "rkey": "a" });
    let mut put = note.clone();
    put["record"] = record.clone();
    let create = json!({ "repo": did, "collection": "com.example.note", "record": record });
    let none = Value::Null;
    let code = json!({ "token": "AAAAA-AAAAA" });
    let of = |did: &str| json!({ "did": did, "cid": CID });
    let mut all = vec![
        ("com.atproto.repo.createRecord", create, Scope("repo:com.example.note?action=create")),
        (
            "com.atproto.repo.putRecord",
            put,
            Scope("repo:com.example.note?action=create&action=update"),
        ),
        ("com.atproto.repo.deleteRecord", note, Scope("repo:com.example.note?action=delete")),
        (
            "com.atproto.repo.applyWrites",
            json!({ "repo": did, "writes": [{
                "$type": "com.atproto.repo.applyWrites#delete",
                "collection": "com.example.note", "rkey": "a",
            }] }),
            Scope("repo:com.example.note?action=delete"),
        ),
        ("com.atproto.repo.uploadBlob", json!("bytes"), Scope("blob:text/plain")),
        ("com.atproto.repo.importRepo", json!("bytes"), Scope("account:repo?action=manage")),
        ("com.atproto.repo.listMissingBlobs", none.clone(), Nothing),
        ("com.atproto.server.getSession", none.clone(), Nothing),
        ("com.atproto.server.checkAccountStatus", none.clone(), Nothing),
        (
            "com.atproto.server.getServiceAuth",
            json!({ "aud": "did:web:example.com#svc", "lxm": "com.example.get" }),
            Scope("rpc:com.example.get?aud=did:web:example.com%23svc"),
        ),
        (
            "com.atproto.server.requestEmailConfirmation",
            none.clone(),
            Scope("account:email?action=manage"),
        ),
        (
            "com.atproto.server.confirmEmail",
            json!({ "email": "alice@example.com", "token": "AAAAA-AAAAA" }),
            Scope("account:email?action=manage"),
        ),
        (
            "com.atproto.identity.updateHandle",
            json!({ "handle": "x.test" }),
            Scope("identity:handle"),
        ),
        ("com.atproto.identity.requestPlcOperationSignature", none.clone(), Scope("identity:*")),
        ("com.atproto.identity.signPlcOperation", code, Scope("identity:*")),
        (
            "com.atproto.identity.submitPlcOperation",
            json!({ "operation": {} }),
            Scope("identity:*"),
        ),
        ("com.atproto.identity.getRecommendedDidCredentials", none.clone(), Nothing),
        ("com.atproto.identity.refreshIdentity", json!({ "identifier": did }), Nothing),
        ("app.bsky.actor.getPreferences", none, Scope(PREFERENCES)),
        ("app.bsky.actor.putPreferences", json!({ "preferences": [] }), Scope(PUT_PREFERENCES)),
        ("com.atproto.sync.getBlob", of(did), Nothing),
        ("com.atproto.sync.getRepo", json!({ "did": did }), Nothing),
        ("com.atproto.sync.listBlobs", json!({ "did": did }), Nothing),
    ];
    all.extend(never(did));
    all
}

/// Methods that are not for apps.
fn never(did: &str) -> Vec<(&'static str, Value, Needs)> {
    let (none, moved) = (Value::Null, json!({ "did": did, "id": "a" }));
    vec![
        ("com.atproto.server.activateAccount", none.clone(), Never),
        ("com.atproto.server.deactivateAccount", json!({}), Never),
        ("com.atproto.server.requestAccountDelete", none.clone(), Never),
        ("com.atproto.server.getAccountInviteCodes", none.clone(), Never),
        ("com.atproto.server.createAppPassword", json!({ "name": "a" }), Never),
        ("com.atproto.server.listAppPasswords", none.clone(), Never),
        ("com.atproto.server.revokeAppPassword", json!({ "name": "a" }), Never),
        ("com.atproto.server.requestEmailUpdate", none.clone(), Never),
        ("com.atproto.server.updateEmail", json!({ "email": "b@example.com" }), Never),
        ("com.atproto.temp.checkSignupQueue", none, Never),
        ("social.pagurus.migration.approveMove", moved.clone(), Never),
        ("social.pagurus.migration.cancelMove", moved.clone(), Never),
        ("social.pagurus.migration.confirmMove", moved.clone(), Never),
        ("social.pagurus.migration.getMove", moved.clone(), Never),
        ("social.pagurus.migration.getReport", moved.clone(), Never),
        ("social.pagurus.migration.resumeMove", moved.clone(), Never),
        ("social.pagurus.migration.undoMove", moved, Never),
    ]
}

const CID: &str = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku";

/// Tells how each method is defined: whether it is a query.
fn is_query(nsid: &str) -> bool {
    let path =
        format!("{}/../lexicons/{}.json", env!("CARGO_MANIFEST_DIR"), nsid.replace('.', "/"));
    let lexicon: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    lexicon["defs"]["main"]["type"] == "query"
}

/// Calls a method with a token.
async fn call(world: &World, app: &App, tokens: &Tokens, nsid: &str, input: &Value) -> Answer {
    if is_query(nsid) {
        let ask = app.get(&world.pds, nsid, &tokens.access).await;
        let params = input.as_object().cloned().unwrap_or_default();
        let ask =
            params.iter().fold(ask, |ask, (name, value)| ask.param(name, value.as_str().unwrap()));
        return ask.send().await;
    }
    let ask = app.post(&world.pds, nsid, &tokens.access).await;
    let kind = if nsid.ends_with("importRepo") { "application/vnd.ipld.car" } else { "text/plain" };
    match input {
        Value::Null => ask.send().await,
        Value::String(bytes) => ask.body(kind, bytes.clone()).send().await,
        json => ask.json(json).send().await,
    }
}

fn is_missing(answer: &Answer) -> bool {
    answer.status == 403 && answer.value()["error"] == "ScopeMissingError"
}

#[tokio::test]
async fn an_app_without_scopes_may_only_call_what_needs_none() {
    let world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    for (nsid, input, needs) in methods(&world.alice.did) {
        let answer = call(&world, &app, &tokens, nsid, &input).await;
        let status = answer.status.as_u16();
        match needs {
            Nothing => assert!(!matches!(status, 401 | 403), "{nsid}: {}", answer.text()),
            Scope(_) => assert!(is_missing(&answer), "{nsid}: {status} {}", answer.text()),
            Never => assert!(status == 403 && !is_missing(&answer), "{nsid}: {}", answer.text()),
        }
    }
}

#[tokio::test]
async fn an_app_with_one_scope_may_call_what_needs_it_and_no_more() {
    let world = World::start().await;
    let mut by_scope: BTreeMap<&str, Tokens> = BTreeMap::new();
    let all = methods(&world.alice.did);
    let mut apps = BTreeMap::new();
    for (_, _, needs) in &all {
        if let Scope(scope) = needs
            && !apps.contains_key(scope)
        {
            let app = App::local(&format!("atproto {scope}"));
            by_scope.insert(scope, app.let_in(&world.pds, &world.alice).await);
            apps.insert(*scope, app);
        }
    }
    for (scope, app) in &apps {
        for (nsid, input, needs) in &all {
            let Scope(needed) = needs else { continue };
            let answer = call(&world, app, &by_scope[scope], nsid, input).await;
            let is_more = *needed == "identity:handle" && *scope == "identity:*"
                || needed.starts_with(NOTES)
                    && needed.contains("create")
                    && !needed.contains("update")
                    && scope.contains("action=create");
            let is_enough = scope == needed || is_more;
            assert_eq!(!is_missing(&answer), is_enough, "{scope}: {nsid}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn no_scope_opens_what_is_not_for_apps() {
    let world = World::start().await;
    let app = App::local(EVERYTHING);
    let tokens = app.let_in(&world.pds, &world.alice).await;
    for (nsid, input, needs) in methods(&world.alice.did) {
        let answer = call(&world, &app, &tokens, nsid, &input).await;
        match needs {
            Never => {
                assert_eq!(answer.status, 403, "{nsid}: {}", answer.text());
                assert!(answer.message().contains("OAuth"), "{nsid}: {}", answer.text());
            }
            _ => assert!(!is_missing(&answer), "{nsid}: {}", answer.text()),
        }
    }
    // Nor does a token of an app's stand for the tokens of sessions, or for the operator's password.
    let ask = app.post(&world.pds, "com.atproto.server.refreshSession", &tokens.access).await;
    assert!(ask.send().await.status.is_client_error());
    let ask = app.post(&world.pds, "com.atproto.server.deleteSession", &tokens.access).await;
    assert!(ask.send().await.status.is_client_error());
    for (method, nsid) in [
        (Method::GET, "com.atproto.admin.getAccountInfo"),
        (Method::POST, "com.atproto.admin.deleteAccount"),
        (Method::POST, "com.atproto.server.createInviteCode"),
    ] {
        let ask = match method {
            Method::GET => app.get(&world.pds, nsid, &tokens.access).await,
            _ => app.post(&world.pds, nsid, &tokens.access).await,
        };
        let answer = ask.json(&json!({ "did": world.alice.did, "useCount": 1 })).send().await;
        assert!(matches!(answer.status.as_u16(), 400 | 401 | 403), "{nsid}: {}", answer.text());
    }
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[test]
fn every_method_of_an_account_is_in_the_table() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/server/src/api");
    let named: Vec<&str> = methods("").into_iter().map(|(nsid, ..)| nsid).collect();
    let mut files = 0;
    for namespace in fs::read_dir(folder)
        .unwrap()
        .filter_map(|entry| Some(entry.unwrap().path()).filter(|path| path.is_dir()))
    {
        for file in fs::read_dir(namespace).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            let signature = text.split("pub(super) async fn").nth(1).unwrap_or_default();
            let signature = signature.split(" {\n").next().unwrap_or_default();
            // Who reads what anybody may read needs nothing for it, signed in or not.
            if !signature.contains(": Account") && !signature.contains(": Owner") {
                continue;
            }
            let nsid = text.split('`').nth(1).unwrap();
            assert!(named.contains(&nsid), "{nsid} is not in the table");
            files += 1;
        }
    }
    assert!(files > 30, "they are looked for in the right place: {files}");
}
