//! Many writers at a time, failures on the way, and what each is told.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use crypto::{Curve, PrivateKey};
use futures_util::future::join_all;
use repo::event::{CommitEvent, Message, decode};
use repo::mst::Tree;
use repo::slice::Slice;
use store::repo::Head;
use store::{AccountId, FaultPoint, Faults, NewAccount, Options, StoredEvent};
use syntax::RecordPath;
use tempfile::TempDir;

use super::*;
use crate::config::Secrets;
use crate::record;

struct Room {
    _directory: TempDir,
    writers: Writers,
    store: Store,
    did: Did,
    account: AccountId,
    key: PrivateKey,
}

async fn room(faults: Faults) -> Room {
    let directory = tempfile::tempdir().unwrap();
    let now_us = AtomicU64::new(1_767_225_600_000_000);
    let source = store::Clock::new(move || now_us.fetch_add(1, Ordering::Relaxed));
    let store = Store::open(Options {
        directory: directory.path().to_owned(),
        clock: source.clone(),
        accept_future_seq: false,
        recent_bytes_max: 1 << 20,
        faults,
    });
    let store = store.unwrap();
    let keys = Arc::new(Keys::load(&Secrets::default(), directory.path()).unwrap());
    let clock = Clock::new(source, 3);
    let did: Did = "did:web:alice.example.com".parse().unwrap();
    let key = PrivateKey::generate(Curve::Secp256k1);
    let new = NewAccount {
        did: did.clone(),
        handle: "alice.example.com".parse().unwrap(),
        email: None,
        password: None,
        deactivated_at: None,
        delete_after: None,
        signing_key: keys.seal_signing_key(&did, &key),
    };
    let first = first_commit(&did, &new.handle, &key, &clock, true).unwrap();
    let made: Result<_, store::Error> = store
        .write(move |tx| {
            let account = tx.create_account(&new)?;
            tx.create_repo(account, first)?;
            Ok(account)
        })
        .await;
    let (tasks, limits) = (Tasks::default(), Limits::default());
    let writers = Writers::new(store.clone(), keys, clock, tasks, &limits, |_, _| {});
    Room { _directory: directory, writers, store, did, account: made.unwrap(), key }
}

fn content(collection: &str, rkey: &str, json: &str) -> (Key, Content) {
    let path = RecordPath::parse(&format!("{collection}/{rkey}")).unwrap();
    let value = repo::data::json::decode(json.as_bytes(), &repo::data::Limits::RECORD).unwrap();
    let lexicons = lexicon::Catalog::embedded();
    let record = record::prepare(lexicons, &path, value, Some(false)).unwrap();
    (Key::from(&path), record.content)
}

