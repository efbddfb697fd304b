//! Looking at accounts, changing them, and deleting them

use std::time::Duration;

use identity::resolve::PlcError;
use repo::event::Message;
use serde_json::{Value, json};
use store::AccountState;
use syntax::Did;

use super::{ask, call, info};
use crate::harness::{Pds, TestAccount};
use crate::identity::directory;

/// A DID that nobody has.
const NOBODY: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

#[tokio::test]
async fn an_operator_sees_accounts_of_any_state() {
    let mut pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let seen = info(&pds, &alice).await;
    assert_eq!(
        (&seen["did"], &seen["handle"], &seen["email"]),
        (&json!(alice.did), &json!("alice.test"), &json!("alice@example.com"))
    );
    assert_eq!((&seen["invites"], &seen["invitesDisabled"]), (&json!([]), &json!(false)));
    assert!(seen["indexedAt"].as_str().unwrap().starts_with("2026-01-01T"));
    for absent in ["emailConfirmedAt", "deactivatedAt", "invitedBy", "inviteNote"] {
        assert!(seen.get(absent).is_none(), "{absent}");
    }
    let state = AccountState {
        deactivated_at: Some(1000),
        takedown_ref: Some("x".into()),
        ..<_>::default()
    };
    pds.set_state(&alice, state).await;
    assert_eq!(info(&pds, &alice).await["deactivatedAt"], json!("1970-01-01T00:00:01.000Z"));

    let dids = [("dids", bob.did.as_str()), ("dids", NOBODY), ("dids", &alice.did)];
    let infos = ask(&pds, "getAccountInfos", &dids).await.ok();
    let seen: Vec<&Value> = infos["infos"].as_array().unwrap().iter().map(|i| &i["did"]).collect();
    assert_eq!(seen, [&json!(bob.did), &json!(alice.did)]);
    let refusal = ask(&pds, "getAccountInfo", &[("did", NOBODY)]).await.refusal();
    assert_eq!(refusal, (400, "NotFound".to_owned()));
}

