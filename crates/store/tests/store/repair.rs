//! The tree is derived: what is lost or wrong of it is made anew from the records.

use pagurus_store::Error;
use pagurus_store::repo::{Disagreement, Head};

use crate::room::{Room, Writer, key, record};

async fn filled() -> (Room, Writer) {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let changes: Vec<_> =
        (0..150).map(|index| (key(&format!("r{index}")), Some(record("x")))).collect();
    writer.commit(&room, &changes, Vec::new()).await.unwrap();
    (room, writer)
}

/// Runs a statement behind the store's back.
async fn meddle(room: Room, sql: &str) -> Room {
    let path = room.directory.path().join("pagurus.sqlite");
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.execute_batch(sql).unwrap();
    drop(connection);
    room.reopen().await
}

#[tokio::test(flavor = "multi_thread")]
async fn writing_goes_on_without_any_node() {
    let (room, mut writer) = filled().await;
    let room = meddle(room, "DELETE FROM node").await;
    let report: Result<_, Error> = room.store.read(|tx| tx.check_repo(writer.account)).await;
    let report = report.unwrap();
    assert_eq!(report.count, report.nodes);
    assert!(matches!(report.disagreements[0], Disagreement::MissingNode { .. }));
    writer.forget(&room);
    let changes = [(key("new"), Some(record("y"))), (key("r7"), None)];
    writer.commit(&room, &changes, Vec::new()).await.unwrap();
    assert_eq!(room.head(writer.account).await.records, 150);

    let account = writer.account;
    let repaired: Result<(), Error> = room.store.write(move |tx| tx.repair_repo(account)).await;
    repaired.unwrap();
    room.assert_agrees(account).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_changed_on_disk_is_found_and_not_used() {
    let (room, mut writer) = filled().await;
    let room = meddle(room, "UPDATE node SET bytes = x'00'").await;
    let report: Result<_, Error> = room.store.read(|tx| tx.check_repo(writer.account)).await;
    assert!(matches!(report.unwrap().disagreements[0], Disagreement::OtherNode { .. }));
    writer.forget(&room);
    writer.commit(&room, &[(key("new"), Some(record("y")))], Vec::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_made_anew_is_said() {
    let (room, writer) = filled().await;
    let room = meddle(room, "UPDATE record SET bytes = x'a0' WHERE path LIKE '%/r5'").await;
    let report: Result<_, Error> = room.store.read(|tx| tx.check_repo(writer.account)).await;
    let found = report.unwrap().disagreements;
    assert!(found.contains(&Disagreement::Record(key("r5").to_string())), "{found:?}");
    let room = meddle(room, "DELETE FROM record WHERE path LIKE '%/r5'").await;
    let report: Result<_, Error> = room.store.read(|tx| tx.check_repo(writer.account)).await;
    assert!(report.unwrap().disagreements.contains(&Disagreement::Tree));
}

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_an_older_version_are_put_to_where_they_lie_now() {
    let (room, mut writer) = filled().await;
    let room = meddle(
        room,
        "CREATE TABLE former (
           repo INTEGER NOT NULL, lo TEXT NOT NULL, layer INTEGER NOT NULL, cid BLOB NOT NULL,
           rev INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (repo, lo, layer DESC)
         ) STRICT, WITHOUT ROWID;
         INSERT INTO former SELECT repo, lo, layer, cid, rev, bytes FROM node;
         DROP TABLE node;
         ALTER TABLE former RENAME TO node;
         PRAGMA user_version = 6;",
    )
    .await;
    let tier: Result<Head, Error> =
        room.store.read(|tx| Ok(tx.head(writer.account)?.unwrap())).await;
    assert!(tier.unwrap().layer >= 3, "there should be nodes of more than one tier");
    room.assert_agrees(writer.account).await;
    writer.forget(&room);
    writer.commit(&room, &[(key("new"), Some(record("y")))], Vec::new()).await.unwrap();
    room.assert_agrees(writer.account).await;
}
