//! Random histories of a repository, which both sides make and check of each other.

use std::collections::BTreeSet;
use std::ops::AddAssign;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crypto::{Curve, PrivateKey};
use data_encoding::BASE64;
use repo::car;
use repo::draft::{Record, Signed};
use repo::event::Op;
use repo::mst::{Key, Tree};
use repo::slice::Slice;
use serde::Deserialize;
use serde_json::{Value, json};
use syntax::{Cid, Did, Tid};

use crate::chance::Chance;
use crate::node::{self, Node};
use crate::plan::{COMMITS, Write, Writer};
use crate::repository::Repository;

const HISTORIES: usize = 100;
/// How many commits it takes until the whole repository is exchanged again.
const WHOLE_EVERY: usize = 25;

/// What was made and checked.
#[derive(Debug, Default)]
struct Tally {
    commits: usize,
    ops: usize,
    /// Commits that left nothing.
    empty: usize,
    /// The most records that there were.
    largest: usize,
    /// The highest layer of a root.
    tallest: u8,
    our_slice_bytes: usize,
    their_slice_bytes: usize,
    /// Slices of the other side that lacked a record.
    incomplete: usize,
}

#[derive(Deserialize)]
struct Opened {
    key: String,
    rev: Tid,
    commit: Cid,
    car: String,
}

#[derive(Deserialize)]
struct Committed {
    rev: Tid,
    commit: Cid,
    data: Cid,
    slice: String,
    proof: String,
}

#[test]
fn both_sides_make_the_same_commits_and_can_check_each_others() {
    let Some(directory) = node::directory() else { return };
    let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| work(&directory, &next, &tally));
        }
    });
    let tally = tally.into_inner().unwrap();
    println!("seed {}: {tally:?}", node::seed());
    assert_eq!(tally.commits, HISTORIES * COMMITS);
    assert!(tally.largest > 1500 && tally.empty > 10 && tally.tallest >= 5, "{tally:?}");
}

/// Makes histories until there are enough.
fn work(directory: &Path, next: &AtomicUsize, tally: &Mutex<Tally>) {
    let mut node = Node::start(directory);
    loop {
        let index = next.fetch_add(1, Ordering::Relaxed);
        if index >= HISTORIES {
            return;
        }
        let blame = Blame(format!("in history {index} of PAGURUS_SEED={}", node::seed()));
        let part = History::begin(&mut node, index).run();
        drop(blame);
        *tally.lock().unwrap() += part;
    }
}

/// Names what was done if it fails.
struct Blame(String);

impl Drop for Blame {
    fn drop(&mut self) {
        if thread::panicking() {
            node::say(&self.0);
        }
    }
}

struct History<'a> {
    node: &'a mut Node,
    chance: Chance,
    writer: Writer,
    repository: Repository,
    tally: Tally,
}

impl<'a> History<'a> {
    /// Begins a history: the other side makes the first commit, and we take it over.
    fn begin(node: &'a mut Node, index: usize) -> Self {
        let (mut chance, mut writer) = (Chance::new(node::seed(), index), Writer::new(index));
        let did = Did::parse(&format!("did:plc:history{index:03}{}", "a".repeat(14))).unwrap();
        let bytes: [u8; 32] = chance.bytes(32).try_into().unwrap();
        let key = PrivateKey::from_bytes(writer.plan.curve, &bytes).unwrap();
        let writes = writer.begin(&mut chance);
        let writes_json: Vec<Value> = writes.iter().map(Write::json).collect();
        let body = json!({ "did": did, "key": key_json(&key), "writes": writes_json });
        let opened: Opened = node.ask("open", body);
        assert_eq!(opened.key, key.public_key().to_string());

        let repository = Repository::adopt(did, key, &bytes_of(&opened.car));
        assert_eq!((repository.cid, repository.rev), (opened.commit, opened.rev));
        let made = repository.records.iter().map(|(key, record)| (key, Some(record)));
        let asked =
            writes.iter().map(|write| (&write.path, write.record.as_ref().map(|(_, made)| made)));
        assert!(made.eq(asked));
        Self { node, chance, writer, repository, tally: Tally::default() }
    }

    fn run(mut self) -> Tally {
        for number in 0..COMMITS {
            self.commit(number);
        }
        self.node.settle();
        self.tally
    }

    /// Makes a commit on both sides and has each check the other's.
    fn commit(&mut self, number: usize) {
        let present = self.repository.records.keys();
        let writes = self.writer.writes(&mut self.chance, number, present);
        let paths = self.paths_to_prove(&writes);
        let body = json!({
            "writes": writes.iter().map(Write::json).collect::<Vec<_>>(),
            "prove": paths.iter().map(Key::as_str).collect::<Vec<_>>(),
        });
        let theirs: Committed = self.node.ask("commit", body);
        assert!(theirs.rev > self.repository.rev);

        let mut draft = self.repository.draft();
        for write in &writes {
            let before = match &write.record {
                Some((_, record)) => draft.put(&write.path, record.clone()).unwrap(),
                None => draft.delete(&write.path).unwrap(),
            };
            assert_eq!(before.is_some(), write.replaces);
        }
        let signed = draft.sign(&self.repository.did, theirs.rev, &self.repository.key).unwrap();
        assert_eq!(signed.commit.data, theirs.data, "the trees differ after {:?}", signed.ops);
        // With the tree and the revision, the signature is the same, too.
        assert_eq!(signed.cid, theirs.commit);

        let their_slice = self.completed(&signed, bytes_of(&theirs.slice));
        for slice in [&their_slice, &signed.slice] {
            self.check_slice(&signed, slice);
        }
        self.repository.store(&signed);
        self.check_their_proof(&paths, &bytes_of(&theirs.proof));
        self.have_our_slice_checked(&signed, number);
        if number.is_multiple_of(2) {
            self.have_our_proofs_checked(&paths);
        }
        if (number + 1).is_multiple_of(WHOLE_EVERY) {
            self.exchange_whole();
        }
        // What is in memory is to make no difference.
        match number % 3 {
            0 => {}
            1 => self.repository.unload_except(&[]),
            _ => self.repository.unload_except(&paths),
        }
        let records = self.repository.records.len();
        self.tally += Tally {
            commits: 1,
            ops: signed.ops.len(),
            empty: usize::from(records == 0),
            largest: records,
            tallest: self.repository.tree.layer(),
            our_slice_bytes: signed.slice.len(),
            their_slice_bytes: their_slice.len(),
            incomplete: 0,
        };
    }