#[tokio::test]
async fn accounts_are_found_by_parts_of_their_addresses_page_by_page() {
    let pds = Pds::start().await;
    let mut all = Vec::new();
    for name in ["alice", "bobby", "carol", "spam_one", "spam_two"] {
        let name = name.replace('_', "-");
        all.push(pds.account(&name).await.did);
    }
    all.sort();
    let found = async |params: &[(&str, &str)]| -> (Vec<String>, Option<String>) {
        let answer = ask(&pds, "searchAccounts", params).await.ok();
        let accounts = answer["accounts"].as_array().unwrap().iter();
        let dids = accounts.map(|account| account["did"].as_str().unwrap().to_owned()).collect();
        (dids, answer["cursor"].as_str().map(str::to_owned))
    };
    assert_eq!(found(&[]).await, (all.clone(), None));
    assert_eq!(found(&[("email", "@EXAMPLE.com")]).await.0, all);
    assert_eq!(found(&[("email", "Spam-")]).await.0.len(), 2);
    assert_eq!(found(&[("email", "alice@example.com")]).await.0.len(), 1);
    assert_eq!(found(&[("email", "%")]).await.0.len(), 0);
    let (first, cursor) = found(&[("limit", "3")]).await;
    let (rest, end) = found(&[("limit", "3"), ("cursor", &cursor.unwrap())]).await;
    assert_eq!(([first, rest].concat(), end), (all, None));
    let refusal = ask(&pds, "searchAccounts", &[("cursor", "5")]).await.refusal();
    assert_eq!(refusal, (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn a_new_address_is_not_confirmed_and_codes_to_the_old_one_are_void() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let request = pds.post("com.atproto.server.requestEmailConfirmation").by(&alice);
    request.send().await.ok();
    let code = pds.mailed_code(&alice.email).await;
    let confirm = async |code: &str, email: &str| {
        let input = json!({ "token": code, "email": email });
        pds.post("com.atproto.server.confirmEmail").by(&alice).json(&input).send().await
    };
    confirm(&code, &alice.email).await.ok();
    assert!(info(&pds, &alice).await["emailConfirmedAt"].is_string());
    pds.post("com.atproto.server.requestAccountDelete").by(&alice).send().await.ok();
    let code = pds.mailed_code(&alice.email).await;

    let set = async |account: &str, email: &str| {
        call(&pds, "updateAccountEmail", &json!({ "account": account, "email": email })).await
    };
    set(&alice.handle, "new@example.com").await.ok();
    let seen = info(&pds, &alice).await;
    assert_eq!((&seen["email"], seen.get("emailConfirmedAt")), (&json!("new@example.com"), None));
    let input = json!({ "did": alice.did, "password": alice.password, "token": code });
    let delete = pds.post("com.atproto.server.deleteAccount").json(&input).send().await;
    assert_eq!(delete.refusal(), (400, "InvalidToken".to_owned()));

    set(&alice.did, "newer@example.com").await.ok();
    for (account, email) in [
        ("nobody.test", "a@example.com"),
        (NOBODY, "a@example.com"),
        (&alice.did, &bob.email),
        (&bob.did, "b"),
    ] {
        let refusal = set(account, email).await.refusal();
        assert_eq!(refusal, (400, "InvalidRequest".to_owned()), "{account} {email}");
    }
}

#[tokio::test]
async fn a_new_password_ends_sessions() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let set = async |did: &str, password: &str| {
        call(&pds, "updateAccountPassword", &json!({ "did": did, "password": password })).await
    };
    set(&alice.did, "another").await.ok();
    let refresh = pds.post("com.atproto.server.refreshSession").token(&alice.refresh).send().await;
    assert_eq!(refresh.refusal(), (400, "ExpiredToken".to_owned()));
    let input = json!({ "identifier": alice.handle, "password": alice.password });
    let old = pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(old.refusal(), (401, "AuthenticationRequired".to_owned()));
    pds.sign_in(&alice.handle, "another").await;
    assert_eq!(set(&alice.did, &"x".repeat(257)).await.refusal().0, 400);
    assert_eq!(set(NOBODY, "another").await.refusal(), (400, "NotFound".to_owned()));
}

#[tokio::test]
async fn an_operator_gives_handles_that_owners_cannot_take() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let give = async |account: &TestAccount, handle: &str| {
        call(&pds, "updateAccountHandle", &json!({ "did": account.did, "handle": handle })).await
    };
    let input = json!({ "handle": "admin.test" });
    let owner = pds.post("com.atproto.identity.updateHandle").by(&alice).json(&input);
    assert_eq!(owner.send().await.refusal(), (400, "HandleNotAvailable".to_owned()));
    let mut stream = pds.subscribe(None).await;
    give(&alice, "admin.test").await.ok();
    let Message::Identity(told) = stream.next().await else { panic!("no identity") };
    assert_eq!(told.handle.unwrap().as_str(), "admin.test");
    let did: Did = alice.did.parse().unwrap();
    let state = directory(&pds).state(&did).await.unwrap();
    assert_eq!(state.also_known_as, ["at://admin.test"]);

    pds.dns().set_txt("_atproto.alice.example.com", vec![format!("did={}", alice.did)]);
    give(&alice, "alice.example.com").await.ok();
    for (handle, name) in [
        ("ab.test", "InvalidHandle"),
        ("nineteen-characters.test", "InvalidHandle"),
        ("a.b.test", "InvalidHandle"),
        ("alice.local", "InvalidHandle"),
        ("bobby.test", "HandleNotAvailable"),
        ("elsewhere.example.com", "InvalidRequest"),
    ] {
        let refusal = give(&alice, handle).await.refusal();
        assert_eq!(refusal, (400, name.to_owned()), "{handle}");
    }
    let nobody = TestAccount { did: NOBODY.to_owned(), ..bob };
    assert_eq!(give(&nobody, "someone.test").await.refusal(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_codes_and_its_identity_stays() {
    let pds = Pds::start_with(|config| config.invite_required = true).await;
    let code = async |input: &Value| {
        let ask = pds.post("com.atproto.server.createInviteCode").admin();
        ask.json(input).send().await.ok()["code"].clone()
    };
    let join = async |name: &str, code: &Value| {
        let (handle, email) = (format!("{name}.test"), format!("{name}@example.com"));
        let input =
            json!({ "handle": handle, "email": email, "password": "pw", "inviteCode": code });
        pds.post("com.atproto.server.createAccount").json(&input).send().await
    };
    let alice = join("alice", &code(&json!({ "useCount": 1 })).await).await.ok();
    let alice = alice["did"].as_str().unwrap();
    let own = code(&json!({ "useCount": 5, "forAccount": alice })).await;
    join("carol", &own).await.ok();
    let mut stream = pds.subscribe(None).await;
    let delete = async || call(&pds, "deleteAccount", &json!({ "did": alice })).await;
    delete().await.ok();
    let Message::Account(told) = stream.next_within(Duration::from_secs(10)).await.unwrap() else {
        panic!("no account event")
    };
    assert_eq!((told.active, told.status.as_deref()), (false, Some("deleted")));
    assert_eq!(delete().await.refusal(), (400, "NotFound".to_owned()));
    let status = pds.get("com.atproto.sync.getRepoStatus").param("did", alice).send().await;
    assert_eq!(status.refusal(), (400, "RepoNotFound".to_owned()));
    assert_eq!(join("david", &own).await.refusal(), (400, "InvalidInviteCode".to_owned()));
    let did: Did = alice.parse().unwrap();
    let state = directory(&pds).state(&did).await;
    assert!(!matches!(state, Err(PlcError::Ended | PlcError::NotFound)), "{state:?}");
}
