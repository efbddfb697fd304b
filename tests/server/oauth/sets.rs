//! Permission sets: what apps ask for by a name that others have published.

use std::time::Duration;

use serde_json::{Value, json};

use super::{pass, refused};
use crate::harness::oauth::{App, Tokens, sign_in};
use crate::harness::{Answer, Browser, Fault, Pds};
use crate::lexicon::Press;

const SET: &str = "com.example.app.authBasic";
const SERVICE: &str = "did:web:thing.example.com%23svc";

fn set(permissions: Value) -> Value {
    json!({ "main": {
        "type": "permission-set",
        "title": "Basic things",
        "title:lang": { "fr": "Choses simples" },
        "detail": "What <b>the app</b> needs",
        "permissions": permissions,
    } })
}

fn repo(collections: Value) -> Value {
    json!({ "type": "permission", "resource": "repo", "collection": collections })
}

async fn start() -> Press {
    let press = Press::start().await;
    let txt = vec![format!("did={}", press.author.did)];
    press.pds.dns().set_txt("_lexicon.app.example.com", txt);
    press
}

/// Lets an app in to Alice's account.
async fn let_in(press: &Press, scope: &str) -> (App, Tokens) {
    let app = App::local(scope);
    let tokens = app.let_in(&press.pds, &press.alice).await;
    (app, tokens)
}

async fn create(press: &Press, app: &App, tokens: &Tokens, collection: &str) -> u16 {
    let answer = app.create(&press.pds, &press.alice, &tokens.access, collection).await;
    answer.status.as_u16()
}

async fn service_auth(pds: &Pds, app: &App, tokens: &Tokens, aud: &str, lxm: &str) -> Answer {
    let ask = app.get(pds, "com.atproto.server.getServiceAuth", &tokens.access).await;
    ask.param("aud", aud).param("lxm", lxm).send().await
}

async fn push(press: &Press, app: &App) -> Answer {
    app.send(&press.pds, "/oauth/par", &app.asking(&press.pds)).await
}

#[tokio::test]
async fn a_set_is_shown_by_its_title_and_grants_what_is_in_it() {
    let press = start().await;
    let permissions = json!([repo(json!(["com.example.app.note", "com.example.app.x.y"]))]);
    press.publish(SET, set(permissions)).await;
    let scope = format!("atproto include:{SET}");
    for (lang, title) in [("en", "Basic things"), ("fr", "Choses simples")] {
        let app = App::local(&scope);
        let mut browser = Browser::new(&press.pds.public_url());
        let page = app.ask(&press.pds, &mut browser, &[("ui_locales", lang)]).await;
        let page = sign_in(&mut browser, &page, &press.alice).await;
        assert!(page.text().contains(title), "{}", page.text());
        assert!(page.text().contains("What <b>the app</b> needs"), "it is text: {}", page.text());
        assert!(page.text().contains("com.example.app.note"), "{}", page.text());
    }
    let (app, tokens) = let_in(&press, &scope).await;
    assert_eq!(create(&press, &app, &tokens, "com.example.app.note").await, 200);
    assert_eq!(create(&press, &app, &tokens, "com.example.app.x.y").await, 200);
    assert_eq!(create(&press, &app, &tokens, "com.example.app.other").await, 403);
    let granted = tokens.answer["scope"].as_str().unwrap();
    assert!(granted.contains("repo") && granted.contains("com.example.app.note"), "{granted}");
}

#[tokio::test]
async fn a_set_grants_nothing_outside_its_own_names() {
    let press = start().await;
    let rpc = |aud: Value| {
        json!({
            "type": "permission", "resource": "rpc", "lxm": ["com.example.app.get"], "aud": aud,
        })
    };
    let permissions = json!([
        repo(json!(["com.example.other"])),
        repo(json!(["com.example.application.foo"])),
        repo(json!(["com.example.app.mixed", "com.example.other"])),
        repo(json!(["*"])),
        repo(json!("com.example.app.text")),
        { "type": "permission", "resource": "blob", "accept": ["*/*"] },
        { "type": "permission", "resource": "identity", "attr": "*" },
        { "type": "permission", "resource": "account", "attr": "email" },
        rpc(json!("did:web:thing.example.com#svc")),
        { "type": "permission", "resource": "unheard of" },
        repo(json!(["com.example.app.good"])),
    ]);
    press.publish(SET, set(permissions)).await;
    let (app, tokens) = let_in(&press, &format!("atproto include:{SET}")).await;
    assert_eq!(create(&press, &app, &tokens, "com.example.app.good").await, 200);
    for collection in [
        "com.example.other",
        "com.example.application.foo",
        "com.example.app.mixed",
        "com.example.app.text",
        "com.example.note",
    ] {
        assert_eq!(create(&press, &app, &tokens, collection).await, 403, "{collection}");
    }
    let upload = app.post(&press.pds, "com.atproto.repo.uploadBlob", &tokens.access).await;
    assert_eq!(upload.body("text/plain", "a").send().await.status, 403);
    let session = app.get(&press.pds, "com.atproto.server.getSession", &tokens.access).await;
    assert_eq!(session.send().await.ok().get("email"), None);
    let aud = "did:web:thing.example.com#svc";
    let auth = service_auth(&press.pds, &app, &tokens, aud, "com.example.app.get").await;
    assert_eq!(auth.status, 403);
}

