//! Who is remembered, and when nobody has to be asked.

use std::time::Duration;

use super::World;
use crate::harness::oauth::{App, CONSENT, Callback, agree, sign_in, sign_in_for_long};
use crate::harness::{Browser, Page, TestAccount};

/// Lets an app in, in a browser that remembers the account.
async fn remember(world: &World, app: &App, browser: &mut Browser, account: &TestAccount) {
    let page = app.ask(&world.pds, browser, &[]).await;
    let page = sign_in_for_long(browser, &page, account).await;
    let code = agree(browser, &page).await.code();
    app.exchange(&world.pds, &code).await;
}

/// Returns the name of the error with which an app is sent away at once.
fn sent_away(page: &Page) -> String {
    Callback::of(page).error()
}

#[tokio::test]
async fn an_app_with_a_key_is_let_in_again_without_a_question() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    remember(&world, &app, &mut browser, &world.alice).await;
    for hint in [&world.alice.handle, &world.alice.did] {
        let page = app.ask(&world.pds, &mut browser, &[("login_hint", hint)]).await;
        let callback = Callback::of(&page);
        assert_eq!(callback.value("iss"), Some(world.pds.public_url().as_str()));
        let tokens = app.exchange(&world.pds, &callback.code()).await;
        assert_eq!(tokens.answer["sub"], world.alice.did.as_str());
    }
    let page = app.ask(&world.pds, &mut browser, &[("prompt", "none")]).await;
    app.exchange(&world.pds, &Callback::of(&page).code()).await;
    // Who has not said whose account it is about has somebody choose.
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    assert_eq!(page.form("/oauth/authorize/choose").field("did"), None);
    assert!(page.text().contains("alice.test"));
    let page = browser.submit(&page, "/oauth/authorize/choose", &[("did", &world.alice.did)]).await;
    Callback::of(&page).code();
}

#[tokio::test]
async fn an_app_without_a_key_has_its_user_asked_each_time() {
    let world = World::start().await;
    for app in [App::local("atproto"), App::public(&world.site, "atproto")] {
        let mut browser = world.browser();
        remember(&world, &app, &mut browser, &world.alice).await;
        let hint = ("login_hint", world.alice.handle.as_str());
        let page = app.ask(&world.pds, &mut browser, &[hint]).await;
        assert!(page.has_form(CONSENT), "{}", page.text());
        let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "none")]).await;
        assert_eq!(sent_away(&page), "consent_required");
    }
}

#[tokio::test]
async fn an_app_without_a_key_can_have_an_account_chosen_too() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    remember(&world, &app, &mut browser, &world.alice).await;
    let hint = ("login_hint", world.alice.handle.as_str());
    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "select_account")]).await;
    assert!(!page.has_form(CONSENT), "{}", page.text());
    let did = ("did", world.alice.did.as_str());
    let page = browser.submit(&page, "/oauth/authorize/choose", &[did]).await;
    agree(&mut browser, &page).await.code();
    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "login")]).await;
    assert!(page.has_form("/oauth/authorize/sign-in") && !page.has_form(CONSENT));
}

#[tokio::test]
async fn an_app_that_wants_nobody_to_be_asked_is_told_why_it_has_to() {
    let world = World::start().await;
    let bob = world.pds.account("bob").await;
    let mut app = App::confidential(&world.site, "atproto transition:generic");
    let none = ("prompt", "none");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[none]).await;
    assert_eq!(sent_away(&page), "login_required");

    app.scope = "atproto".to_owned();
    remember(&world, &app, &mut browser, &world.alice).await;
    app.scope = "atproto transition:generic".to_owned();
    let page = app.ask(&world.pds, &mut browser, &[none]).await;
    assert_eq!(sent_away(&page), "consent_required", "it wants more than before");
    app.scope = "atproto".to_owned();
    let page = app.ask(&world.pds, &mut browser, &[none, ("login_hint", &bob.did)]).await;
    assert_eq!(sent_away(&page), "login_required", "the hint is at somebody else");

    // Another account in the same browser: it is not clear any more which one is meant.
    let page = app.ask(&world.pds, &mut browser, &[("login_hint", &bob.handle)]).await;
    let page = sign_in_for_long(&mut browser, &page, &bob).await;
    agree(&mut browser, &page).await.code();
    let page = app.ask(&world.pds, &mut browser, &[none]).await;
    assert_eq!(sent_away(&page), "account_selection_required");
    let page = app.ask(&world.pds, &mut browser, &[none, ("login_hint", &bob.did)]).await;
    Callback::of(&page).code();
}

