//! Who gets to the pages of an account.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Desk, at, signed_in};
use crate::harness::Browser;
use crate::harness::oauth::App;

pub(super) const PAGES: [&str; 13] = [
    "",
    "/devices",
    "/apps",
    "/app-passwords",
    "/password",
    "/second-factor",
    "/email",
    "/handle",
    "/recovery-key",
    "/export",
    "/deactivate",
    "/delete",
    "/leave",
];
const DOWNLOADS: [&str; 4] =
    ["/export/records.car", "/export/files.tar", "/export/files.json", "/export/preferences.json"];
const FORMS: [&str; 21] = [
    "/devices/end",
    "/devices/end-session",
    "/devices/end-others",
    "/apps/revoke",
    "/app-passwords",
    "/app-passwords/revoke",
    "/password",
    "/second-factor",
    "/email",
    "/email/send",
    "/email/confirm",
    "/email/change",
    "/handle",
    "/handle/check",
    "/handle/domain",
    "/recovery-key",
    "/recovery-key/send",
    "/deactivate",
    "/delete",
    "/delete/send",
    "/leave/send",
];
const SIGN_IN: &str = "/account/sign-in";

#[tokio::test]
async fn the_owner_sees_every_page_and_it_is_stored_nowhere() {
    let mut desk = Desk::new().await;
    for step in PAGES {
        let page = desk.see(step).await;
        assert!(page.text().contains("alice.test"), "{step}");
        assert_eq!(page.header("cache-control"), Some("no-store"), "{step}");
        assert_eq!(page.header("x-frame-options"), Some("DENY"), "{step}");
    }
}

#[tokio::test]
async fn everybody_else_is_led_to_sign_in() {
    let desk = Desk::new().await;
    let bob = desk.pds.account("bobby").await;
    let strangers = [
        ("a browser that knows nobody", Browser::new(&desk.pds.public_url())),
        ("a browser of another account", signed_in(&desk.pds, &bob).await),
    ];
    for (who, mut browser) in strangers {
        let page = browser.get(SIGN_IN).await;
        let csrf = page.form(SIGN_IN).field("csrf").unwrap().to_owned();
        let mut pressing = browser.clone().saying("sec-fetch-site", "same-origin");
        for step in PAGES.iter().chain(&DOWNLOADS) {
            let page = pressing.get(&desk.at(step)).await;
            assert_eq!(page.path(), SIGN_IN, "{who} sees {step}");
            assert!(!page.html.contains("alice.test"), "{who} sees {step}");
            assert!(!page.text().contains(&desk.alice.did), "{who} sees {step}");
        }
        for step in FORMS {
            let page = browser.post(&desk.at(step), &[("csrf", &csrf)]).await;
            assert_eq!(page.path(), SIGN_IN, "{who} sends {step}");
        }
    }
    // It makes no difference whether there is such an account.
    let mut browser = Browser::new(&desk.pds.public_url());
    let nobody = "did:plc:aaaaaaaaaaaaaaaaaaaaaaaa";
    let mut shown = Vec::new();
    for did in [&desk.alice.did, nobody] {
        let page = browser.get(&format!("/account/u/{did}/devices")).await;
        let csrf = page.form(SIGN_IN).field("csrf").unwrap().to_owned();
        let html = page.html.replace("%3A", ":").replace(did, "").replace(&csrf, "");
        shown.push(html);
    }
    assert_eq!(shown[0], shown[1]);
    for did in [nobody, "nonsense", "%ff"] {
        assert_eq!(
            browser.get(&format!("/account/u/{did}/devices")).await.path(),
            SIGN_IN,
            "{did}"
        );
    }
}

#[tokio::test]
async fn forms_are_taken_from_pages_of_the_same_browser_only() {
    let mut desk = Desk::new().await;
    let theirs = desk.browser.get(&desk.at("/app-passwords")).await;
    let csrf = theirs.form(&desk.at("/app-passwords")).field("csrf").unwrap().to_owned();
    let mut other = signed_in(&desk.pds, &desk.alice).await;
    for step in FORMS {
        let without = desk.browser.post(&desk.at(step), &[]).await;
        assert_eq!(without.status, 400, "{step}");
        let foreign = other.post(&desk.at(step), &[("csrf", &csrf)]).await;
        assert_eq!(foreign.status, 400, "{step}");
        let mut elsewhere = desk.browser.clone().saying("origin", "https://evil.example");
        let elsewhere = elsewhere.post(&desk.at(step), &[("csrf", &csrf)]).await;
        assert_eq!(elsewhere.status, 403, "{step}");
    }
    assert_eq!(desk.see("/devices").await.status, 200, "nothing has ended");
    let page = desk.see("/app-passwords").await;
    assert!(page.text().contains("There are none."), "{}", page.text());
}

