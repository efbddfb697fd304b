//! A store in a temporary directory, with a clock that tests set, and accounts that write.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use crypto::{Curve, PrivateKey};
use pagurus_store::repo::{BlobUse, CommitError, Committed, FirstCommit, Head, RepoCommit};
use pagurus_store::{AccountId, Clock, Error, Faults, NewAccount, OpenError, Options, Store};
use repo::data::{Limits, cbor, json};
use repo::draft::{Draft, Record, Signed};
use repo::event::{CommitEvent, Frame};
use repo::mst::{Key, NoSource, NodeSource, Position, Tree};
use syntax::{Datetime, Did, Tid};
use tempfile::TempDir;

/// The second that tests begin at.
pub(crate) const START_US: u64 = 1_767_225_600_000_000;

/// A store with what tests need around it.
pub(crate) struct Room {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
    pub(crate) now_us: Arc<AtomicU64>,
    pub(crate) faults: Faults,
}

/// An account with its key, and its repository as it knows it.
pub(crate) struct Writer {
    pub(crate) did: Did,
    pub(crate) account: AccountId,
    pub(crate) key: PrivateKey,
    pub(crate) head: Head,
    pub(crate) tree: Tree,
}

pub(crate) fn open(
    path: &Path,
    now_us: &Arc<AtomicU64>,
    faults: &Faults,
) -> Result<Store, OpenError> {
    let now_us = Arc::clone(now_us);
    // Time goes on by itself, a little with each look.
    let clock = Clock::new(move || now_us.fetch_add(1, Ordering::Relaxed));
    let (directory, faults) = (path.to_owned(), faults.clone());
    Store::open(Options {
        directory,
        clock,
        accept_future_seq: false,
        recent_bytes_max: 1 << 20,
        faults,
    })
}

impl Room {
    pub(crate) fn new() -> Self {
        Self::with_faults(Faults::default())
    }

    pub(crate) fn with_faults(faults: Faults) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now_us = Arc::new(AtomicU64::new(START_US));
        let store = open(directory.path(), &now_us, &faults).unwrap();
        Self { directory, store, now_us, faults }
    }

    /// Closes the store and opens it again.
    pub(crate) async fn reopen(self) -> Self {
        let Self { directory, store, now_us, faults } = self;
        store.close().await;
        drop(store);
        let store = open(directory.path(), &now_us, &faults).unwrap();
        Self { directory, store, now_us, faults }
    }

    /// Makes an account with an empty repository.
    pub(crate) async fn writer(&self, name: &str) -> Writer {
        let did: Did = format!("did:web:{name}.example.com").parse().unwrap();
        let key = PrivateKey::generate(Curve::Secp256k1);
        let signed =
            Draft::new(&Tree::empty(), &NoSource).sign(&did, Tid::new(START_US, 0), &key).unwrap();
        let new = NewAccount {
            did: did.clone(),
            handle: format!("{name}.example.com").parse().unwrap(),
            email: None,
            password: None,
            deactivated_at: None,
            delete_after: None,
            signing_key: key.to_bytes().to_vec(),
        };
        let frame = frame(&did, &signed, None);
        let head = self.store.write(move |tx| {
            let account = tx.create_account(&new)?;
            tx.create_repo(account, FirstCommit { signed, frames: vec![frame], active: true })
        });
        let head: Result<Head, Error> = head.await;
        let head = head.unwrap();
        Writer { did, account: head.account, key, head, tree: Tree::empty() }
    }

    pub(crate) async fn head(&self, account: AccountId) -> Head {
        let head: Result<_, Error> = self.store.read(|tx| tx.head(account)).await;
        head.unwrap().unwrap()
    }

    /// Checks that everything that is stored of a repository agrees.
    pub(crate) async fn assert_agrees(&self, account: AccountId) {
        let report: Result<_, Error> = self.store.read(|tx| tx.check_repo(account)).await;
        let report = report.unwrap();
        assert!(report.agrees(), "{report:?}");
    }
}

pub(crate) fn record(text: &str) -> Record {
    let json = format!(r#"{{"$type": "com.example.note", "text": "{text}"}}"#);
    let value = json::decode(json.as_bytes(), &Limits::RECORD).unwrap();
    Record::new(cbor::encode(&value).unwrap())
}

pub(crate) fn key(rkey: &str) -> Key {
    Key::parse(&format!("com.example.note/{rkey}")).unwrap()
}

fn frame(did: &Did, signed: &Signed, since: Option<Tid>) -> Frame {
    let event = CommitEvent {
        seq: 1 << 32,
        repo: did.clone(),
        commit: signed.cid,
        rev: signed.commit.rev,
        since,
        blocks: Bytes::from(signed.slice.clone()),
        ops: signed.ops.clone(),
        prev_data: since.map(|_| signed.prev_data),
        time: Datetime::from_unix_ms(START_US / 1000),
    };
    event.encode()
}

impl Writer {
    /// Prepares a commit; `None` deletes.
    pub(crate) fn prepare(
        &self,
        room: &Room,
        changes: &[(Key, Option<Record>)],
        blobs: Vec<BlobUse>,
    ) -> RepoCommit {
        let nodes = room.store.nodes(self.head.repo);
        let mut draft = Draft::new(&self.tree, &nodes);
        for (path, record) in changes {
            match record {
                Some(record) => draft.put(path, record.clone()).unwrap(),
                None => draft.delete(path).unwrap(),
            };
        }
        let rev = Tid::new(self.head.rev.timestamp_us() + 1, 0);
        let signed = draft.sign(&self.did, rev, &self.key).unwrap();
        RepoCommit {
            account: self.account,
            repo: self.head.repo,
            expected: self.head.rev,
            frame: frame(&self.did, &signed, Some(self.head.rev)),
            signed,
            blobs,
            subjects: Vec::new(),
            records_max: None,
            subject_of: |_, _| None,
        }
    }

    /// Makes a commit durable.
    pub(crate) async fn commit(
        &mut self,
        room: &Room,
        changes: &[(Key, Option<Record>)],
        blobs: Vec<BlobUse>,
    ) -> Result<Committed, CommitError> {
        let commit = self.prepare(room, changes, blobs);
        let tree = commit.signed.tree.clone();
        let committed = room.store.commit_repo(commit)?.await?;
        (self.tree, self.head) = (tree, room.head(self.account).await);
        Ok(committed)
    }

    /// Forgets the tree but for its root, so that it is loaded from the store again.
    pub(crate) fn forget(&mut self, room: &Room) {
        let nodes = room.store.nodes(self.head.repo);
        let at = Position { layer: self.head.layer, lo: None };
        let block = (&nodes).node(at, &self.head.data).unwrap();
        self.tree = Tree::open(self.head.data, block.unwrap()).unwrap();
    }
}
