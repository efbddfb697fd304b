//! What browsers are told beside the pages, and what they have to show.

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use serde_json::json;

use super::World;
use crate::harness::oauth::{App, CANCEL, CONSENT, LOOPBACK, agree, sign_in};
use crate::harness::{Browser, Page};

const SIGN_IN: &str = "/oauth/authorize/sign-in";

/// Opens the page to sign in for an app.
async fn opened(world: &World, app: &App, browser: &mut Browser) -> Page {
    app.ask(&world.pds, browser, &[("login_hint", "alice.test")]).await
}

#[tokio::test]
async fn pages_are_for_nobody_else_and_in_no_frame() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let welcome = app.ask(&world.pds, &mut browser, &[]).await;
    let consent = sign_in(&mut browser, &welcome, &world.alice).await;
    let trouble = browser.get("/oauth/authorize").await;
    for page in [&welcome, &consent, &trouble] {
        for (name, expected) in [
            ("cache-control", "no-store"),
            ("content-type", "text/html; charset=utf-8"),
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("x-robots-tag", "noindex"),
            ("x-xss-protection", "0"),
        ] {
            assert_eq!(page.header(name), Some(expected), "{name} at {}", page.at);
        }
        let policy = page.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains("upgrade-insecure"), "{policy}");
        // Pages of others see nothing of it.
        for name in ["allow-origin", "allow-credentials", "expose-headers"] {
            let name = format!("access-control-{name}");
            assert_eq!(page.header(&name), None, "{name} at {}", page.at);
        }
    }
}

#[tokio::test]
async fn a_cookie_is_for_the_server_alone() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser().stopping();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let cookie = page.header("set-cookie").unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let secure = World::start_with(|config| {
        config.public_url = Some("https://pds.example.com".parse().unwrap());
    })
    .await;
    let ask = secure.pds.get("/account").header("sec-fetch-mode", "navigate");
    let answer = ask.send().await;
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-") && cookie.contains("; Secure"), "{cookie}");
    assert!(answer.header("strict-transport-security").is_some());
    assert!(answer.header("content-security-policy").unwrap().contains("upgrade-insecure"));
}

#[tokio::test]
async fn browsers_that_do_not_say_where_they_come_from_see_pages_too() {
    let world = World::start().await;
    let app = App::local("atproto");
    let old = || {
        let browser = world.browser().silent_on("sec-fetch-site").silent_on("sec-fetch-mode");
        browser.silent_on("sec-fetch-dest")
    };
    for site in ["none", "same-site", "cross-site", "same-origin"] {
        let mut browser = world.browser().saying("sec-fetch-site", site);
        let page = opened(&world, &app, &mut browser).await;
        assert_eq!(page.status, 200, "{site}");
    }
    let mut browser = old();
    let page = opened(&world, &app, &mut browser).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    agree(&mut browser, &page).await.code();
    // Of those that send no `Origin` with forms, the page that they come from will do.
    let mut browser = old().silent_on("origin");
    let page = opened(&world, &app, &mut browser).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    agree(&mut browser, &page).await.code();
}

#[tokio::test]
async fn pages_are_opened_by_people_and_not_by_programs_of_other_pages() {
    let world = World::start().await;
    let app = App::local("atproto");
    for (name, value) in [
        ("sec-fetch-mode", "cors"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-fetch-dest", "iframe"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-dest", "empty"),
    ] {
        let mut browser = world.browser().saying(name, value);
        let page = opened(&world, &app, &mut browser).await;
        assert_eq!((page.status.as_u16(), page.location), (403, None), "{name}: {value}");
    }
}

