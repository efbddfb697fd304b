//! `/oauth/token`, with a code.

use std::time::Duration;

use serde_json::{Value, json};
use store::AccountState;

use super::{World, refused};
use crate::harness::oauth::{
    App, CONSENT, Callback, DOCUMENT, Key, claims_of, named, sign_in_for_long,
};

#[tokio::test]
async fn a_code_gets_tokens_that_say_whose_they_are() {
    let world = World::start().await;
    let app = App::local("atproto transition:generic");
    let code = app.code(&world.pds, &world.alice).await;
    let params = app.exchanging(&world.pds, &code);
    let answer = app.send(&world.pds, "/oauth/token", &params).await;
    let tokens = answer.ok();
    assert_eq!(tokens["token_type"], "DPoP");
    assert_eq!(tokens["sub"], world.alice.did.as_str());
    let scope: Vec<&str> = tokens["scope"].as_str().unwrap().split(' ').collect();
    assert!(scope.contains(&"atproto") && scope.contains(&"transition:generic"), "{scope:?}");
    let time_s = tokens["expires_in"].as_u64().unwrap();
    assert!(0 < time_s && time_s <= 1800, "{time_s}");
    assert!(!tokens["refresh_token"].as_str().unwrap().is_empty());
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.header("dpop-nonce").is_some());
    let claims = claims_of(tokens["access_token"].as_str().unwrap());
    assert_eq!(claims["cnf"]["jkt"], app.key.thumbprint(), "it is bound to the key");
    assert_eq!(claims["iss"], world.pds.public_url());
    assert_eq!(claims["client_id"], app.id);
}

#[tokio::test]
async fn a_code_that_comes_with_anything_wrong_gets_nothing_and_is_gone() {
    let world = World::start().await;
    let app = App::local("atproto");
    type Edit<'a> = &'a dyn Fn(crate::harness::oauth::Params) -> crate::harness::oauth::Params;
    let cases: [(&str, Edit<'_>); 6] = [
        ("another verifier", &|p| p.with("code_verifier", &"a".repeat(43))),
        ("no verifier", &|p| p.without("code_verifier")),
        ("no verifier to speak of", &|p| p.with("code_verifier", "")),
        ("another address", &|p| p.with("redirect_uri", "http://127.0.0.1:5555/cb")),
        ("another client", &|p| p.with("client_id", &App::local("atproto repo:*").id)),
        ("a client without a name", &|p| p.with("client_id", "http://localhost")),
    ];
    for (why, edit) in cases {
        let code = app.code(&world.pds, &world.alice).await;
        let params = app.exchanging(&world.pds, &code);
        let answer = app.send(&world.pds, "/oauth/token", &edit(params.clone())).await;
        assert_eq!(refused(&answer), "invalid_grant", "{why}: {}", answer.text());
        let again = app.send(&world.pds, "/oauth/token", &params).await;
        assert_eq!(refused(&again), "invalid_grant", "{why}: the code is gone");
    }
}

#[tokio::test]
async fn a_code_is_for_the_key_with_which_it_was_asked_for() {
    let world = World::start().await;
    let mut app = App::local("atproto");
    let code = app.code(&world.pds, &world.alice).await;
    app.key = Key::generate();
    let params = app.exchanging(&world.pds, &code);
    let answer = app.send(&world.pds, "/oauth/token", &params).await;
    assert_eq!(refused(&answer), "invalid_grant");
}

#[tokio::test]
async fn a_code_of_one_app_is_nothing_to_another() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let code = app.code(&world.pds, &world.alice).await;
    let mut thief = App::local("atproto");
    // It knows all that passes through the browser, and more.
    thief.know(app.verifier());
    thief.redirect_uri.clone_from(&app.redirect_uri);
    let params = thief.exchanging(&world.pds, &code);
    let answer = thief.send(&world.pds, "/oauth/token", &params).await;
    assert_eq!(refused(&answer), "invalid_grant");
    let pretending = thief.exchanging(&world.pds, &code).with("client_id", &app.id);
    let answer = thief.send(&world.pds, "/oauth/token", &pretending).await;
    assert_eq!(refused(&answer), "invalid_client", "it has not the key");
}

#[tokio::test]
async fn a_client_has_to_show_the_same_key_as_when_it_asked() {
    let world = World::start().await;
    let mut app = App::confidential(&world.site, "atproto");
    let (one, two) = (app.auth.clone().unwrap().0, Key::generate());
    let mut document = app.document();
    document["jwks"]["keys"] = json!([named(&one, "one"), named(&two, "two")]);
    app.publish(&world.site, &document);
    let code = app.code(&world.pds, &world.alice).await;
    app.auth = Some((two, "two"));
    let params = app.exchanging(&world.pds, &code);
    let answer = app.send(&world.pds, "/oauth/token", &params).await;
    assert!(matches!(&*refused(&answer), "invalid_client" | "invalid_grant"), "{}", answer.text());
}