#[tokio::test]
async fn an_app_can_have_the_password_asked_for_and_consent_and_the_account() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    remember(&world, &app, &mut browser, &world.alice).await;
    let hint = ("login_hint", world.alice.handle.as_str());

    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "login")]).await;
    assert!(page.has_form("/oauth/authorize/sign-in") && !page.has_form(CONSENT));
    // To agree without the password is no way around it.
    let form = page.form("/oauth/authorize/sign-in");
    let fields = [
        ("csrf", form.field("csrf").unwrap()),
        ("request", form.field("request").unwrap()),
        ("did", world.alice.did.as_str()),
    ];
    let forced = browser.post(CONSENT, &fields).await;
    assert_eq!(forced.location, None, "{}", forced.text());
    let page = sign_in(&mut browser, &page, &world.alice).await;
    agree(&mut browser, &page).await.code();

    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "consent")]).await;
    agree(&mut browser, &page).await.code();

    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "select_account")]).await;
    assert!(page.has_form("/oauth/authorize/choose"), "{}", page.text());
    let mut nobody = world.browser();
    let page = app.ask(&world.pds, &mut nobody, &[("prompt", "select_account")]).await;
    assert_eq!((page.status.as_u16(), page.location), (200, None), "there is nothing to select");
}

#[tokio::test]
async fn a_sign_in_of_last_week_is_too_old() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    remember(&world, &app, &mut browser, &world.alice).await;
    let hint = ("login_hint", world.alice.handle.as_str());
    world.pds.advance(Duration::from_secs(3600));
    let page = app.ask(&world.pds, &mut browser, &[hint, ("max_age", "3000")]).await;
    assert!(page.has_form("/oauth/authorize/sign-in"), "the app says how old is too old");
    world.pds.advance(Duration::from_secs(7 * 24 * 3600));
    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "none")]).await;
    assert_eq!(sent_away(&page), "login_required");
    let page = app.ask(&world.pds, &mut browser, &[hint]).await;
    assert!(page.has_form("/oauth/authorize/sign-in"));
    let page = sign_in(&mut browser, &page, &world.alice).await;
    agree(&mut browser, &page).await.code();
    // Whoever has shown the password is remembered as before.
    let page = app.ask(&world.pds, &mut browser, &[hint]).await;
    Callback::of(&page).code();
}

#[tokio::test]
async fn whoever_does_not_want_to_be_remembered_is_not() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    agree(&mut browser, &page).await.code();
    let hint = ("login_hint", world.alice.handle.as_str());
    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "none")]).await;
    assert_eq!(sent_away(&page), "login_required");
    // Nor is somebody who has gone away in the middle of it, for another app.
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    sign_in(&mut browser, &page, &world.alice).await;
    let page = app.ask(&world.pds, &mut browser, &[hint]).await;
    assert!(page.has_form("/oauth/authorize/sign-in"), "{}", page.text());
}

#[tokio::test]
async fn an_account_that_was_closed_since_is_not_let_in_unasked() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    remember(&world, &app, &mut browser, &world.alice).await;
    let deactivate = world.pds.post("com.atproto.server.deactivateAccount").by(&world.alice);
    deactivate.json(&serde_json::json!({})).send().await.ok();
    let page = app.ask(&world.pds, &mut browser, &[("prompt", "none")]).await;
    assert_eq!(sent_away(&page), "login_required");
    let page = app.ask(&world.pds, &mut browser, &[("login_hint", &world.alice.did)]).await;
    assert_eq!(page.location, None);
}

#[tokio::test]
async fn what_was_agreed_to_in_part_is_asked_for_in_whole() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto account:email");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in_for_long(&mut browser, &page, &world.alice).await;
    let form = page.form(CONSENT).without("allow");
    let code = Callback::of(&browser.send(&form).await).code();
    app.exchange(&world.pds, &code).await;
    let hint = ("login_hint", world.alice.handle.as_str());
    let page = app.ask(&world.pds, &mut browser, &[hint]).await;
    assert!(page.has_form(CONSENT));
}

