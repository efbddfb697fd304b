//! Repositories that are filled beside another.

use bytes::Bytes;
use pagurus_store::repo::{Head, ImportHead, ImportRecord, SwitchError};
use pagurus_store::{AccountState, Error};
use repo::mst::Key;
use syntax::{Cid, Tid};

use crate::room::{Room, key, record};

/// Returns a head that is as good as any: nobody looks at the commit in here.
fn head_after(old: &Head) -> ImportHead {
    let block = Bytes::from_static(b"commit");
    let rev = Tid::from_u64(old.rev.to_u64() + 1);
    ImportHead { rev, commit: Cid::of_cbor(&block), block, data: Cid::of_cbor(b"root") }
}

fn row(path: Key, blob: Option<Cid>) -> ImportRecord {
    let bytes = record("imported").bytes;
    let cid = Cid::of_cbor(&bytes);
    ImportRecord { path, cid, bytes, blobs: blob.into_iter().collect(), subject: None }
}

async fn rows_left(room: &Room) -> usize {
    let count = |tx: &mut pagurus_store::Tx<'_>| tx.delete_leftover_rows(1000);
    room.store.write::<_, Error>(count).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_takes_the_place_of_a_repository_or_leaves_no_trace() {
    let mut room = Room::new();
    let mut writer = room.writer("a").await;
    writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await.unwrap();
    let old = room.head(writer.account).await;
    let new = head_after(&old);
    let (account, rev) = (writer.account, new.rev);
    let blob = Cid::of_raw(b"blob");
    let begin = async |room: &Room| {
        let new = new.clone();
        let begin = room.store.write(move |tx| {
            tx.put_blob(account, &blob, "*/*", 4)?;
            let repo = tx.begin_import(account, &new)?;
            tx.import_rows(repo, rev, &[], &[row(key("b"), Some(blob)), row(key("c"), None)])?;
            Ok::<_, Error>(repo)
        });
        begin.await.unwrap()
    };

    // Given up, or forgotten by a program that ended: the rows go, the account is as it was.
    let repo = begin(&room).await;
    assert_eq!(room.head(account).await, old);
    room.store.write(move |tx| tx.abandon_import(repo)).await.unwrap();
    assert_eq!(rows_left(&room).await, 3);
    begin(&room).await;
    room = room.reopen().await;
    assert_eq!(room.head(account).await, old);
    assert_eq!(rows_left(&room).await, 3);

    // An active account keeps what it has.
    let repo = begin(&room).await;
    let switch = async |room: &Room, old: &Head| {
        let old = old.clone();
        room.store.write(move |tx| tx.switch_repo(&old, repo, 1, 2, 20)).await
    };
    assert!(matches!(switch(&room, &old).await, Err(SwitchError::Changed)));
    let state = AccountState { deactivated_at: Some(1), ..AccountState::default() };
    room.store.write(move |tx| tx.set_state(account, &state)).await.unwrap();
    let old = room.head(account).await;
    let other = Head { rev: Tid::from_u64(7), ..old.clone() };
    assert!(matches!(switch(&room, &other).await, Err(SwitchError::Changed)));
    switch(&room, &old).await.unwrap();

    let is = room.head(account).await;
    assert_eq!((is.repo, is.commit, is.rev, is.records), (repo, new.commit, new.rev, 2));
    let found: Result<_, Error> = room.store.read(|tx| tx.blob(account, &blob)).await;
    assert_eq!(found.unwrap().unwrap().expires_at, None, "a record refers to it now");
    assert!(rows_left(&room).await >= 2, "the old rows go");
    let kept: Result<_, Error> = room.store.read(|tx| tx.record(repo, key("b").as_str())).await;
    assert!(kept.unwrap().is_some());
}