#[tokio::test]
async fn a_page_says_what_was_done_only_if_it_was() {
    let mut desk = Desk::new().await;
    let page = desk.browser.get(&desk.at("/password?done=password-changed&seal=00")).await;
    assert!(!page.html.contains("class=\"notice\""), "{}", page.text());
    let page = desk.see("/devices").await;
    let page = desk.send(&page, "/devices/end-others", &[]).await;
    assert!(page.html.contains("class=\"notice\""), "{}", page.text());
    let true_link = page.at.clone();
    // The same words for something else, and the same link in another browser.
    let other = true_link.replace("others-ended", "password-changed");
    assert!(!desk.browser.get(&other).await.html.contains("class=\"notice\""));
    let mut browser = signed_in(&desk.pds, &desk.alice).await;
    assert!(!browser.get(&true_link).await.html.contains("class=\"notice\""));
}

#[tokio::test]
async fn after_signing_out_nothing_of_the_account_is_shown() {
    let mut desk = Desk::new().await;
    let page = desk.see("").await;
    let former = desk.browser.clone();
    desk.browser.submit(&page, "/account/sign-out", &[]).await;
    assert_eq!(desk.browser.get(&desk.at("")).await.path(), SIGN_IN);
    // Nor to whoever has kept the cookie.
    let mut former = former;
    let page = former.get(&at(&desk.alice, "")).await;
    assert_eq!(page.path(), SIGN_IN);
}

#[tokio::test]
async fn guesses_of_a_password_are_counted() {
    let mut desk = Desk::new().await;
    desk.pds.set_limits(|limits| limits.rates = true).await;
    desk.browser = signed_in(&desk.pds, &desk.alice).await;
    let page = desk.see("/password").await;
    let wrong = [("password", "guess"), ("new_password", "another password")];
    let change = desk.at("/password");
    assert_eq!(desk.browser.submit_often(&page, &change, &wrong, 31).await, (422, 429));
}

#[tokio::test]
async fn guesses_of_mailed_codes_and_looks_at_handles_are_counted() {
    let mut desk = Desk::new().await;
    desk.pds.set_limits(|limits| limits.rates = true).await;
    desk.browser = signed_in(&desk.pds, &desk.alice).await;
    desk.turn_codes_on().await;
    let wrong = ("code", "AAAAA-AAAAA");
    // The code at sign-in, and the one that sets a new password.
    let mut other = Browser::new(&desk.pds.public_url());
    let page = super::sign_in(&mut other, &desk.alice).await;
    let answers = other.submit_often(&page, "/account/code", &[wrong], 31).await;
    assert_eq!(answers, (422, 429), "codes at sign-in");
    let page = other.get("/account/reset-password").await;
    let address = [("email", &*desk.alice.email)];
    let page = other.submit(&page, "/account/reset-password", &address).await;
    let confirm = "/account/reset-password/confirm";
    let answers = other.submit_often(&page, confirm, &[wrong], 51).await;
    assert_eq!(answers, (422, 429), "codes for a new password");
    // The owner's own.
    let page = desk.see("/handle").await;
    let (check, delete) = (desk.at("/handle/check"), desk.at("/delete"));
    let answers = desk.browser.submit_often(&page, &check, &[("own", "")], 501).await;
    assert_eq!(answers, (422, 429), "looks at handles");
    let page = desk.see("/delete").await;
    let page = desk.send(&page, "/delete/send", &[]).await;
    let answers = desk.browser.submit_often(&page, &delete, &[wrong], 31).await;
    assert_eq!(answers, (422, 429), "codes to delete the account");
}

#[tokio::test]
async fn mails_and_new_accounts_are_counted() {
    let mut desk = Desk::new().await;
    desk.pds.set_limits(|limits| limits.rates = true).await;
    desk.browser = signed_in(&desk.pds, &desk.alice).await;
    let page = desk.see("/delete").await;
    let send = desk.at("/delete/send");
    let answers = desk.browser.submit_often(&page, &send, &[("step", "")], 6).await;
    assert_eq!(answers, (200, 429), "mails to an owner");
    let mut other = Browser::new(&desk.pds.public_url());
    let reset = "/account/reset-password";
    let page = other.get(reset).await;
    let address = ("email", "nobody@example.com");
    let answers = other.submit_often(&page, reset, &[address], 16).await;
    assert_eq!(answers, (200, 429), "mails to whoever has forgotten a password");
    let page = other.get("/account/sign-up").await;
    let nothing = ("handle", "");
    let answers = other.submit_often(&page, "/account/sign-up", &[nothing], 101).await;
    assert_eq!(answers, (422, 429), "new accounts");
}

