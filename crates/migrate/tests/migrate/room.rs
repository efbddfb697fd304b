//! A store in a temporary directory with one account that writes, and a directory for its bundle.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use crypto::{Curve, PrivateKey, SealingKey, SealingKeys};
use identity::plc::log::{AuditedLog, RateLimits, append};
use identity::plc::{Content, State};
use pagurus_migrate::age::Recipient;
use pagurus_migrate::bundle::{Backed, Backup, BackupError, Faults, PlcLog, Report, check};
use repo::car::Spool;
use repo::data::{Limits, cbor, json};
use repo::draft::{Draft, Record, Signed};
use repo::event::{CommitEvent, Frame};
use repo::mst::{Key, NoSource, Tree};
use store::repo::{BlobUse, FirstCommit, Head, ImportHead, ImportRecord, RepoCommit};
use store::{AccountId, AccountState, Clock, Error, NewAccount, Options, Reading, Store};
use syntax::{Cid, Datetime, Did, Tid};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The second that tests begin at.
pub(crate) const START_US: u64 = 1_767_225_600_000_000;

/// An account, wherever it is.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) did: Did,
    pub(crate) key: PrivateKey,
    pub(crate) log: PlcLog,
    /// Changes the identity.
    rotation: PrivateKey,
    sealing: SealingKeys,
}

/// A store with one account, and a directory beside it.
pub(crate) struct Room {
    pub(crate) directory: TempDir,
    pub(crate) store: Store,
    pub(crate) person: Person,
    pub(crate) account: AccountId,
    pub(crate) faults: Faults,
    pub(crate) recipients: Vec<Recipient>,
    pub(crate) anew: bool,
    runtime: Runtime,
    clock: Clock,
    head: Head,
    tree: Tree,
}

/// All files of a directory: their bytes, and which files they are.
pub(crate) type Files = BTreeMap<String, (Vec<u8>, u64)>;

impl Person {
    /// Makes one with a did:plc.
    pub(crate) fn new() -> Self {
        let (key, rotation) =
            (PrivateKey::generate(Curve::Secp256k1), PrivateKey::generate(Curve::Secp256k1));
        let pds = "https://pds.example.com".parse().unwrap();
        let handle = "alice.example.com".parse().unwrap();
        let mut state = State::of_account(&handle, &key.public_key(), &pds);
        state.rotation_keys.push((&rotation.public_key()).into());
        let genesis = Content::genesis(state).sign(&rotation).unwrap();
        let did = genesis.did().unwrap();
        let entry = append(&did, &[], genesis, START_US / 1000, RateLimits::Public).unwrap().entry;
        let log = AuditedLog::check(&did, vec![entry]).unwrap();
        Self { did, key, log: PlcLog::Audited(log), rotation, sealing: sealing() }
    }

    /// Gives the identity another signing key.
    pub(crate) fn with_another_key(&self) -> Self {
        let key = PrivateKey::generate(Curve::P256);
        let PlcLog::Audited(log) = &self.log else { panic!("it has no log") };
        let mut state = log.state().unwrap();
        state.set_signing_key(&key.public_key());
        let update = Content::update(&log.last().operation, state).sign(&self.rotation).unwrap();
        let now_ms = START_US / 1000 + 1;
        let next =
            append(&self.did, log.entries(), update, now_ms, RateLimits::Public).unwrap().entry;
        let entries = log.entries().iter().cloned().chain([next]).collect();
        let log = AuditedLog::check(&self.did, entries).unwrap();
        Self { key, log: PlcLog::Audited(log), ..self.clone() }
    }

    /// Makes one with a did:web and a key of the other curve.
    pub(crate) fn on_the_web() -> Self {
        let key = PrivateKey::generate(Curve::P256);
        let did = "did:web:alice.example.com".parse().unwrap();
        let rotation = PrivateKey::generate(Curve::Secp256k1);
        Self { did, key, log: PlcLog::NotPlc, rotation, sealing: sealing() }
    }

    fn sealed_key(&self) -> Vec<u8> {
        let curve = match self.key.curve() {
            Curve::Secp256k1 => b'k',
            Curve::P256 => b'p',
        };
        let secret = [&[curve], &self.key.to_bytes()[..]].concat();
        self.sealing.seal(format!("signing key of {}", self.did).as_bytes(), &secret)
    }
}

impl Room {
    pub(crate) fn new() -> Self {
        Self::of(Person::new(), START_US)
    }

