//! Commits: what is answered is there, in order, and agrees.

use std::collections::BTreeMap;
use std::io::Cursor;

use bytes::Bytes;
use pagurus_store::repo::CommitError;
use pagurus_store::{AccountState, Error, Faults, OpenError};
use proptest::prelude::*;
use repo::archive::{ArchiveError, ArchiveReader, Part};
use repo::car::{Decoder, Spool};
use repo::mst::{Key, RawNode};
use syntax::Cid;

use crate::room::{Room, key, record};

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// After any history the rows are those of a tree that is built anew, whether the tree was kept
    /// in memory or loaded for each commit, and an export has what was written.
    #[test]
    fn any_history_agrees_and_can_be_exported(
        history in prop::collection::vec(
            prop::collection::vec((0_u16..60, prop::option::weighted(0.6, 0_u16..9)), 1..12),
            1..20,
        ),
        forgets in any::<bool>(),
    ) {
        runtime().block_on(async {
            let room = Room::new();
            let mut writer = room.writer("a").await;
            let mut expected = BTreeMap::new();
            for changes in history {
                let changes: BTreeMap<_, _> = changes.into_iter().collect();
                let changes: Vec<_> = changes
                    .into_iter()
                    .map(|(path, text)| {
                        let text = text.map(|text| record(&text.to_string()));
                        (key(&format!("r{path}")), text)
                    })
                    .collect();
                for (path, record) in &changes {
                    match record {
                        Some(record) => expected.insert(path.clone(), record.clone()),
                        None => expected.remove(path),
                    };
                }
                if forgets {
                    writer.forget(&room);
                }
                writer.commit(&room, &changes, Vec::new()).await.unwrap();
                room.assert_agrees(writer.account).await;
            }
            let head = room.head(writer.account).await;
            let mut car = Vec::new();
            let export: Result<(), _> = room.store.read(|tx| {
                tx.export_repo(&head, None, |piece| {
                    car.extend_from_slice(&piece);
                    Ok::<_, Error>(())
                })
                .map_err(|_| Error::Missing)
            }).await;
            export.unwrap();
            let expected: BTreeMap<_, _> =
                expected.into_iter().map(|(path, record)| (path, record.bytes)).collect();
            assert_eq!(read(&car), expected);
        });
    }
}

/// Appends the CIDs of a tree in its own order: a node, what is left of its first entry, each entry's record
/// and what is right of it.
fn append_in_order(order: &mut Vec<Cid>, blocks: &BTreeMap<Cid, Bytes>, node: Cid) {
    order.push(node);
    let raw = RawNode::decode(&blocks[&node]).unwrap();
    raw.left.into_iter().for_each(|left| append_in_order(order, blocks, left));
    for entry in raw.entries {
        order.push(entry.value);
        entry.right.into_iter().for_each(|right| append_in_order(order, blocks, right));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_in_the_order_of_the_tree() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let changes: Vec<_> = (0..190)
        .map(|index| (key(&format!("r{index}")), Some(record(&index.to_string()))))
        .collect();
    writer.commit(&room, &changes, Vec::new()).await.unwrap();
    let head = room.head(writer.account).await;
    assert!(head.layer >= 3, "there should be nodes of more than one tier");
    let mut decoder = Decoder::new();
    let export: Result<(), _> = room
        .store
        .read(|tx| {
            let sink = |piece: Vec<u8>| {
                decoder.push(&piece);
                Ok::<_, Error>(())
            };
            tx.export_repo(&head, None, sink).map_err(|_| Error::Missing)
        })
        .await;
    export.unwrap();
    let (mut order, mut blocks) = (Vec::new(), BTreeMap::new());
    while let Some(block) = decoder.next_block().unwrap() {
        order.push(block.cid);
        blocks.insert(block.cid, Bytes::copy_from_slice(block.bytes));
    }
    let mut expected = vec![head.commit];
    append_in_order(&mut expected, &blocks, head.data);
    assert_eq!(order, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn commits_of_many_accounts_share_the_disk_and_none_is_lost() {
    let room = Room::new();
    let mut writers = Vec::new();
    for index in 0..16 {
        writers.push(room.writer(&format!("w{index}")).await);
    }
    for round in 0..20 {
        let mut pending = Vec::new();
        for writer in &mut writers {
            let change = [(key(&format!("r{round}")), Some(record("x")))];
            let commit = writer.prepare(&room, &change, Vec::new());
            writer.tree = commit.signed.tree.clone();
            writer.head.rev = commit.signed.commit.rev;
            pending.push(room.store.commit_repo(commit).unwrap());
        }
        for commit in pending {
            commit.await.unwrap();
        }
    }
    let room = room.reopen().await;
    for writer in &writers {
        assert_eq!(room.head(writer.account).await.records, 20);
        room.assert_agrees(writer.account).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_on_one_that_failed_fails_and_changes_nothing() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await.unwrap();
    let before = room.head(writer.account).await;

    let mut first = writer.prepare(&room, &[(key("b"), Some(record("2")))], Vec::new());
    writer.tree = first.signed.tree.clone();
    writer.head.rev = first.signed.commit.rev;
    let second = writer.prepare(&room, &[(key("c"), Some(record("3")))], Vec::new());
    // As if the first had been made on something else.
    first.expected = syntax::Tid::new(5, 5);
    let first = room.store.commit_repo(first).unwrap();
    let second = room.store.commit_repo(second).unwrap();
    assert!(matches!(first.await, Err(CommitError::Stale)));
    assert!(matches!(second.await, Err(CommitError::Stale)));
    assert_eq!(room.head(writer.account).await, before);
    room.assert_agrees(writer.account).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_that_are_not_active_are_not_written_to() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let account = writer.account;
    let state = AccountState { deactivated_at: Some(1), ..AccountState::default() };
    let set: Result<(), Error> = room.store.write(move |tx| tx.set_state(account, &state)).await;
    set.unwrap();
    let refused = writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await;
    assert!(matches!(refused, Err(CommitError::Inactive)));
    let set: Result<(), Error> =
        room.store.write(move |tx| tx.set_state(account, &AccountState::default())).await;
    set.unwrap();
    writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_is_opened_once() {
    let room = Room::new();
    let again = crate::room::open(room.directory.path(), &room.now_us, &Faults::default());
    assert!(matches!(again, Err(OpenError::InUse(_))));
}

/// Reads a whole archive, strictly.
fn read(car: &[u8]) -> BTreeMap<Key, Bytes> {
    let mut reader = ArchiveReader::new(Spool::new(1 << 20, || Ok(Cursor::new(Vec::new()))));
    reader.push(car).unwrap();
    let mut records = BTreeMap::new();
    let walked = reader.finish().unwrap().walk(|part| {
        if let Part::Record { key, bytes, .. } = part {
            records.insert(key.clone(), Bytes::copy_from_slice(bytes));
        }
        Ok::<_, ArchiveError>(())
    });
    walked.unwrap();
    records
}
