//! Browsers, sessions, apps and app passwords.

use std::time::Duration;

use serde_json::json;

use super::{Desk, at, goes_on, ids, signed_in};
use crate::harness::oauth::App;

/// Time enough for what is listed by time to have an order.
const MOMENT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn the_overview_says_what_there_is() {
    let mut desk = Desk::new().await;
    App::local("atproto").let_in(&desk.pds, &desk.alice).await;
    let page = desk.see("").await;
    let text = page.text();
    for part in [
        desk.alice.did.as_str(),
        "alice@example.com , not confirmed",
        "Connected apps 1",
        "App passwords 0",
        "yours: 0",
        "Make a recovery key",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[tokio::test]
async fn a_browser_that_is_signed_out_has_to_sign_in_again() {
    let mut desk = Desk::new().await;
    desk.pds.advance(MOMENT);
    let mut other = signed_in(&desk.pds, &desk.alice).await;
    let page = desk.see("/devices").await;
    let found = ids(&page);
    assert_eq!(found.len(), 3, "two browsers, and the session that the account began with");
    assert!(page.text().contains("this device"), "{}", page.text());
    // The last seen is the other one.
    let page = desk.send(&page, "/devices/end", &[("id", &found[0])]).await;
    assert!(page.text().contains("Signed out."), "{}", page.text());
    assert_eq!(other.get(&desk.at("/devices")).await.path(), "/account/sign-in");
    desk.see("/devices").await;
    // This one as well.
    let page = desk.see("/devices").await;
    let found = ids(&page);
    let page = desk.send(&page, "/devices/end", &[("id", &found[0])]).await;
    assert_eq!(page.at, "/account");
    assert_eq!(desk.browser.get(&desk.at("")).await.path(), "/account/sign-in");
}

#[tokio::test]
async fn a_session_of_a_password_is_ended_with_what_it_was_refreshed_from() {
    let mut desk = Desk::new().await;
    let kept = desk.pds.sign_in("alice.test", &desk.alice.password).await;
    desk.pds.advance(MOMENT);
    let ended = desk.pds.sign_in("alice.test", &desk.alice.password).await;
    desk.pds.advance(MOMENT);
    let refresh = |session: &serde_json::Value| session["refreshJwt"].as_str().unwrap().to_owned();
    let refreshed = desk.pds.post("com.atproto.server.refreshSession").token(&refresh(&ended));
    let refreshed = refreshed.send().await.ok();
    let page = desk.see("/devices").await;
    assert!(!page.html.contains(&refresh(&kept)), "tokens are shown nowhere");
    // The one that ends last was refreshed last.
    let found = ids(&page);
    let page = desk.send(&page, "/devices/end-session", &[("id", &found[1])]).await;
    assert!(page.text().contains("Signed out."), "{}", page.text());
    assert!(!goes_on(&desk.pds, &refresh(&refreshed)).await);
    assert!(!goes_on(&desk.pds, &refresh(&ended)).await, "within the time of grace, too");
    assert!(goes_on(&desk.pds, &refresh(&kept)).await);
}

#[tokio::test]
async fn all_others_are_signed_out_but_apps_that_were_let_in() {
    let mut desk = Desk::new().await;
    let mut other = signed_in(&desk.pds, &desk.alice).await;
    let app = App::local("atproto");
    let tokens = app.let_in(&desk.pds, &desk.alice).await;
    let page = desk.see("/devices").await;
    let page = desk.send(&page, "/devices/end-others", &[]).await;
    assert!(page.text().contains("All others were signed out."), "{}", page.text());
    assert!(!page.has_form(&desk.at("/devices/end-others")), "there are none left");
    assert_eq!(other.get(&desk.at("")).await.path(), "/account/sign-in");
    assert!(!desk.session_goes_on().await);
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn an_app_that_is_revoked_can_do_nothing_from_then_on() {
    let mut desk = Desk::new().await;
    let page = desk.see("/apps").await;
    assert!(page.text().contains("No app is connected."), "{}", page.text());
    let app = App::local("atproto transition:generic");
    let tokens = app.let_in(&desk.pds, &desk.alice).await;
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 200);
    let page = desk.see("/apps").await;
    assert!(page.text().contains(&app.id), "{}", page.text());
    // Another account's owner cannot name it.
    let bob = desk.pds.account("bobby").await;
    let mut theirs = signed_in(&desk.pds, &bob).await;
    let csrf = theirs.get(&at(&bob, "/app-passwords")).await;
    let csrf = csrf.form(&at(&bob, "/app-passwords")).field("csrf").unwrap().to_owned();
    let id = ids(&page)[0].clone();
    theirs.post(&at(&bob, "/apps/revoke"), &[("csrf", &csrf), ("id", &id)]).await;
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 200);

    let page = desk.send(&page, "/apps/revoke", &[("id", &id)]).await;
    assert!(page.text().contains("has no access any more"), "{}", page.text());
    assert!(page.text().contains("No app is connected."), "{}", page.text());
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 401);
    assert_ne!(app.refresh(&desk.pds, &tokens.refresh).await.status, 200);
}

