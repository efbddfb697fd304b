//! Invite codes as operators see them, and disabling them

use std::time::Duration;

use serde_json::{Value, json};

use super::{ask, call, info, repo, take_down};
use crate::harness::{Answer, Pds, TestAccount};

async fn join(pds: &Pds, name: &str, code: &str) -> Answer {
    let input = json!({
        "handle": format!("{name}.test"), "email": format!("{name}@example.com"),
        "password": format!("password of {name}"), "inviteCode": code,
    });
    pds.post("com.atproto.server.createAccount").json(&input).send().await
}

async fn code(pds: &Pds, uses: u64, owner: Option<&TestAccount>) -> String {
    let mut input = json!({ "useCount": uses });
    if let Some(owner) = owner {
        input["forAccount"] = json!(owner.did);
    }
    let made = pds.post("com.atproto.server.createInviteCode").admin().json(&input).send().await;
    pds.advance(Duration::from_millis(5));
    made.ok()["code"].as_str().unwrap().to_owned()
}

/// Starts a server where codes count.
async fn start() -> Pds {
    Pds::start_with(|config| config.invite_required = true).await
}

/// Makes an account by a code of its own.
async fn member(pds: &Pds, name: &str) -> TestAccount {
    let code = code(pds, 1, None).await;
    let made = join(pds, name, &code).await.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    TestAccount {
        did: text("did"),
        handle: text("handle"),
        access: text("accessJwt"),
        refresh: text("refreshJwt"),
        email: format!("{name}@example.com"),
        password: format!("password of {name}"),
    }
}

/// Returns all codes, read in pages of two, which have to be the same as those of one page.
async fn listed(pds: &Pds, sort: &str) -> Vec<Value> {
    let codes = |answer: &Value| answer["codes"].as_array().unwrap().clone();
    let whole = codes(&ask(pds, "getInviteCodes", &[("sort", sort)]).await.ok());
    let (mut paged, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let mut params = vec![("sort", sort), ("limit", "2")];
        if let Some(cursor) = &cursor {
            params.push(("cursor", cursor));
        }
        let page = ask(pds, "getInviteCodes", &params).await.ok();
        if codes(&page).is_empty() {
            break;
        }
        paged.extend(codes(&page));
        cursor = page["cursor"].as_str().map(str::to_owned);
    }
    assert_eq!(paged, whole, "{sort}");
    whole
}

#[tokio::test]
async fn codes_are_listed_by_age_and_by_use_and_accounts_with_theirs() {
    let pds = start().await;
    let first = code(&pds, 10, None).await;
    let mut accounts = Vec::new();
    for name in ["alice", "bobby", "carol"] {
        let made = join(&pds, name, &first).await.ok();
        accounts.push(made["did"].clone());
        pds.advance(Duration::from_millis(5));
    }
    let second = code(&pds, 1, None).await;
    let last = join(&pds, "david", &second).await.ok()["did"].as_str().unwrap().to_owned();
    let third = code(&pds, 5, None).await;
    let names = |codes: &[Value]| -> Vec<String> {
        codes.iter().map(|code| code["code"].as_str().unwrap().to_owned()).collect()
    };
    let recent = listed(&pds, "recent").await;
    assert_eq!(names(&recent), [&*third, &*second, &*first]);
    assert_eq!(names(&listed(&pds, "usage").await), [&*first, &*second, &*third]);
    let oldest = &recent[2];
    let uses: Vec<&Value> =
        oldest["uses"].as_array().unwrap().iter().map(|usage| &usage["usedBy"]).collect();
    assert_eq!(uses, accounts.iter().rev().collect::<Vec<_>>(), "the last first");
    for (params, what) in [([("sort", "name")], "sort"), ([("cursor", "x")], "cursor")] {
        let refusal = ask(&pds, "getInviteCodes", &params).await.refusal();
        assert_eq!(refusal, (400, "InvalidRequest".to_owned()), "{what}");
    }
    let view = ask(&pds, "getAccountInfo", &[("did", &last)]).await.ok();
    assert_eq!(view["invitedBy"]["code"], json!(second));
    assert_eq!(view["invitedBy"]["uses"][0]["usedBy"], json!(last));
}

