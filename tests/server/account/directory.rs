//! Identities that no directory knows, directories that are silent, and keys for which there is no room.

use std::time::Duration;

use crypto::{Curve, PrivateKey};
use identity::plc::DidKey;

use super::{Desk, at, signed_in};
use crate::harness::{Fault, Page, Pds, Proxy, TestAccount};
use crate::identity::directory;
use crate::oauth::pass;
use crate::server::did_web::{Site, activate, first_account};

fn new_key() -> DidKey {
    DidKey::from(&PrivateKey::generate(Curve::P256).public_key())
}

/// The account of a did:web, and its owner's browser.
async fn web_desk() -> (Site, Desk) {
    let site = Site::start().await;
    let pds = site.pds("did:web:localhost").await;
    let alice = first_account(&site, &pds).await;
    site.publish_for(&pds, &alice).await;
    activate(&pds, &alice).await.ok();
    let browser = signed_in(&pds, &alice).await;
    (site, Desk { pds, alice, browser })
}

#[tokio::test]
async fn the_pages_of_a_did_web_offer_what_there_is_for_one() {
    let (_site, mut desk) = web_desk().await;
    for step in super::doors::PAGES {
        let page = desk.see(step).await;
        assert!(page.text().contains("alice.test"), "{step}");
    }
    let page = desk.see("/recovery-key").await;
    assert!(page.text().contains("a domain decides about it, and no keys"), "{}", page.text());
    assert!(!page.has_form(&desk.at("/recovery-key/send")));
    assert!(!page.has_form(&desk.at("/recovery-key")));
    let page = desk.see("/leave").await;
    assert!(!page.has_form(&desk.at("/leave/send")), "{}", page.text());
    // Who sends the forms all the same gets no code, and no key anywhere.
    let csrf = desk.see("/app-passwords").await;
    let csrf = csrf.form(&desk.at("/app-passwords")).field("csrf").unwrap().to_owned();
    let key = new_key();
    for (step, fields) in [
        ("/recovery-key/send", vec![]),
        ("/recovery-key", vec![("key", key.as_str()), ("code", "AAAAA-AAAAA"), ("agree", "on")]),
        ("/leave/send", vec![("password", &*desk.alice.password)]),
    ] {
        let fields = [&[("csrf", &*csrf)], &*fields].concat();
        let path = desk.at(step);
        let page = desk.browser.post(&path, &fields).await;
        assert!(page.status == 200 || page.status == 422, "{step}: {}", page.status);
        assert!(!page.text().contains("code is on its way"), "{step}: {}", page.text());
    }
    assert!(desk.pds.mails(&desk.alice.email).await.is_empty());
}

#[tokio::test]
async fn the_handle_of_a_did_web_is_what_its_document_says() {
    let (site, mut desk) = web_desk().await;
    let page = desk.see("/handle").await;
    let refused = desk.refused(&page, "/handle", &[("handle", "alicia")]).await;
    assert!(refused.text().contains("alice.test"), "{}", refused.text());
    assert_eq!(refused.marked(), ["handle"], "{}", refused.text());
    let document = site.document.lock().unwrap().replace("at://alice.test", "at://alicia.test");
    *site.document.lock().unwrap() = document;
    // Documents are not asked for more often than every half a minute.
    pass(Duration::from_secs(31)).await;
    let page = desk.send(&page, "/handle", &[("handle", "alicia")]).await;
    assert!(page.text().contains("Your handle is now alicia.test."), "{}", page.text());
}

/// A server whose directory can be made to be silent.
struct Silent {
    desk: Desk,
    /// What stands before the directory.
    between: Proxy,
    /// Has the directory.
    other: Pds,
}

impl Silent {
    async fn start() -> Self {
        let other = Pds::start().await;
        let between = Proxy::listen().await;
        between.forward_to(&other.plc_url());
        let origin = between.origin();
        let pds = Pds::start_with(|config| {
            config.plc_url = Some(origin.parse().unwrap());
            config.plc_listen = None;
            config.private_origins = vec![origin.parse().unwrap()];
        })
        .await;
        let alice = pds.account("alice").await;
        let browser = signed_in(&pds, &alice).await;
        Self { desk: Desk { pds, alice, browser }, between, other }
    }
}

