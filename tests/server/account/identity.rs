//! The handle, the e-mail address, and keys.

use std::time::Duration;

use crypto::{Curve, PrivateKey};
use identity::plc::DidKey;
use serde_json::{Value, json};
use syntax::Did;

use super::{Desk, signed_in};
use crate::harness::TestAccount;
use crate::identity::directory;

fn did(account: &TestAccount) -> Did {
    account.did.parse().unwrap()
}

async fn session(desk: &Desk) -> Value {
    desk.pds.get("com.atproto.server.getSession").by(&desk.alice).send().await.ok()
}

#[tokio::test]
async fn an_address_is_confirmed_with_the_mailed_code() {
    let mut desk = Desk::new().await;
    let page = desk.see("/email").await;
    let page = desk.send(&page, "/email/send", &[]).await;
    assert!(page.text().contains("A code is on its way to alice@example.com."));
    let code = desk.code().await;
    for (given, problem) in
        [("AAAAA-AAAAA", "The code is not right"), (" ", "Enter the code from the e-mail.")]
    {
        let page = desk.refused(&page, "/email/confirm", &[("code", given)]).await;
        assert!(page.text().contains(problem), "{}", page.text());
    }
    assert_eq!(session(&desk).await["emailConfirmed"], json!(false));
    let page = desk.send(&page, "/email/confirm", &[("code", &code.to_lowercase())]).await;
    assert!(page.text().contains("Your e-mail address is confirmed."), "{}", page.text());
    assert_eq!(session(&desk).await["emailConfirmed"], json!(true));
}

#[tokio::test]
async fn another_address_needs_the_password_and_a_code_from_the_one_before() {
    let mut desk = Desk::new().await;
    desk.confirm_email().await;
    let bob = desk.pds.account("bobby").await;
    let mut other = signed_in(&desk.pds, &desk.alice).await;
    let (new, password) = ("alice2@example.com", desk.alice.password.clone());
    let page = desk.see("/email").await;
    let page = desk.send(&page, "/email/change", &[]).await;
    let code = desk.code().await;
    for (email, given, password, problem) in [
        (new, &*code, "wrong", "The password is not right."),
        (new, "AAAAA-AAAAA", &*password, "The code is not right"),
        (new, "", &*password, "Enter the code from the e-mail."),
        ("nonsense", &*code, &*password, "That is not an e-mail address"),
        (&*bob.email, &*code, &*password, "Another account here has this e-mail address."),
    ] {
        let fields = [("email", email), ("code", given), ("password", password)];
        let page = desk.refused(&page, "/email", &fields).await;
        assert!(page.text().contains(problem), "{problem}: {}", page.text());
    }
    assert_eq!(session(&desk).await["email"], json!(desk.alice.email));
    let fields = [("email", new), ("code", &*code), ("password", &*password)];
    let page = desk.send(&page, "/email", &fields).await;
    assert!(page.text().contains("Your e-mail address has changed."), "{}", page.text());
    let now = session(&desk).await;
    assert_eq!((&now["email"], &now["emailConfirmed"]), (&json!(new), &json!(false)));
    let (subject, _) = desk.pds.mails(&desk.alice.email).await.remove(0);
    assert_eq!(subject, "Email Changed", "the one before is told");
    assert!(!desk.session_goes_on().await);
    assert_eq!(other.get(&desk.at("")).await.path(), "/account/sign-in");
    desk.see("").await;
    // One that was never confirmed proves nothing, so that no code is asked for.
    let page = desk.see("/email").await;
    let page = desk.send(&page, "/email/change", &[]).await;
    let fields = [("email", "alice3@example.com"), ("password", &*password)];
    desk.send(&page, "/email", &fields).await;
    assert_eq!(session(&desk).await["email"], json!("alice3@example.com"));
}

#[tokio::test]
async fn a_name_of_this_server_is_taken() {
    let mut desk = Desk::new().await;
    desk.pds.account("bobby").await;
    let page = desk.see("/handle").await;
    for (name, problem) in [
        ("bobby", "Somebody else has this handle."),
        ("al", "The handle needs at least 3 characters."),
        ("admin", "This handle is not given to anybody."),
        ("a_b", "A handle has letters from a to z"),
        ("al.ice", "A handle has letters from a to z"),
        ("", "Enter a handle."),
    ] {
        let page = desk.refused(&page, "/handle", &[("handle", name)]).await;
        assert!(page.text().contains(problem), "{name}: {}", page.text());
    }
    let foreign = [("handle", "alicia"), ("domain", ".example.org")];
    desk.refused(&page, "/handle", &foreign).await;
    let page = desk.send(&page, "/handle", &[("handle", "Alicia")]).await;
    assert!(page.text().contains("Your handle is now alicia.test."), "{}", page.text());
    assert_eq!(session(&desk).await["handle"], json!("alicia.test"));
    let state = directory(&desk.pds).state(&did(&desk.alice)).await.unwrap();
    assert_eq!(state.also_known_as, ["at://alicia.test"]);
}

