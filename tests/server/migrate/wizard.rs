//! An account moves here in a browser, on five screens.

mod pages_there;

use std::net::TcpListener;
use std::time::{Duration, Instant};

use migrate::report::{SignedReport, Verdict};
use serde_json::json;

use crate::harness::{Browser, Fault, Page, Pds, Road, TestAccount};

use super::moves::beginning::states;
use super::moves::{is_active, settled};

/// How long a test waits for a move to come somewhere.
const PATIENCE: Duration = Duration::from_secs(30);
const NEW_PASSWORD: &str = "a password at the new host";

/// Makes a road to a host that stays at its address when it starts again.
async fn road() -> Road {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    Road::with(|config| config.listen = address).await
}

/// Goes as far as to the form for the password of the old host.
async fn find(browser: &mut Browser, owner: &TestAccount) -> Page {
    let page = browser.get("/move").await;
    browser.submit(&page, "/move/found", &[("identifier", &owner.did)]).await
}

/// Signs in at the old host.
async fn sign_in_there(browser: &mut Browser, owner: &TestAccount) -> Page {
    let page = find(browser, owner).await;
    browser.submit(&page, "/move/source", &[("password", &owner.password)]).await
}

/// Begins a move.
async fn begin(browser: &mut Browser, owner: &TestAccount) -> Page {
    let page = sign_in_there(browser, owner).await;
    browser.submit(&page, "/move/begin", &[("new_password", NEW_PASSWORD)]).await
}

/// Follows a move until its page has a form.
async fn until_form(browser: &mut Browser, action: &str) -> Page {
    until(browser, action, |page| page.has_form(action)).await
}