#[tokio::test]
async fn a_form_is_sent_from_its_own_page_in_its_own_browser() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    let page = browser.get(&app.link(&uri)).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    let form = page.form(CONSENT);
    let stranger = world.browser();
    let other_page = opened(&world, &app, &mut stranger.clone()).await;
    let other_csrf = other_page.form(SIGN_IN).field("csrf").unwrap().to_owned();
    let with_csrf = |csrf: &str| form.clone().without("csrf").with("csrf", csrf);
    for (why, mut browser, form) in [
        ("no csrf", browser.clone(), form.clone().without("csrf")),
        ("an empty csrf", browser.clone(), with_csrf("")),
        ("the csrf of another browser", browser.clone(), with_csrf(&other_csrf)),
        (
            "another origin",
            browser.clone().saying("origin", "https://evil.example.com"),
            form.clone(),
        ),
        ("an opaque origin", browser.clone().saying("origin", "null"), form.clone()),
        (
            "an origin that begins the same",
            browser.clone().saying("origin", &format!("{}0", world.pds.public_url())),
            form.clone(),
        ),
        (
            "neither origin nor referer",
            browser.clone().silent_on("origin").silent_on("referer"),
            form.clone(),
        ),
        (
            "no origin and the referer of another",
            browser.clone().silent_on("origin").saying("referer", "https://evil.example.com/"),
            form.clone(),
        ),
        (
            "no origin and a referer that begins the same",
            browser
                .clone()
                .silent_on("origin")
                .saying("referer", &format!("{}.evil.example.com/", world.pds.public_url())),
            form.clone(),
        ),
        ("another site", browser.clone().saying("sec-fetch-site", "cross-site"), form.clone()),
        (
            "another origin of the site",
            browser.clone().saying("sec-fetch-site", "same-site"),
            form.clone(),
        ),
        ("no cookies", browser.clone().without_cookies(), form.clone()),
        ("another browser", stranger, form.clone()),
    ] {
        let answer = browser.send(&form).await;
        assert!(answer.status.is_client_error(), "{why}: {}", answer.status);
        assert_eq!(answer.location, None, "{why}");
    }
    // After all of these the request is still undecided.
    let page = browser.send(&form).await;
    assert!(page.location.unwrap().starts_with(LOOPBACK));
}

/// Returns how many passwords were hashed in this thread.
fn hashed(figures: &PrometheusHandle) -> u64 {
    let text = figures.render();
    let line = text.lines().find_map(|line| line.strip_prefix("pagurus_passwords_hashed_total "));
    line.map_or(0, |count| count.parse().unwrap())
}

#[tokio::test]
async fn a_wrong_password_and_no_account_look_the_same_and_cost_the_same() {
    let recorder = PrometheusBuilder::new().build_recorder();
    let figures = recorder.handle();
    let _guard = metrics::set_default_local_recorder(&recorder);
    let world = World::start().await;
    let (carol, dave) = (world.pds.account("carol").await, world.pds.account("dave").await);
    let deactivate = world.pds.post("com.atproto.server.deactivateAccount").by(&carol);
    deactivate.json(&json!({})).send().await.ok();
    let subject = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": dave.did });
    let down = world.pds.post("com.atproto.admin.updateSubjectStatus").admin();
    let takedown = json!({ "subject": subject, "takedown": { "applied": true } });
    down.json(&takedown).send().await.ok();
    let app = App::local("atproto");
    // Passwords as they are, and one that looks as those for apps do.
    for password in ["wrong", "abcd-efgh-ijkl-mnop"] {
        let mut shown = Vec::new();
        for who in [
            "alice.test",
            "alice@example.com",
            &*world.alice.did,
            "carol.test",
            "dave.test",
            "nobody.test",
            "nobody@example.com",
            "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa",
            "no name at all",
        ] {
            let mut browser = world.browser();
            let page = opened(&world, &app, &mut browser).await;
            let before = hashed(&figures);
            let fields = [("identifier", who), ("password", password)];
            let page = browser.submit(&page, SIGN_IN, &fields).await;
            assert_eq!(hashed(&figures) - before, 1, "{who}");
            assert_eq!(page.header("set-cookie"), None, "nobody is signed in");
            let text = page.text().replace(who, "WHO");

            let before = hashed(&figures);
            let input = json!({ "identifier": who, "password": password });
            let ask = world.pds.post("com.atproto.server.createSession").json(&input);
            let session = ask.send().await;
            assert_eq!(hashed(&figures) - before, 1, "{who}");
            shown.push((page.status.as_u16(), text, session.status.as_u16(), session.text()));
        }
        assert_eq!((shown[0].0, shown[0].2), (422, 401));
        for other in &shown[1..] {
            assert_eq!(*other, shown[0]);
        }
    }
    // Whoever has forgotten theirs has nothing hashed, here or not.
    for email in ["alice@example.com", "nobody@example.com"] {
        let mut browser = world.browser();
        let page = browser.get("/account/reset-password").await;
        let before = hashed(&figures);
        let page = browser.submit(&page, "/account/reset-password", &[("email", email)]).await;
        assert_eq!((page.status.as_u16(), hashed(&figures) - before), (200, 0));
    }
}

