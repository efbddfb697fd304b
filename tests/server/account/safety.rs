//! The password, and the code beside it.

use serde_json::json;

use super::{Desk, signed_in};
use crate::harness::oauth::App;

const NEW: &str = "another password";

#[tokio::test]
async fn a_new_password_ends_everything_but_this_browser() {
    let mut desk = Desk::new().await;
    let app = App::local("atproto");
    let tokens = app.let_in(&desk.pds, &desk.alice).await;
    let mut other = signed_in(&desk.pds, &desk.alice).await;
    let old = desk.alice.password.clone();
    let page = desk.see("/password").await;
    for (given, new, problem) in [
        ("wrong", NEW, "The password is not right."),
        ("", NEW, "Enter the password."),
        (&*old, "short", "The new password needs at least 8 characters."),
        (&*old, "", "Enter a new password."),
        (&*old, &*"x".repeat(257), "The new password can have 256 characters at most."),
    ] {
        let fields = [("password", given), ("new_password", new)];
        let page = desk.refused(&page, "/password", &fields).await;
        assert!(page.text().contains(problem), "{problem}: {}", page.text());
    }
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 200, "nothing has ended yet");

    let mut former = desk.browser.clone();
    let page = desk.send(&page, "/password", &[("password", &old), ("new_password", NEW)]).await;
    assert!(page.text().contains("Your password has changed."), "{}", page.text());
    assert!(page.at.starts_with(&desk.at("/password?")), "{}", page.at);
    desk.see("").await;
    assert!(!desk.session_goes_on().await);
    assert_eq!(app.standing(&desk.pds, &tokens.access).await, 401);
    assert_eq!(other.get(&desk.at("")).await.path(), "/account/sign-in");
    desk.pds.sign_in("alice.test", NEW).await;
    let input = json!({ "identifier": "alice.test", "password": old });
    let before = desk.pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(before.status, 401);
    let (subject, text) = desk.pds.mails(&desk.alice.email).await.remove(0);
    assert_eq!(subject, "Password Changed");
    assert!(text.contains("If that was not you"), "{text}");
    // A copy of the cookie is worth nothing any more.
    assert_eq!(former.get(&desk.at("")).await.path(), "/account/sign-in");
}

#[tokio::test]
async fn a_code_is_asked_for_once_that_is_turned_on() {
    let mut desk = Desk::new().await;
    let page = desk.see("/second-factor").await;
    assert!(!page.has_form(&desk.at("/second-factor")), "the address is not confirmed");
    desk.confirm_email().await;
    let password = desk.alice.password.clone();
    let page = desk.see("/second-factor").await;
    let wrong = desk.refused(&page, "/second-factor", &[("password", "wrong")]).await;
    assert!(wrong.text().contains("The password is not right."), "{}", wrong.text());
    let page = desk.send(&page, "/second-factor", &[("password", &password)]).await;
    assert!(page.text().contains("From now on a code by e-mail"), "{}", page.text());
    assert_eq!(desk.pds.mails(&desk.alice.email).await[0].0, "Sign-in Codes");

    let mut other = crate::harness::Browser::new(&desk.pds.public_url());
    let asked = super::sign_in(&mut other, &desk.alice).await;
    assert_eq!(asked.at, "/account/code");
    assert!(asked.text().contains("a***@example.com"), "{}", asked.text());
    assert!(!asked.html.contains(&desk.alice.email), "who knows a password sees no address");
    let code = desk.code().await;
    let entered = other.submit(&asked, "/account/code", &[("code", &code)]).await;
    assert_eq!(entered.at, desk.at(""));
    let mut third = crate::harness::Browser::new(&desk.pds.public_url());
    let asked = super::sign_in(&mut third, &desk.alice).await;
    let again = third.submit(&asked, "/account/code", &[("code", &code)]).await;
    assert_eq!(again.status, 422, "it is good once");

    let page = desk.send(&page, "/second-factor", &[("password", &password)]).await;
    assert!(page.text().contains("No code is asked for"), "{}", page.text());
    signed_in(&desk.pds, &desk.alice).await;
}

#[tokio::test]
async fn a_code_is_for_what_somebody_has_signed_in_for() {
    let mut desk = Desk::new().await;
    desk.turn_codes_on().await;
    let app = App::local("atproto");
    let uri = app.push(&desk.pds, &app.asking(&desk.pds)).await;
    let mut other = crate::harness::Browser::new(&desk.pds.public_url());
    other.get(&app.link(&uri)).await;
    assert_eq!(super::sign_in(&mut other, &desk.alice).await.at, "/account/code");
    // The app that waits has them begin anew.
    let page = other.get(&format!("/oauth/authorize/code?request={uri}")).await;
    assert_eq!((page.status.as_u16(), page.path()), (200, "/oauth/authorize/sign-in"));
}

#[tokio::test]
async fn it_is_not_turned_on_without_an_address_that_was_confirmed() {
    let mut desk = Desk::new().await;
    let csrf = desk.see("/app-passwords").await;
    let csrf = csrf.form(&desk.at("/app-passwords")).field("csrf").unwrap().to_owned();
    let fields = [("csrf", &*csrf), ("factor", "on"), ("password", &desk.alice.password)];
    let page = desk.browser.post(&desk.at("/second-factor"), &fields).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("Confirm your e-mail address first."), "{}", page.text());
}