    /// Makes a store in which an account has an empty repository, begun at a time.
    pub(crate) fn of(person: Person, began_us: u64) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let now_us = Arc::new(AtomicU64::new(START_US));
        let clock = Clock::new(move || now_us.fetch_add(1000, Ordering::Relaxed));
        let store = Store::open(Options {
            directory: directory.path().join("data"),
            clock: clock.clone(),
            accept_future_seq: true,
            recent_bytes_max: 1 << 20,
            faults: store::Faults::default(),
        });
        let store = store.unwrap();
        let signed = Draft::new(&Tree::empty(), &NoSource)
            .sign(&person.did, Tid::new(began_us, 0), &person.key)
            .unwrap();
        let new = NewAccount {
            did: person.did.clone(),
            handle: "alice.example.com".parse().unwrap(),
            email: Some("alice@example.com".to_owned()),
            password: Some("hash".to_owned()),
            deactivated_at: None,
            delete_after: None,
            signing_key: person.sealed_key(),
        };
        let frame = frame(&person.did, &signed, None);
        let runtime = Runtime::new().unwrap();
        let head: Result<Head, Error> = runtime.block_on(store.write(move |tx| {
            let account = tx.create_account(&new)?;
            tx.create_repo(account, FirstCommit { signed, frames: vec![frame], active: true })
        }));
        let head = head.unwrap();
        Self {
            directory,
            store,
            account: head.account,
            person,
            faults: Faults::default(),
            recipients: Vec::new(),
            anew: false,
            runtime,
            clock,
            head,
            tree: Tree::empty(),
        }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The directory of the bundle.
    pub(crate) fn out(&self) -> PathBuf {
        self.directory.path().join("bundle")
    }

    pub(crate) fn head(&self) -> &Head {
        &self.head
    }

    /// Makes a commit; `None` deletes.
    pub(crate) fn commit(&mut self, changes: &[(&str, Option<Record>)], blobs: Vec<BlobUse>) {
        let nodes = self.store.nodes(self.head.repo);
        let mut draft = Draft::new(&self.tree, &nodes);
        for (path, record) in changes {
            match record {
                Some(record) => draft.put(&key(path), record.clone()).unwrap(),
                None => draft.delete(&key(path)).unwrap(),
            };
        }
        let rev = Tid::new(self.head.rev.timestamp_us() + 1, 0);
        let signed = draft.sign(&self.person.did, rev, &self.person.key).unwrap();
        let tree = signed.tree.clone();
        let commit = RepoCommit {
            account: self.account,
            repo: self.head.repo,
            expected: self.head.rev,
            frame: frame(&self.person.did, &signed, Some(self.head.rev)),
            signed,
            blobs,
            subjects: Vec::new(),
            records_max: None,
            subject_of: |_, _| None,
        };
        let store = &self.store;
        self.head = self.runtime.block_on(async {
            store.commit_repo(commit).unwrap().await.unwrap();
            let head: Result<_, Error> = store.read(|tx| tx.head(self.account)).await;
            head.unwrap().unwrap()
        });
        self.tree = tree;
    }

    /// Writes so many notes, the same ones each time, with texts that are those of the round.
    pub(crate) fn notes(&mut self, count: u32, round: u32) {
        let paths: Vec<String> = (0..count).map(|index| format!("note{index:05}")).collect();
        for paths in paths.chunks(200) {
            let text = |path: &str| Some(note(&format!("{path} {round}")));
            let notes = paths.iter().map(|path| (path.as_str(), text(path)));
            self.commit(&notes.collect::<Vec<_>>(), Vec::new());
        }
    }

    /// Uploads a blob and writes a record that refers to it.
    pub(crate) fn post_blob(&mut self, path: &str, bytes: &[u8], mime_type: &str) -> Cid {
        let (store, did, account) = (&self.store, &self.person.did, self.account);
        let (cid, size) = self.runtime.block_on(async {
            let mut upload = store.blobs().upload(1 << 24).await.unwrap();
            upload.push(Bytes::copy_from_slice(bytes)).await.unwrap();
            let received = upload.finish().await.unwrap();
            let (cid, size, kind) = (received.cid, received.size, mime_type.to_owned());
            let _lock = store.blobs().lock(did, &cid).await;
            store.blobs().keep(did, received).await.unwrap();
            let put: Result<Option<u64>, Error> =
                store.write(move |tx| tx.put_blob(account, &cid, &kind, size)).await;
            put.unwrap();
            (cid, size)
        });
        let record = blob_record(&cid, mime_type, size);
        let usage = BlobUse { path: key(path), cid, mime_type: mime_type.to_owned(), size };
        self.commit(&[(path, Some(record))], vec![usage]);
        cid
    }