#[tokio::test]
async fn a_bad_nonce_uses_nothing_up() {
    let world = World::start().await;
    let app = App::confidential(&world.site, "atproto");
    let code = app.code(&world.pds, &world.alice).await;
    // The same body both times: the same code, the same assertion.
    let params = app.exchanging(&world.pds, &code);
    let mut claims = app.claims(&world.pds, "POST", "/oauth/token", None).await;
    for nonce in [Value::Null, json!("nonsense"), json!(app.nonce(&world.pds).await + "A")] {
        claims["nonce"] = nonce;
        let proof = app.proof(&claims);
        let answer = app.send_with(&world.pds, "/oauth/token", &params, &proof).await;
        assert_eq!(refused(&answer), "use_dpop_nonce");
        claims["nonce"] = json!(answer.header("dpop-nonce").unwrap());
    }
    let proof = app.proof(&claims);
    app.send_with(&world.pds, "/oauth/token", &params, &proof).await.ok();
}

#[tokio::test]
async fn a_code_that_comes_twice_ends_what_it_began() {
    let world = World::start().await;
    let app = App::local("atproto");
    let code = app.code(&world.pds, &world.alice).await;
    let tokens = app.exchange(&world.pds, &code).await;
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 200);
    let params = app.exchanging(&world.pds, &code);
    let again = app.send(&world.pds, "/oauth/token", &params).await;
    assert_eq!(refused(&again), "invalid_grant");
    assert_eq!(app.standing(&world.pds, &tokens.access).await, 401);
    assert_eq!(refused(&app.refresh(&world.pds, &tokens.refresh).await), "invalid_grant");
}

#[tokio::test]
async fn of_two_who_come_with_a_code_at_once_at_most_one_gets_something() {
    let world = World::start().await;
    let app = App::local("atproto");
    let code = app.code(&world.pds, &world.alice).await;
    let params = app.exchanging(&world.pds, &code);
    app.nonce(&world.pds).await;
    let (one, two) = tokio::join!(
        app.send(&world.pds, "/oauth/token", &params),
        app.send(&world.pds, "/oauth/token", &params),
    );
    let given = [one, two].iter().filter(|answer| answer.status == 200).count();
    assert!(given <= 1);
}

#[tokio::test]
async fn a_code_is_good_for_five_minutes() {
    let world = World::start().await;
    let app = App::local("atproto");
    for (age_s, is_good) in [(295, true), (301, false)] {
        let code = app.code(&world.pds, &world.alice).await;
        world.pds.advance(Duration::from_secs(age_s));
        let params = app.exchanging(&world.pds, &code);
        let answer = app.send(&world.pds, "/oauth/token", &params).await;
        assert_eq!(answer.status == 200, is_good, "{}", answer.text());
        if !is_good {
            assert_eq!(refused(&answer), "invalid_grant");
        }
    }
}

#[tokio::test]
async fn there_are_no_tokens_without_a_proof() {
    let world = World::start().await;
    let app = App::local("atproto");
    let code = app.code(&world.pds, &world.alice).await;
    let params = app.exchanging(&world.pds, &code);
    let answer = app.plainly(&world.pds, "/oauth/token", &params).send().await;
    assert_eq!(refused(&answer), "invalid_dpop_proof");
    app.exchange(&world.pds, &code).await;
}

#[tokio::test]
async fn there_are_tokens_for_codes_and_refresh_tokens_and_nothing_else() {
    let world = World::start().await;
    let app = App::local("atproto");
    for (grant, name) in [
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ("", "invalid_request"),
    ] {
        let params = app.exchanging(&world.pds, "a").with("grant_type", grant);
        let answer = app.send(&world.pds, "/oauth/token", &params).await;
        assert_eq!(refused(&answer), name, "{grant}");
    }
    for code in ["a", "cod-1", &"x".repeat(60_000), "cod-é"] {
        let params = app.exchanging(&world.pds, code);
        let answer = app.send(&world.pds, "/oauth/token", &params).await;
        assert_eq!(refused(&answer), "invalid_grant");
    }
}

#[tokio::test]
async fn parameters_that_say_nothing_are_looked_past() {
    let world = World::start().await;
    let app = App::local("atproto");
    let code = app.code(&world.pds, &world.alice).await;
    let nothing = [("refresh_token", ""), ("client_assertion", ""), ("client_assertion_type", "")];
    let params = app.exchanging(&world.pds, &code).and(&nothing);
    app.send(&world.pds, "/oauth/token", &params).await.ok();
    // And as JSON.
    let code = app.code(&world.pds, &world.alice).await;
    let params = app.exchanging(&world.pds, &code);
    let proof = app.proof(&app.claims(&world.pds, "POST", "/oauth/token", None).await);
    let ask = world.pds.post("/oauth/token").json(&params.json()).header("dpop", &proof);
    ask.send().await.ok();
}

