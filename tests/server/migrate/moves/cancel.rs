//! Moves that are cancelled: nothing is left of them, and nothing has happened at the old host.

use std::path::Path;

use serde_json::{Value, json};

use super::beginning::states;
use super::{is_active, settled};
use crate::harness::{Fault, Move, Road, TestAccount, eventually};
use crate::identity::directory;

/// Counts the files of blobs that could be served.
fn files(directory: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(directory) else { return 0 };
    let paths = entries.map(|entry| entry.unwrap().path());
    let paths = paths.filter(|path| !path.ends_with(".quarantine"));
    paths.map(|path| if path.is_dir() { files(&path) } else { 1 }).sum()
}

async fn road() -> Road {
    Road::with(|config| config.retention.sweep_seconds = 1).await
}

/// Waits until the last move is cancelled, and checks that it is as if it had never begun.
async fn assert_no_trace(road: &Road, moving: &Move<'_>, owner: &TestAccount, commit: &Value) {
    eventually(async || (states(&road.new).await[0] == "cancelled").then_some(())).await;
    let status = road.new.get("com.atproto.sync.getRepoStatus").param("did", &owner.did);
    assert_eq!(status.send().await.refusal(), (400, "RepoNotFound".to_owned()));
    let session = road.new.get("com.atproto.server.getSession").by(&moving.here).send().await;
    assert!(!session.status.is_success(), "{}", session.text());
    let refresh = road.new.post("com.atproto.server.refreshSession").token(&moving.here.refresh);
    assert!(!refresh.send().await.status.is_success());
    let blobs = road.new.data().join("blobs");
    eventually(async || (files(&blobs) == 0).then_some(())).await;

    assert!(is_active(&road.old, owner).await);
    let latest = road.old.get("com.atproto.sync.getLatestCommit").param("did", &owner.did);
    assert_eq!(latest.send().await.ok(), *commit);
    let log = directory(&road.old).audited_log(&owner.did.parse().unwrap()).await.unwrap();
    assert_eq!(log.entries().len(), 1);
    assert!(road.source.count("deleteSession") >= 1, "the session there is ended");
}

/// Cancels a move while it is at a step, which is held up at a request to the old host.
async fn cancel_at(state: &str, what: &str) {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let latest = road.old.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    let commit = latest.send().await.ok();
    let repo = road.source.hold("getRepo?");
    let moving = road.new.begin_move(&alice).await;
    let gate = road.source.hold(what);
    let asked = road.source.count(what);
    if what != "getRepo?" {
        repo.open();
        eventually(async || (road.source.count(what) > asked).then_some(())).await;
    }
    assert_eq!(moving.job().await["state"], state);
    moving.call("cancelMove", &json!({})).await.ok();
    // Twice is once.
    moving.call("cancelMove", &json!({})).await.ok();
    gate.open();
    repo.open();
    assert_no_trace(&road, &moving, &alice, &commit).await;
    assert_eq!(road.source.count("deactivateAccount"), 0);
    // Handle and address are free for anybody.
    road.new.account("alice").await;
}

#[tokio::test]
async fn a_move_is_cancelled_while_something_comes() {
    tokio::join!(
        cancel_at("import", "getRepo?"),
        cancel_at("blobs", "sync.getBlob"),
        cancel_at("private", "getPreferences"),
        cancel_at("catch_up", "getLatestCommit"),
    );
}

#[tokio::test]
async fn a_move_is_cancelled_while_it_waits_for_its_owner() {
    let road = &road().await;
    let try_with = async |name: &str, need: &str| {
        let owner = settled(&road.old, name).await;
        let latest = road.old.get("com.atproto.sync.getLatestCommit").param("did", &owner.did);
        let commit = latest.send().await.ok();
        let moving = road.new.begin_move(&owner).await;
        if need != "review" {
            moving.approve().await;
            moving.until_needed("code").await;
        }
        if need == "newCode" {
            moving.call("confirmMove", &json!({ "code": "AAAAA-BBBBB" })).await.ok();
        }
        moving.until_needed(need).await;
        moving.call("cancelMove", &json!({})).await.ok();
        assert_no_trace(road, &moving, &owner, &commit).await;
        owner
    };
    try_with("alice", "review").await;
    try_with("bob", "newCode").await;
    let carol = try_with("carol", "code").await;
    // Whoever has thought about it again begins again.
    road.new.begin_move(&carol).await.finish(&road.old).await;
    assert!(is_active(&road.new, &carol).await);
}

#[tokio::test]
async fn whoever_waits_for_a_busy_host_need_not() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let latest = road.old.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    let commit = latest.send().await.ok();
    let repo = road.source.hold("getRepo?");
    let moving = road.new.begin_move(&alice).await;
    let asked = road.source.count("sync.getBlob");
    road.source.always("sync.getBlob", Fault::busy(600));
    repo.open();
    eventually(async || (road.source.count("sync.getBlob") > asked).then_some(())).await;
    moving.call("cancelMove", &json!({})).await.ok();
    assert_no_trace(&road, &moving, &alice, &commit).await;
}

#[tokio::test]
async fn once_the_change_is_on_its_way_there_is_no_cancelling() {
    let road = road().await;
    let alice = settled(&road.old, "alice").await;
    let moving = road.new.begin_move(&alice).await;
    moving.approve().await;
    moving.until_needed("code").await;
    let sending = road.plc.hold("POST /did");
    let code = road.old.mailed_code(&alice.email).await;
    moving.call("confirmMove", &json!({ "code": code })).await.ok();
    moving.until_state("submit").await;
    let password = json!({ "password": alice.password });
    for (method, input) in [("cancelMove", json!({})), ("undoMove", password)] {
        let refusal = moving.call(method, &input).await.refusal();
        assert_eq!(refusal, (400, "NotWanted".to_owned()), "{method}");
    }
    sending.open();
    moving.until_state("done").await;
    assert_eq!(moving.call("cancelMove", &json!({})).await.refusal().1, "NotWanted");
}