#[tokio::test]
async fn an_app_that_was_revoked_has_its_user_asked_again() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    remember(&world, &app, &mut browser, &world.alice).await;
    let apps = format!("/account/u/{}/apps", world.alice.did);
    let page = browser.get(&apps).await;
    let id = page.html.split("name=\"id\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let revoked = browser.submit(&page, &format!("{apps}/revoke"), &[("id", id)]).await;
    assert!(revoked.text().contains("has no access any more"), "{}", revoked.text());
    let hint = ("login_hint", world.alice.handle.as_str());
    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "none")]).await;
    assert_eq!(sent_away(&page), "consent_required");
    let page = app.ask(&world.pds, &mut browser, &[hint]).await;
    agree(&mut browser, &page).await.code();
}

#[tokio::test]
async fn two_apps_at_once_do_not_end_each_others_sign_ins() {
    let world = World::start().await;
    let apps = [App::confidential(&world.site, "atproto"), App::local("atproto")];
    let mut browser = world.browser();
    let mut pages = Vec::new();
    for app in &apps {
        let page = app.ask(&world.pds, &mut browser, &[]).await;
        let link = page.at.clone();
        let page = sign_in(&mut browser, &page, &world.alice).await;
        assert!(page.has_form(CONSENT), "{}", page.text());
        pages.push((link, page.at));
    }
    for ((_, at), app) in pages.iter().zip(&apps) {
        let page = browser.get(at).await;
        assert!(page.has_form(CONSENT), "they are still there for it: {}", page.text());
        app.exchange(&world.pds, &agree(&mut browser, &page).await.code()).await;
    }
    // And afterwards for nothing.
    let page = apps[0].ask(&world.pds, &mut browser, &[("prompt", "none")]).await;
    assert_eq!(sent_away(&page), "login_required");
}

#[tokio::test]
async fn a_sign_in_for_one_app_changes_nothing_for_whom_the_browser_remembers() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let mut browser = world.browser();
    remember(&world, &app, &mut browser, &world.alice).await;
    let hint = ("login_hint", world.alice.handle.as_str());
    // Another app's request is there since before, and wants the password.
    world.pds.advance(Duration::from_millis(2));
    let other = App::local("atproto");
    let uri = other.asking(&world.pds).with("prompt", "login");
    let uri = other.push(&world.pds, &uri.with("login_hint", hint.1)).await;
    let waiting = other.link(&uri);
    assert!(!browser.get(&waiting).await.has_form(CONSENT));

    // Somebody signs in anew by the whole form, and does not tick the box.
    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "login")]).await;
    let request = page.form("/oauth/authorize/sign-in").field("request").unwrap().to_owned();
    let page = browser.get(&format!("/oauth/authorize/sign-in?request={request}")).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert!(page.has_form(CONSENT), "it is good for what it was made for: {}", page.text());
    let choices = browser.get(&format!("/oauth/authorize/choose?request={request}")).await;
    assert_eq!(choices.html.matches("name=\"did\"").count(), 1, "it is one account");
    assert!(!browser.get(&waiting).await.has_form(CONSENT), "and for nothing else");
    let page = app.ask(&world.pds, &mut browser, &[hint]).await;
    Callback::of(&page).code();
    let page = browser.get(&format!("/oauth/authorize/choose?request={request}")).await;
    let did = ("did", world.alice.did.as_str());
    let page = browser.submit(&page, "/oauth/authorize/choose", &[did]).await;
    agree(&mut browser, &page).await.code();
    // When that is over the browser remembers them as before.
    let page = app.ask(&world.pds, &mut browser, &[hint, ("prompt", "none")]).await;
    Callback::of(&page).code();
    world.pds.advance(Duration::from_secs(3600));
    let page = app.ask(&world.pds, &mut browser, &[hint]).await;
    Callback::of(&page).code();
}

#[tokio::test]
async fn a_sign_in_for_an_app_leaves_a_visit_to_the_account_alone() {
    let world = World::start().await;
    let mut browser = world.browser();
    let page = browser.get("/account/sign-in").await;
    let fields =
        [("identifier", world.alice.handle.as_str()), ("password", &*world.alice.password)];
    let own = browser.submit(&page, "/account/sign-in", &fields).await;
    let app = App::local("atproto");
    let page = app.ask(&world.pds, &mut browser, &[("prompt", "login")]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert_eq!(browser.get(&own.at).await.at, own.at, "while it waits");
    agree(&mut browser, &page).await.code();
    assert_eq!(browser.get(&own.at).await.at, own.at, "and afterwards");
    world.pds.advance(Duration::from_secs(3601));
    assert_eq!(browser.get(&own.at).await.path(), "/account/sign-in");
}