#[tokio::test]
async fn a_domain_of_ones_own_has_to_lead_to_the_account() {
    let mut desk = Desk::new().await;
    let bob = desk.pds.account("bobby").await;
    let (own, theirs) = ("alice.example.com", "bob.example.com");
    let leading = |did: &str| vec![format!("did={did}")];
    desk.pds.dns().set_txt("_atproto.bob.example.com", leading(&bob.did));
    let page = desk.see("/handle").await;
    let nothing = desk.send(&page, "/handle/check", &[("own", own)]).await;
    assert!(nothing.html.contains("id=\"own-seen\""), "{}", nothing.text());
    let refused = desk.refused(&page, "/handle/domain", &[("own", own)]).await;
    assert!(refused.text().contains("does not lead to your account yet"), "{}", refused.text());
    let refused = desk.refused(&page, "/handle/domain", &[("own", theirs)]).await;
    assert!(refused.text().contains(&bob.did), "{}", refused.text());
    let checked = desk.send(&page, "/handle/check", &[("own", theirs)]).await;
    assert!(checked.text().contains(&bob.did), "{}", checked.text());
    desk.refused(&page, "/handle/domain", &[("own", "")]).await;
    desk.refused(&page, "/handle/domain", &[("own", "no domain")]).await;

    desk.pds.dns().set_txt("_atproto.alice.example.com", leading(&desk.alice.did));
    let checked = desk.send(&page, "/handle/check", &[("own", "@Alice.Example.com")]).await;
    assert_eq!(checked.status, 200);
    assert_eq!(session(&desk).await["handle"], json!("alice.test"), "a look changes nothing");
    let page = desk.send(&checked, "/handle/domain", &[("own", own)]).await;
    assert!(page.text().contains("Your handle is now alice.example.com."), "{}", page.text());
    assert_eq!(session(&desk).await["handle"], json!(own));
}

#[tokio::test]
async fn a_key_of_ones_own_is_added_above_the_servers() {
    let mut desk = Desk::new().await;
    let key = |curve| DidKey::from(&PrivateKey::generate(curve).public_key());
    let (first, second) = (key(Curve::P256), key(Curve::Secp256k1));
    let before = directory(&desk.pds).state(&did(&desk.alice)).await.unwrap();
    let page = desk.see("/recovery-key").await;
    let adding = desk.send(&page, "/recovery-key/send", &[]).await;
    let code = desk.code().await;
    for (given, code, agree, problem) in [
        ("", &*code, "on", "Make a key, or enter one."),
        ("did:key:zNonsense", &*code, "on", "That is not a public key."),
        (first.as_str(), "AAAAA-AAAAA", "on", "The code is not right"),
        (first.as_str(), &*code, "", "Tick the box if you agree."),
        (before.rotation_keys[0].as_str(), &*code, "on", "Your identity has this key already."),
    ] {
        let fields = [("key", given), ("code", code), ("agree", agree)];
        let page = desk.refused(&adding, "/recovery-key", &fields).await;
        assert!(page.text().contains(problem), "{problem}: {}", page.text());
    }
    let unchanged = directory(&desk.pds).state(&did(&desk.alice)).await.unwrap();
    assert_eq!(unchanged, before);

    let fields = [("key", first.as_str()), ("code", &*code), ("agree", "on")];
    let page = desk.send(&adding, "/recovery-key", &fields).await;
    assert!(page.text().contains("The key is in your identity."), "{}", page.text());
    assert!(page.text().contains("You have a key of your own."), "{}", page.text());
    let (subject, text) = desk.pds.mails(&desk.alice.email).await.remove(0);
    assert_eq!(subject, "Key Added");
    assert!(text.contains(first.as_str()), "{text}");

    // The code is spent, and the next key stands below the first.
    let fields = [("key", second.as_str()), ("code", &*code), ("agree", "on")];
    desk.refused(&adding, "/recovery-key", &fields).await;
    let page = desk.send(&page, "/recovery-key/send", &[]).await;
    let code = desk.code().await;
    let fields = [("key", second.as_str()), ("code", &*code), ("agree", "on")];
    desk.send(&page, "/recovery-key", &fields).await;
    let after = directory(&desk.pds).state(&did(&desk.alice)).await.unwrap();
    let expected = [[first, second].as_slice(), &before.rotation_keys].concat();
    assert_eq!(after.rotation_keys, expected);
    assert_eq!(after.services, before.services);
    assert!(desk.see("").await.text().contains("yours: 2"));
}

#[tokio::test]
async fn a_code_that_is_too_old_adds_no_key() {
    let mut desk = Desk::new().await;
    let page = desk.see("/recovery-key").await;
    let page = desk.send(&page, "/recovery-key/send", &[]).await;
    let (code, key) = (desk.code().await, PrivateKey::generate(Curve::P256).public_key());
    desk.pds.advance(Duration::from_secs(15 * 60 + 1));
    let (key, agree) = (key.to_string(), ("agree", "on"));
    let fields = [("key", &*key), ("code", &*code), agree];
    let page = desk.refused(&page, "/recovery-key", &fields).await;
    assert!(page.text().contains("The code is not right, or it is too old."), "{}", page.text());
}

#[tokio::test]
async fn of_the_two_ways_to_a_handle_the_one_that_was_tried_is_marked() {
    let mut desk = Desk::new().await;
    let page = desk.see("/handle").await;
    assert_eq!(page.marked(), [""; 0]);
    for (step, field, typed, link) in [
        ("/handle", "handle", "", "#handle"),
        ("/handle", "handle", "a_b", "#handle"),
        ("/handle/check", "own", "", "#own"),
        ("/handle/check", "own", "a b", "#own"),
        ("/handle/check", "own", "admin.test", "#own"),
        ("/handle/domain", "own", "", "#own"),
        ("/handle/domain", "own", "alice.example.com", "#own"),
    ] {
        let wrong = desk.refused(&page, step, &[(field, typed)]).await;
        assert_eq!(wrong.marked(), [field], "{step} {typed:?}");
        let links = wrong.attributes("a", "href");
        let links: Vec<_> =
            links.iter().filter(|to| to.starts_with('#') && *to != "#main").collect();
        assert_eq!(links, [link], "{step} {typed:?}");
        let notes = [field, if field == "own" { "handle" } else { "own" }]
            .map(|name| wrong.html.contains(&format!("id=\"{name}-wrong\"")));
        assert_eq!(notes, [true, false], "{step} {typed:?}");
    }
}