#[tokio::test]
async fn an_app_that_does_not_refresh_gets_nothing_to_refresh_with() {
    let world = World::start().await;
    let app = App::public(&world.site, "atproto");
    let mut document = app.document();
    document["grant_types"] = json!(["authorization_code"]);
    app.publish(&world.site, &document);
    let tokens = app.let_in(&world.pds, &world.alice).await;
    assert_eq!(tokens.answer.get("refresh_token"), None);
    assert_eq!(world.site.count(DOCUMENT), 1);
    let answer = app.refresh(&world.pds, "ref-a").await;
    assert!(matches!(&*refused(&answer), "unauthorized_client" | "invalid_grant"));
}

#[tokio::test]
async fn an_account_that_was_closed_since_gets_no_tokens() {
    let world = World::start().await;
    let app = App::local("atproto");
    let code = app.code(&world.pds, &world.alice).await;
    world.take_down().await;
    let params = app.exchanging(&world.pds, &code);
    let answer = app.send(&world.pds, "/oauth/token", &params).await;
    assert_eq!(refused(&answer), "invalid_grant");
}

/// What may become of an account.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Deactivated,
    Suspended,
    TakenDown,
    Deleted,
}

impl Fate {
    const ALL: [Self; 4] = [Self::Deactivated, Self::Suspended, Self::TakenDown, Self::Deleted];

    async fn befall(self, world: &mut World) {
        let suspended = AccountState { suspended_at: Some(1), ..AccountState::default() };
        match self {
            Self::Deactivated => {
                let ask = world.pds.post("com.atproto.server.deactivateAccount").by(&world.alice);
                ask.json(&json!({})).send().await.ok();
            }
            Self::Suspended => world.pds.set_state(&world.alice, suspended).await,
            Self::TakenDown => world.take_down().await,
            Self::Deleted => {
                let ask = world.pds.post("com.atproto.admin.deleteAccount").admin();
                ask.json(&json!({ "did": world.alice.did })).send().await.ok();
            }
        }
    }

    async fn be_undone(self, world: &mut World) {
        match self {
            Self::Deactivated => {
                let ask = world.pds.post("com.atproto.server.activateAccount").by(&world.alice);
                ask.send().await.ok();
            }
            Self::Suspended => world.pds.set_state(&world.alice, AccountState::default()).await,
            Self::TakenDown => world.put_up().await,
            Self::Deleted => {}
        }
    }
}

#[tokio::test]
async fn a_code_is_worth_nothing_once_the_account_is_closed() {
    for fate in Fate::ALL {
        let mut world = World::start().await;
        let app = App::local("atproto");
        let code = app.code(&world.pds, &world.alice).await;
        fate.befall(&mut world).await;
        let params = app.exchanging(&world.pds, &code);
        let answer = app.send(&world.pds, "/oauth/token", &params).await;
        assert_eq!(refused(&answer), "invalid_grant", "{fate:?}");
        // Nor when it is open again: it was used.
        fate.be_undone(&mut world).await;
        let answer = app.send(&world.pds, "/oauth/token", &params).await;
        assert_eq!(refused(&answer), "invalid_grant", "{fate:?}");
    }
}

#[tokio::test]
async fn a_session_gets_no_tokens_while_its_account_is_closed() {
    for fate in Fate::ALL {
        let mut world = World::start().await;
        let app = App::local("atproto");
        let tokens = app.let_in(&world.pds, &world.alice).await;
        fate.befall(&mut world).await;
        let refresh = app.refresh(&world.pds, &tokens.refresh).await;
        assert_eq!(refused(&refresh), "invalid_grant", "{fate:?}");
        let standing = app.standing(&world.pds, &tokens.access).await;
        assert!(matches!(standing, 400 | 401 | 403), "{fate:?}: {standing}");
        fate.be_undone(&mut world).await;
        // A suspension passes; whoever closes an account, or has it closed, ends what was let in.
        let refresh = app.refresh(&world.pds, &tokens.refresh).await;
        let goes_on = fate == Fate::Suspended;
        assert_eq!(refresh.status == 200, goes_on, "{fate:?}: {}", refresh.text());
    }
}

#[tokio::test]
async fn a_closed_account_is_let_in_nowhere_by_a_browser_that_remembers_it() {
    // A server that is started anew is at another address, where no browser has been.
    for fate in Fate::ALL.into_iter().filter(|fate| *fate != Fate::Suspended) {
        let mut world = World::start().await;
        let app = App::confidential(&world.site, "atproto");
        let mut browser = world.browser();
        let page = app.ask(&world.pds, &mut browser, &[]).await;
        let page = sign_in_for_long(&mut browser, &page, &world.alice).await;
        // It is closed between the page and the button.
        fate.befall(&mut world).await;
        let page = browser.submit(&page, CONSENT, &[]).await;
        let location = page.location.clone().unwrap_or_default();
        assert!(!location.contains("code="), "{fate:?}: {location}");
        let page = app.ask(&world.pds, &mut browser, &[("prompt", "none")]).await;
        assert!(Callback::of(&page).value("code").is_none(), "{fate:?}");
    }
}
