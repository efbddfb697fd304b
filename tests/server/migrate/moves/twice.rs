//! What is asked for twice at once happens once.

use futures_util::future::join_all;
use repo::event::Message;
use serde_json::json;

use super::beginning::states;
use super::settled;
use crate::harness::{Move, Road, TestAccount, eventually};
use crate::identity::directory;

/// Begins a move with several requests at once.
async fn begin_at_once<'a>(road: &'a Road, owner: &TestAccount, count: usize) -> Vec<Move<'a>> {
    join_all((0..count).map(|_| road.new.begin_move(owner))).await
}

#[tokio::test]
async fn two_who_do_the_same_at_once_see_one_move() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let moves = begin_at_once(&road, &alice, 4).await;
    assert_eq!(states(&road.new).await.len(), 1);
    let job = moves[0].until_needed("review").await;
    let input = json!({ "head": job["change"]["head"] });
    for answer in join_all(moves.iter().map(|moving| moving.call("approveMove", &input))).await {
        answer.ok();
    }
    moves[0].until_needed("code").await;
    let input = json!({ "code": road.old.mailed_code(&alice.email).await });
    for answer in join_all(moves.iter().map(|moving| moving.call("confirmMove", &input))).await {
        answer.ok();
    }
    // Somebody is in a hurry, and activates the account themselves.
    let activate = async || {
        let ask = road.new.post("com.atproto.server.activateAccount").by(&moves[0].here);
        ask.send().await.status.is_success()
    };
    eventually(async || activate().await.then_some(())).await;
    moves[0].until_state("done").await;
    assert_eq!(road.plc.count("POST /did"), 1);
    let log = directory(&road.old).audited_log(&alice.did.parse().unwrap()).await.unwrap();
    assert_eq!(log.entries().len(), 2);
    assert_eq!(road.source.count("signPlcOperation"), 1);
    road.new.note(&moves[0].here, "first", "hello").await;
    let events = road.new.events(4).await;
    let [Message::Account(_), Message::Identity(_), Message::Sync(_), Message::Commit(_)] =
        &*events
    else {
        panic!("other events: {events:?}");
    };
    assert_eq!(states(&road.new).await, ["done"]);
}

#[tokio::test]
async fn what_two_have_begun_is_cancelled_without_a_trace() {
    for _ in 0..5 {
        let road = Road::new().await;
        let alice = settled(&road.old, "alice").await;
        let moves = begin_at_once(&road, &alice, 3).await;
        moves[0].until_needed("review").await;
        // Whichever comes second may find nobody to answer to.
        let nothing = json!({});
        let answers =
            join_all(moves.iter().map(|moving| moving.call("cancelMove", &nothing))).await;
        assert!(answers.iter().any(|answer| answer.status.is_success()));
        eventually(async || (states(&road.new).await == ["cancelled"]).then_some(())).await;
        let listed = road.new.get("com.atproto.sync.listRepos").send().await.ok();
        assert_eq!(listed["repos"], json!([]));
    }
}