#[tokio::test]
async fn an_app_password_is_shown_once_and_ends_with_its_sessions() {
    let mut desk = Desk::new().await;
    let page = desk.see("/app-passwords").await;
    for (name, problem) in
        [(" ", "Enter a name."), (&*"x".repeat(101), "The name needs 1 to 100 characters.")]
    {
        let page = desk.refused(&page, "/app-passwords", &[("name", name)]).await;
        assert!(page.text().contains(problem), "{}", page.text());
    }
    let named = [("name", "My <phone>"), ("privileged", "on")];
    let made = desk.send(&page, "/app-passwords", &named).await;
    assert_eq!(made.status, 200);
    let secret = made.html.split("<p class=\"secret\"><code>").nth(1).unwrap();
    let secret = secret.split('<').next().unwrap().to_owned();
    assert!(!desk.see("/app-passwords").await.html.contains(&secret), "it is shown once");
    let session = desk.pds.sign_in("alice.test", &secret).await;
    let refresh = session["refreshJwt"].as_str().unwrap();
    let listed = desk.pds.get("com.atproto.server.listAppPasswords").by(&desk.alice).send().await;
    assert_eq!(listed.ok()["passwords"][0]["name"], "My <phone>");
    assert_eq!(listed.ok()["passwords"][0]["privileged"], json!(true));
    let page = desk.refused(&page, "/app-passwords", &named).await;
    assert!(page.text().contains("You have an app password of this name already."));

    let page = desk.see("/app-passwords").await;
    let page = desk.send(&page, "/app-passwords/revoke", &[("id", "My <phone>")]).await;
    assert!(page.text().contains("The app password “My <phone>” is gone"), "{}", page.text());
    assert!(!goes_on(&desk.pds, refresh).await);
    let input = json!({ "identifier": "alice.test", "password": secret });
    let again = desk.pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(again.status, 401);
}

#[tokio::test]
async fn a_session_of_a_password_says_since_when_it_is_there() {
    let mut desk = Desk::new().await;
    // All tests begin at the same time.
    desk.pds.advance(Duration::from_secs(5 * 24 * 3600));
    let session = desk.pds.sign_in("alice.test", &desk.alice.password).await;
    let refresh = session["refreshJwt"].as_str().unwrap();
    desk.pds.advance(Duration::from_secs(3 * 24 * 3600));
    let refreshed = desk.pds.post("com.atproto.server.refreshSession").token(refresh);
    refreshed.send().await.ok();
    desk.browser = signed_in(&desk.pds, &desk.alice).await;
    let page = desk.see("/devices").await;
    let times = page.attributes("time", "datetime");
    let begun = |day: &str| times.iter().filter(|time| time.starts_with(day)).count();
    assert_eq!(begun("2026-01-06T"), 1, "it is the same session: {times:?}");
    assert!(page.text().contains("Begun 6 January 2026"), "{}", page.text());
    assert!(page.text().contains("Begun 1 January 2026"), "{}", page.text());
}