#[tokio::test]
async fn an_account_that_is_closed_or_taken_down_is_told_only_to_its_owner() {
    let world = World::start().await;
    world.take_down().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = opened(&world, &app, &mut browser).await;
    let fields = [("identifier", "alice.test"), ("password", "wrong")];
    let wrong = browser.submit(&page, SIGN_IN, &fields).await;
    let fields = [("identifier", "nobody.test"), ("password", "wrong")];
    let nobody = browser.submit(&page, SIGN_IN, &fields).await;
    assert_eq!(wrong.status, nobody.status);
    let text = wrong.text().replace("alice.test", "WHO");
    assert_eq!(text, nobody.text().replace("nobody.test", "WHO"));
}

#[tokio::test]
async fn tries_of_passwords_are_counted() {
    let world = World::start_with(|config| config.limits.rates = true).await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = opened(&world, &app, &mut browser).await;
    let fields = [("identifier", "alice.test"), ("password", "wrong")];
    assert_eq!(browser.submit_often(&page, SIGN_IN, &fields, 40).await, (422, 429));
}

#[tokio::test]
async fn whoever_has_no_cookies_is_told_so_and_goes_round_in_no_circle() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser().without_cookies();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = browser.submit(&page, CANCEL, &[]).await;
    assert_eq!((page.status.as_u16(), &page.location), (400, &None));
    assert!(page.text().contains("keeps no cookies"), "{}", page.text());
    // What would lead on to another page ends here.
    let page = opened(&world, &app, &mut browser).await;
    assert_eq!((page.status.as_u16(), &page.location), (400, &None));
    assert!(page.text().contains("keeps no cookies"), "{}", page.text());
}

#[tokio::test]
async fn pages_speak_the_language_that_the_app_or_the_browser_asks_for() {
    let world = World::start().await;
    let app = App::local("atproto");
    let metadata = world.pds.get("/.well-known/oauth-authorization-server").send().await.ok();
    let spoken = metadata["ui_locales_supported"].as_array().unwrap().clone();
    for wanted in ["fr", "de", "en", "tlh"] {
        let is_spoken = spoken.iter().any(|one| one.as_str().unwrap().starts_with(wanted));
        let expected = if is_spoken { wanted } else { "en" };
        let mut browser = world.browser().saying("accept-language", wanted);
        let page = app.ask(&world.pds, &mut browser, &[]).await;
        assert!(page.attributes("html", "lang")[0].starts_with(expected), "{wanted}");
        let mut browser = world.browser();
        let page = app.ask(&world.pds, &mut browser, &[("ui_locales", wanted)]).await;
        assert!(page.attributes("html", "lang")[0].starts_with(expected), "{wanted}");
    }
}

#[tokio::test]
async fn keepers_of_passwords_know_the_fields() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = opened(&world, &app, &mut browser).await;
    let kinds = page.attributes("input", "autocomplete");
    assert!(kinds.contains(&"username".to_owned()), "{kinds:?}");
    assert!(kinds.contains(&"current-password".to_owned()), "{kinds:?}");
    let page = app.ask(&world.pds, &mut browser, &[("prompt", "create")]).await;
    assert!(page.attributes("input", "autocomplete").contains(&"new-password".to_owned()));
}
