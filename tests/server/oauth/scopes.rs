//! What an app may do, by what it was granted.

use crypto::{Curve, PrivateKey};
use identity::plc::{Content, DidKey, Service, State};
use serde_json::{Value, json};
use server::config::{AppView, Upstream};

use super::World;
use crate::harness::oauth::{App, CONSENT, Callback, Tokens, claims_of, sign_in, sign_in_for_long};
use crate::harness::{Answer, Fault, Pds, Proxy};
use crate::identity::directory;

const NOTE: &str = "com.example.note";
const APPVIEW: &str = "did:web:appview.example.com";

/// An app that was let in to Alice's account.
struct LetIn<'a> {
    world: &'a World,
    app: App,
    tokens: Tokens,
}

impl<'a> LetIn<'a> {
    async fn with(world: &'a World, scope: &str) -> Self {
        let app = App::local(scope);
        let tokens = app.let_in(&world.pds, &world.alice).await;
        Self { world, app, tokens }
    }

    async fn get(
        &self,
        nsid: &str,
        params: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let ask = self.app.get(&self.world.pds, nsid, &self.tokens.access).await;
        let ask = params.iter().fold(ask, |ask, (name, value)| ask.param(name, value));
        headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send().await
    }

    async fn post(&self, nsid: &str, input: &Value) -> Answer {
        self.app.post(&self.world.pds, nsid, &self.tokens.access).await.json(input).send().await
    }

    async fn session(&self) -> Value {
        self.get("com.atproto.server.getSession", &[], &[]).await.ok()
    }

    async fn upload(&self, kind: &str, bytes: &'static [u8]) -> Answer {
        let nsid = "com.atproto.repo.uploadBlob";
        let ask = self.app.post(&self.world.pds, nsid, &self.tokens.access).await;
        ask.body(kind, bytes).send().await
    }

    async fn create(&self, collection: &str) -> Answer {
        let (pds, alice) = (&self.world.pds, &self.world.alice);
        self.app.create(pds, alice, &self.tokens.access, collection).await
    }
}

/// Checks that a scope is missing, and returns which one is said to.
#[track_caller]
fn missing(answer: &Answer) -> String {
    assert_eq!(answer.refusal(), (403, "ScopeMissingError".to_owned()), "{}", answer.text());
    let message = answer.message();
    let scope = message.strip_prefix("Missing required scope \"").and_then(|m| m.strip_suffix('"'));
    scope.unwrap_or_else(|| panic!("{message}")).to_owned()
}

async fn start_with_appview(appview: &Proxy) -> World {
    let url = appview.origin().parse().unwrap();
    let did = APPVIEW.parse().unwrap();
    appview.always(
        "/xrpc/",
        Fault::Answer(200, ("content-type", "application/json".to_owned()), "{}".into()),
    );
    World::start_with(|config| {
        config.appview = Some(AppView { url, did, cdn_url_pattern: None });
    })
    .await
}

/// Makes an identity that has a service for chats at a place.
async fn service_did(pds: &Pds, at: &Proxy) -> String {
    let key = PrivateKey::generate(Curve::Secp256k1);
    let service = Service { kind: "BskyChatService".to_owned(), endpoint: at.origin() };
    let state = State {
        rotation_keys: vec![DidKey::from(&key.public_key())],
        services: [("svc".to_owned(), service)].into(),
        ..State::default()
    };
    let genesis = Content::genesis(state).sign(&key).unwrap();
    let did = genesis.did().unwrap();
    directory(pds).submit(&did, &genesis).await.unwrap();
    did.to_string()
}

#[tokio::test]
async fn who_it_is_is_all_that_an_app_gets_to_know_that_asks_for_no_more() {
    let world = World::start().await;
    let app = LetIn::with(&world, "atproto").await;
    let session = app.session().await;
    assert_eq!(session["did"], world.alice.did.as_str());
    assert_eq!(session["handle"], "alice.test");
    for name in ["email", "emailConfirmed", "emailAuthFactor"] {
        assert_eq!(session.get(name), None, "{name}");
    }
    assert_eq!(missing(&app.create(NOTE).await), "repo:com.example.note?action=create");
    assert_eq!(missing(&app.upload("image/png", b"a").await), "blob:image/png");
}