#[tokio::test]
async fn somebody_who_asks_for_what_forms_are_sent_to_is_led_to_a_page() {
    let mut desk = Desk::new().await;
    for step in FORMS {
        let page = desk.browser.get(&desk.at(step)).await;
        let name = step.split('/').nth(1).unwrap();
        let expected = desk.at(&format!("/{name}"));
        assert_eq!((page.status.as_u16(), page.path()), (200, &*expected), "{step}");
    }
    for (path, expected) in [
        ("/account/code/again", SIGN_IN),
        ("/account/reactivate", "/account"),
        ("/account/sign-out", "/account"),
        ("/account/language", "/account"),
        ("/account/u/nobody/devices/end", "/account"),
        ("/move/source", "/move"),
        ("/move/source/oauth", "/move"),
        ("/move/begin", "/move"),
        ("/move/confirm", "/move"),
        ("/move/resume", "/move"),
        ("/move/ask-again", "/move"),
        ("/move/cancel", "/move"),
        ("/move/undo", "/move"),
    ] {
        let page = desk.browser.get(path).await;
        assert_eq!((page.status.as_u16(), page.path()), (200, expected), "{path}");
        let put = desk.pds.ask(http::Method::PUT, path).send().await;
        assert_eq!(put.status, 405, "{path}");
    }
    // Whoever is not signed in any more comes to the page after signing in.
    let mut other = Browser::new(&desk.pds.public_url());
    let page = other.get(&desk.at("/email/send")).await;
    let fields = [("identifier", "alice.test"), ("password", &*desk.alice.password)];
    let page = other.submit(&page, SIGN_IN, &fields).await;
    assert_eq!(page.at, desk.at("/email"));
}

/// What only forms are sent to, by the names in `pages::path`: all of them are looked at in the tests above
/// and below.
const FORMS_ONLY: [&str; 27] = [
    "ASK_AGAIN",
    "BEGIN",
    "CANCEL",
    "CANCEL_MOVE",
    "CODE_AGAIN",
    "CONFIRM",
    "CONSENT",
    "DELETE_SEND",
    "EMAIL_CHANGE",
    "EMAIL_CONFIRM",
    "EMAIL_SEND",
    "END_DEVICE",
    "END_OTHERS",
    "END_SESSION",
    "HANDLE_CHECK",
    "HANDLE_DOMAIN",
    "KEY_SEND",
    "LANGUAGE",
    "LEAVE_SEND",
    "REACTIVATE",
    "RESUME",
    "REVOKE_APP",
    "REVOKE_APP_PASSWORD",
    "SIGN_OUT",
    "SOURCE",
    "SOURCE_OAUTH",
    "UNDO",
];

#[tokio::test]
async fn no_path_of_forms_is_left_out_of_these_tests() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates");
    let paths = fs::read_to_string(crates.join("pages/src/path.rs")).unwrap();
    let files = ["web.rs", "web/account.rs", "web/authorize.rs", "web/entry.rs", "web/moving.rs"];
    let mut desk = Desk::new().await;
    let mut found = BTreeSet::new();
    for file in files {
        let text = fs::read_to_string(crates.join("server/src").join(file)).unwrap();
        let routes = text.split(".route(").skip(1);
        // Up to the handler: `&at(path::CODE_AGAIN), post(`.
        for route in routes.map(|route| route.split("\n}").next().unwrap_or_default()) {
            let Some((path, _)) = route.split_once(", post(") else { continue };
            if path.contains(", get(") {
                continue;
            }
            let name = path.rsplit("path::").next().unwrap().replace([')', ' '], "");
            let step = paths.split(&format!("const {name}: &str = \"")).nth(1).unwrap();
            let step = step.split('"').next().unwrap();
            let path = match file {
                "web/account.rs" => desk.at(step),
                "web/moving.rs" => format!("/move{step}"),
                "web/authorize.rs" => format!("/oauth/authorize{step}"),
                "web/entry.rs" => format!("/account{step}"),
                _ => step.to_owned(),
            };
            let page = desk.browser.get(&path).await;
            let is_told = page.html.contains("</main>");
            assert!(
                is_told && matches!(page.status.as_u16(), 200 | 400),
                "{path}: {}",
                page.status
            );
            found.insert(name);
        }
    }
    assert_eq!(found, FORMS_ONLY.map(str::to_owned).into());
}

#[tokio::test]
async fn somebody_who_goes_back_while_an_app_waits_is_led_on() {
    let mut desk = Desk::new().await;
    let app = App::local("atproto");
    let uri = app.push(&desk.pds, &app.asking(&desk.pds)).await;
    desk.browser.get(&app.link(&uri)).await;
    for step in ["consent", "cancel", "reactivate", "sign-out", "code/again"] {
        let path = format!("/oauth/authorize/{step}");
        let page = desk.browser.get(&format!("{path}?request={uri}")).await;
        let expected = if step == "code/again" { "sign-in" } else { "choose" };
        let expected = format!("/oauth/authorize/{expected}");
        assert_eq!((page.status.as_u16(), page.path()), (200, &*expected), "{step}");
        // What was in the form is not in the address: the page says what to do.
        let page = desk.browser.get(&path).await;
        assert_eq!(page.status, 400, "{step}");
        assert!(page.html.contains("</main>") && page.text().contains("app"), "{}", page.text());
    }
    // Nothing has come of it.
    let page = desk.browser.get(&app.link(&uri)).await;
    assert_eq!(page.status, 200, "{}", page.text());
}
