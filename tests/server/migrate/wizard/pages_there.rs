//! The owner signs in on the pages of the old host: this server is an app there.

use std::time::Duration;

use migrate::report::{SignedReport, Verdict};
use serde_json::{Value, json};

use super::{
    NEW_PASSWORD, agree, another_browser, begin, confirm, download, find, finish, finish_in_time,
    road, until, until_form, wait_for,
};
use crate::harness::oauth::{CANCEL, CONSENT, sign_in};
use crate::harness::{Browser, Fault, Form, Page, Pds, Road, TestAccount};
use crate::migrate::moves::beginning::states;
use crate::migrate::moves::{is_active, settled};

const LEAVE: &str = "/move/source/oauth";
const TOKEN: &str = "POST /oauth/token";
const PROTECTED: &str = "/.well-known/oauth-protected-resource";

/// Goes from a page here to the page there that asks for consent, and returns the browser that is there.
async fn go_there(here: &mut Browser, page: &Page, purpose: &str, road: &Road) -> (Browser, Page) {
    let sent = here.submit(page, LEAVE, &[("purpose", purpose)]).await;
    assert_eq!(sent.status, 303, "{}", sent.text());
    let link = sent.location.unwrap_or_else(|| panic!("it stays at {}: {}", sent.at, sent.html));
    // Whoever has signed in in the same millisecond would have done so for this request.
    road.old.advance(Duration::from_millis(2));
    let mut there = Browser::new(&road.old.public_url());
    let page = there.get(&link).await;
    (there, page)
}

/// Signs in there, and answers the page that asks for consent.
async fn answer(
    there: &mut Browser,
    page: &Page,
    owner: &TestAccount,
    answer: impl FnOnce(&Page) -> Form,
) -> String {
    let page = sign_in(there, page, owner).await;
    let sent = there.send(&answer(&page)).await;
    let location = sent.location.clone();
    location.unwrap_or_else(|| panic!("it stays at {}: {}", sent.at, sent.text()))
}

fn all(page: &Page) -> Form {
    page.form(CONSENT)
}

/// Agrees to all but what some scope is for.
fn all_but(part: &'static str) -> impl FnOnce(&Page) -> Form {
    move |page| {
        let form = page.form(CONSENT);
        let kept: Vec<String> = form.all("allow").into_iter().map(str::to_owned).collect();
        assert!(kept.iter().any(|one| one == part), "{kept:?}");
        let kept = kept.iter().filter(|one| *one != part);
        kept.fold(form.clone().without("allow"), |form, one| form.with("allow", one))
    }
}

/// Returns the path and query of an address here, which is another name of the same server.
fn back(location: &str) -> String {
    let at = location.find("/move/callback?").unwrap_or_else(|| panic!("{location}"));
    assert!(location.starts_with("http://127.0.0.1:"), "{location}");
    location[at..].to_owned()
}

/// Signs in on the pages of the old host, from its form here to the page after it.
async fn let_in(
    here: &mut Browser,
    page: &Page,
    purpose: &str,
    road: &Road,
    owner: &TestAccount,
    how: impl FnOnce(&Page) -> Form,
) -> Page {
    let (mut there, page) = go_there(here, page, purpose, road).await;
    let location = answer(&mut there, &page, owner, how).await;
    here.get(&back(&location)).await
}

/// Goes as far as to the form that begins the move.
async fn arrive(here: &mut Browser, road: &Road, owner: &TestAccount) -> Page {
    let page = find(here, owner).await;
    let page = let_in(here, &page, "begin", road, owner, all).await;
    assert!(page.has_form("/move/begin"), "{}: {}", page.at, page.text());
    page
}