    /// Returns paths whose proofs are to be exchanged: a new one, which mostly is not there, and
    /// one that was written or is there.
    fn paths_to_prove(&mut self, writes: &[Write]) -> Vec<Key> {
        let index = self.chance.below(self.repository.records.len().max(1));
        let other = match self.repository.records.keys().nth(index) {
            Some(path) if self.chance.percent(50) => path.clone(),
            _ => self.chance.pick(writes).path.clone(),
        };
        vec![self.writer.key(&mut self.chance), other]
    }

    /// Completes a slice of the other side, which lacks each record that the commit takes away at
    /// one path and puts at another.
    fn completed(&mut self, signed: &Signed, mut bytes: Vec<u8>) -> Vec<u8> {
        let slice = Slice::decode(&bytes).unwrap();
        let gone: BTreeSet<Cid> = signed.ops.iter().filter_map(|op| op.prev).collect();
        let mut moved: Vec<&Record> = signed.records.iter().map(|(_, record)| record).collect();
        moved.retain(|record| {
            gone.contains(&record.cid) && slice.blocks().get(&record.cid).is_none()
        });
        self.tally.incomplete += usize::from(!moved.is_empty());
        moved.iter().for_each(|record| car::put_block(&mut bytes, &record.cid, &record.bytes));
        bytes
    }

    /// Checks that a slice has the commit, proves what the operations say, and undoes them.
    fn check_slice(&mut self, signed: &Signed, bytes: &[u8]) {
        let slice = Slice::decode(bytes).unwrap();
        assert_eq!((slice.root(), slice.commit()), (signed.cid, &signed.commit));
        slice.commit().verify(&self.repository.key.public_key()).unwrap();
        for op in &signed.ops {
            let found = slice.record(&op.path).unwrap();
            assert_eq!(found.map(|(cid, _)| cid), op.cid, "{}", op.path);
        }
        let ops = self.chance.shuffled(&signed.ops);
        assert_eq!(slice.invert(&ops).unwrap(), signed.prev_data, "{ops:?}");
    }

    fn check_their_proof(&self, paths: &[Key], proof: &[u8]) {
        let slice = Slice::decode(proof).unwrap();
        slice.commit().verify(&self.repository.key.public_key()).unwrap();
        assert_eq!(slice.root(), self.repository.cid);
        for path in paths {
            let found = slice.record(path).unwrap().map(|(_, bytes)| Record::new(bytes));
            assert_eq!(found.as_ref(), self.repository.records.get(path), "{path}");
        }
    }

    fn have_our_slice_checked(&mut self, signed: &Signed, number: usize) {
        let op_json = |op: &Op| json!({ "path": op.path.as_str(), "cid": op.cid, "prev": op.prev });
        let ops = self.chance.shuffled(&signed.ops);
        let body = json!({
            "slice": BASE64.encode(&signed.slice),
            "ops": ops.iter().map(op_json).collect::<Vec<_>>(),
            "prevData": signed.prev_data,
            "asDiff": number.is_multiple_of(10),
        });
        self.node.tell("checkSlice", body);
    }

    fn have_our_proofs_checked(&mut self, paths: &[Key]) {
        let proof = |path: &Key| {
            let proof = BASE64.encode(&self.repository.prove(path));
            let cid = self.repository.records.get(path).map(|record| record.cid);
            json!({ "proof": proof, "path": path.as_str(), "cid": cid })
        };
        let proofs: Vec<Value> = paths.iter().map(proof).collect();
        self.node.tell("checkProofs", json!({ "proofs": proofs }));
    }

    fn exchange_whole(&mut self) {
        let theirs: String = self.node.ask("export", json!({}));
        let line = |(key, record): (&Key, &Record)| format!("{key} {}", record.cid);
        let body = json!({
            "car": BASE64.encode(&self.repository.export()),
            "records": self.repository.records.iter().map(line).collect::<Vec<_>>(),
        });
        self.node.tell("checkRepo", body);
        self.repository.check_export(&bytes_of(&theirs));
        let is_empty = self.repository.tree.root() == Tree::empty().root();
        assert_eq!(is_empty, self.repository.records.is_empty());
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.commits += other.commits;
        self.ops += other.ops;
        self.empty += other.empty;
        self.largest = self.largest.max(other.largest);
        self.tallest = self.tallest.max(other.tallest);
        self.our_slice_bytes += other.our_slice_bytes;
        self.their_slice_bytes += other.their_slice_bytes;
        self.incomplete += other.incomplete;
    }
}

fn bytes_of(base64: &str) -> Vec<u8> {
    BASE64.decode(base64.as_bytes()).unwrap()
}

/// Returns what makes the same key pair on the other side.
pub(crate) fn key_json(key: &PrivateKey) -> Value {
    let curve = match key.curve() {
        Curve::Secp256k1 => "k256",
        Curve::P256 => "p256",
    };
    json!({ "curve": curve, "hex": *key.to_hex() })
}
