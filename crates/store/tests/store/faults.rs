//! What is left when something fails in the middle: all or nothing, and the truth told about it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use pagurus_store::repo::CommitError;
use pagurus_store::{Error, FaultPoint, Faults};

use crate::room::{Room, key, record};

const POINTS: [FaultPoint; 8] = [
    FaultPoint::BeforeBegin,
    FaultPoint::AfterHead,
    FaultPoint::AfterRecords,
    FaultPoint::AfterNodes,
    FaultPoint::AfterReferences,
    FaultPoint::AfterEvent,
    FaultPoint::BeforeCommit,
    FaultPoint::AfterCommit,
];

/// Fails with an error at one point, once.
#[derive(Clone, Default)]
struct Once(Arc<Mutex<Option<(FaultPoint, Error)>>>);

impl Once {
    fn faults(&self) -> Faults {
        let this = self.clone();
        Faults::new(move |at| {
            let mut armed = this.0.lock().unwrap();
            match armed.take_if(|(point, _)| *point == at) {
                Some((_, error)) => Err(error),
                None => Ok(()),
            }
        })
    }

    fn arm(&self, point: FaultPoint, error: Error) {
        *self.0.lock().unwrap() = Some((point, error));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_fails_at_any_step_leaves_nothing() {
    for point in POINTS {
        let once = Once::default();
        let room = Room::with_faults(once.faults());
        let mut writer = room.writer("a").await;
        writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await.unwrap();
        let before = room.head(writer.account).await;
        let seq: Result<u64, Error> = room.store.read(|tx| tx.last_seq()).await;

        once.arm(point, Error::Full);
        let change = [(key("b"), Some(record("2"))), (key("a"), None)];
        let failed = writer.commit(&room, &change, Vec::new()).await;
        assert!(matches!(failed, Err(CommitError::Store(Error::Full))), "{point:?}");
        if point == FaultPoint::AfterCommit {
            // It is durable, and whoever asked was told that it may not be.
            assert_ne!(room.head(writer.account).await, before);
        } else {
            assert_eq!(room.head(writer.account).await, before, "{point:?}");
            let after: Result<u64, Error> = room.store.read(|tx| tx.last_seq()).await;
            assert_eq!(after.unwrap(), seq.unwrap(), "{point:?}");
        }
        room.assert_agrees(writer.account).await;
        // A full disk is a passing thing.
        assert!(!room.store.has_stopped(), "{point:?}");
        writer.head = room.head(writer.account).await;
        writer.forget(&room);
        writer.commit(&room, &[(key("c"), Some(record("3")))], Vec::new()).await.unwrap();
        let room = room.reopen().await;
        room.assert_agrees(writer.account).await;
        assert_eq!(room.head(writer.account).await, writer.head, "{point:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failed_commit_to_disk_nothing_more_is_promised() {
    let once = Once::default();
    let room = Room::with_faults(once.faults());
    let mut writer = room.writer("a").await;
    once.arm(FaultPoint::BeforeCommit, Error::Malformed("as if fsync had failed"));
    let failed = writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await;
    assert!(failed.is_err());
    assert!(room.store.has_stopped());
    let refused = writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await;
    assert!(matches!(refused, Err(CommitError::Store(Error::Stopped))));
    // What was answered before can still be read, and is there after a restart.
    assert_eq!(room.head(writer.account).await, writer.head);
    let room = room.reopen().await;
    assert_eq!(room.head(writer.account).await, writer.head);
    writer.commit(&room, &[(key("a"), Some(record("1")))], Vec::new()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_fails_does_not_take_others_with_it() {
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    let room = Room::with_faults(Faults::new(move |at| {
        // Every third commit fails on its way.
        let is_third =
            at == FaultPoint::AfterNodes && counter.fetch_add(1, Ordering::Relaxed) % 3 == 2;
        if is_third { Err(Error::Malformed("test")) } else { Ok(()) }
    }));
    let mut writers = Vec::new();
    for index in 0..9 {
        writers.push(room.writer(&format!("w{index}")).await);
    }
    let mut pending = Vec::new();
    for writer in &writers {
        let commit = writer.prepare(&room, &[(key("a"), Some(record("x")))], Vec::new());
        pending.push(room.store.commit_repo(commit).unwrap());
    }
    let mut made = 0;
    for (writer, commit) in writers.iter().zip(pending) {
        let records = if commit.await.is_ok() { 1 } else { 0 };
        made += records;
        assert_eq!(room.head(writer.account).await.records, records);
        room.assert_agrees(writer.account).await;
    }
    assert_eq!(made, 6);
    let events: Result<_, Error> = room.store.read(|tx| tx.events_after(0, 100, usize::MAX)).await;
    assert_eq!(events.unwrap().len(), 9 + 6);
}