#[tokio::test]
async fn disabled_codes_let_nobody_in() {
    let pds = start().await;
    let (alice, bob) = (member(&pds, "alice").await, member(&pds, "bobby").await);
    let (one, two) = (code(&pds, 5, None).await, code(&pds, 5, None).await);
    let (of_alice, of_bob) = (code(&pds, 5, Some(&alice)).await, code(&pds, 5, Some(&bob)).await);
    let input = json!({ "codes": [one], "accounts": [alice.did] });
    call(&pds, "disableInviteCodes", &input).await.ok();
    for (name, code, is_good) in [
        ("one", &one, false),
        ("two", &two, true),
        ("three", &of_alice, false),
        ("four", &of_bob, true),
    ] {
        let joined = join(&pds, name, code).await;
        assert_eq!(joined.status == 200, is_good, "{name}: {}", joined.text());
    }
    assert_eq!(info(&pds, &alice).await["invites"][0]["disabled"], json!(true));
    let own = pds.get("com.atproto.server.getAccountInviteCodes").by(&alice).send().await.ok();
    assert_eq!(own["codes"], json!([]));
    let all = json!({ "accounts": [bob.did, "admin"] });
    let refusal = call(&pds, "disableInviteCodes", &all).await;
    assert_eq!(refusal.refusal(), (400, "InvalidRequest".to_owned()));
    join(&pds, "five", &two).await.ok();
}

#[tokio::test]
async fn codes_of_accounts_that_are_taken_down_rest_with_them() {
    let pds = start().await;
    let alice = member(&pds, "alice").await;
    let code = code(&pds, 5, Some(&alice)).await;
    take_down(&pds, &repo(&alice), Some("spam")).await.ok();
    assert_eq!(join(&pds, "one", &code).await.refusal(), (400, "InvalidInviteCode".to_owned()));
    take_down(&pds, &repo(&alice), None).await.ok();
    join(&pds, "one", &code).await.ok();
}

#[tokio::test]
async fn a_code_for_somebody_elsewhere_can_be_used() {
    let pds = start().await;
    let input = json!({ "useCount": 1, "forAccount": "did:web:elsewhere.example.com" });
    let made = pds.post("com.atproto.server.createInviteCode").admin().json(&input).send().await;
    join(&pds, "one", made.ok()["code"].as_str().unwrap()).await.ok();
}

#[tokio::test]
async fn a_code_counts_where_none_is_needed_and_an_empty_field_is_none() {
    let pds = Pds::start().await;
    let code = code(&pds, 1, None).await;
    let made = join(&pds, "one", &code).await.ok();
    let seen = ask(&pds, "getAccountInfo", &[("did", made["did"].as_str().unwrap())]).await.ok();
    assert_eq!(seen["invitedBy"]["code"], json!(code));
    assert_eq!(join(&pds, "two", &code).await.refusal(), (400, "InvalidInviteCode".to_owned()));
    join(&pds, "two", "").await.ok();
}

#[tokio::test]
async fn accounts_whose_invites_are_disabled_come_to_codes_that_are_good_for_nothing() {
    let pds = Pds::start_with(|config| config.invite_interval_hours = Some(1)).await;
    let alice = pds.account("alice").await;
    let own = async || {
        let session = pds.sign_in(&alice.handle, &alice.password).await;
        let ask = pds.get("com.atproto.server.getAccountInviteCodes");
        let ask = ask.token(session["accessJwt"].as_str().unwrap());
        ask.send().await.ok()["codes"].as_array().unwrap().len()
    };
    let input = json!({ "account": alice.did, "note": "too many bots" });
    call(&pds, "disableAccountInvites", &input).await.ok();
    pds.advance(Duration::from_secs(2 * 3600));
    assert_eq!(own().await, 0);
    let seen = info(&pds, &alice).await;
    assert_eq!((&seen["invitesDisabled"], &seen["inviteNote"]), (&json!(true), &input["note"]));
    let disabled = |code: &Value| code["disabled"] == json!(true);
    let invites = seen["invites"].as_array().unwrap();
    assert!(invites.len() == 2 && invites.iter().all(disabled));

    let input = json!({ "account": alice.did, "note": "they were friends" });
    call(&pds, "enableAccountInvites", &input).await.ok();
    pds.advance(Duration::from_secs(3600));
    assert_eq!(own().await, 1);
    let seen = info(&pds, &alice).await;
    assert_eq!((&seen["invitesDisabled"], &seen["inviteNote"]), (&json!(false), &input["note"]));
    let nobody = json!({ "account": "did:web:nobody.example.com" });
    for method in ["enableAccountInvites", "disableAccountInvites"] {
        assert_eq!(call(&pds, method, &nobody).await.refusal(), (400, "NotFound".to_owned()));
    }
}

#[tokio::test]
async fn time_before_codes_were_given_does_not_count() {
    let pds = Pds::start_with(|config| {
        config.invite_interval_hours = Some(1);
        config.invite_epoch = Some("2026-01-01T10:00:00Z".parse().unwrap());
    })
    .await;
    let alice = pds.account("alice").await;
    pds.advance(Duration::from_secs(12 * 3600));
    let session = pds.sign_in(&alice.handle, &alice.password).await;
    let ask = pds.get("com.atproto.server.getAccountInviteCodes");
    let codes = ask.token(session["accessJwt"].as_str().unwrap()).send().await.ok();
    assert_eq!(codes["codes"].as_array().unwrap().len(), 2);
}