#[tokio::test]
async fn a_set_speaks_to_the_service_that_the_app_names_with_it() {
    let press = start().await;
    let permissions = json!([{
        "type": "permission", "resource": "rpc", "lxm": ["com.example.app.get"], "inheritAud": true,
    }]);
    press.publish(SET, set(permissions)).await;
    let (app, tokens) = let_in(&press, &format!("atproto include:{SET}?aud={SERVICE}")).await;
    for (aud, lxm, status) in [
        ("did:web:thing.example.com#svc", "com.example.app.get", 200),
        ("did:web:thing.example.com#other", "com.example.app.get", 403),
        ("did:web:other.example.com#svc", "com.example.app.get", 403),
        ("did:web:thing.example.com#svc", "com.example.app.other", 403),
    ] {
        let answer = service_auth(&press.pds, &app, &tokens, aud, lxm).await;
        assert_eq!(answer.status, status, "{aud} {lxm}");
    }
    let (app, tokens) = let_in(&press, &format!("atproto include:{SET}")).await;
    let aud = "did:web:thing.example.com#svc";
    let answer = service_auth(&press.pds, &app, &tokens, aud, "com.example.app.get").await;
    assert_eq!(answer.status, 403, "nothing is named");
}

#[tokio::test]
async fn a_set_that_nobody_publishes_is_refused_until_somebody_does() {
    let press = start().await;
    let app = App::local(&format!("atproto include:{SET}"));
    let answer = push(&press, &app).await;
    assert_eq!(answer.refusal(), (400, "invalid_scope".to_owned()));
    assert!(super::description(&answer).contains(SET));
    // What has that name and is something else is none.
    press.publish(SET, crate::lexicon::notes()).await;
    pass(Duration::from_secs(60 * 60)).await;
    assert_eq!(push(&press, &app).await.refusal(), (400, "invalid_scope".to_owned()));
    press.publish(SET, set(json!([repo(json!(["com.example.app.note"]))]))).await;
    pass(Duration::from_secs(25 * 60 * 60)).await;
    let mut answer = push(&press, &app).await;
    for _ in 0..100 {
        if answer.status == 201 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
        answer = push(&press, &app).await;
    }
    assert_eq!(answer.status, 201, "{}", answer.text());
}

#[tokio::test]
async fn a_set_that_was_just_missing_is_found_soon_after_it_is_published() {
    let press = start().await;
    let app = App::local(&format!("atproto include:{SET}"));
    assert_eq!(push(&press, &app).await.refusal(), (400, "invalid_scope".to_owned()));
    press.publish(SET, set(json!([repo(json!(["com.example.app.note"]))]))).await;
    pass(Duration::from_secs(5 * 60)).await;
    assert_eq!(push(&press, &app).await.status, 201);
}

#[tokio::test]
async fn sessions_go_on_while_the_author_of_a_set_is_away() {
    let mut press = start().await;
    press.publish(SET, set(json!([repo(json!(["com.example.app.note"]))]))).await;
    let (app, mut tokens) = let_in(&press, &format!("atproto include:{SET}")).await;
    press.outside.always("", Fault::status(503));
    for hours in [1, 30, 40] {
        let time = Duration::from_secs(hours * 60 * 60);
        press.pds.advance(time);
        pass(time).await;
        // In the end nothing is remembered any more but what the session was given.
        if hours == 40 {
            press.pds.restart().await;
        }
        tokens = Tokens::of(&app.refresh(&press.pds, &tokens.refresh).await.ok());
        assert_eq!(create(&press, &app, &tokens, "com.example.app.note").await, 200);
    }
}

#[tokio::test]
async fn a_session_follows_its_set_inside_the_names_of_the_set() {
    let press = start().await;
    press.publish(SET, set(json!([repo(json!(["com.example.app.note"]))]))).await;
    let (app, mut tokens) = let_in(&press, &format!("atproto include:{SET}")).await;
    let changed = json!([
        repo(json!(["com.example.app.later"])),
        repo(json!(["com.example.other"])),
        repo(json!(["*"])),
    ]);
    press.publish(SET, set(changed)).await;
    pass(Duration::from_secs(25 * 60 * 60)).await;
    for _ in 0..100 {
        tokens = Tokens::of(&app.refresh(&press.pds, &tokens.refresh).await.ok());
        if create(&press, &app, &tokens, "com.example.app.later").await == 200 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(create(&press, &app, &tokens, "com.example.app.later").await, 200);
    assert_eq!(create(&press, &app, &tokens, "com.example.app.note").await, 403);
    assert_eq!(create(&press, &app, &tokens, "com.example.other").await, 403);
}

#[tokio::test]
async fn a_set_that_is_published_here_is_known_at_once() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.dns().set_txt("_lexicon.app.example.com", vec![format!("did={}", alice.did)]);
    let app = App::local(&format!("atproto include:{SET}"));
    let push = async || app.send(&pds, "/oauth/par", &app.asking(&pds)).await;
    assert_eq!(refused(&push().await), "invalid_scope");
    let defs = set(json!([repo(json!(["com.example.app.note"]))]));
    let input = json!({
        "repo": alice.did, "collection": "com.atproto.lexicon.schema", "rkey": SET,
        "record": { "lexicon": 1, "id": SET, "defs": defs },
    });
    pds.post("com.atproto.repo.putRecord").by(&alice).json(&input).send().await.ok();
    assert_eq!(push().await.status, 201);
}
