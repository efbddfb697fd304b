//! What others may try.

use std::time::Duration;

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;

use super::{World, refused};
use crate::harness::Browser;
use crate::harness::oauth::{App, CONSENT, Callback, LOOPBACK, agree, sign_in, sign_in_for_long};

const DEVICE: &str = "pagurus-browser";

#[tokio::test]
async fn a_request_belongs_to_the_browser_that_comes_first() {
    let world = World::start().await;
    let app = App::local("atproto");
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    let (mut victim, mut thief) = (world.browser(), world.browser());
    let page = victim.get(&app.link(&uri)).await;
    let page = sign_in(&mut victim, &page, &world.alice).await;
    let second = thief.get(&app.link(&uri)).await;
    assert_eq!((second.status.as_u16(), second.location), (403, None));
    // That somebody else has it, too, ends it.
    let page = victim.submit(&page, CONSENT, &[]).await;
    assert_eq!((page.status.as_u16(), page.location), (400, None));
}

#[tokio::test]
async fn steps_of_a_request_are_for_its_browser_alone() {
    let world = World::start().await;
    let bob = world.pds.account("bob").await;
    let app = App::local("atproto");
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    let mut victim = world.browser();
    let page = victim.get(&app.link(&uri)).await;
    let page = sign_in(&mut victim, &page, &world.alice).await;
    // Somebody else has a page of ours, an account, and knows the name of the request.
    let mut thief = world.browser();
    let own = App::local("atproto repo:*");
    let theirs = own.ask(&world.pds, &mut thief, &[]).await;
    let theirs = sign_in(&mut thief, &theirs, &bob).await;
    let csrf = theirs.form(CONSENT).field("csrf").unwrap().to_owned();
    for did in [&world.alice.did, &bob.did] {
        for step in ["consent", "cancel", "choose", "reactivate", "sign-out"] {
            let fields = [("csrf", &*csrf), ("request", &*uri), ("did", did)];
            let answer = thief.post(&format!("/oauth/authorize/{step}"), &fields).await;
            assert_eq!((answer.status.as_u16(), answer.location), (403, None), "{step}");
        }
    }
    let fields = [
        ("csrf", &*csrf),
        ("request", &*uri),
        ("identifier", &*bob.did),
        ("password", &*bob.password),
    ];
    let answer = thief.post("/oauth/authorize/sign-in", &fields).await;
    assert_eq!(answer.status, 403);
    for step in ["sign-in", "sign-up", "choose", "code"] {
        let answer = thief.get(&format!("/oauth/authorize/{step}?request={uri}")).await;
        assert_eq!(answer.status, 403, "{step}");
    }
    // The first browser does not notice any of it.
    agree(&mut victim, &page).await.code();
}

#[tokio::test]
async fn an_app_cannot_agree_to_what_it_asks_for() {
    let world = World::start().await;
    let app = App::local("atproto");
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    let fields = [("request", uri.as_str()), ("did", &world.alice.did), ("allow", "atproto")];
    for (origin, cookies) in [("https://app.example.com", false), (&world.pds.public_url(), true)] {
        let mut app_browser = world.browser().saying("origin", origin);
        if !cookies {
            app_browser = app_browser.without_cookies();
        }
        for path in [CONSENT, "/oauth/authorize"] {
            let answer = app_browser.post(path, &fields).await;
            assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
            assert_eq!(answer.location, None);
        }
    }
    // Nor with a page of its own in hand, where nobody has signed in, though they have elsewhere.
    let mut elsewhere = world.browser();
    let page = app.ask(&world.pds, &mut elsewhere, &[]).await;
    sign_in_for_long(&mut elsewhere, &page, &world.alice).await;
    let mut own = world.browser();
    let page = own.get(&app.link(&uri)).await;
    let csrf = page.form("/oauth/authorize/cancel").field("csrf").unwrap().to_owned();
    let fields = [("csrf", csrf.as_str()), ("request", &uri), ("did", &world.alice.did)];
    let answer = own.post(CONSENT, &fields).await;
    assert_eq!(answer.location, None);
}