/// Makes the old host one that lets apps close an account, as the reference server does.
fn let_apps_close(road: &Road, owner: &TestAccount) {
    let granted = r#""scope":"account:status?action=manage "#;
    road.source.always(TOKEN, Fault::Swap(r#""scope":""#, granted));
    road.source.always("deactivateAccount", Fault::With(format!("Bearer {}", owner.access)));
}

/// Begins a move in a new browser.
async fn begun(road: &Road, owner: &TestAccount) -> Browser {
    let mut here = Browser::new(&road.new.public_url());
    let page = arrive(&mut here, road, owner).await;
    here.submit(&page, "/move/begin", &[("new_password", NEW_PASSWORD)]).await;
    here
}

async fn report(here: &Browser, page: &Page) -> SignedReport {
    let links = page.attributes("a", "href");
    let link = links.iter().find(|link| link.starts_with("/move/report")).unwrap();
    SignedReport::decode(download(here, link).await.html.as_bytes()).unwrap()
}

async fn preferences(pds: &Pds, owner: &TestAccount, password: &str) -> Vec<String> {
    let session = pds.sign_in(&owner.did, password).await;
    let token = session["accessJwt"].as_str().unwrap().to_owned();
    let ask = pds.get("app.bsky.actor.getPreferences").token(&token).send().await.ok();
    let names = ask["preferences"].as_array().unwrap().iter();
    names.map(|one: &Value| one["$type"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_account_moves_without_its_password_being_entered_here() {
    let mut road = road().await;
    let alice = settled(&road.old, "alice").await;
    let_apps_close(&road, &alice);
    let mut here = Browser::new(&road.new.public_url());
    let page = arrive(&mut here, &road, &alice).await;
    assert!(page.at.starts_with("/move/found?account=did"), "{}", page.at);
    assert_eq!(page.form("/move/begin").field("email"), Some("alice@example.com"));
    assert!(page.text().contains("date of birth"), "{}", page.text());
    assert!(!page.text().contains("deactivate it"), "it may be closed: {}", page.text());
    here.submit(&page, "/move/begin", &[("new_password", NEW_PASSWORD)]).await;
    until_form(&mut here, "/move/review").await;

    road.new.restart().await;
    let mut other = another_browser(&road.new, &alice).await;
    // What is written while the owner thinks comes along, and by now the tokens have ended.
    road.old.note(&alice, "late", "written while moving").await;
    road.advance(Duration::from_secs(20 * 60));
    assert_eq!(road.source.count(TOKEN), 1, "a code was exchanged");
    agree(&mut other).await;
    let page = until_form(&mut other, "/move/confirm").await;
    let renewed = road.source.count(TOKEN);
    assert!(renewed > 1, "they were renewed");

    // The renewed ones were written down: with those of before, the session would end by now.
    road.new.restart().await;
    road.advance(Duration::from_secs(20 * 60));
    let asked = road.source.count("requestPlcOperationSignature");
    other.submit(&page, "/move/resume", &[]).await;
    until(&mut here, "another code", |page| {
        page.has_form("/move/confirm")
            && road.source.count("requestPlcOperationSignature") > asked + 1
    })
    .await;
    assert!(road.source.count(TOKEN) > renewed, "they were renewed once more");
    let page = finish(&mut here, &road.old, &alice).await;
    let report = report(&here, &page).await;
    assert_eq!(report.report().compare().verdict(), Verdict::Same, "{:?}", report.report());
    let open = (is_active(&road.old, &alice).await, is_active(&road.new, &alice).await);
    assert_eq!(open, (false, true));
    assert!(!page.text().contains("still open"), "{}", page.text());
    let theirs = preferences(&road.old, &alice, &alice.password).await;
    assert_eq!(preferences(&road.new, &alice, NEW_PASSWORD).await, theirs);
    assert!(road.source.seen("createSession").is_empty(), "nobody has used a password");
    assert!(road.source.count("POST /oauth/revoke") > 0, "the session was given back");
}

#[tokio::test]
async fn what_an_app_may_not_close_is_said_before_and_after() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut here = Browser::new(&road.new.public_url());
    let page = arrive(&mut here, &road, &alice).await;
    assert!(page.text().contains("deactivate it"), "{}", page.text());
    here.submit(&page, "/move/begin", &[("new_password", NEW_PASSWORD)]).await;
    agree(&mut here).await;
    let page = finish(&mut here, &road.old, &alice).await;
    assert!(page.text().contains("Your old account is still open"), "{}", page.text());
    let warnings = report(&here, &page).await.report().warnings.clone();
    assert!(warnings.iter().any(|one| one.contains("sign in there and deactivate it")));
    let open = (is_active(&road.old, &alice).await, is_active(&road.new, &alice).await);
    assert_eq!(open, (true, true));

    // It is taken back by signing in there once more. It was never closed there.
    let page = let_in(&mut here, &page, "undo", &road, &alice, all).await;
    assert!(page.at.starts_with("/move/"), "{}", page.text());
    until_ended(&road.new, "rolled_back").await;
    let page = here.get(&format!("/move/done?account={}", alice.did)).await;
    assert!(page.text().contains("is at") && !page.text().contains("activate it again"));
    let open = (is_active(&road.old, &alice).await, is_active(&road.new, &alice).await);
    assert_eq!(open, (true, false));
}

async fn until_ended(new: &Pds, state: &str) {
    let end = std::time::Instant::now() + super::PATIENCE;
    while states(new).await != [state] {
        assert!(std::time::Instant::now() < end, "{:?}", states(new).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_host_that_refuses_what_it_has_allowed_does_not_keep_the_move_from_ending() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let refusal = Fault::refusal(403, "Forbidden", "OAuth credentials are not supported");
    road.source.always("deactivateAccount", refusal);
    let_apps_close(&road, &alice);
    let mut here = begun(&road, &alice).await;
    agree(&mut here).await;
    let page = finish(&mut here, &road.old, &alice).await;
    assert!(page.text().contains("Your old account is still open"), "{}", page.text());
    // A host of which the answer was lost has closed it all the same.
    let bob = settled(&road.old, "bob").await;
    road.source.let_through();
    let lost = Fault::WithAndForget(format!("Bearer {}", bob.access));
    road.source.always("deactivateAccount", lost);
    let_apps_close(&road, &bob);
    let mut here = begun(&road, &bob).await;
    agree(&mut here).await;
    confirm(&mut here, &road.old, &bob).await;
    let page = finish_in_time(&mut here, &road).await;
    assert!(!page.text().contains("still open"), "{}", page.text());
    assert_eq!(report(&here, &page).await.report().compare().verdict(), Verdict::Same);
    assert!(!is_active(&road.old, &bob).await);
}

#[tokio::test]
async fn whoever_does_not_agree_there_is_back_at_the_form() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut here = Browser::new(&road.new.public_url());
    let page = find(&mut here, &alice).await;
    let (mut there, page) = go_there(&mut here, &page, "begin", &road).await;
    let page = sign_in(&mut there, &page, &alice).await;
    let sent = there.submit(&page, CANCEL, &[]).await;
    let page = here.get(&back(&sent.location.unwrap())).await;
    assert_eq!(page.status, 422);
    assert!(page.text().contains("did not agree there"), "{}", page.text());
    assert!(page.has_form(LEAVE) && page.has_form("/move/source"), "{}", page.text());
    // The password will do as well.
    let page = here.submit(&page, "/move/source", &[("password", &alice.password)]).await;
    assert!(page.has_form("/move/begin"), "{}", page.text());
    assert!(states(&road.new).await.is_empty());
}

#[tokio::test]
async fn an_answer_counts_once_in_the_browser_that_it_is_for() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut here = Browser::new(&road.new.public_url());
    let page = find(&mut here, &alice).await;
    let (mut there, page) = go_there(&mut here, &page, "begin", &road).await;
    let location = back(&answer(&mut there, &page, &alice, all).await);

    let mut stranger = Browser::new(&road.new.public_url());
    let of = |name: &str| {
        let query = location.split_once('?').unwrap().1;
        let found = query.split('&').find(|pair| pair.starts_with(&format!("{name}=")));
        found.unwrap_or_else(|| panic!("{location}")).to_owned()
    };
    let issuer = of("iss");
    for (wrong, why) in [
        (location.replace(&of("state"), "state=another"), "another state"),
        (location.replace(&of("state"), ""), "no state"),
    ] {
        let page = here.get(&wrong).await;
        assert_eq!((page.status.as_u16(), page.has_form("/move/begin")), (422, false), "{why}");
        assert!(page.text().contains("too old, was used already"), "{why}: {}", page.text());
    }
    let page = stranger.get(&location).await;
    assert_eq!(page.status, 422, "it is for another browser");
    assert_eq!(road.source.count(TOKEN), 0, "nothing was exchanged");

    let page = here.get(&location).await;
    assert!(page.has_form("/move/begin"), "{}", page.text());
    let page = here.get(&location).await;
    assert_eq!(page.status, 422, "it counts once");

    // Somebody else answers in the place of who was asked.
    for other in ["iss=https%3A%2F%2Fevil.example", ""] {
        let mut here = Browser::new(&road.new.public_url());
        let page = find(&mut here, &alice).await;
        let (mut there, page) = go_there(&mut here, &page, "begin", &road).await;
        let location = back(&answer(&mut there, &page, &alice, all).await);
        let before = road.source.count(TOKEN);
        let page = here.get(&location.replace(&issuer, other)).await;
        assert_eq!((page.status.as_u16(), page.has_form("/move/begin")), (422, false), "{other}");
        assert_eq!(road.source.count(TOKEN), before, "{other}: the code goes to nobody");
    }
}

#[tokio::test]
async fn an_answer_is_too_old_after_half_an_hour_and_after_a_restart() {
    let mut road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut here = Browser::new(&road.new.public_url());
    for wait in [true, false] {
        let page = find(&mut here, &alice).await;
        let (mut there, page) = go_there(&mut here, &page, "begin", &road).await;
        let location = back(&answer(&mut there, &page, &alice, all).await);
        match wait {
            true => road.new.advance(Duration::from_secs(31 * 60)),
            false => road.new.restart().await,
        }
        let page = here.get(&location).await;
        assert_eq!(page.status, 422);
        assert!(page.text().contains("Begin signing in once more"), "{}", page.text());
        road.old.advance(Duration::from_secs(if wait { 31 * 60 } else { 0 }));
    }
    let page = arrive(&mut here, &road, &alice).await;
    assert!(page.has_form("/move/begin"));
}

#[tokio::test]
async fn another_account_that_signs_in_there_moves_nothing() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let bob = settled(&road.old, "bob").await;
    let mut here = Browser::new(&road.new.public_url());
    let page = find(&mut here, &alice).await;
    let page = let_in(&mut here, &page, "begin", &road, &bob, all).await;
    assert_eq!((page.status.as_u16(), page.has_form("/move/begin")), (422, false));
    assert!(page.text().contains(&bob.did), "{}", page.text());
    assert!(road.source.count("POST /oauth/revoke") > 0, "their session was given back");
    assert!(states(&road.new).await.is_empty());
}

#[tokio::test]
async fn what_is_allowed_has_to_suffice() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut here = Browser::new(&road.new.public_url());
    for (without, named) in
        [("identity", "identity:*"), ("rpc:*", "rpc:com.atproto.server.createAccount?aud=*")]
    {
        let page = find(&mut here, &alice).await;
        let page = let_in(&mut here, &page, "begin", &road, &alice, all_but(without)).await;
        assert_eq!((page.status.as_u16(), page.has_form("/move/begin")), (422, false), "{without}");
        assert!(page.text().contains(named), "{}", page.text());
        assert!(page.has_form(LEAVE) && page.has_form("/move/source"), "{}", page.text());
    }
    // Without the address, it is asked for here.
    let page = find(&mut here, &alice).await;
    let how = all_but("account:email");
    let page = let_in(&mut here, &page, "begin", &road, &alice, how).await;
    assert_eq!(page.form("/move/begin").field("email"), Some(""));
    assert!(page.text().contains("not let us see the e-mail address"), "{}", page.text());
}

#[tokio::test]
async fn nonces_are_renewed_without_the_tokens() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut here = begun(&road, &alice).await;
    until_form(&mut here, "/move/review").await;
    let before = (road.source.count(TOKEN), road.source.count("getLatestCommit"));
    road.advance(Duration::from_secs(5 * 60));
    agree(&mut here).await;
    until_form(&mut here, "/move/confirm").await;
    let after = (road.source.count(TOKEN), road.source.count("getLatestCommit"));
    assert_eq!(after.0, before.0, "the tokens are good");
    assert!(after.1 >= before.1 + 2, "it was asked again with another nonce");
}

#[tokio::test]
async fn a_session_that_is_lost_in_the_middle_is_begun_again_on_the_pages_there() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut here = begun(&road, &alice).await;
    until_form(&mut here, "/move/review").await;
    road.advance(Duration::from_secs(20 * 60));
    // The tokens are renewed there, and this server ends, or hears nothing, before it can write them down.
    road.source.always(TOKEN, Fault::Forget);
    agree(&mut here).await;
    wait_for(|| road.source.count(TOKEN) >= 2).await;
    road.source.let_through();
    // Old tokens are no mistake any more, and end the session.
    road.advance(Duration::from_secs(10 * 60));
    let page = until_form(&mut here, LEAVE).await;
    assert!(page.at.starts_with("/move/progress"), "{}", page.at);
    assert!(page.has_form("/move/resume"), "a password will do, too");

    let bob = settled(&road.old, "bob").await;
    let wrong = let_in(&mut here, &page, "resume", &road, &bob, all).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    assert!(wrong.text().contains(&bob.did), "{}", wrong.text());
    let page = let_in(&mut here, &wrong, "resume", &road, &alice, all).await;
    assert!(page.status == 200 && !page.has_form(LEAVE), "{}", page.text());
    finish(&mut here, &road.old, &alice).await;
    assert!(is_active(&road.new, &alice).await);
}

