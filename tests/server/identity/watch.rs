//! Changes of identities that are not made here.

use crypto::{Curve, PrivateKey};
use identity::plc::{Content, DidKey};
use serde_json::json;

use super::{did, directory, rename};
use crate::harness::{Pds, Road, TestAccount, eventually};

/// Returns the subjects of the mails to somebody, the newest first.
async fn subjects(pds: &Pds, account: &TestAccount) -> Vec<String> {
    pds.mails(&account.email).await.into_iter().map(|(subject, _)| subject).collect()
}

/// Makes an account whose owner has a key above the server's, and waits until it was looked at.
async fn watched(road: &Road) -> (TestAccount, PrivateKey) {
    let key = PrivateKey::generate(Curve::P256);
    let (handle, email) = ("alice.test".to_owned(), "alice@example.com".to_owned());
    let input = json!({
        "handle": handle, "email": email, "password": "pw",
        "recoveryKey": key.public_key().to_string(),
    });
    let made = road.new.post("com.atproto.server.createAccount").json(&input).send().await.ok();
    let text = |name: &str| made[name].as_str().unwrap().to_owned();
    let alice = TestAccount {
        did: text("did"),
        access: text("accessJwt"),
        refresh: text("refreshJwt"),
        password: "pw".to_owned(),
        handle,
        email,
    };
    // When it is looked at again, what was seen before has been noted.
    let looks = road.plc.count("/log/audit");
    eventually(async || (road.plc.count("/log/audit") >= looks + 2).then_some(())).await;
    (alice, key)
}

#[tokio::test]
async fn owners_are_told_of_changes_by_other_keys_and_of_no_others() {
    let road = Road::with(|config| config.retention.sweep_seconds = 1).await;
    let (alice, key) = watched(&road).await;
    let (pds, plc) = (&road.new, directory(&road.old));
    rename(pds, &alice, "alice-2.test").await.ok();
    let last = plc.last_operation(&did(&alice)).await.unwrap();
    let mut state = last.state().unwrap();
    state.rotation_keys.push(DidKey::from(&PrivateKey::generate(Curve::P256).public_key()));
    plc.submit(&did(&alice), &Content::update(&last, state).sign(&key).unwrap()).await.unwrap();
    let changed = "Your identity was changed";
    eventually(async || subjects(pds, &alice).await.contains(&changed.to_owned()).then_some(()))
        .await;
    let mails = pds.mails(&alice.email).await;
    let told: Vec<_> = mails.iter().filter(|(subject, _)| subject == changed).collect();
    assert_eq!(told.len(), 1, "{mails:?}");
    let signer = key.public_key().to_string();
    assert!(told[0].1.contains(&signer), "{}", told[0].1);
    pds.note(&alice, "a", "the account is open").await;
}

#[tokio::test]
async fn an_account_whose_identity_is_led_away_is_closed() {
    let road = Road::with(|config| config.retention.sweep_seconds = 1).await;
    let (alice, key) = watched(&road).await;
    let (pds, plc) = (&road.new, directory(&road.old));
    let last = plc.last_operation(&did(&alice)).await.unwrap();
    let mut state = last.state().unwrap();
    state.set_pds(&"https://elsewhere.example.com".parse().unwrap());
    plc.submit(&did(&alice), &Content::update(&last, state).sign(&key).unwrap()).await.unwrap();
    let status = async || {
        let status = pds.get("com.atproto.sync.getRepoStatus").param("did", &alice.did);
        status.send().await.ok()
    };
    let closed =
        eventually(async || Some(status().await).filter(|status| status["active"] == false)).await;
    assert_eq!(closed["status"], "deactivated");
    let mails = pds.mails(&alice.email).await;
    assert_eq!(mails[0].0, "Your identity leads to another host");
    assert!(mails[0].1.contains("https://elsewhere.example.com"), "{}", mails[0].1);
    assert!(mails[0].1.contains("No key of yours"), "{}", mails[0].1);
    // Her records are still hers to have.
    assert_eq!(pds.export(&alice, None).await.status, 200);
}
