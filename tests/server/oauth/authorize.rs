//! What happens in the browser, until the app has its answer.

use std::time::Duration;

use super::World;
use crate::harness::Browser;
use crate::harness::oauth::{App, CANCEL, CONSENT, Callback, LOOPBACK, agree, deny, sign_in};

#[tokio::test]
async fn whoever_signs_in_and_agrees_lets_the_app_in() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    assert_eq!(page.status, 200);
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert!(page.text().contains("alice.test"), "{}", page.text());
    let callback = agree(&mut browser, &page).await;
    assert_eq!((callback.to.as_str(), callback.is_fragment), (LOOPBACK, false));
    assert_eq!(callback.value("state"), Some("the state"));
    assert_eq!(callback.value("iss"), Some(world.pds.public_url().as_str()));
    let tokens = app.exchange(&world.pds, &callback.code()).await;
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn the_answer_goes_where_and_how_the_app_wants_it() {
    let world = World::start().await;
    let app = App::local("atproto");
    let issuer = world.pds.public_url();
    for (mode, is_fragment) in [("query", false), ("fragment", true)] {
        for agrees in [true, false] {
            let mut browser = world.browser();
            let page = app.ask(&world.pds, &mut browser, &[("response_mode", mode)]).await;
            let page = sign_in(&mut browser, &page, &world.alice).await;
            let callback = match agrees {
                true => agree(&mut browser, &page).await,
                false => deny(&mut browser, &page).await,
            };
            assert_eq!((callback.to.as_str(), callback.is_fragment), (LOOPBACK, is_fragment));
            assert_eq!(callback.value("iss"), Some(issuer.as_str()));
            assert_eq!(callback.value("code").is_some(), agrees);
        }
    }
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[("response_mode", "form_post")]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    let page = browser.submit(&page, CONSENT, &[]).await;
    let form = page.form(LOOPBACK);
    assert_eq!((form.field("iss"), form.field("state")), (Some(&*issuer), Some("the state")));
    app.exchange(&world.pds, form.field("code").unwrap()).await;
    assert_eq!(form.field("csrf"), None, "what is for this server goes nowhere else");
}

#[tokio::test]
async fn whoever_does_not_agree_sends_the_app_away() {
    let world = World::start().await;
    let app = App::local("atproto");
    for signs_in in [true, false] {
        let mut browser = world.browser();
        let mut page = app.ask(&world.pds, &mut browser, &[]).await;
        if signs_in {
            page = sign_in(&mut browser, &page, &world.alice).await;
        }
        let callback = deny(&mut browser, &page).await;
        assert_eq!((callback.to.as_str(), callback.error().as_str()), (LOOPBACK, "access_denied"));
        assert_eq!(callback.value("state"), Some("the state"));
        assert_eq!(callback.value("iss"), Some(world.pds.public_url().as_str()));
        // It is decided, and stays so.
        let page = browser.submit(&page, CANCEL, &[]).await;
        assert_eq!((page.status.as_u16(), page.location), (400, None));
    }
}

#[tokio::test]
async fn an_app_on_a_device_is_led_to_by_a_link() {
    let site = crate::harness::Proxy::listen().await;
    let port = site.origin().rsplit(':').next().unwrap().to_owned();
    let origin = format!("http://app.example.com:{port}");
    let pds = crate::harness::Pds::start_with(|config| {
        config.private_origins = vec![origin.parse().unwrap()];
    })
    .await;
    pds.dns().set_addresses("app.example.com", vec!["127.0.0.1".parse().unwrap()]);
    let alice = pds.account("alice").await;
    let mut app = App::at(&origin, "atproto");
    app.redirect_uri = "com.example.app:/cb".to_owned();
    let mut document = app.document();
    document["application_type"] = "native".into();
    app.publish(&site, &document);
    let mut browser = Browser::new(&pds.public_url());
    let page = app.ask(&pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &alice).await;
    let page = browser.submit(&page, CONSENT, &[]).await;
    let links = page.attributes("a", "href");
    let link = links.iter().find(|link| link.starts_with("com.example.app:/cb?")).unwrap();
    app.exchange(&pds, &Callback::parse(link).code()).await;
}

#[tokio::test]
async fn no_policy_keeps_a_browser_from_going_back_to_the_app() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert!(page.header("content-security-policy").is_some());
    assert!(!page.header("content-security-policy").unwrap().contains("form-action"));
}

#[tokio::test]
async fn a_request_that_is_over_or_never_was_is_no_request() {
    let world = World::start().await;
    let app = App::local("atproto");
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    let prefix = "urn:ietf:params:oauth:request_uri:";
    let unknown = format!("{prefix}{}", "0".repeat(uri.len() - prefix.len()));
    let mut browser = world.browser();
    for link in [
        app.link(&unknown),
        app.link("nonsense"),
        app.link(""),
        App::local("atproto repo:*").link(&uri),
        "/oauth/authorize".to_owned(),
        format!("/oauth/authorize?request_uri={uri}"),
    ] {
        let page = browser.get(&link).await;
        assert_eq!((page.status.as_u16(), &page.location), (400, &None), "{link}");
        assert!(page.html.contains("<h1>"), "{link}: people are told");
    }
    world.pds.advance(Duration::from_secs(301));
    let page = browser.get(&app.link(&uri)).await;
    assert_eq!((page.status.as_u16(), page.location), (400, None), "it has expired");
}

