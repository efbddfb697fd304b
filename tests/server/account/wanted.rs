//! Who wanted a page of an account comes to it after signing in, and nowhere else.

use super::{Desk, at, signed_in};
use crate::harness::{Browser, Page, TestAccount};

const SIGN_IN: &str = "/account/sign-in";

/// Signs somebody in at the page that is shown.
async fn sign_in_at(browser: &mut Browser, page: &Page, account: &TestAccount) -> Page {
    let fields = [("identifier", account.handle.as_str()), ("password", &account.password)];
    browser.submit(page, SIGN_IN, &fields).await
}

#[tokio::test]
async fn signing_in_leads_back_to_the_page_that_was_wanted() {
    let desk = Desk::new().await;
    for (wanted, found) in [
        ("", ""),
        ("/recovery-key", "/recovery-key"),
        ("/second-factor", "/second-factor"),
        ("/export/records.car", "/export"),
        ("/devices?done=session-ended&seal=00", "/devices"),
    ] {
        // Links to files are followed from our own pages only.
        let browser = Browser::new(&desk.pds.public_url());
        let mut browser = browser.saying("sec-fetch-site", "same-origin");
        let page = browser.get(&desk.at(wanted)).await;
        assert_eq!(page.path(), SIGN_IN);
        // Once with a mistake, and in another language.
        let page = browser.submit(&page, "/account/language", &[("lang", "fr")]).await;
        let page = browser.submit(&page, SIGN_IN, &[("identifier", "alice.test")]).await;
        assert_eq!(page.status, 422);
        let page = sign_in_at(&mut browser, &page, &desk.alice).await;
        assert_eq!((page.status.as_u16(), page.at), (200, desk.at(found)), "{wanted}");
    }
}

#[tokio::test]
async fn a_mailed_code_and_the_list_of_accounts_stand_between_without_harm() {
    let mut desk = Desk::new().await;
    desk.turn_codes_on().await;
    let mut browser = Browser::new(&desk.pds.public_url());
    let page = browser.get(&desk.at("/apps")).await;
    let page = sign_in_at(&mut browser, &page, &desk.alice).await;
    assert_eq!(page.path(), "/account/code");
    let page = browser.submit(&page, "/account/code/again", &[]).await;
    let code = desk.code().await;
    let page = browser.submit(&page, "/account/code", &[("code", &code)]).await;
    assert_eq!(page.at, desk.at("/apps"));
    // Among the accounts of this browser the one that is meant leads there as well.
    let path = format!("/account/choose?next={}", desk.at("/handle"));
    let page = browser.get(&path).await;
    let page = browser.submit(&page, "/account/choose", &[("did", &desk.alice.did)]).await;
    assert_eq!(page.at, desk.at("/handle"));
}

#[tokio::test]
async fn nobody_is_led_to_the_page_of_another_account() {
    let desk = Desk::new().await;
    let bob = desk.pds.account("bobby").await;
    let mut browser = Browser::new(&desk.pds.public_url());
    let page = browser.get(&desk.at("/devices")).await;
    let page = sign_in_at(&mut browser, &page, &bob).await;
    assert_eq!((page.status.as_u16(), page.at), (200, at(&bob, "")));
    // Nor by going there while somebody else is signed in.
    let mut theirs = signed_in(&desk.pds, &bob).await;
    assert_eq!(theirs.get(&desk.at("/devices")).await.path(), SIGN_IN);
}

#[tokio::test]
async fn nobody_is_led_anywhere_else() {
    let desk = Desk::new().await;
    let own = desk.at("");
    let evil = [
        "//evil.example".to_owned(),
        "/\\evil.example".to_owned(),
        "\\\\evil.example".to_owned(),
        "https://evil.example".to_owned(),
        "https:evil.example".to_owned(),
        "javascript:alert(1)".to_owned(),
        "%2F%2Fevil.example".to_owned(),
        "%252F%252Fevil.example".to_owned(),
        "/%2F/evil.example".to_owned(),
        "/%5Cevil.example".to_owned(),
        "/\t/evil.example".to_owned(),
        "/account/../..//evil.example".to_owned(),
        "/account/u/@evil.example".to_owned(),
        "/oauth/authorize/cancel".to_owned(),
        "/account/sign-out".to_owned(),
        format!("https://evil.example{own}"),
        format!("//evil.example{own}/devices"),
        format!("{own}/sign-out"),
        format!("{own}\r\nlocation: https://evil.example"),
    ];
    let base = Browser::new(&desk.pds.public_url());
    for next in &evil {
        let encoded: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        for query in [encoded.clone(), next.replace(char::is_whitespace, "")] {
            let mut browser = base.clone();
            let page = browser.get(&format!("{SIGN_IN}?next={query}")).await;
            assert!(!page.html.contains("name=\"next\""), "{next}");
            assert!(!page.attributes("a", "href").concat().contains("evil"), "{next}");
        }
        let mut browser = base.clone();
        let page = browser.get(SIGN_IN).await;
        let fields = [
            ("identifier", "alice.test"),
            ("password", &*desk.alice.password),
            ("next", next.as_str()),
        ];
        let page = browser.stopping().submit(&page, SIGN_IN, &fields).await;
        assert_eq!(page.location.as_deref(), Some(&*own), "{next}");
    }
}