#[tokio::test]
async fn a_session_that_was_renewed_stays_in_place_of_the_one_that_was_brought() {
    let mut road = road().await;
    let alice = settled(&road.old, "alice").await;
    let import = road.source.hold("sync.getRepo");
    let mut here = begun(&road, &alice).await;
    wait_for(|| road.source.count("sync.getRepo") > 0).await;
    // Another session is brought while a step is at work.
    let mut other = Browser::new(&road.new.public_url());
    let page = find(&mut other, &alice).await;
    let_in(&mut other, &page, "begin", &road, &alice, all).await;
    // The next step begins with it, has to renew it, and does not end before the server does.
    let blobs = road.source.hold("sync.getBlob");
    let before = road.source.count("sync.getBlob");
    import.open();
    wait_for(|| road.source.count("sync.getBlob") > before).await;
    let tokens = road.source.count(TOKEN);
    road.advance(Duration::from_secs(20 * 60));
    road.source.let_through();
    let renewed = road.source.hold("sync.getBlob");
    blobs.open();
    wait_for(|| road.source.count(TOKEN) > tokens).await;
    // Until it is written down.
    tokio::time::sleep(Duration::from_millis(200)).await;
    road.new.restart().await;
    road.source.let_through();
    renewed.open();
    road.advance(Duration::from_secs(20 * 60));
    until_form(&mut here, "/move/review").await;
    assert_eq!(states(&road.new).await, ["ready"]);
}