fn note(rkey: &str, text: &str) -> (Key, Content) {
    content("com.example.note", rkey, &format!(r#"{{"text": "{text}"}}"#))
}

fn create(rkey: &str) -> Op {
    let (path, record) = note(rkey, rkey);
    Op { path, change: Change::Create { record, only: false } }
}

fn put(rkey: &str, text: &str, swap: Swap) -> Op {
    let (path, record) = note(rkey, text);
    Op { path, change: Change::Put { record, swap } }
}

fn delete(rkey: &str) -> Op {
    Op { path: note(rkey, "").0, change: Change::Delete { swap: Swap::Any } }
}

impl Room {
    async fn apply(&self, ops: Vec<Op>) -> Result<Applied, Error> {
        self.writers.apply(&self.did, ops, None).await
    }

    async fn head(&self) -> Head {
        let head: Result<_, store::Error> = self.store.read(|tx| tx.head(self.account)).await;
        head.unwrap().unwrap()
    }

    /// Checks what is stored, and that all commits can be followed; returns them.
    async fn follow(&self) -> Vec<CommitEvent> {
        let report: Result<_, store::Error> =
            self.store.read(|tx| tx.check_repo(self.account)).await;
        let report = report.unwrap();
        assert!(report.agrees(), "{report:?}");
        let events: Result<Vec<StoredEvent>, store::Error> =
            self.store.read(|tx| tx.events_after(0, usize::MAX >> 1, usize::MAX)).await;
        let mut commits = Vec::new();
        let (mut data, mut since) = (Tree::empty().root(), None);
        for event in events.unwrap() {
            let Message::Commit(commit) = decode(&event.frame).unwrap() else { continue };
            let slice = Slice::decode(&commit.blocks).unwrap();
            slice.commit().verify(&self.key.public_key()).unwrap();
            assert_eq!(slice.invert(&commit.ops).unwrap(), data);
            assert_eq!(commit.since, since);
            (data, since) = (slice.commit().data, Some(commit.rev));
            commits.push(commit);
        }
        assert_eq!(data, self.head().await.data);
        commits
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_at_the_same_time_share_commits_and_each_is_answered_with_its_own() {
    let room = room(Faults::default()).await;
    let rkeys: Vec<String> = (0..500).map(|index| format!("r{index}")).collect();
    let applied = join_all(rkeys.iter().map(|rkey| room.apply(vec![create(rkey)]))).await;
    let commits = room.follow().await;
    assert!(commits.len() < 100, "{} commits", commits.len());
    for (rkey, applied) in rkeys.iter().zip(applied) {
        let meta = applied.unwrap().commit.unwrap();
        let commit = commits.iter().find(|commit| commit.commit == meta.cid).unwrap();
        assert!(commit.ops.iter().any(|op| op.path.rkey() == rkey));
    }
    assert_eq!(room.head().await.records, 500);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_to_one_path_are_made_in_their_order_and_all_show() {
    let room = room(Faults::default()).await;
    let writes = [
        vec![create("a")],
        vec![put("a", "2", Swap::Any)],
        vec![delete("a")],
        vec![create("a")],
        vec![delete("a")],
    ];
    let applied = join_all(writes.into_iter().map(|ops| room.apply(ops))).await;
    let revs: BTreeSet<Tid> =
        applied.into_iter().map(|applied| applied.unwrap().commit.unwrap().rev).collect();
    assert_eq!(revs.len(), 5);
    assert_eq!(room.follow().await.len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_nothing_makes_no_commit() {
    let room = room(Faults::default()).await;
    room.apply(vec![create("a")]).await.unwrap();
    let before = room.head().await;
    for ops in [vec![put("a", "a", Swap::Was(None))], vec![delete("b")], vec![]] {
        assert_eq!(room.apply(ops).await.unwrap(), Applied { commit: None });
    }
    assert_eq!(room.head().await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_cannot_be_made_changes_nothing_and_says_why() {
    let room = room(Faults::default()).await;
    room.apply(vec![create("a")]).await.unwrap();
    let before = room.head().await;
    let (path, record) = note("a", "a");
    let exists = room.apply(vec![create("b"), create("a")]).await.unwrap_err();
    assert!(matches!(exists, Error::Exists(at) if at == path));
    let update = |rkey| {
        let (path, record) = note(rkey, "new");
        Op { path, change: Change::Update { record } }
    };
    let absent = room.apply(vec![update("a"), update("c")]).await.unwrap_err();
    assert!(matches!(absent, Error::Absent(_)));
    let remove = Op { path: note("c", "").0, change: Change::Remove };
    assert!(matches!(room.apply(vec![remove]).await, Err(Error::Absent(_))));
    let swap = room.apply(vec![put("a", "new", Swap::Was(None))]).await.unwrap_err();
    assert!(matches!(swap, Error::SwapRecord(Some(cid)) if cid == record.cid));
    let swap = room.writers.apply(&room.did, vec![create("d")], Some(record.cid)).await;
    assert!(matches!(swap, Err(Error::SwapCommit(cid)) if cid == before.commit));
    assert_eq!(room.head().await, before);
    let swapped = room.writers.apply(&room.did, vec![create("d")], Some(before.commit)).await;
    assert!(swapped.unwrap().commit.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_those_who_expect_the_same_commit_one_has_it() {
    let room = room(Faults::default()).await;
    let head = room.head().await.commit;
    let writes = (0..20).map(|index| {
        let op = create(&format!("r{index}"));
        room.writers.apply(&room.did, vec![op], Some(head))
    });
    let made = join_all(writes).await.into_iter().filter(Result::is_ok).count();
    assert_eq!(made, 1);
    assert_eq!(room.follow().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_one_like_of_each_post_however_fast_they_come() {
    let room = room(Faults::default()).await;
    let like = |rkey: &str, post: &str| {
        let json = format!(
            r#"{{"subject": {{"uri": "at://did:web:b/app.bsky.feed.post/{post}", "cid": "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"}}, "createdAt": "2026-01-01T00:00:00Z"}}"#
        );
        let (path, record) = content("app.bsky.feed.like", rkey, &json);
        Op { path, change: Change::Create { record, only: true } }
    };
    let likes = (0..30).map(|index| {
        let op = like(&format!("r{index:02}"), if index % 2 == 0 { "even" } else { "odd" });
        room.apply(vec![op])
    });
    for applied in join_all(likes).await {
        assert!(applied.unwrap().commit.is_some());
    }
    assert_eq!(room.head().await.records, 2);
    room.follow().await;
    room.apply(vec![like("later", "odd")]).await.unwrap();
    assert_eq!(room.head().await.records, 2);
    room.follow().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_is_done_though_nobody_waits() {
    let room = room(Faults::default()).await;
    {
        let write = room.apply(vec![create("a")]);
        let mut write = std::pin::pin!(write);
        // It is begun then, and on a busy machine may be done.
        let _ = futures_util::poll!(write.as_mut());
    }
    room.apply(vec![create("b")]).await.unwrap();
    assert_eq!(room.head().await.records, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_on_the_way_is_told_to_those_it_hit_and_to_no_others() {
    let count = AtomicUsize::new(0);
    let room = room(Faults::new(move |at| {
        // Of the commits on their way to the disk, every fourth does not get there.
        let fails = at == FaultPoint::AfterEvent && count.fetch_add(1, Ordering::Relaxed) % 4 == 3;
        if fails { Err(store::Error::Full) } else { Ok(()) }
    }))
    .await;
    let mut made = 0;
    for round in 0..40 {
        let writes = (0..7).map(|index| room.apply(vec![create(&format!("r{round}-{index}"))]));
        for applied in join_all(writes).await {
            match applied {
                Ok(applied) => made += u64::from(applied.commit.is_some()),
                Err(Error::Store(store::Error::Full)) => {}
                Err(error) => panic!("{error}"),
            }
        }
    }
    assert!(made > 100 && made < 280, "{made}");
    assert_eq!(room.head().await.records, made);
    room.follow().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_with_a_wrong_blob_does_not_take_others_with_it() {
    let room = room(Faults::default()).await;
    let writes = (0..12).map(|index| {
        let mut op = create(&format!("r{index}"));
        if index == 5
            && let Change::Create { record, .. } = &mut op.change
        {
            let (path, cid) = (op.path.clone(), Cid::of_cbor(b"?"));
            record.blobs.push(BlobUse { path, cid, mime_type: "a/b".to_owned(), size: 1 });
        }
        room.apply(vec![op])
    });
    for (index, applied) in join_all(writes).await.into_iter().enumerate() {
        match applied {
            Err(Error::Blob { fault: BlobFault::Missing, .. }) => assert_eq!(index, 5),
            applied => assert!(applied.unwrap().commit.is_some()),
        }
    }
    assert_eq!(room.head().await.records, 11);
    room.follow().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_wait_for_whoever_has_the_lease() {
    let room = room(Faults::default()).await;
    room.apply(vec![create("a")]).await.unwrap();
    let lease = room.writers.lease(&room.did).await.unwrap();
    let mut write = std::pin::pin!(room.apply(vec![create("b")]));
    assert!(futures_util::poll!(write.as_mut()).is_pending());
    let open = room.writers.open(&room.did).await.unwrap();
    let head = room.head().await;
    let commit = open.sign_anew(Tid::new(head.rev.timestamp_us() + 1_000_000, 0));
    let rev = commit.rev;
    let replaced: Result<Cid, store::Error> =
        room.store.write(move |tx| tx.replace_commit(&head, &commit)).await;
    replaced.unwrap();
    drop(lease);
    let applied = write.await.unwrap();
    assert!(applied.commit.unwrap().rev > rev);
}