    /// Replaces the repository by one that comes from elsewhere, with a record that refers to a blob
    /// that is not here.
    pub(crate) fn import(&mut self, rev: Tid, blob: &Cid) {
        let (mut draft, mut records) = (Draft::new(&Tree::empty(), &NoSource), Vec::new());
        for index in 0..100 {
            let path = key(&format!("import{index:05}"));
            let (record, blobs) = match index {
                0 => (blob_record(blob, "image/png", 5), vec![*blob]),
                index => (note(&format!("imported {index}")), Vec::new()),
            };
            draft.put(&path, record.clone()).unwrap();
            let (cid, bytes) = (record.cid, record.bytes);
            records.push(ImportRecord { path, cid, bytes, blobs, subject: None });
        }
        let signed = draft.sign(&self.person.did, rev, &self.person.key).unwrap();
        let (data, layer) = (signed.commit.data, signed.tree.layer());
        let new = ImportHead { rev, commit: signed.cid, block: signed.block.clone(), data };
        let (account, old) = (self.account, self.head.clone());
        let state = AccountState { deactivated_at: Some(1), ..AccountState::default() };
        let bytes = records.iter().map(|record| record.bytes.len()).sum::<usize>();
        self.tree = signed.tree.clone();
        self.write(move |tx| {
            tx.set_state(account, &state)?;
            let old = Head { active: false, ..old };
            let repo = tx.begin_import(account, &new)?;
            tx.import_rows(repo, rev, &signed.puts, &records)?;
            let bytes = u64::try_from(bytes).unwrap();
            tx.switch_repo(&old, repo, layer, 100, bytes).map_err(|_| Error::Missing)?;
            tx.set_state(account, &AccountState::default())
        });
        let head: Result<_, Error> =
            self.runtime.block_on(self.store.read(|tx| tx.head(self.account)));
        self.head = head.unwrap().unwrap();
    }

    /// Runs a transaction that writes.
    pub(crate) fn write(
        &self,
        body: impl FnOnce(&mut store::Tx<'_>) -> Result<(), Error> + Send + 'static,
    ) {
        self.runtime.block_on(self.store.write(body)).unwrap();
    }

    /// Returns the file in which the store has a blob.
    pub(crate) fn blob_file(&self, cid: &Cid) -> PathBuf {
        let shards = fs::read_dir(self.data().join("blobs")).unwrap();
        let paths = shards.map(|shard| {
            shard.unwrap().path().join(self.person.did.as_str()).join(cid.to_string())
        });
        paths.into_iter().find(|path| path.exists()).unwrap()
    }

    pub(crate) fn try_backup(&self) -> Result<Backed, BackupError> {
        let backup = Backup {
            reading: &Reading::open(&self.data(), self.clock.clone()).unwrap(),
            data: &self.data(),
            sealing: &self.person.sealing,
            clock: &self.clock,
            host: "https://pds.example.com".parse().unwrap(),
            plc_log: self.person.log.clone(),
            recipients: self.recipients.clone(),
            anew: self.anew,
            faults: self.faults.clone(),
        };
        backup.run(&self.person.did, &self.out())
    }

    pub(crate) fn backup(&self) -> Backed {
        self.try_backup().unwrap()
    }

    pub(crate) fn check(&self) -> Report {
        report(&self.out())
    }
}

/// Checks a bundle, with so little memory that blocks go to a file.
pub(crate) fn report(directory: &Path) -> Report {
    check(directory, None, Spool::new(10_000, tempfile::tempfile)).unwrap()
}

/// Reads all files below a directory.
pub(crate) fn files(directory: &Path) -> Files {
    let mut files = Files::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let below = self::files(&path).into_iter();
            files.extend(below.map(|(file, content)| (format!("{name}/{file}"), content)));
        } else {
            let inode = fs::metadata(&path).unwrap().ino();
            files.insert(name, (fs::read(&path).unwrap(), inode));
        }
    }
    files
}

pub(crate) fn note(text: &str) -> Record {
    record(&format!(r#"{{"$type": "com.example.note", "text": "{text}"}}"#))
}

pub(crate) fn key(rkey: &str) -> Key {
    Key::parse(&format!("com.example.note/{rkey}")).unwrap()
}

fn blob_record(cid: &Cid, mime_type: &str, size: u64) -> Record {
    record(&format!(
        r#"{{"$type": "com.example.note", "blob": {{"$type": "blob",
            "ref": {{"$link": "{cid}"}}, "mimeType": "{mime_type}", "size": {size}}}}}"#
    ))
}

fn record(json: &str) -> Record {
    let value = json::decode(json.as_bytes(), &Limits::RECORD).unwrap();
    Record::new(cbor::encode(&value).unwrap())
}

fn sealing() -> SealingKeys {
    SealingKeys::new(SealingKey::generate(), Vec::new())
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