#[tokio::test]
async fn there_is_no_page_that_leads_wherever_somebody_wants() {
    let world = World::start().await;
    let mut browser = world.browser();
    for path in [
        "/oauth/authorize/redirect?redirect_uri=https://evil.example.com&code=a",
        "/oauth/authorize?redirect_uri=https://evil.example.com&client_id=a&request_uri=b",
        "/oauth/authorize?response_type=code&client_id=http://localhost&scope=atproto\
         &redirect_uri=http://127.0.0.1/&code_challenge=a&code_challenge_method=S256",
    ] {
        let page = browser.get(path).await;
        assert!(page.status.is_client_error(), "{path}: {}", page.status);
        assert_eq!(page.location, None, "{path}");
    }
    let page = browser.get("/account").await;
    for back in ["https://evil.example.com", "//evil.example.com", "/\\evil.example.com", "evil"] {
        let fields = [("lang", "en"), ("back", back)];
        let page = browser.clone().stopping().submit(&page, "/account/language", &fields).await;
        assert_eq!(page.location.as_deref(), Some("/account"), "{back}");
    }
}

#[tokio::test]
async fn a_cookie_that_somebody_has_put_there_is_worth_nothing_after_signing_in() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    // An attacker's cookie in the victim's browser.
    let mut attacker = world.browser();
    app.ask(&world.pds, &mut attacker, &[]).await;
    let planted = attacker.cookie(DEVICE).unwrap().to_owned();
    let mut victim = world.browser();
    victim.set_cookie(DEVICE, &planted);
    let page = app.ask(&world.pds, &mut victim, &[]).await;
    let page = sign_in_for_long(&mut victim, &page, &world.alice).await;
    assert_ne!(victim.cookie(DEVICE), Some(planted.as_str()), "the secret has changed");
    agree(&mut victim, &page).await.code();
    let hint = [("login_hint", world.alice.handle.as_str()), ("prompt", "none")];
    // For a moment it may be the victim's own, which has not got the next one yet.
    let page = app.ask(&world.pds, &mut attacker, &hint).await;
    assert_eq!((page.status.as_u16(), page.location), (400, None));
    world.pds.advance(Duration::from_secs(60));
    let page = app.ask(&world.pds, &mut attacker, &hint).await;
    assert_eq!(Callback::of(&page).error(), "login_required");
    // The victim notices none of it.
    let page = app.ask(&world.pds, &mut victim, &hint).await;
    Callback::of(&page).code();
}

#[tokio::test]
async fn what_others_say_of_themselves_is_text_in_pages() {
    let world = World::start().await;
    let evil = "\"><script>alert(1)</script><img src=x onerror=alert(1)>";
    let site = &world.site;
    let mut app = App::public(site, "atproto");
    let mut document = app.document();
    document["client_name"] = json!(evil);
    document["logo_uri"] = json!("javascript:alert(1)");
    document["policy_uri"] = json!("javascript:alert(1)");
    document["tos_uri"] = json!(format!("https://app.example.com/{evil}"));
    app.publish(site, &document);
    for client in ["usual", "http://localhost?scope=atproto+%22%3E%3Cscript%3E"] {
        if client != "usual" {
            app = App::local("atproto");
            client.clone_into(&mut app.id);
            app.redirect_uri = "http://127.0.0.1/".to_owned();
        }
        let mut browser = world.browser();
        let others = [("state", evil), ("ui_locales", evil)];
        let page = app.ask(&world.pds, &mut browser, &others).await;
        let consent = sign_in(&mut browser, &page, &world.alice).await;
        for page in [&page, &consent] {
            assert!(!page.html.contains("<script>") && !page.html.contains("onerror=alert(1)>"));
            let links = [page.attributes("a", "href"), page.attributes("img", "src")].concat();
            assert!(links.iter().all(|link| !link.starts_with("javascript:")), "{links:?}");
        }
        let callback = agree(&mut browser, &consent).await;
        assert_eq!(callback.value("state"), Some(evil), "what is the app's own comes back whole");
    }
    // Nor is it anything else in what people have typed, or in links.
    let mut browser = world.browser();
    let app = App::local("atproto");
    let page = app.ask(&world.pds, &mut browser, &[("login_hint", "alice.test")]).await;
    let fields = [("identifier", evil), ("password", evil)];
    let again = browser.submit(&page, "/oauth/authorize/sign-in", &fields).await;
    assert!(
        !again.html.contains("<script>")
            && again.form("/oauth/authorize/sign-in").field("identifier") == Some(evil)
    );
    let encoded: String = form_urlencoded::byte_serialize(evil.as_bytes()).collect();
    for path in [
        format!("/oauth/authorize?client_id={encoded}&request_uri={encoded}"),
        format!("/oauth/authorize/sign-in?request={encoded}"),
        format!("/account/reset-password?request={encoded}"),
        format!("/account?a={encoded}"),
    ] {
        let page = browser.get(&path).await;
        assert!(!page.html.contains("<script>"), "{path}");
    }
}

