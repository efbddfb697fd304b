//! Moves that are undone: the account is back where it was.

use std::time::Duration;

use serde_json::json;

use super::beginning::states;
use super::{is_active, settled};
use crate::harness::{Fault, Gate, Move, Proxy, Road, TestAccount, eventually};
use crate::identity::directory;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Undoes a move, and checks that the account is where it was, as it was.
async fn undo(road: &Road, moving: &Move<'_>, owner: &TestAccount, gate: Option<Gate>) {
    let wrong = moving.call("undoMove", &json!({ "password": "wrong" })).await;
    assert_eq!(wrong.status, 401, "{}", wrong.text());
    let input = json!({ "password": owner.password });
    moving.call("undoMove", &input).await.ok();
    moving.call("undoMove", &input).await.ok();
    if let Some(gate) = gate {
        gate.open();
    }
    let job = moving.until_state("rolled_back").await;
    let log = directory(&road.old).audited_log(&owner.did.parse().unwrap()).await.unwrap();
    let states: Vec<_> = log.entries().iter().map(|entry| entry.operation.state()).collect();
    assert_eq!((states.len(), &states[2]), (3, &states[0]), "{job:#}");
    assert_eq!(
        (is_active(&road.old, owner).await, is_active(&road.new, owner).await),
        (true, false)
    );
    road.old.note(owner, "back", "written after coming back").await;
    road.old.download(owner, None).await.assert_signed(&road.old, owner).await;
    // Here it can neither write nor be opened.
    let open = road.new.post("com.atproto.server.activateAccount").by(&moving.here).send().await;
    assert!(!open.status.is_success(), "{}", open.text());
    assert!(road.source.count("deleteSession") >= 1);
}

/// Undoes a move that is held at a step after the switch.
async fn undo_at(state: &str, hold: impl FnOnce(&Road) -> Gate) {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let moving = road.new.begin_move(&alice).await;
    moving.approve().await;
    moving.until_needed("code").await;
    let gate = hold(&road);
    let code = road.old.mailed_code(&alice.email).await;
    moving.call("confirmMove", &json!({ "code": code })).await.ok();
    moving.until_state(state).await;
    undo(&road, &moving, &alice, Some(gate)).await;
}

#[tokio::test]
async fn a_move_is_undone_while_it_ends() {
    tokio::join!(
        undo_at("confirm", |road| road.plc.hold("/data")),
        undo_at("final_catch_up", |road| road.source.hold("getLatestCommit")),
        undo_at("retire", |road| road.source.hold("deactivateAccount")),
    );
}

#[tokio::test]
async fn a_move_is_undone_while_relays_are_waited_for() {
    let relay = Proxy::listen().await;
    relay.always("getRepoStatus", Fault::refusal(404, "RepoNotFound", "never heard of it"));
    relay.always("requestCrawl", Fault::status(500));
    let origin = relay.origin().parse().unwrap();
    let road = Road::with(|config| config.crawlers = vec![origin]).await;
    let alice = settled(&road.old, "alice").await;
    let moving = road.new.begin_move(&alice).await;
    moving.approve_and_confirm(&road.old).await;
    let job =
        moving.until("a look", |job| job["state"] == "network" && job["lastError"].is_string());
    assert!(job.await["lastError"].as_str().unwrap().contains("never heard of it"));
    assert!(is_active(&road.old, &alice).await, "it is not closed there before others know");
    undo(&road, &moving, &alice, None).await;
}

#[tokio::test]
async fn a_move_that_is_done_is_undone_within_three_days() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let mut moving = road.new.begin_move(&alice).await;
    let job = moving.finish(&road.old).await;
    assert!(job["undoUntil"].is_string());
    road.new.note(&moving.here, "new", "written at the new host").await;
    road.advance(71 * HOUR);
    moving.sign_in_again().await;
    let session = road.old.sign_in(&alice.did, &alice.password).await;
    let access = session["accessJwt"].as_str().unwrap().to_owned();
    let alice = TestAccount { access, ..alice };
    undo(&road, &moving, &alice, None).await;
    let job = moving.job().await;
    let warned = job["warnings"].as_array().unwrap();
    assert!(warned.iter().any(|text| text.as_str().unwrap().contains("stays here")), "{job:#}");

    // And whoever wants to be at the new host after all moves again.
    let again = road.new.begin_move(&alice).await;
    again.finish(&road.old).await;
    assert_eq!(states(&road.new).await, ["done", "rolled_back"]);
    let records = road.new.download(&again.here, None).await.records();
    assert!(records.contains_key("com.example.note/back"));
    assert!(!records.contains_key("com.example.note/new"));
}

#[tokio::test]
async fn after_three_days_a_move_is_not_undone() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let mut moving = road.new.begin_move(&alice).await;
    moving.finish(&road.old).await;
    road.advance(72 * HOUR + Duration::from_secs(60));
    moving.sign_in_again().await;
    let refused = moving.call("undoMove", &json!({ "password": alice.password })).await;
    assert!(refused.message().contains("72 hours"), "{}", refused.text());
    assert_eq!(refused.refusal(), (400, "NotWanted".to_owned()));
    let never = eventually(async || Some(states(&road.new).await)).await;
    assert_eq!(never, ["done"]);
    assert!(is_active(&road.new, &alice).await);
}