#[tokio::test]
async fn a_move_is_gone_on_with_by_whoever_signs_in_there_again() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    begin(&mut Browser::new(&road.new.public_url()), &alice).await;
    // It has begun with the password; the pages will do for another device.
    let mut other = Browser::new(&road.new.public_url());
    let page = find(&mut other, &alice).await;
    let page = let_in(&mut other, &page, "begin", &road, &alice, all).await;
    assert!(page.at.starts_with("/move/"), "{}", page.text());
    until_form(&mut other, "/move/review").await;
    assert_eq!(states(&road.new).await, ["ready"]);
    let page = other.get("/move").await;
    other.submit(&page, "/move/cancel", &[]).await;
    assert_eq!(states(&road.new).await, ["cancelled"]);
    assert!(road.source.count("POST /oauth/revoke") > 0);
}

#[tokio::test]
async fn only_hosts_with_pages_for_it_are_offered() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let json = |status: u16, body: Value| {
        let header = ("content-type", "application/json".to_owned());
        Fault::Answer(status, header, body.to_string().into())
    };
    let from = road.old.public_url();
    let server = road.old.get("/.well-known/oauth-authorization-server").send().await.ok();
    let mut other: Value = server.clone();
    other["issuer"] = json!("https://evil.example");
    let mut plain: Value = server.clone();
    plain["code_challenge_methods_supported"] = json!(["plain"]);
    for (what, fault) in [
        (PROTECTED, Fault::status(404)),
        (PROTECTED, Fault::Refuse),
        (PROTECTED, Fault::redirect("/elsewhere")),
        (PROTECTED, json(200, json!({ "resource": from, "authorization_servers": [] }))),
        (
            PROTECTED,
            json(200, json!({ "resource": from, "authorization_servers": ["http://169.254.1.1"] })),
        ),
        ("/.well-known/oauth-authorization-server", json(200, other)),
        ("/.well-known/oauth-authorization-server", json(200, plain)),
    ] {
        road.source.let_through();
        road.source.always(what, fault.clone());
        road.new.advance(Duration::from_secs(61));
        let mut here = Browser::new(&road.new.public_url());
        let page = find(&mut here, &alice).await;
        assert!(page.has_form("/move/source") && !page.has_form(LEAVE), "{fault:?}");
        // Whoever has the form from before is told so, and has the password.
        let csrf = page.form("/move/source").field("csrf").unwrap().to_owned();
        let page = here.post(LEAVE, &[("csrf", &csrf), ("did", &alice.did)]).await;
        assert_eq!(page.status, 422, "{fault:?}: {}", page.text());
        assert!(page.has_form("/move/source"), "{}", page.text());
    }
    road.source.let_through();
    road.new.advance(Duration::from_secs(61));
    let page = find(&mut Browser::new(&road.new.public_url()), &alice).await;
    assert!(page.has_form(LEAVE), "{}", page.text());
}

#[tokio::test]
async fn answers_that_come_to_another_name_of_the_machine_are_led_on() {
    let road = road().await;
    let url = road.new.public_url();
    let beside = url.replace("localhost", "127.0.0.1");
    let mut browser = Browser::new(&beside).stopping();
    let page = browser.get("/move/callback?code=a&state=b&iss=c").await;
    assert_eq!(page.location, Some(format!("{url}/move/callback?code=a&state=b&iss=c")));
    let mut browser = Browser::new(&url).stopping();
    let page = browser.get("/move/callback?code=a&state=b&iss=c").await;
    assert_eq!((page.status.as_u16(), page.location), (422, None));

    let document = road.new.get("/oauth/mover-client-metadata.json").send().await;
    assert_eq!(document.header("content-type"), Some("application/json"));
    let document = document.ok();
    assert_eq!(document["redirect_uris"], json!([format!("{beside}/move/callback")]));
    assert_eq!(document["token_endpoint_auth_method"], "none");
    assert_eq!(document["dpop_bound_access_tokens"], true);
}