#[tokio::test]
async fn a_state_can_end_no_header() {
    let world = World::start().await;
    let app = App::local("atproto");
    let state = "a\r\nset-cookie: b=c\r\n\r\n<p>&iss=evil&code=evil#é";
    for mode in ["query", "fragment"] {
        let mut browser = world.browser();
        let others = [("state", state), ("response_mode", mode)];
        let page = app.ask(&world.pds, &mut browser, &others).await;
        let page = sign_in(&mut browser, &page, &world.alice).await;
        let callback = agree(&mut browser, &page).await;
        assert_eq!(callback.value("state"), Some(state));
        assert_eq!(callback.value("iss"), Some(world.pds.public_url().as_str()));
        assert_eq!(browser.cookie("b"), None);
    }
}

#[tokio::test]
async fn tokens_and_codes_are_not_in_the_database() {
    let mut world = World::start().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&world.pds, &world.alice).await;
    let code = app.code(&world.pds, &world.alice).await;
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    // What is behind the kind of a token, as it is written and as the bytes that it stands for.
    let behind = |token: &str| token.split_once('-').unwrap().1.to_owned();
    let uri = uri.rsplit(':').next().unwrap();
    let digits = [tokens.refresh.as_str(), &code, uri].map(behind);
    let signature = tokens.access.rsplit('.').next().unwrap().to_owned();
    let mut secrets = digits.clone().map(|text| HEXLOWER.decode(text.as_bytes()).unwrap()).to_vec();
    secrets.push(BASE64URL_NOPAD.decode(signature.as_bytes()).unwrap());
    secrets.extend(digits.into_iter().chain([signature]).map(String::into_bytes));
    world.pds.stop().await;
    let mut looked_at = 0;
    let mut folders = vec![world.pds.data().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            looked_at += bytes.len();
            for secret in &secrets {
                let is_there = bytes.windows(secret.len()).any(|window| window == secret);
                assert!(!is_there, "{} has {}", path.display(), HEXLOWER.encode(secret));
            }
        }
    }
    assert!(looked_at > 10_000);
}

#[tokio::test]
async fn somebody_who_signs_out_is_not_let_in_any_more() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in_for_long(&mut browser, &page, &world.alice).await;
    agree(&mut browser, &page).await.code();
    let before = browser.clone();
    let page = browser.get("/account").await;
    let did = ("did", world.alice.did.as_str());
    browser.submit(&page, "/account/sign-out", &[did]).await;
    let none = [("prompt", "none")];
    // What it had before is over a moment later, and what it has now at once.
    let page = app.ask(&world.pds, &mut browser, &none).await;
    assert_eq!(Callback::of(&page).error(), "login_required");
    world.pds.advance(Duration::from_secs(11));
    for mut browser in [browser, before] {
        let page = app.ask(&world.pds, &mut browser, &none).await;
        assert_eq!(Callback::of(&page).error(), "login_required");
    }
}

