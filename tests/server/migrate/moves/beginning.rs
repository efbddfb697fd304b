//! How a move begins: once, however often it is asked for, and not if something is in the way.

use std::time::Duration;

use serde_json::json;
use tokio::time::timeout;

use super::{is_active, settled};
use crate::harness::{Fault, Pds, Road, TestAccount, eventually};

/// Returns the moves that there are, as the operator sees them: the state of each.
pub(in crate::migrate) async fn states(pds: &Pds) -> Vec<String> {
    let listed = pds.get("social.pagurus.migration.listMoves").admin().send().await.ok();
    let moves = listed["moves"].as_array().unwrap().iter();
    moves.map(|summary| summary["state"].as_str().unwrap().to_owned()).collect()
}

/// Counts the accounts at a host.
async fn accounts(pds: &Pds) -> usize {
    let listed = pds.get("com.atproto.sync.listRepos").send().await.ok();
    listed["repos"].as_array().unwrap().len()
}

#[tokio::test]
async fn whoever_begins_twice_gets_back_to_the_same_move() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let first = road.new.begin_move(&alice).await;
    let change = json!({ "newPassword": "yet another password" });
    let second = road.new.begin_move_with(&alice, &change).await;
    assert_eq!((states(&road.new).await.len(), accounts(&road.new).await), (1, 1));
    // The password is that of the last attempt.
    road.new.sign_in(&alice.did, "yet another password").await;
    first.approve().await;
    second.until_needed("code").await;
    let code = road.old.mailed_code(&alice.email).await;
    second.call("confirmMove", &json!({ "code": code })).await.ok();
    second.until_state("done").await;
    assert_eq!(accounts(&road.new).await, 1);
}

#[tokio::test]
async fn whoever_did_not_hear_the_answer_asks_again() {
    let road = &Road::new().await;
    let try_until = async |name: &str, what: &str, passes: usize| {
        let owner = settled(&road.old, name).await;
        // The client hangs up while the server is asking the old host for something.
        let asked = road.source.count(what) + passes;
        road.source.times(passes, what, Fault::Pass);
        let gate = road.source.hold(what);
        let change = json!({});
        let begin = road.new.ask_to_move(&owner, &change);
        let reached = eventually(async || (road.source.count(what) > asked).then_some(()));
        tokio::select! {
            answer = begin => panic!("it is answered already: {}", answer.text()),
            () = reached => {}
        }
        gate.open();
        road.source.let_through();
        let moving = road.new.begin_move(&owner).await;
        moving.finish(&road.old).await;
        assert!(is_active(&road.new, &owner).await);
    };
    try_until("alice", "createSession", 0).await;
    try_until("bob", "listBlobs", 0).await;
    // The second one is for making the account.
    try_until("carol", "getServiceAuth", 1).await;
    assert_eq!(states(&road.new).await, ["done"; 3]);
    assert_eq!(accounts(&road.new).await, 3);
}

#[tokio::test]
async fn an_account_that_could_not_be_made_at_once_is_made_later() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    // The first is for what is looked at before.
    road.source.once("getServiceAuth", Fault::Pass);
    road.source.once("getServiceAuth", Fault::Forget);
    let failed = road.new.ask_to_move(&alice, &json!({})).await;
    assert_eq!(failed.refusal(), (400, "NotReady".to_owned()));
    let moving = road.new.begin_move(&alice).await;
    moving.finish(&road.old).await;
    assert_eq!((states(&road.new).await, accounts(&road.new).await), (vec!["done".to_owned()], 1));
}

#[tokio::test]
async fn whoever_comes_too_late_for_a_handle_chooses_another() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    road.source.once("getServiceAuth", Fault::Pass);
    let gate = road.source.hold("getServiceAuth");
    let change = json!({});
    let begin = road.new.ask_to_move(&alice, &change);
    // The handle is taken after it was looked at and before the account is made.
    let take = async {
        eventually(async || (road.source.count("getServiceAuth") > 1).then_some(())).await;
        let input = json!({
            "handle": "alice.test", "email": "other@example.com", "password": "of another alice",
        });
        road.new.post("com.atproto.server.createAccount").json(&input).send().await.ok();
        gate.open();
    };
    let (refused, ()) = tokio::join!(begin, take);
    assert!(refused.message().contains("already taken"), "{}", refused.text());
    let moving = road.new.begin_move_with(&alice, &json!({ "handle": "alice-2.test" })).await;
    let job = moving.finish(&road.old).await;
    assert_eq!(job["handle"], "alice-2.test");
    assert_eq!(states(&road.new).await, ["done", "cancelled"]);
}