#[tokio::test]
async fn the_address_is_shown_to_apps_that_ask_for_it() {
    let world = World::start().await;
    for scope in
        ["atproto transition:email", "atproto account:email", "atproto account:email?action=manage"]
    {
        let app = LetIn::with(&world, scope).await;
        assert_eq!(app.session().await["email"], world.alice.email.as_str(), "{scope}");
    }
    for scope in ["atproto transition:generic", "atproto account:repo?action=manage"] {
        let app = LetIn::with(&world, scope).await;
        assert_eq!(app.session().await.get("email"), None, "{scope}");
    }
}

#[tokio::test]
async fn an_app_writes_what_it_may_and_nothing_else() {
    let world = World::start().await;
    let app = LetIn::with(&world, "atproto repo:com.example.note?action=create").await;
    let made = app.create(NOTE).await.ok();
    let rkey = made["uri"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let did = &world.alice.did;
    let of = |collection: &str| json!({ "repo": did, "collection": collection, "rkey": rkey });
    let deleted = app.post("com.atproto.repo.deleteRecord", &of(NOTE)).await;
    assert_eq!(missing(&deleted), "repo:com.example.note?action=delete");
    let mut put = of(NOTE);
    put["record"] = json!({ "$type": NOTE, "text": "b" });
    let put = app.post("com.atproto.repo.putRecord", &put).await;
    assert_eq!(missing(&put), "repo:com.example.note?action=update");
    for other in ["com.example.other", "com.example.note.more", "com.example.Note"] {
        assert_eq!(missing(&app.create(other).await), format!("repo:{other}?action=create"));
    }
    // It is all as it was.
    let record = world.pds.get("com.atproto.repo.getRecord").param("repo", did);
    let record = record.param("collection", NOTE).param("rkey", &rkey).send().await.ok();
    assert_eq!(record["cid"], made["cid"]);
}

#[tokio::test]
async fn an_app_that_may_write_in_one_account_may_not_in_others() {
    let world = World::start().await;
    let bob = world.pds.account("bob").await;
    let app = LetIn::with(&world, "atproto repo:* account:repo?action=manage").await;
    let record = json!({ "$type": NOTE, "text": "a" });
    for repo in [&bob.did, &bob.handle] {
        let input = json!({ "repo": repo, "collection": NOTE, "record": record });
        let answer = app.post("com.atproto.repo.createRecord", &input).await;
        assert!(matches!(answer.refusal().0, 401 | 403), "{}", answer.text());
    }
}

#[tokio::test]
async fn of_several_writes_all_have_to_be_allowed() {
    let world = World::start().await;
    let app = LetIn::with(&world, "atproto repo:com.example.note").await;
    let create = |collection: &str| {
        json!({
            "$type": "com.atproto.repo.applyWrites#create",
            "collection": collection,
            "value": { "$type": collection, "text": "a" },
        })
    };
    let delete = json!({
        "$type": "com.atproto.repo.applyWrites#delete", "collection": "com.example.other",
        "rkey": "a",
    });
    let write = |writes: Value| json!({ "repo": world.alice.did, "writes": writes });
    let name = "com.atproto.repo.applyWrites";
    for writes in
        [json!([create(NOTE), create("com.example.other")]), json!([create(NOTE), delete])]
    {
        missing(&app.post(name, &write(writes)).await);
    }
    let list = || async {
        let ask = world.pds.get("com.atproto.repo.listRecords").param("repo", &world.alice.did);
        ask.param("collection", NOTE).send().await.ok()["records"].as_array().unwrap().len()
    };
    assert_eq!(list().await, 0, "nothing was written");
    app.post(name, &write(json!([create(NOTE), create(NOTE)]))).await.ok();
    assert_eq!(list().await, 2);
}

#[tokio::test]
async fn files_are_of_the_kinds_that_an_app_may_upload() {
    let world = World::start().await;
    let app = LetIn::with(&world, "atproto blob:image/*").await;
    app.upload("image/png", b"\x89PNG\r\n\x1a\n").await.ok();
    app.upload("image/webp; a=b", b"a").await.ok();
    for kind in ["text/plain", "video/mp4", "imagex/png", "application/octet-stream", "*/*"] {
        missing(&app.upload(kind, b"a").await);
    }
    let app = LetIn::with(&world, "atproto blob:*/*").await;
    app.upload("text/plain", b"a").await.ok();
}

#[tokio::test]
async fn a_service_is_asked_what_the_app_may_have_it_asked() {
    let world = World::start().await;
    let other = Proxy::listen().await;
    let header = ("content-type", "application/json".to_owned());
    other.always("/xrpc/", Fault::Answer(200, header, "{}".into()));
    let origin = other.origin();
    let world = {
        drop(world);
        World::start_with(|config| config.private_origins.push(origin.parse().unwrap())).await
    };
    let did = service_did(&world.pds, &other).await;
    let target = format!("{did}#svc");
    let scope = format!("atproto rpc:com.example.getThing?aud={did}%23svc");
    let app = LetIn::with(&world, &scope).await;
    let proxy = [("atproto-proxy", target.as_str())];
    app.get("com.example.getThing", &[], &proxy).await.ok();
    let seen = &other.seen("getThing")[0];
    let token = seen.headers["authorization"].to_str().unwrap().strip_prefix("Bearer ").unwrap();
    let claims = claims_of(token);
    assert_eq!((&claims["aud"], &claims["iss"]), (&json!(did), &json!(world.alice.did)));
    assert_eq!(claims["lxm"], "com.example.getThing");
    assert!(!seen.headers.contains_key("dpop"), "what is for this server stays here");

    let refused = app.get("com.example.getOther", &[], &proxy).await;
    assert_eq!(missing(&refused), format!("rpc:com.example.getOther?aud={did}%23svc"));
    let elsewhere = format!("{did}#other");
    missing(&app.get("com.example.getThing", &[], &[("atproto-proxy", &elsewhere)]).await);
    assert_eq!(other.count("/xrpc/"), 1);

    // The same holds for tokens with which it asks itself.
    let name = "com.atproto.server.getServiceAuth";
    let of = |aud: &str, lxm: &str| [("aud", aud.to_owned()), ("lxm", lxm.to_owned())];
    for (aud, lxm, is_good) in [
        (target.as_str(), "com.example.getThing", true),
        (did.as_str(), "com.example.getThing", false),
        (elsewhere.as_str(), "com.example.getThing", false),
        (target.as_str(), "com.example.getOther", false),
        (target.as_str(), "", false),
    ] {
        let params = of(aud, lxm);
        let params: Vec<(&str, &str)> = params.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let params = params.into_iter().filter(|(_, value)| !value.is_empty());
        let answer = app.get(name, &params.collect::<Vec<_>>(), &[]).await;
        match is_good {
            true => drop(answer.ok()),
            false => drop(missing(&answer)),
        }
    }
}

#[tokio::test]
async fn the_appview_is_asked_with_a_scope_for_it_and_so_is_what_stands_in_for_it() {
    let appview = Proxy::listen().await;
    let world = start_with_appview(&appview).await;
    let audience = format!("{APPVIEW}%23bsky_appview");
    let scope = format!(
        "atproto rpc:app.bsky.feed.getTimeline?aud={audience} \
         rpc:app.bsky.actor.getPreferences?aud={audience}"
    );
    let app = LetIn::with(&world, &scope).await;
    app.get("app.bsky.feed.getTimeline", &[], &[]).await.ok();
    app.get("app.bsky.actor.getPreferences", &[], &[]).await.ok();
    missing(&app.get("app.bsky.feed.getAuthorFeed", &[("actor", "alice.test")], &[]).await);
    let input = json!({ "preferences": [] });
    missing(&app.post("app.bsky.actor.putPreferences", &input).await);
    let any = LetIn::with(&world, "atproto rpc:app.bsky.feed.getTimeline?aud=*").await;
    any.get("app.bsky.feed.getTimeline", &[], &[]).await.ok();
    let all = LetIn::with(&world, &format!("atproto rpc:*?aud={audience}")).await;
    all.get("app.bsky.feed.getAuthorFeed", &[("actor", "alice.test")], &[]).await.ok();
    let none = LetIn::with(&world, "atproto repo:*").await;
    missing(&none.get("app.bsky.feed.getTimeline", &[], &[]).await);
    assert_eq!(appview.count("getAuthorFeed"), 1);
}

#[tokio::test]
async fn what_is_about_the_account_itself_is_asked_of_nobody() {
    let appview = Proxy::listen().await;
    let world = start_with_appview(&appview).await;
    let app = LetIn::with(&world, "atproto transition:generic").await;
    let target = format!("{APPVIEW}#bsky_appview");
    for name in ["com.atproto.server.getSession", "com.atproto.server.getsession"] {
        app.get(name, &[], &[("atproto-proxy", &target)]).await;
    }
    let input = json!({ "handle": "other.test" });
    let update = app.post("com.atproto.identity.updatehandle", &input).await;
    assert!(update.status.is_client_error());
    assert_eq!(appview.count("/xrpc/"), 0);
}

#[tokio::test]
async fn the_handle_is_less_than_the_identity() {
    let world = World::start().await;
    let rename = json!({ "handle": "alice-two.test" });
    let sign = json!({ "token": "AAAAA-AAAAA" });
    let (update, signs) =
        ("com.atproto.identity.updateHandle", "com.atproto.identity.signPlcOperation");
    let none = LetIn::with(&world, "atproto repo:*").await;
    assert_eq!(missing(&none.post(update, &rename).await), "identity:handle");
    let handle = LetIn::with(&world, "atproto identity:handle").await;
    assert_eq!(missing(&handle.post(signs, &sign).await), "identity:*");
    handle.post(update, &rename).await.ok();
    let mut world = world;
    "alice-two.test".clone_into(&mut world.alice.handle);
    let all = LetIn::with(&world, "atproto identity:*").await;
    all.post(update, &json!({ "handle": "alice.test" })).await.ok();
    let ask = all.app.post(
        &world.pds,
        "com.atproto.identity.requestPlcOperationSignature",
        &all.tokens.access,
    );
    ask.await.send().await.ok();
    let code = world.pds.mailed_code(&world.alice.email).await;
    all.post(signs, &json!({ "token": code })).await.ok();
}

#[tokio::test]
async fn apps_of_the_time_of_transition_do_what_app_passwords_do() {
    let appview = Proxy::listen().await;
    let world = start_with_appview(&appview).await;
    let app = LetIn::with(&world, "atproto transition:generic").await;
    app.create(NOTE).await.ok();
    app.upload("text/plain", b"a").await.ok();
    app.get("app.bsky.feed.getTimeline", &[], &[]).await.ok();
    app.get("app.bsky.actor.getPreferences", &[], &[]).await.ok();
    app.get("com.atproto.server.getServiceAuth", &[("aud", APPVIEW)], &[]).await.ok();
    missing(&app.get("chat.bsky.convo.listConvos", &[], &[]).await);
    let lxm = [("aud", APPVIEW), ("lxm", "chat.bsky.convo.listConvos")];
    missing(&app.get("com.atproto.server.getServiceAuth", &lxm, &[]).await);
    let rename = json!({ "handle": "other.test" });
    missing(&app.post("com.atproto.identity.updateHandle", &rename).await);
    assert_eq!(app.session().await.get("email"), None);

    let chats = LetIn::with(&world, "atproto transition:generic transition:chat.bsky").await;
    chats.get("chat.bsky.convo.listConvos", &[], &[]).await.ok();
    chats.get("com.atproto.server.getServiceAuth", &lxm, &[]).await.ok();
    assert_eq!(appview.count("chat.bsky"), 1);
    // Both kinds of scopes go together.
    let mixed = LetIn::with(&world, "atproto transition:email repo:com.example.note").await;
    mixed.create(NOTE).await.ok();
    assert!(mixed.session().await["email"].is_string());
}

#[tokio::test]
async fn the_owner_grants_less_if_they_like_and_never_more() {
    let world = World::start().await;
    let app = App::local("atproto repo:com.example.note account:email");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    let form = page.form(CONSENT);
    assert!(form.all("allow").contains(&"account:email"), "{:?}", form.all("allow"));
    let form = form.without("allow").with("allow", "repo");
    // And what the page did not offer.
    let form = ["repo:*", "transition:generic", "identity", "identity:*", "blob", "atproto rpc:*"]
        .into_iter()
        .fold(form, |form, more| form.with("allow", more).with("scope", more));
    let code = Callback::of(&browser.send(&form).await).code();
    let tokens = app.exchange(&world.pds, &code).await;
    let mut scope: Vec<&str> = tokens.answer["scope"].as_str().unwrap().split(' ').collect();
    scope.sort_unstable();
    assert_eq!(scope, ["atproto", "repo:com.example.note"]);
    let app = LetIn { world: &world, app, tokens };
    app.create(NOTE).await.ok();
    assert_eq!(app.session().await.get("email"), None);
    missing(&app.upload("text/plain", b"a").await);
}

#[tokio::test]
async fn nobody_agrees_for_an_account_of_somebody_else() {
    let world = World::start().await;
    let bob = world.pds.account("bob").await;
    let app = App::local("atproto");
    // Somebody else is signed in, but elsewhere.
    let mut elsewhere = world.browser();
    let page = app.ask(&world.pds, &mut elsewhere, &[]).await;
    sign_in_for_long(&mut elsewhere, &page, &bob).await;
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    let page = browser.submit(&page, CONSENT, &[("did", &bob.did)]).await;
    assert!(page.location.is_none(), "{:?}", page.location);
}

#[tokio::test]
async fn what_the_page_shows_is_what_is_asked_for() {
    let world = World::start().await;
    let app = App::local(
        "atproto repo:com.example.note?action=delete blob:image/png identity:* account:email \
         rpc:com.example.getThing?aud=did:web:thing.example.com%23svc",
    );
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let mut page = sign_in(&mut browser, &page, &world.alice).await;
    // Below that there are the scopes as the app has written them.
    page.html.truncate(page.html.find("</fieldset>").unwrap());
    let text = page.text();
    for told in [
        "com.example.note",
        "image/png",
        "com.example.getThing",
        "did:web:thing.example.com",
        "alice.test",
        &world.alice.did,
    ] {
        assert!(text.contains(told), "{told}: {text}");
    }
    // Names that apps give themselves are not believed.
    let app = App::public(&world.site, "atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert!(!page.text().contains("Test App"), "{}", page.text());
    assert!(page.text().contains(&app.id["http://".len()..]), "{}", page.text());
}

#[tokio::test]
async fn an_app_that_the_operator_trusts_has_its_name() {
    let site = Proxy::listen().await;
    let app = App::public(&site, "atproto");
    let (origin, id) = (site.origin(), app.id.clone());
    let pds = Pds::start_with(|config| {
        config.private_origins = vec![origin.parse().unwrap()];
        config.trusted_apps = vec![id];
    })
    .await;
    let alice = pds.account("alice").await;
    let mut browser = crate::harness::Browser::new(&pds.public_url());
    let page = app.ask(&pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &alice).await;
    assert!(page.text().contains("Test App"), "{}", page.text());
}

/// A server whose AppView and moderation service are there, and which has a service for notifications
/// beside them.
struct Services {
    world: World,
    appview: Proxy,
    moderation: Proxy,
    push: Proxy,
    /// The DID of the service for notifications.
    push_did: String,
}

const MODERATION: &str = "did:web:moderation.example.com";

impl Services {
    async fn start() -> Self {
        let (appview, moderation, push) =
            (Proxy::listen().await, Proxy::listen().await, Proxy::listen().await);
        let of = |proxy: &Proxy, did: &str| Upstream {
            url: proxy.origin().parse().unwrap(),
            did: did.parse().unwrap(),
        };
        let (view, reports) = (of(&appview, APPVIEW), of(&moderation, MODERATION));
        let origin = push.origin().parse().unwrap();
        let world = World::start_with(|config| {
            let Upstream { url, did } = view;
            config.appview = Some(AppView { url, did, cdn_url_pattern: None });
            config.moderation = Some(reports);
            config.private_origins.push(origin);
        })
        .await;
        let key = PrivateKey::generate(Curve::Secp256k1);
        let service =
            Service { kind: "BskyNotificationService".to_owned(), endpoint: push.origin() };
        let state = State {
            rotation_keys: vec![DidKey::from(&key.public_key())],
            services: [("bsky_notif".to_owned(), service)].into(),
            ..State::default()
        };
        let genesis = Content::genesis(state).sign(&key).unwrap();
        let did = genesis.did().unwrap();
        directory(&world.pds).submit(&did, &genesis).await.unwrap();
        Self { world, appview, moderation, push, push_did: did.to_string() }
    }
}

fn answer(value: &Value) -> Fault {
    Fault::Answer(200, ("content-type", "application/json".to_owned()), value.to_string().into())
}

/// Checks that what an app asks for is done, or that a scope for a method is missing.
#[track_caller]
fn check(answer: &Answer, expected: Result<(), &str>, scope: &str) {
    match expected {
        Ok(()) => assert_eq!(answer.status, 200, "{scope}: {}", answer.text()),
        Err(method) => {
            let missing = missing(answer);
            assert!(missing.starts_with(&format!("rpc:{method}?")), "{scope}: {missing}");
        }
    }
}

#[tokio::test]
async fn a_feed_is_read_by_apps_that_may_read_it_and_what_it_is_made_of() {
    const FEED: &str = "app.bsky.feed.getFeed";
    const SKELETON: &str = "app.bsky.feed.getFeedSkeleton";
    let there = Services::start().await;
    there.appview.always("getFeed?", answer(&json!({ "feed": [] })));
    there.appview.always("getRecord", answer(&json!({ "value": { "did": "did:web:feeds.test" } })));
    let (view, maker) =
        ("did:web:appview.example.com%23bsky_appview", "did:web:feeds.test%23bsky_fg");
    let params = [("feed", "at://did:web:x.test/app.bsky.feed.generator/cats")];
    let mut read = 0;
    for (scope, expected) in [
        ("repo:*".to_owned(), Err(FEED)),
        (format!("rpc:{FEED}?aud={view}"), Err(SKELETON)),
        (format!("rpc:{SKELETON}?aud=*"), Err(FEED)),
        (format!("rpc:{FEED}?aud={maker} rpc:{SKELETON}?aud=*"), Err(FEED)),
        (
            format!("rpc:{FEED}?aud={view} rpc:{SKELETON}?aud=did:web:x.test%23bsky_fg"),
            Err(SKELETON),
        ),
        (format!("rpc:{FEED}?aud={view} rpc:{SKELETON}?aud={view}"), Ok(())),
        (format!("rpc?lxm={FEED}&lxm={SKELETON}&aud={view}"), Ok(())),
        (format!("rpc:{FEED}?aud={view} rpc:{SKELETON}?aud={maker}"), Ok(())),
        (format!("rpc:{FEED}?aud=* rpc:{SKELETON}?aud=*"), Ok(())),
        (format!("rpc:*?aud={view}"), Ok(())),
        ("transition:generic".to_owned(), Ok(())),
    ] {
        let app = LetIn::with(&there.world, &format!("atproto {scope}")).await;
        check(&app.get(FEED, &params, &[]).await, expected, &scope);
        read += usize::from(expected.is_ok());
    }
    let seen = there.appview.seen("getFeed?");
    assert_eq!(seen.len(), read);
    let token = seen[0].headers["authorization"].to_str().unwrap();
    let claims = claims_of(token.strip_prefix("Bearer ").unwrap());
    assert_eq!((&claims["aud"], &claims["lxm"]), (&json!("did:web:feeds.test"), &json!(SKELETON)));
}

#[tokio::test]
async fn notifications_are_ordered_of_services_that_an_app_may_ask() {
    const REGISTER: &str = "app.bsky.notification.registerPush";
    const UNREGISTER: &str = "app.bsky.notification.unregisterPush";
    let there = Services::start().await;
    for at in [&there.appview, &there.push] {
        at.always("Push", Fault::Answer(200, ("x-a", "b".to_owned()), "".into()));
    }
    let (own, mut ordered) = (there.push_did.clone(), 0);
    let view = "did:web:appview.example.com";
    for (scope, service, expected) in [
        ("repo:*".to_owned(), &*own, false),
        (format!("rpc:{REGISTER}?aud={own}%23bsky_notif"), &*own, true),
        (format!("rpc:{REGISTER}?aud={own}%23bsky_notif"), view, false),
        (format!("rpc:{REGISTER}?aud={own}%23bsky_appview"), &*own, false),
        (format!("rpc:{REGISTER}?aud={view}%23bsky_notif"), view, true),
        (format!("rpc:{REGISTER}?aud={view}%23bsky_appview"), view, false),
        (format!("rpc:{UNREGISTER}?aud={own}%23bsky_notif"), &*own, false),
        (format!("rpc:{REGISTER}?aud=*"), &*own, true),
        ("transition:generic".to_owned(), &*own, true),
    ] {
        let app = LetIn::with(&there.world, &format!("atproto {scope}")).await;
        let input =
            json!({ "serviceDid": service, "token": "t", "platform": "ios", "appId": "app" });
        let answer = app.post(REGISTER, &input).await;
        check(&answer, if expected { Ok(()) } else { Err(REGISTER) }, &scope);
        ordered += usize::from(expected);
        // What lets it be ordered does not let it be taken back.
        if scope.contains(REGISTER) {
            check(&app.post(UNREGISTER, &input).await, Err(UNREGISTER), &scope);
        }
    }
    assert_eq!(there.appview.count("Push") + there.push.count("Push"), ordered);
}

#[tokio::test]
async fn an_app_reports_to_services_that_it_may_ask() {
    const REPORT: &str = "com.atproto.moderation.createReport";
    let there = Services::start().await;
    there.moderation.always("/xrpc/", answer(&json!({ "id": 1 })));
    let input = json!({
        "reasonType": "com.atproto.moderation.defs#reasonSpam",
        "subject": { "$type": "com.atproto.admin.defs#repoRef", "did": there.world.alice.did },
    });
    let labeler = format!("{MODERATION}%23atproto_labeler");
    let mut reports = 0;
    for (scope, expected) in [
        ("repo:*".to_owned(), false),
        (format!("rpc:{REPORT}?aud={labeler}"), true),
        (format!("rpc:{REPORT}?aud={APPVIEW}%23bsky_appview"), false),
        (format!("rpc:{REPORT}?aud={MODERATION}%23bsky_appview"), false),
        (format!("rpc:com.atproto.moderation.other?aud={labeler}"), false),
        (format!("rpc:*?aud={labeler}"), true),
        ("transition:generic".to_owned(), true),
    ] {
        let app = LetIn::with(&there.world, &format!("atproto {scope}")).await;
        let answer = app.post(REPORT, &input).await;
        check(&answer, if expected { Ok(()) } else { Err(REPORT) }, &scope);
        reports += usize::from(expected);
    }
    assert_eq!(there.moderation.count(REPORT), reports);
    // To another one than that of the settings, if the scope is for it.
    let app = LetIn::with(&there.world, &format!("atproto rpc:{REPORT}?aud={labeler}")).await;
    let ask = app.app.post(&there.world.pds, REPORT, &app.tokens.access).await;
    let elsewhere = format!("{}#atproto_labeler", there.push_did);
    let ask = ask.header("atproto-proxy", &elsewhere).json(&input);
    check(&ask.send().await, Err(REPORT), "another labeler");
}
