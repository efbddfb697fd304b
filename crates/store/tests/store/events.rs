//! The log of events: in order, without repeats, never going back.

use std::fs;
use std::sync::atomic::Ordering;

use pagurus_store::{Error, Faults, OpenError, StoredEvent};
use repo::event::{Message, decode};

use crate::room::{Room, START_US, key, open, record};

async fn events(room: &Room, after: u64) -> Vec<StoredEvent> {
    let events: Result<_, Error> =
        room.store.read(|tx| tx.events_after(after, 10_000, usize::MAX)).await;
    events.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_commit_has_its_event_and_the_number_is_in_it() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let mut grown = room.store.grown();
    for index in 0..5 {
        let path = key(&format!("r{index}"));
        grown.borrow_and_update();
        let committed =
            writer.commit(&room, &[(path, Some(record("x")))], Vec::new()).await.unwrap();
        grown.wait_for(|newest| *newest >= committed.seq).await.unwrap();
        let newest = events(&room, committed.seq - 1).await.remove(0);
        assert_eq!(newest.seq, committed.seq);
        let Message::Commit(commit) = decode(&newest.frame).unwrap() else { panic!("no commit") };
        assert_eq!((commit.seq, commit.rev), (committed.seq, writer.head.rev));
    }
    let seqs: Vec<u64> = events(&room, 0).await.iter().map(|event| event.seq).collect();
    assert_eq!(seqs.len(), 6);
    assert!(seqs.is_sorted_by(|left, right| left < right));
    assert!(seqs[0] >= START_US);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_steps_back_does_not_take_the_numbers_with_it() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let before = events(&room, 0).await[0].seq;
    room.now_us.store(START_US - 30_000_000, Ordering::Relaxed);
    let change = [(key("a"), Some(record("x")))];
    let committed = writer.commit(&room, &change, Vec::new()).await.unwrap();
    assert_eq!(committed.seq, before + 1);
    let room = room.reopen().await;
    let change = [(key("b"), Some(record("x")))];
    let committed = writer.commit(&room, &change, Vec::new()).await.unwrap();
    assert_eq!(committed.seq, before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_were_given_out_are_not_given_out_again_after_restoring_a_copy() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let copy = tempfile::tempdir().unwrap();
    let Room { directory, store, now_us, .. } = room;
    store.close().await;
    drop(store);
    fs::copy(directory.path().join("pagurus.sqlite"), copy.path().join("pagurus.sqlite")).unwrap();

    let store = open(directory.path(), &now_us, &Faults::default()).unwrap();
    let room = Room { directory, store, now_us, faults: Faults::default() };
    let mut last = 0;
    for index in 0..50 {
        let change = [(key(&format!("r{index}")), Some(record("x")))];
        last = writer.commit(&room, &change, Vec::new()).await.unwrap().seq;
    }
    let Room { store, now_us, .. } = room;
    store.close().await;
    drop(store);
    // Restoring takes a moment.
    now_us.fetch_add(1_000_000, Ordering::Relaxed);
    let store = open(copy.path(), &now_us, &Faults::default()).unwrap();
    let account = writer.account;
    let next: Result<u64, Error> = store
        .write(move |tx| {
            let state = pagurus_store::AccountState::default();
            tx.set_state(account, &state)?;
            tx.append(account, identity())
        })
        .await;
    assert!(next.unwrap() > last);
}

fn identity() -> repo::event::Frame {
    let time = syntax::Datetime::from_unix_ms(1);
    let did = "did:web:a.example.com".parse().unwrap();
    repo::event::IdentityEvent { seq: 1 << 32, did, handle: None, time }.encode()
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_far_ahead_of_the_clock_are_asked_about() {
    let room = Room::new();
    room.writer("a").await;
    let Room { directory, store, now_us, .. } = room;
    store.close().await;
    drop(store);
    now_us.store(START_US - 3_600_000_000, Ordering::Relaxed);
    let refused = open(directory.path(), &now_us, &Faults::default());
    assert!(matches!(refused, Err(OpenError::FutureSeq { ahead_s: 3599..=3600 })));
}

#[tokio::test(flavor = "multi_thread")]
async fn pruning_keeps_the_newest_and_says_how_far_it_went() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    for index in 0..9 {
        let change = [(key(&format!("r{index}")), Some(record("x")))];
        writer.commit(&room, &change, Vec::new()).await.unwrap();
    }
    let all: Vec<u64> = events(&room, 0).await.iter().map(|event| event.seq).collect();
    let prune = |count| room.store.write(move |tx| tx.prune_events(u64::MAX >> 1, count));
    let pruned: Result<usize, Error> = prune(4).await;
    assert_eq!(pruned.unwrap(), 4);
    let to: Result<u64, Error> = room.store.read(|tx| tx.pruned_to()).await;
    assert_eq!(to.unwrap(), all[3]);
    let pruned: Result<usize, Error> = prune(100).await;
    assert_eq!(pruned.unwrap(), 5);
    let left: Vec<u64> = events(&room, 0).await.iter().map(|event| event.seq).collect();
    assert_eq!(left, all[9..]);
    // What is left decides what comes next, also after a restart.
    let room = room.reopen().await;
    let change = [(key("z"), Some(record("x")))];
    assert!(writer.commit(&room, &change, Vec::new()).await.unwrap().seq > all[9]);
}
