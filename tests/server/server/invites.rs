//! `com.atproto.server.createInviteCode`, `createInviteCodes`, `getAccountInviteCodes`

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{Answer, Pds, TestAccount};

async fn join(pds: &Pds, name: &str, code: Option<&str>) -> Answer {
    let mut input = json!({
        "handle": format!("{name}.test"), "email": format!("{name}@example.com"), "password": "pw",
    });
    if let Some(code) = code {
        input["inviteCode"] = json!(code);
    }
    pds.post("com.atproto.server.createAccount").json(&input).send().await
}

#[tokio::test]
async fn a_code_lets_in_as_many_as_it_says() {
    let pds = Pds::start_with(|config| config.invite_required = true).await;
    let none = join(&pds, "alice", None).await;
    assert_eq!(none.refusal(), (400, "InvalidInviteCode".to_owned()));
    let wrong = join(&pds, "alice", Some("localhost-abcde-fghij")).await;
    assert_eq!(wrong.refusal(), (400, "InvalidInviteCode".to_owned()));

    let make = || pds.post("com.atproto.server.createInviteCode").json(&json!({ "useCount": 2 }));
    assert_eq!(make().send().await.refusal(), (401, "AuthenticationRequired".to_owned()));
    let made = make().admin().send().await.ok();
    let code = made["code"].as_str().unwrap();
    assert!(code.starts_with("localhost-") && code.len() == "localhost-abcde-fghij".len());
    join(&pds, "alice", Some(code)).await.ok();
    join(&pds, "bobby", Some(code)).await.ok();
    let third = join(&pds, "carol", Some(code)).await;
    assert_eq!(third.refusal(), (400, "InvalidInviteCode".to_owned()));
}

#[tokio::test]
async fn codes_are_made_for_accounts_and_shown_to_them() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let input = json!({ "codeCount": 2, "useCount": 1, "forAccounts": [alice.did, bob.did] });
    let made = pds.post("com.atproto.server.createInviteCodes").json(&input).admin();
    let made = made.send().await.ok();
    assert_eq!(made["codes"][0]["account"], json!(alice.did));
    assert_eq!(made["codes"][1]["codes"].as_array().map(Vec::len), Some(2));
    let listed = codes(&pds, &alice).await;
    assert_eq!(listed.len(), 2);
    assert_eq!(listed[0]["createdBy"], json!("admin"));
    assert_eq!((&listed[0]["available"], &listed[0]["uses"]), (&json!(1), &json!([])));
}

async fn codes(pds: &Pds, account: &TestAccount) -> Vec<Value> {
    let ask = pds.get("com.atproto.server.getAccountInviteCodes");
    ask.by(account).send().await.ok()["codes"].as_array().unwrap().clone()
}

#[tokio::test]
async fn accounts_come_to_codes_with_time_and_never_to_many() {
    let pds = Pds::start_with(|config| config.invite_interval_hours = Some(1)).await;
    let alice = pds.account("alice").await;
    assert_eq!(codes(&pds, &alice).await.len(), 0);
    pds.advance(Duration::from_secs(3600));
    assert_eq!(codes(&pds, &alice).await.len(), 1);
    assert_eq!(codes(&pds, &alice).await.len(), 1);
    pds.advance(Duration::from_secs(20 * 3600));
    let session = pds.sign_in("alice.test", &alice.password).await;
    let alice = TestAccount { access: session["accessJwt"].as_str().unwrap().to_owned(), ..alice };
    assert_eq!(codes(&pds, &alice).await.len(), 5);
}
