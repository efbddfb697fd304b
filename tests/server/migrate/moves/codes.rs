//! The code without which the old host signs nothing: late, wrong, or never mailed.

use std::time::Duration;

use crypto::{Curve, PrivateKey};
use identity::plc::{Content, State};
use serde_json::{Value, json};

use super::own_keys;
use crate::harness::{Fault, Road, eventually};
use crate::identity::directory;

const SIGN: &str = "com.atproto.identity.signPlcOperation";

#[tokio::test]
async fn a_code_that_comes_late_is_asked_for_anew_and_nothing_else_is_done_again() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    road.old.note(&alice, "a", "hello").await;
    let moving = road.new.begin_move(&alice).await;
    moving.approve().await;
    let job = moving.until_needed("code").await;
    assert!(job["need"]["until"].is_string(), "{job:#}");
    let requests =
        || ["getRepo?", "getPreferences", "getServiceAuth"].map(|what| road.source.count(what));
    let before = requests();

    let late = road.old.mailed_code(&alice.email).await;
    road.advance(Duration::from_secs(16 * 60));
    moving.call("confirmMove", &json!({ "code": late })).await.ok();
    let job = moving.until_needed("newCode").await;
    assert!(job["need"]["message"].as_str().unwrap().contains("expired"), "{job:#}");
    assert_eq!(job["state"], "sign");
    // Without a new one there is nothing to enter.
    let refusal = moving.call("confirmMove", &json!({ "code": late })).await.refusal();
    assert_eq!(refusal, (400, "NotWanted".to_owned()));

    moving.call("resumeMove", &json!({})).await.ok();
    moving.until_needed("code").await;
    moving.call("confirmMove", &json!({ "code": "AAAAA-BBBBB" })).await.ok();
    let job = moving.until_needed("newCode").await;
    assert!(job["need"]["message"].as_str().unwrap().contains("mailed"), "{job:#}");
    moving.call("resumeMove", &json!({})).await.ok();
    moving.until_needed("code").await;
    assert_eq!(requests(), before, "no earlier step was done again");
    let code = road.old.mailed_code(&alice.email).await;
    moving.call("confirmMove", &json!({ "code": code })).await.ok();
    moving.until_state("done").await;
    let log = directory(&road.old).audited_log(&alice.did.parse().unwrap()).await.unwrap();
    assert_eq!(log.entries().len(), 2);
}

#[tokio::test]
async fn whoever_has_a_rotation_key_needs_no_code() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let own = own_keys(&road.old, &alice).await;
    road.source.always(
        "requestPlcOperationSignature",
        Fault::refusal(400, "InvalidRequest", "account does not have an email address"),
    );
    let moving = road.new.begin_move(&alice).await;
    moving.approve().await;
    let job = moving.until_needed("ownSignature").await;
    assert!(job["need"]["message"].as_str().unwrap().contains("email address"), "{job:#}");

    // What is not the change that was shown is refused, and so is what a stranger has signed.
    let plc = directory(&road.old);
    let last = plc.last_operation(&alice.did.parse().unwrap()).await.unwrap();
    let sign = |job: &Value, key: &PrivateKey| {
        let state: State = serde_json::from_value(job["change"]["operation"].clone()).unwrap();
        json!(Content::update(&last, state).sign(key).unwrap())
    };
    let stranger = sign(&job, &PrivateKey::generate(Curve::P256));
    let mut other = job.clone();
    other["change"]["operation"]["alsoKnownAs"] = json!(["at://mallory.test"]);
    for bad in [stranger, sign(&other, &own[1])] {
        let refusal = moving.call("confirmMove", &json!({ "operation": bad })).await;
        assert_eq!(refusal.refusal(), (400, "BadOperation".to_owned()));
    }
    let good = sign(&job, &own[1]);
    moving.call("confirmMove", &json!({ "operation": good })).await.ok();
    moving.until_state("done").await;
    assert_eq!(road.source.count(SIGN), 0);
    assert_eq!(plc.audited_log(&alice.did.parse().unwrap()).await.unwrap().entries().len(), 3);
}

#[tokio::test]
async fn a_mail_that_got_lost_is_sent_again() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let moving = road.new.begin_move(&alice).await;
    moving.approve().await;
    moving.until_needed("code").await;
    let lost = road.old.mailed_code(&alice.email).await;
    moving.call("resumeMove", &json!({})).await.ok();
    let another = eventually(async || {
        let code = road.old.mailed_code(&alice.email).await;
        (code != lost).then_some(code)
    });
    let another = another.await;
    moving.until_needed("code").await;
    moving.call("confirmMove", &json!({ "code": another })).await.ok();
    moving.until_state("done").await;
    assert_eq!(road.source.count("requestPlcOperationSignature"), 2);
}