fn is_silent(page: &Page) -> bool {
    page.text().contains("does not answer. Try again in a few minutes.")
}

fn did(account: &TestAccount) -> syntax::Did {
    account.did.parse().unwrap()
}

#[tokio::test]
async fn a_directory_that_does_not_answer_loses_nothing_and_is_told_of() {
    let mut there = Silent::start().await;
    let desk = &mut there.desk;
    let page = desk.see("/recovery-key").await;
    let adding = desk.send(&page, "/recovery-key/send", &[]).await;
    let code = desk.code().await;
    there.between.always("/", Fault::Refuse);
    // Pages that need it say so, and others are there.
    for step in super::doors::PAGES {
        let page = desk.browser.get(&at(&desk.alice, step)).await;
        assert!(matches!(page.status.as_u16(), 200 | 422), "{step}: {}", page.status);
        assert!(page.text().contains("alice.test"), "{step}: {}", page.text());
    }
    let page = desk.browser.get(&at(&desk.alice, "/recovery-key")).await;
    assert!(is_silent(&page), "{}", page.text());
    let key = new_key();
    let fields = [("key", key.as_str()), ("code", &*code), ("agree", "on")];
    let page = desk.refused(&adding, "/recovery-key", &fields).await;
    assert!(is_silent(&page), "{}", page.text());
    let handles = desk.see("/handle").await;
    let page = desk.refused(&handles, "/handle", &[("handle", "alicia")]).await;
    assert!(is_silent(&page), "{}", page.text());
    let session = desk.pds.get("com.atproto.server.getSession").by(&desk.alice).send().await.ok();
    assert_eq!(session["handle"], "alice.test");

    // When it is there again, what was typed is good: the code is not spent.
    there.between.let_through();
    let page = desk.send(&adding, "/recovery-key", &fields).await;
    assert!(page.text().contains("The key is in your identity."), "{}", page.text());
    let page = desk.send(&handles, "/handle", &[("handle", "alicia")]).await;
    assert!(page.text().contains("Your handle is now alicia.test."), "{}", page.text());
    let state = directory(&there.other).state(&did(&desk.alice)).await.unwrap();
    assert!(state.rotation_keys.contains(&key));
    assert_eq!(state.also_known_as, ["at://alicia.test"]);
}

#[tokio::test]
async fn there_is_room_for_so_many_keys_and_the_code_for_one_more_is_kept() {
    let mut desk = Desk::new().await;
    let before = directory(&desk.pds).state(&did(&desk.alice)).await.unwrap().rotation_keys.len();
    for count in before..=5 {
        let page = desk.see("/recovery-key").await;
        let page = desk.send(&page, "/recovery-key/send", &[]).await;
        let (code, key) = (desk.code().await, new_key());
        let fields = [("key", key.as_str()), ("code", &*code), ("agree", "on")];
        let path = desk.at("/recovery-key");
        let page = desk.browser.submit(&page, &path, &fields).await;
        let state = directory(&desk.pds).state(&did(&desk.alice)).await.unwrap();
        if count < 5 {
            assert_eq!(page.status, 200, "{count}: {}", page.text());
            assert_eq!(state.rotation_keys.len(), count + 1);
            continue;
        }
        let full = "Your identity has as many keys as it can.";
        assert!(page.status == 422 && page.text().contains(full), "{}", page.text());
        assert_eq!(state.rotation_keys.len(), 5);
        assert_eq!(page.marked(), [""; 0], "no input is wrong");
        // Nothing was spent on it.
        let again = desk.browser.submit(&page, &path, &fields).await;
        assert!(again.text().contains(full), "{}", again.text());
    }
    let mails = desk.pds.mails(&desk.alice.email).await;
    assert_eq!(mails.iter().filter(|(subject, _)| subject == "Key Added").count(), 5 - before);
}
