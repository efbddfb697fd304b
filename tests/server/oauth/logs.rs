//! What the log has: enough to find out what was, and nothing that lets anybody in.
//!
//! The server is in a process of its own, this program again, which writes all that it has to say into a
//! file, and into another one what must not be there.

use std::env;
use std::fs::{self, File};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use data_encoding::BASE64;
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use super::World;
use crate::harness::oauth::{App, Key, Tokens, agree, random, sign_in_for_long};
use crate::harness::{Browser, Fault, Page, Proxy, eventually};

/// How the process is told where to write.
const ROLE: &str = "PAGURUS_TEST_LOG_FOLDER";
const DEVICE: &str = "pagurus-browser";

/// What must not be in the log, each with what it is.
#[derive(Default)]
struct Secrets(Vec<(String, String)>);

impl Secrets {
    fn add(&mut self, what: &str, secret: &str) {
        assert!(secret.len() > 7, "{what} is found everywhere: {secret}");
        self.0.push((what.to_owned(), secret.to_owned()));
    }

    /// Adds both tokens of a session that began with a password.
    fn add_session(&mut self, what: &str, session: &Value) {
        for name in ["accessJwt", "refreshJwt"] {
            self.add_token(&format!("{name} of {what}"), session[name].as_str().unwrap());
        }
    }

    /// Adds a token, whole and what of it nobody could make up.
    fn add_token(&mut self, what: &str, token: &str) {
        self.add(what, token);
        self.add(what, token.rsplit('.').next().unwrap());
    }

    /// Adds what a browser and a page in it have.
    fn add_browser(&mut self, browser: &Browser, page: &Page) {
        let cookie = browser.cookie(DEVICE).unwrap();
        self.add("cookie", cookie);
        self.add("secret of a cookie", cookie.split('.').nth(1).unwrap());
        let csrf = page.html.split("name=\"csrf\" value=\"").nth(1).unwrap();
        self.add("csrf", csrf.split('"').next().unwrap());
    }

    fn add_app(&mut self, app: &App) {
        self.add("verifier", &app.verifier());
        let keys = [Some(&app.key), app.auth.as_ref().map(|(key, _)| key)];
        for key in keys.into_iter().flatten() {
            self.add("private half of a key", Key::private_jwk(key)["d"].as_str().unwrap());
        }
    }
}

/// What becomes of an account in its life, in the process that writes the log.
async fn life_of_an_account(folder: &str) {
    let file = File::create(format!("{folder}/log")).unwrap();
    let log = tracing_subscriber::fmt().with_max_level(LevelFilter::DEBUG).with_ansi(false);
    log.with_writer(Mutex::new(file)).init();
    let mut secrets = Secrets::default();
    let appview = Proxy::listen().await;
    let header = ("content-type", "application/json".to_owned());
    appview.always("/xrpc/", Fault::Answer(200, header, "{}".into()));
    let (url, admin) = (appview.origin(), random());
    secrets.add("password of the operator", &admin);
    secrets.add("header of the operator", &BASE64.encode(format!("admin:{admin}").as_bytes()));
    let mut world = World::start_with(|config| {
        let (url, did) = (url.parse().unwrap(), "did:web:appview.example.com".parse().unwrap());
        config.appview = Some(server::config::AppView { url, did, cdn_url_pattern: None });
        config.admin_password = Some(admin.as_str().into());
    })
    .await;
    secrets.add("password", &world.alice.password);
    secrets.add_token("first access token", &world.alice.access);
    secrets.add_token("first refresh token", &world.alice.refresh);
    with_passwords(&world, &mut secrets).await;
    with_apps(&world, &mut secrets).await;
    forgotten(&mut world, &mut secrets).await;
    let ask = world.pds.get("com.atproto.admin.getAccountInfo").param("did", &world.alice.did);
    let header = format!("Basic {}", BASE64.encode(format!("admin:{admin}").as_bytes()));
    ask.header("authorization", &header).send().await.ok();
    world.pds.stop().await;
    fs::write(format!("{folder}/secrets"), json!(secrets.0).to_string()).unwrap();
}

/// Sessions, app passwords, codes by mail, tokens for services, and what somebody has mistyped.
async fn with_passwords(world: &World, secrets: &mut Secrets) {
    let (pds, alice) = (&world.pds, &world.alice);
    let session = pds.sign_in(&alice.handle, &alice.password).await;
    secrets.add_session("a session", &session);
    let refresh = session["refreshJwt"].as_str().unwrap();
    let next = pds.post("com.atproto.server.refreshSession").token(refresh).send().await.ok();
    secrets.add_session("a session that goes on", &next);
    let input = json!({ "name": "phone" });
    let made = pds.post("com.atproto.server.createAppPassword").by(alice).json(&input);
    let made = made.send().await.ok()["password"].as_str().unwrap().to_owned();
    secrets.add("app password", &made);
    secrets.add_session("an app password", &pds.sign_in(&alice.handle, &made).await);
    let service = pds.get("com.atproto.server.getServiceAuth").by(alice);
    let service = service.param("aud", "did:web:example.com").send().await.ok();
    secrets.add_token("token for a service", service["token"].as_str().unwrap());
    pds.get("app.bsky.feed.getTimeline").by(alice).send().await.ok();

    let mistyped = format!("mistyped {}", random());
    secrets.add("a password that is wrong", &mistyped);
    let input = json!({ "identifier": alice.handle, "password": mistyped });
    let wrong = pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(wrong.status, 401);
    // A password in the wrong field.
    let input = json!({ "identifier": mistyped, "password": mistyped });
    pds.post("com.atproto.server.createSession").json(&input).send().await;

    pds.post("com.atproto.server.requestEmailConfirmation").by(alice).send().await.ok();
    let code = pds.mailed_code(&alice.email).await;
    secrets.add("code that confirms the address", &code);
    let input = json!({ "email": alice.email, "token": code });
    let confirm = pds.post("com.atproto.server.confirmEmail").by(alice).json(&input);
    confirm.send().await.ok();
}