async fn until(browser: &mut Browser, what: &str, is_so: impl Fn(&Page) -> bool) -> Page {
    let end = Instant::now() + PATIENCE;
    loop {
        let page = browser.get("/move").await;
        if is_so(&page) {
            return page;
        }
        assert!(Instant::now() < end, "waited in vain for {what}: {} {}", page.at, page.text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Agrees to all that is shown.
async fn agree(browser: &mut Browser) -> Page {
    let page = until_form(browser, "/move/review").await;
    let ticked = [
        ("agree", "on"),
        ("agree_files", "on"),
        ("agree_records", "on"),
        ("agree_preferences", "on"),
    ];
    browser.submit(&page, "/move/review", &ticked).await
}

/// Enters the code that the old host has mailed, and follows the move to its end.
async fn finish(browser: &mut Browser, old: &Pds, owner: &TestAccount) -> Page {
    confirm(browser, old, owner).await;
    until(browser, "the end", |page| page.at.starts_with("/move/done")).await
}

/// Enters the code that the old host has mailed.
async fn confirm(browser: &mut Browser, old: &Pds, owner: &TestAccount) {
    let page = until_form(browser, "/move/confirm").await;
    let code = old.mailed_code(&owner.email).await;
    browser.submit(&page, "/move/confirm", &[("code", &code)]).await;
}

/// Waits until something is so.
async fn wait_for(is_so: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < end, "waited in vain");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Follows a move to its end while time goes by, as steps that fail are tried again after some.
async fn finish_in_time(browser: &mut Browser, road: &Road) -> Page {
    let end = Instant::now() + PATIENCE;
    loop {
        road.advance(Duration::from_secs(1));
        let page = browser.get("/move").await;
        if page.at.starts_with("/move/done") {
            return page;
        }
        assert!(Instant::now() < end, "{}: {}", page.at, page.text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Follows a link to a file on a page of the server's own.
async fn download(browser: &Browser, link: &str) -> Page {
    let mut own = browser.clone().saying("sec-fetch-site", "same-origin");
    own = own.saying("sec-fetch-mode", "no-cors").saying("sec-fetch-dest", "empty");
    own.get(link).await
}

/// Returns a browser in which the owner has signed in at the new host.
async fn another_browser(new: &Pds, owner: &TestAccount) -> Browser {
    let mut browser = Browser::new(&new.public_url());
    let page = browser.get("/account/sign-in").await;
    let fields = [("identifier", &*owner.did), ("password", NEW_PASSWORD)];
    browser.submit(&page, "/account/sign-in", &fields).await;
    browser
}

#[tokio::test]
async fn an_account_moves_in_a_browser_from_the_first_screen_to_the_report() {
    let mut road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut browser = Browser::new(&road.new.public_url());
    let page = find(&mut browser, &alice).await;
    assert!(page.at.starts_with("/move/found?account=did"), "{}", page.at);

    let wrong = browser.submit(&page, "/move/source", &[("password", "wrong")]).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text());
    let page = browser.submit(&wrong, "/move/source", &[("password", &alice.password)]).await;
    let form = page.form("/move/begin");
    let suggested = ["handle", "domain", "email"].map(|name| form.field(name));
    assert_eq!(suggested, [Some("alice"), Some(".test"), Some("alice@example.com")]);
    assert!(states(&road.new).await.is_empty(), "nothing has begun");

    // Whoever loads the page again is still signed in there.
    let page = browser.get(&page.at).await;
    let short = [("new_password", "short"), ("handle", "alice2"), ("key", "no key")];
    let wrong = browser.submit(&page, "/move/begin", &short).await;
    assert_eq!(wrong.status, 422);
    let form = wrong.form("/move/begin");
    assert_eq!((form.field("handle"), form.field("key")), (Some("alice2"), Some("no key")));
    let good = [("new_password", NEW_PASSWORD), ("key", ""), ("handle", "alice")];
    let page = browser.submit(&wrong, "/move/begin", &good).await;
    assert!(page.at.starts_with("/move/progress") || page.at.starts_with("/move/review"));

    // From here on any device will do, and the server may end at any time.
    until_form(&mut browser, "/move/review").await;
    road.new.restart().await;
    let mut other = another_browser(&road.new, &alice).await;
    let page = until_form(&mut other, "/move/review").await;
    assert!(page.text().contains(&road.new.public_url()), "{}", page.text());
    let not_agreed = other.submit(&page, "/move/review", &[]).await;
    assert_eq!(not_agreed.status, 422);
    agree(&mut browser).await;

    let page = until_form(&mut browser, "/move/confirm").await;
    browser.submit(&page, "/move/confirm", &[("code", "AAAAA-BBBBB")]).await;
    let page = until(&mut other, "another code", |page| {
        page.has_form("/move/resume") && !page.has_form("/move/confirm")
    })
    .await;
    other.submit(&page, "/move/resume", &[]).await;
    road.new.restart().await;
    let page = finish(&mut browser, &road.old, &alice).await;
    let another = page.attributes("a", "href").into_iter().find(|link| link == "/move/found");
    assert!(browser.get(&another.unwrap()).await.form("/move/found").field("identifier").is_some());

    let links = page.attributes("a", "href");
    let report = links.iter().find(|link| link.starts_with("/move/report")).unwrap();
    assert_eq!(browser.get(report).await.status, 403, "no other site leads to it");
    let file = download(&browser, report).await;
    assert!(file.header("content-disposition").unwrap().starts_with("attachment"));
    let report = SignedReport::decode(file.html.as_bytes()).unwrap();
    assert_eq!(report.report().compare().verdict(), Verdict::Same);
    assert_eq!(report.report().identity.as_ref().unwrap().operations.len(), 1);
    let open = (is_active(&road.old, &alice).await, is_active(&road.new, &alice).await);
    assert_eq!(open, (false, true));
    road.new.sign_in(&alice.did, NEW_PASSWORD).await;
}

#[tokio::test]
async fn what_is_cancelled_leaves_nothing_and_says_so() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut browser = Browser::new(&road.new.public_url());
    begin(&mut browser, &alice).await;
    let page = until_form(&mut browser, "/move/review").await;
    let page = browser.submit(&page, "/move/cancel", &[]).await;
    assert!(page.status == 200 && page.at == "/move/cancel", "{} {}", page.at, page.text());
    assert!(page.text().contains("alice.test"), "{}", page.text());
    assert_eq!(states(&road.new).await, ["cancelled"]);
    let status = road.new.get("com.atproto.sync.getRepoStatus").param("did", &alice.did);
    assert_eq!(status.send().await.refusal(), (400, "RepoNotFound".to_owned()));
    assert!(is_active(&road.old, &alice).await);
    // It can begin anew.
    begin(&mut browser, &alice).await;
    until_form(&mut browser, "/move/review").await;
    assert_eq!(states(&road.new).await, ["ready", "cancelled"]);
}

#[tokio::test]
async fn what_is_done_can_be_undone_with_the_password_of_the_old_host() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut browser = Browser::new(&road.new.public_url());
    begin(&mut browser, &alice).await;
    agree(&mut browser).await;
    let page = finish(&mut browser, &road.old, &alice).await;
    let wrong = browser.submit(&page, "/move/undo", &[("password", "wrong")]).await;
    assert_eq!(wrong.status, 422);
    browser.submit(&wrong, "/move/undo", &[("password", &alice.password)]).await;
    let link = format!("/move/done?account={}", alice.did);
    let end = Instant::now() + PATIENCE;
    let page = loop {
        let page = browser.get(&link).await;
        if page.at.starts_with("/move/done") {
            break page;
        }
        assert!(Instant::now() < end, "waited in vain: {}", page.text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    assert!(!page.has_form("/move/undo"), "{}", page.text());
    assert_eq!(states(&road.new).await, ["rolled_back"]);
    let open = (is_active(&road.old, &alice).await, is_active(&road.new, &alice).await);
    assert_eq!(open, (true, false));
}

#[tokio::test]
async fn whoever_is_not_signed_in_sees_and_does_nothing() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut browser = Browser::new(&road.new.public_url());
    begin(&mut browser, &alice).await;
    until_form(&mut browser, "/move/review").await;

    let mut stranger = Browser::new(&road.new.public_url());
    for screen in ["progress", "review", "done", "report"] {
        let link = format!("/move/{screen}?account={}", alice.did);
        let page = match screen {
            "report" => download(&stranger, &link).await,
            _ => stranger.get(&link).await,
        };
        assert_eq!((page.status.as_u16(), &*page.at), (200, "/move"), "{screen}");
        let is_named = page.html.contains(&alice.did) || page.html.contains(&alice.handle);
        assert!(!is_named, "{screen}: {}", page.html);
    }
    let csrf = stranger.get("/move").await.form("/move/found");
    let csrf = csrf.field("csrf").unwrap();
    for action in ["review", "confirm", "resume", "ask-again", "cancel", "undo", "begin"] {
        let fields = [("csrf", csrf), ("did", &*alice.did), ("password", "x"), ("code", "x")];
        let page = stranger.post(&format!("/move/{action}"), &fields).await;
        assert!(page.status == 200 && page.at.starts_with("/move"), "{action}: {}", page.text());
        assert!(!page.html.contains("/move/cancel"), "{action}: {}", page.html);
    }
    // Nor does the owner by a form of somebody else's page.
    let page = browser.get("/move").await;
    let mut forged = browser.clone().saying("origin", "https://evil.example");
    assert_eq!(forged.submit(&page, "/move/cancel", &[]).await.status, 403);
    let without = [("csrf", ""), ("did", &*alice.did)];
    assert_eq!(browser.post("/move/cancel", &without).await.status, 400);
    assert_eq!(states(&road.new).await, ["ready"]);
}

#[tokio::test]
async fn the_page_of_a_move_may_be_asked_for_by_its_own_script_only() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let gate = road.source.hold("getRepo?");
    let mut browser = Browser::new(&road.new.public_url());
    let page = begin(&mut browser, &alice).await;
    assert!(page.html.contains("data-live=\"/move/progress?account=did:plc:"), "{}", page.html);
    let script = |browser: &Browser, site: &str| {
        let script = browser.clone().saying("sec-fetch-mode", "cors");
        script.saying("sec-fetch-dest", "empty").saying("sec-fetch-site", site)
    };
    let seen = script(&browser, "same-origin").get(&page.at).await;
    assert_eq!((seen.status.as_u16(), &seen.at), (200, &page.at));
    for site in ["cross-site", "same-site"] {
        assert_eq!(script(&browser, site).get(&page.at).await.status, 403, "{site}");
    }
    gate.open();
    until_form(&mut browser, "/move/review").await;
    let seen = script(&browser, "same-origin").get(&page.at).await;
    assert!(seen.at.starts_with("/move/review"), "{}", seen.at);
}

#[tokio::test]
async fn the_old_host_may_ask_for_a_code_beside_the_password() {
    let road = road().await;
    let alice = road.old.account("alice").await;
    let post = async |name: &str, input: &serde_json::Value| {
        let ask = road.old.post(&format!("com.atproto.server.{name}")).by(&alice);
        match input.is_null() {
            true => ask.send().await.ok(),
            false => ask.json(input).send().await.ok(),
        }
    };
    post("requestEmailConfirmation", &json!(null)).await;
    let token = road.old.mailed_code(&alice.email).await;
    post("confirmEmail", &json!({ "email": alice.email, "token": token })).await;
    post("updateEmail", &json!({ "email": alice.email, "emailAuthFactor": true })).await;

    let mut browser = Browser::new(&road.new.public_url());
    let page = sign_in_there(&mut browser, &alice).await;
    assert_eq!(page.form("/move/source").field("code"), Some(""), "{}", page.text());
    let fields = [("password", &*alice.password), ("code", "AAAAA-BBBBB")];
    let page = browser.submit(&page, "/move/source", &fields).await;
    assert_eq!((page.status.as_u16(), page.form("/move/source").field("code")), (422, Some("")));
    let code = road.old.mailed_code(&alice.email).await;
    let fields = [("password", &*alice.password), ("code", &*code)];
    let page = browser.submit(&page, "/move/source", &fields).await;
    assert!(page.has_form("/move/begin"), "{}", page.text());
}

#[tokio::test]
async fn signing_in_at_the_old_host_again_leads_back_to_where_it_was() {
    let mut road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut browser = Browser::new(&road.new.public_url());
    let page = sign_in_there(&mut browser, &alice).await;
    // A restart forgets who has signed in there, as nothing has begun.
    road.new.restart().await;
    let fields = [("new_password", NEW_PASSWORD)];
    let page = browser.submit(&page, "/move/begin", &fields).await;
    let page = browser.submit(&page, "/move/source", &[("password", &alice.password)]).await;
    browser.submit(&page, "/move/begin", &fields).await;
    until_form(&mut browser, "/move/review").await;

    // Somebody who has lost the password of the new host knows that of the old one.
    let mut other = Browser::new(&road.new.public_url());
    let page = sign_in_there(&mut other, &alice).await;
    assert!(page.at.starts_with("/move/"), "{}", page.text());
    until_form(&mut other, "/move/review").await;
    assert_eq!(states(&road.new).await, ["ready"]);
    // It was not changed by that.
    road.new.sign_in(&alice.did, NEW_PASSWORD).await;
}

#[tokio::test]
async fn what_is_in_the_way_is_said_at_the_field() {
    let road = Road::with(|config| config.invite_required = true).await;
    let alice = settled(&road.old, "alice").await;
    let code = |count: u32| {
        let ask = road.new.post("com.atproto.server.createInviteCode").admin();
        ask.json(&json!({ "useCount": count }))
    };
    let invite = code(2).send().await.ok()["code"].as_str().unwrap().to_owned();
    let input = json!({
        "handle": "bob.test", "email": "bob@example.com", "password": "password of bob",
        "inviteCode": invite,
    });
    road.new.post("com.atproto.server.createAccount").json(&input).send().await.ok();

    let mut browser = Browser::new(&road.new.public_url());
    let mut page = sign_in_there(&mut browser, &alice).await;
    for (field, value, wrong) in [
        ("handle", "bob", "handle"),
        ("handle", "b", "handle"),
        ("handle", "a.b", "handle"),
        ("email", "bob@example.com", "email"),
        ("email", "nobody", "email"),
        ("invite_code", "", "invite_code"),
        ("invite_code", "test-invalid", "invite_code"),
        ("new_password", "", "new_password"),
        ("key", "did:key:zzz", "key"),
    ] {
        let mut fields = vec![
            ("new_password", NEW_PASSWORD),
            ("handle", "alice"),
            ("email", "alice@example.com"),
            ("invite_code", &*invite),
            ("key", ""),
        ];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, value));
        page = browser.submit(&page, "/move/begin", &fields).await;
        assert_eq!(page.status, 422, "{field} {value}: {}", page.text());
        let ids = page.attributes("p", "id");
        assert!(ids.contains(&format!("{wrong}-wrong")), "{field} {value}: {}", page.text());
    }
    assert!(states(&road.new).await.is_empty());
    let fields = [("new_password", NEW_PASSWORD), ("invite_code", &*invite), ("key", "")];
    browser.submit(&page, "/move/begin", &fields).await;
    until_form(&mut browser, "/move/review").await;

    // An account that is here has nowhere to come from, and one that is nowhere neither.
    let bob = road.new.sign_in("bob.test", "password of bob").await;
    for identifier in [bob["did"].as_str().unwrap(), "nobody.test", "not a handle", ""] {
        let mut browser = Browser::new(&road.new.public_url());
        let page = browser.get("/move").await;
        let page = browser.submit(&page, "/move/found", &[("identifier", identifier)]).await;
        assert_eq!(page.status, 422, "{identifier}: {}", page.text());
    }
}

#[tokio::test]
async fn files_that_do_not_come_are_named_and_agreed_to() {
    let road = road().await;
    let alice = road.old.account("alice").await;
    let gone = super::moves::blobs::with_blob(&road.old, &alice, "gone", "text/plain", "x").await;
    let refusal = Fault::refusal(400, "BlobNotFound", "Blob not found");
    let mut browser = Browser::new(&road.new.public_url());
    let held = road.source.hold("getRepo?");
    begin(&mut browser, &alice).await;
    road.source.always(&gone, refusal);
    held.open();
    let page = until_form(&mut browser, "/move/review").await;
    assert_eq!(page.form("/move/review").all("missing"), [&*gone]);
    assert!(page.text().contains("com.example.note/gone"), "{}", page.text());
    let refused = browser.submit(&page, "/move/review", &[("agree", "on")]).await;
    assert_eq!(refused.status, 422, "the files are not agreed to");
    let form = page.form("/move/review").without("missing").with("agree", "on");
    let refused = browser.send(&form).await;
    assert_eq!(refused.status, 422, "no file was shown");

    // It is there again.
    road.source.let_through();
    browser.submit(&page, "/move/ask-again", &[]).await;
    until(&mut browser, "all files", |page| {
        page.has_form("/move/review") && page.form("/move/review").all("missing").is_empty()
    })
    .await;
    agree(&mut browser).await;
    finish(&mut browser, &road.old, &alice).await;
}

#[tokio::test]
async fn what_is_written_while_the_old_host_closes_comes_along_though_it_answers_badly() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let mut browser = Browser::new(&road.new.public_url());
    begin(&mut browser, &alice).await;
    agree(&mut browser).await;
    let closing = road.source.hold("deactivateAccount");
    confirm(&mut browser, &road.old, &alice).await;
    wait_for(|| road.source.count("deactivateAccount") > 0).await;
    let late = road.old.note(&alice, "last", "written at the last moment").await;
    road.source.once("getLatestCommit", Fault::status(503));
    closing.open();
    finish_in_time(&mut browser, &road).await;
    assert!(!is_active(&road.old, &alice).await);
    let answer = road.new.get("com.atproto.repo.getRecord");
    let asked = answer
        .param("repo", &alice.did)
        .param("collection", "com.example.note")
        .param("rkey", "last");
    assert_eq!(asked.send().await.ok()["cid"], late["cid"]);
}