#[tokio::test]
async fn a_request_is_answered_once() {
    let world = World::start().await;
    let app = App::local("atproto repo:*");
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    let mut browser = world.browser();
    let page = browser.get(&app.link(&uri)).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    let form = page.form(CONSENT);
    let narrow = browser.send(&form.clone().without("allow")).await;
    let code = Callback::of(&narrow).code();
    // Whoever presses the button twice is led on once more, with the same; nothing is decided anew.
    let again = browser.send(&form).await;
    assert_eq!(Callback::of(&again).code(), code);
    let thief = world.browser().get(&app.link(&uri)).await;
    assert!(thief.status.is_client_error() && thief.location.is_none(), "{:?}", thief.location);
    let tokens = app.exchange(&world.pds, &code).await;
    assert_eq!(tokens.answer["scope"], "atproto");
    for again in [browser.get(&app.link(&uri)).await, browser.submit(&page, CONSENT, &[]).await] {
        assert_eq!((again.status.as_u16(), again.location), (400, None));
    }
    // That somebody has looked again has ended nothing.
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
}

#[tokio::test]
async fn a_request_does_not_expire_while_somebody_is_there() {
    let world = World::start().await;
    let app = App::local("atproto");
    let uri = app.push(&world.pds, &app.asking(&world.pds)).await;
    let mut browser = world.browser();
    for _ in 0..4 {
        world.pds.advance(Duration::from_secs(200));
        let page = browser.get(&app.link(&uri)).await;
        assert_eq!(page.status, 200);
    }
    // Nor while they look for their password.
    for _ in 0..4 {
        world.pds.advance(Duration::from_secs(200));
        let page = browser.get(&format!("/oauth/authorize/sign-in?request={uri}")).await;
        assert_eq!(page.status, 200);
    }
    let page = browser.get(&app.link(&uri)).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    agree(&mut browser, &page).await.code();
}

#[tokio::test]
async fn somebody_can_let_an_app_in_to_another_account_than_was_hinted_at() {
    let world = World::start().await;
    let bob = world.pds.account("bob").await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[("login_hint", &world.alice.did)]).await;
    let form = page.form("/oauth/authorize/sign-in");
    assert_eq!(form.field("identifier"), Some("alice.test"), "a DID is shown as people know it");
    let page = sign_in(&mut browser, &page, &bob).await;
    let code = agree(&mut browser, &page).await.code();
    let tokens = app.exchange(&world.pds, &code).await;
    assert_eq!(tokens.answer["sub"], bob.did.as_str());
}

#[tokio::test]
async fn a_hint_tells_nobody_who_has_an_account() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut shown = Vec::new();
    for hint in ["alice.test", "nobody.test"] {
        let mut browser = world.browser();
        let page = app.ask(&world.pds, &mut browser, &[("login_hint", hint)]).await;
        let text = page.html.replace(hint, "HINT");
        shown.push((page.status, page.title(), text.len()));
    }
    assert_eq!(shown[0], shown[1]);
}

#[tokio::test]
async fn somebody_who_makes_an_account_on_the_way_lets_the_app_in() {
    let world = World::start().await;
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[("prompt", "create")]).await;
    let fields = [
        ("handle", "carol"),
        ("email", "carol@example.com"),
        ("new_password", "password of carol"),
    ];
    let page = browser.submit(&page, "/oauth/authorize/sign-up", &fields).await;
    let code = agree(&mut browser, &page).await.code();
    let tokens = app.exchange(&world.pds, &code).await;
    let session = app.get(&world.pds, "com.atproto.server.getSession", &tokens.access).await;
    assert_eq!(session.send().await.ok()["handle"], "carol.test");
    world.pds.sign_in("carol.test", "password of carol").await;
}

#[tokio::test]
async fn an_account_that_is_closed_is_opened_before_an_app_is_let_in() {
    let world = World::start().await;
    let app = App::local("atproto");
    let deactivate = world.pds.post("com.atproto.server.deactivateAccount").by(&world.alice);
    deactivate.json(&serde_json::json!({})).send().await.ok();
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert!(!page.has_form(CONSENT), "{}", page.text());
    // To agree all the same is no way around it.
    let form = page.form("/oauth/authorize/reactivate");
    let fields = ["csrf", "request", "did"].map(|name| (name, form.field(name).unwrap()));
    let forced = browser.clone().post(CONSENT, &fields).await;
    assert_eq!(forced.location, None, "{}", forced.text());
    let page = browser.submit(&page, "/oauth/authorize/reactivate", &[]).await;
    let code = agree(&mut browser, &page).await.code();
    app.exchange(&world.pds, &code).await;
}

#[tokio::test]
async fn an_account_that_was_taken_down_lets_nobody_in() {
    let world = World::start().await;
    let app = App::local("atproto");
    world.take_down().await;
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let page = sign_in(&mut browser, &page, &world.alice).await;
    assert!(page.status.is_client_error() && !page.has_form(CONSENT), "{}", page.text());
}

#[tokio::test]
async fn an_app_password_is_not_for_pages() {
    let world = World::start().await;
    let made = world.pds.post("com.atproto.server.createAppPassword").by(&world.alice);
    let made = made.json(&serde_json::json!({ "name": "bot" })).send().await.ok();
    let app = App::local("atproto");
    let mut browser = world.browser();
    let page = app.ask(&world.pds, &mut browser, &[]).await;
    let mut bot = world.alice.clone();
    bot.password = made["password"].as_str().unwrap().to_owned();
    let page = sign_in(&mut browser, &page, &bot).await;
    assert_eq!(page.status, 422);
    assert!(!page.has_form(CONSENT));
}