#[tokio::test]
async fn a_code_that_was_stolen_and_used_signs_the_browser_out() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in_for_long(&mut browser, &page, &world.alice).await;
    let code = agree(&mut browser, &page).await.code();
    app.exchange(&world.pds, &code).await;
    let params = app.exchanging(&world.pds, &code);
    let again = app.send(&world.pds, "/oauth/token", &params).await;
    assert_eq!(refused(&again), "invalid_grant");
    let page = app.ask(&world.pds, &mut browser, &[("prompt", "none")]).await;
    let error = Callback::of(&page).error();
    assert!(matches!(&*error, "login_required" | "consent_required"), "{error}");
}

#[tokio::test]
async fn a_new_password_signs_all_browsers_out() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in_for_long(&mut browser, &page, &world.alice).await;
    let code = agree(&mut browser, &page).await.code();
    let tokens = app.exchange(&world.pds, &code).await;
    // Through the pages, as somebody does who has forgotten theirs.
    let mut other: Browser = world.browser();
    let page = other.get("/account/reset-password").await;
    let fields = [("email", world.alice.email.as_str())];
    let page = other.submit(&page, "/account/reset-password", &fields).await;
    crate::harness::eventually(async || {
        let mails = world.pds.mails(&world.alice.email).await;
        mails.first().filter(|(subject, _)| subject.contains("Reset")).map(|_| ())
    })
    .await;
    let code = world.pds.mailed_code(&world.alice.email).await;
    let fields = [("code", code.as_str()), ("new_password", "quite another one")];
    let page = other.submit(&page, "/account/reset-password/confirm", &fields).await;
    assert_eq!(page.status, 200, "{}", page.text());
    world.pds.sign_in("alice.test", "quite another one").await;
    let page = app.ask(&world.pds, &mut browser, &[("prompt", "none")]).await;
    assert_eq!(Callback::of(&page).error(), "login_required");
    // Nor does anything else go on.
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 401);
    assert_eq!(refused(&app.refresh(&world.pds, &tokens.refresh).await), "invalid_grant");
    let refresh = world.pds.post("com.atproto.server.refreshSession").token(&world.alice.refresh);
    assert!(refresh.send().await.status.is_client_error());
}

#[tokio::test]
async fn an_answer_goes_to_no_address_that_the_app_has_taken_back() {
    let world = World::start().await;
    let mut app = App::at(&world.site.origin(), "atproto");
    let (before, after) = (format!("{}/old", world.site.origin()), app.redirect_uri.clone());
    let mut document = app.document();
    document["redirect_uris"] = json!([before, after]);
    app.publish(&world.site, &document);
    app.redirect_uri = before;
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert!(page.has_form(CONSENT), "{}", page.text());
    document["redirect_uris"] = json!([after]);
    app.publish(&world.site, &document);
    super::pass(Duration::from_secs(25 * 60 * 60)).await;
    for step in [CONSENT, "/oauth/authorize/cancel"] {
        let page = browser.submit(&page, step, &[]).await;
        assert_eq!((page.status.as_u16(), page.location), (400, None), "{step}");
    }
}

#[tokio::test]
async fn an_answer_goes_to_the_app_that_has_asked() {
    // Two apps at once in one browser: each gets its own answer.
    let world = World::start().await;
    let (one, two) = (App::local("atproto"), App::public(&world.site, "atproto"));
    let mut browser = world.browser();
    let first = one.ask(&world.pds, &mut browser, &[("state", "one")]).await;
    let second = two.ask(&world.pds, &mut browser, &[("state", "two")]).await;
    let first = sign_in(&mut browser, &first, &world.alice).await;
    let callback = agree(&mut browser, &first).await;
    assert_eq!((callback.to.as_str(), callback.value("state")), (LOOPBACK, Some("one")));
    one.exchange(&world.pds, &callback.code()).await;
    // The page that was open since before somebody signed in is too old, and says so.
    let link = second.at.clone();
    let second = browser.get(&link).await;
    let second = sign_in(&mut browser, &second, &world.alice).await;
    let callback = agree(&mut browser, &second).await;
    assert_eq!((callback.to.as_str(), callback.value("state")), (&*two.redirect_uri, Some("two")));
    two.exchange(&world.pds, &callback.code()).await;
}