#[tokio::test]
async fn clocks_that_are_apart_are_set_right_first() {
    for (ahead, behind) in [(120, 0), (0, 120)] {
        let road = Road::new().await;
        let alice = settled(&road.old, "alice").await;
        road.old.advance(Duration::from_secs(ahead));
        road.new.advance(Duration::from_secs(behind));
        let refused = road.new.ask_to_move(&alice, &json!({})).await;
        assert!(refused.message().contains("clocks of the two hosts are 12"), "{}", refused.text());
        assert_eq!(refused.refusal(), (400, "NotReady".to_owned()));
        assert_eq!((states(&road.new).await.len(), accounts(&road.new).await), (0, 0));
        let input = json!({ "identifier": alice.did, "password": alice.password });
        let plan = road.new.post("social.pagurus.migration.planMove").json(&input).send().await;
        let findings = plan.ok()["findings"].clone();
        let red = findings.as_array().unwrap().iter().filter(|finding| finding["level"] == "red");
        assert_eq!(red.map(|finding| &finding["about"]).collect::<Vec<_>>(), ["clock"]);
        // Half a minute is nothing.
        road.old.advance(Duration::from_secs(behind));
        road.new.advance(Duration::from_secs(ahead + 20));
        road.new.begin_move(&alice).await.finish(&road.old).await;
    }
}

#[tokio::test]
async fn a_closed_account_moves_and_is_not_opened_for_it() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let before = road.old.export(&alice, None).await.body;
    let close = road.old.post("com.atproto.server.deactivateAccount").by(&alice);
    close.json(&json!({})).send().await.ok();
    let moving = road.new.begin_move(&alice).await;
    let job = moving.until_needed("review").await;
    let findings = job["findings"].as_array().unwrap();
    let about = |finding: &&serde_json::Value| finding["about"] == "account";
    assert_eq!(findings.iter().find(about).unwrap()["level"], "yellow");
    assert_eq!(job["progress"]["blobs"], json!(2));
    let job = moving.finish(&road.old).await;
    assert_eq!(job["warnings"], json!([]));
    assert_eq!(road.source.count(".activateAccount"), 0);
    assert_eq!(
        (is_active(&road.old, &alice).await, is_active(&road.new, &alice).await),
        (false, true)
    );
    assert_eq!(road.old.export(&alice, None).await.body, before);
    let moved = road.new.download(&moving.here, None).await;
    assert_eq!(moved.records().len(), 5);
}

#[tokio::test]
async fn somebody_elses_password_begins_nothing() {
    let road = Road::new().await;
    let (alice, bob) = (settled(&road.old, "alice").await, settled(&road.old, "bob").await);
    let other = TestAccount { password: bob.password.clone(), ..alice.clone() };
    assert_eq!(road.new.ask_to_move(&other, &json!({})).await.status, 401);
    let elsewhere = json!({ "from": "http://localhost:1" });
    let refused = timeout(Duration::from_secs(5), road.new.ask_to_move(&alice, &elsewhere)).await;
    assert!(!refused.unwrap().status.is_success());
    assert_eq!((states(&road.new).await.len(), accounts(&road.new).await), (0, 0));
}

#[tokio::test]
async fn a_code_that_lets_one_sign_in_is_spent_once() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let needed = Fault::refusal(401, "AuthFactorTokenRequired", "a code has been mailed");
    road.source.once("createSession", needed.clone());
    let asked = road.new.ask_to_move(&alice, &json!({})).await;
    assert_eq!(asked.refusal(), (400, "AuthFactorTokenRequired".to_owned()));
    // With the code there is one session; for another one there would have to be another code.
    road.source.once("createSession", Fault::Pass);
    road.source.always("createSession", needed);
    let moving =
        road.new.begin_move_with(&alice, &json!({ "authFactorToken": "AAAAA-BBBBB" })).await;
    moving.finish(&road.old).await;
    assert_eq!(road.source.count("createSession"), 2);
}