/// Signing in in a browser, consent, tokens, refreshing, revoking, and refusals of all of it.
async fn with_apps(world: &World, secrets: &mut Secrets) {
    let (pds, alice) = (&world.pds, &world.alice);
    let confidential = App::confidential(&world.site, "atproto transition:generic");
    for app in [App::local("atproto transition:generic"), confidential] {
        let mut browser = world.browser();
        let page = app.ask(pds, &mut browser, &[]).await;
        secrets.add_app(&app);
        secrets.add_browser(&browser, &page);
        let page = sign_in_for_long(&mut browser, &page, alice).await;
        secrets.add_browser(&browser, &page);
        let code = agree(&mut browser, &page).await.code();
        secrets.add("code", &code);
        let params = app.exchanging(pds, &code);
        let exchanged = app.send(pds, "/oauth/token", &params).await.ok();
        let mut tokens = Tokens::of(&exchanged);
        for _ in 0..2 {
            secrets.add_token("access token", &tokens.access);
            secrets.add("refresh token", &tokens.refresh);
            app.get(pds, "app.bsky.feed.getTimeline", &tokens.access).await.send().await.ok();
            assert_eq!(app.standing(pds, &tokens.access).await, 200);
            tokens = Tokens::of(&app.refresh(pds, &tokens.refresh).await.ok());
        }
        secrets.add("last refresh token", &tokens.refresh);
        // Wrong in many ways: also what is refused is a secret still.
        let stranger = App::local("atproto");
        stranger.refresh(pds, &tokens.refresh).await;
        stranger.standing(pds, &tokens.access).await;
        let bearer = pds.get("com.atproto.server.getSession").token(&tokens.access);
        assert!(bearer.send().await.status.is_client_error());
        let params = app.credentials(pds).with("token", &tokens.access);
        app.send(pds, "/oauth/revoke", &params).await.ok();
        app.refresh(pds, &tokens.refresh).await;
        // The code once more, which ends what is left.
        app.send(pds, "/oauth/token", &app.exchanging(pds, &code)).await;
    }
}

/// A forgotten password, and the pages of the account with the new one.
async fn forgotten(world: &mut World, secrets: &mut Secrets) {
    let new = format!("new {}", random());
    secrets.add("new password", &new);
    let mut browser = world.browser();
    let page = browser.get("/account/reset-password").await;
    let fields = [("email", world.alice.email.as_str())];
    let page = browser.submit(&page, "/account/reset-password", &fields).await;
    eventually(async || {
        let mails = world.pds.mails(&world.alice.email).await;
        mails.first().filter(|(subject, _)| subject.contains("Reset")).map(|_| ())
    })
    .await;
    let code = world.pds.mailed_code(&world.alice.email).await;
    secrets.add("code for a new password", &code);
    let fields = [("code", code.as_str()), ("new_password", new.as_str())];
    let page = browser.submit(&page, "/account/reset-password/confirm", &fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    world.alice.password = new;
    let page = browser.get("/account/sign-in").await;
    let fields = [("identifier", "alice.test"), ("password", &*world.alice.password)];
    let page = browser.submit(&page, "/account/sign-in", &fields).await;
    secrets.add_browser(&browser, &page);
    let path = format!("/account/u/{}/app-passwords", world.alice.did);
    let page = browser.get(&path).await;
    let made = browser.submit(&page, &path, &[("name", "tablet")]).await;
    let secret = made.html.split("<p class=\"secret\"><code>").nth(1).unwrap();
    secrets.add("app password of the pages", secret.split('<').next().unwrap());
}

#[tokio::test]
async fn no_secret_is_in_the_log() {
    #[expect(clippy::disallowed_methods, reason = "that is how it is told what it is")]
    if let Ok(folder) = env::var(ROLE) {
        return life_of_an_account(&folder).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "oauth::logs::no_secret_is_in_the_log", "--nocapture"]);
    command.env(ROLE, folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
    assert!(command.status().unwrap().success(), "run that test with {ROLE}");
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let (log, secrets) = (read("log"), read("secrets"));
    for there in ["DEBUG", "/oauth/token", "createSession", "/account/reset-password/confirm"] {
        assert!(log.contains(there), "the log tells what was: {there}");
    }
    let secrets: Vec<(String, String)> = serde_json::from_str(&secrets).unwrap();
    assert!(secrets.len() > 60, "{}", secrets.len());
    for (what, secret) in &secrets {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{what}: {secret}");
    }
}
