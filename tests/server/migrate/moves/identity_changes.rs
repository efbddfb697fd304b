//! The change of the identity: made once, whatever happens on the way, and no other than was shown.

use identity::plc::{Content, DidKey};
use serde_json::{Value, json};

use super::own_keys;
use crate::harness::{Fault, Road, TestAccount, eventually};
use crate::identity::directory;

const SIGN: &str = "com.atproto.identity.signPlcOperation";

/// Returns the states that the directory has had of an identity, the first first.
async fn states(road: &Road, owner: &TestAccount) -> Vec<identity::plc::State> {
    let did = owner.did.parse().unwrap();
    let log = directory(&road.old).audited_log(&did).await.unwrap();
    log.entries().iter().map(|entry| entry.operation.state().unwrap()).collect()
}

#[tokio::test]
async fn a_change_that_the_directory_has_is_not_sent_again() {
    for fault in [Fault::Forget, Fault::Refuse, Fault::status(502)] {
        let road = Road::new().await;
        let alice = road.old.account("alice").await;
        let moving = road.new.begin_move(&alice).await;
        road.plc.once("POST /did", fault.clone());
        moving.finish(&road.old).await;
        let sent = road.plc.count("POST /did");
        let expected = if matches!(fault, Fault::Forget) { 1 } else { 2 };
        assert_eq!(sent, expected, "{fault:?}");
        assert_eq!(states(&road, &alice).await.len(), 2);
        assert_eq!(road.source.count(SIGN), 1);
    }
}

#[tokio::test]
async fn a_directory_that_is_down_is_waited_for() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let moving = road.new.begin_move(&alice).await;
    moving.approve().await;
    moving.until_needed("code").await;
    road.plc.always(" /did", Fault::status(503));
    let code = road.old.mailed_code(&alice.email).await;
    moving.call("confirmMove", &json!({ "code": code })).await.ok();
    let job = moving.until("a failure", |job| job["lastError"].is_string()).await;
    assert!(job["lastError"].as_str().unwrap().contains("directory"), "{job:#}");
    assert!(job["retryAt"].is_string() && job.get("need").is_none(), "{job:#}");
    road.plc.let_through();
    moving.call("resumeMove", &json!({})).await.ok();
    let job = moving
        .until("what comes next", |job| job["state"] == "done" || job["need"]["for"].is_string());
    assert_eq!(job.await["state"], "done", "the code that was entered is not forgotten");
    assert_eq!(states(&road, &alice).await.len(), 2);
}

#[tokio::test]
async fn the_owners_keys_stay_above_ours_and_in_their_order() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let own = own_keys(&road.old, &alice).await.map(|key| DidKey::from(&key.public_key()));
    let before = states(&road, &alice).await.pop().unwrap();
    assert_eq!(before.rotation_keys.len(), 3);
    let moving = road.new.begin_move(&alice).await;
    let job = moving.until_needed("review").await;
    let names = json!(own.iter().map(DidKey::as_str).collect::<Vec<_>>());
    assert_eq!(job["change"]["keysKept"], names);
    assert_eq!(job["change"]["keysDropped"], json!([before.rotation_keys[2]]));
    assert_eq!(job["change"]["mayUndo"], names, "both are above the key that signs");
    moving.finish(&road.old).await;
    let after = states(&road, &alice).await.pop().unwrap();
    assert_eq!((after.rotation_keys.len(), &after.rotation_keys[..2]), (3, &own[..]));
    assert!(!before.rotation_keys.contains(&after.rotation_keys[2]));
}

/// Signs another change, that adds a name, with a key of the owner's.
async fn add_name(road: &Road, owner: &TestAccount, key: &crypto::PrivateKey, name: &str) {
    let (plc, did) = (directory(&road.old), owner.did.parse().unwrap());
    let last = plc.last_operation(&did).await.unwrap();
    let mut state = last.state().unwrap();
    state.also_known_as.push(format!("at://{name}"));
    let operation = Content::update(&last, state).sign(key).unwrap();
    plc.submit(&did, &operation).await.unwrap();
}

#[tokio::test]
async fn another_change_in_between_is_shown_before_anything_is_signed() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let own = own_keys(&road.old, &alice).await;
    let moving = road.new.begin_move(&alice).await;
    let shown = moving.until_needed("review").await["change"]["head"].clone();
    moving.approve().await;
    moving.until_needed("code").await;
    add_name(&road, &alice, &own[0], "second.example.org").await;
    let code = road.old.mailed_code(&alice.email).await;
    moving.call("confirmMove", &json!({ "code": code })).await.ok();

    let job = moving.until_needed("review").await;
    assert_eq!((&job["state"], road.source.count(SIGN)), (&json!("ready"), 0), "{job:#}");
    let warned = job["warnings"].as_array().unwrap().iter().filter_map(Value::as_str);
    assert!(warned.into_iter().any(|text| text.contains("changed by somebody else")), "{job:#}");
    assert_ne!(job["change"]["head"], shown);
    // What was shown before is not what there is now.
    let stale = moving.call("approveMove", &json!({ "head": shown })).await;
    assert_eq!(stale.refusal(), (400, "NotAgreed".to_owned()));
    moving.finish(&road.old).await;
    let states = states(&road, &alice).await;
    assert_eq!((states.len(), road.source.count(SIGN)), (4, 1));
    assert!(states[3].also_known_as.contains(&"at://second.example.org".to_owned()));
}

#[tokio::test]
async fn another_change_at_the_last_moment_is_not_overwritten() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let own = own_keys(&road.old, &alice).await;
    let moving = road.new.begin_move(&alice).await;
    moving.approve().await;
    moving.until_needed("code").await;
    let signing = road.source.hold(SIGN);
    let code = road.old.mailed_code(&alice.email).await;
    moving.call("confirmMove", &json!({ "code": code })).await.ok();
    eventually(async || (road.source.count(SIGN) == 1).then_some(())).await;
    // The change is signed already when the other one comes.
    let sending = road.plc.hold("/log/audit");
    signing.open();
    moving.until_state("submit").await;
    add_name(&road, &alice, &own[1], "second.example.org").await;
    sending.open();

    let job = moving.until_needed("review").await;
    assert_eq!(job["state"], "ready", "{job:#}");
    assert_eq!((states(&road, &alice).await.len(), road.plc.count("POST /did")), (3, 0));
    moving.finish(&road.old).await;
    let states = states(&road, &alice).await;
    assert_eq!((states.len(), road.plc.count("POST /did")), (4, 1));
    assert!(states[3].also_known_as.contains(&"at://second.example.org".to_owned()));
}

#[tokio::test]
async fn a_change_that_the_directory_refuses_is_no_dead_end() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let moving = road.new.begin_move(&alice).await;
    road.plc.always(
        "POST /did",
        Fault::Answer(
            400,
            ("content-type", "application/json".to_owned()),
            "{\"message\": \"too many changes\"}".into(),
        ),
    );
    moving.approve_and_confirm(&road.old).await;
    let job = moving.until_needed("review").await;
    let warned = job["warnings"].as_array().unwrap().iter().filter_map(Value::as_str);
    assert!(warned.into_iter().any(|text| text.contains("too many changes")), "{job:#}");
    assert_eq!((&job["state"], states(&road, &alice).await.len()), (&json!("ready"), 1));
    // Another attempt, or none: as the owner wants.
    road.plc.let_through();
    moving.finish(&road.old).await;
    assert_eq!(states(&road, &alice).await.len(), 2);
}
