//! What a write, an import and a rebuild cost: `cargo bench -p pagurus-repo`.

#![expect(clippy::unwrap_used, reason = "a benchmark that fails says where")]

use std::collections::HashMap;
use std::fs::File;
use std::sync::LazyLock;

use bytes::Bytes;
use crypto::{Curve, PrivateKey};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use pagurus_repo::archive::{ArchiveError, ArchiveReader, Part};
use pagurus_repo::car::{self, Spool};
use pagurus_repo::commit::Commit;
use pagurus_repo::data::{Limits, Value, cbor};
use pagurus_repo::draft::{Draft, Record, Signed};
use pagurus_repo::event::CommitEvent;
use pagurus_repo::mst::{
    BlockMap, Builder, Key, NoSource, NodeSource, Position, SourceError, Tree, Walk, WalkStep,
};
use syntax::{Cid, Datetime, Did, Tid};

fn main() {
    divan::main();
}

/// A repository in memory, with its nodes by place as a store has them.
struct Repository {
    key: PrivateKey,
    did: Did,
    tree: Tree,
    records: Vec<(Key, Record)>,
    nodes: Nodes,
}

#[derive(Default)]
struct Nodes(HashMap<(u8, Option<Key>), (Cid, Bytes)>);

impl NodeSource for Nodes {
    fn node(&self, at: Position<'_>, _: &Cid) -> Result<Option<Bytes>, SourceError> {
        let node = self.0.get(&(at.layer, at.lo.cloned()));
        Ok(node.map(|(_, bytes)| bytes.clone()))
    }
}

const RECORDS: u64 = 100_000;
const START_US: u64 = 1_700_000_000_000_000;

/// Keys as accounts have them: mostly likes, then follows and posts, in the order of time.
fn key(index: u64) -> Key {
    let collection = match index % 20 {
        0..=12 => "app.bsky.feed.like",
        13..=15 => "app.bsky.graph.follow",
        16..=17 => "app.bsky.feed.post",
        18 => "app.bsky.feed.repost",
        _ => "app.bsky.feed.threadgate",
    };
    let time = START_US + index * 7_919_000;
    Key::parse(&format!("{collection}/{}", Tid::new(time, 5))).unwrap()
}

fn post(index: u64) -> Record {
    let text = |text: String| Value::String(text);
    let time = Datetime::from_unix_ms(START_US / 1000 + index);
    let fields = [
        ("$type", text("app.bsky.feed.post".into())),
        ("createdAt", text(time.to_string())),
        ("langs", Value::List(vec![text("en".into())])),
        (
            "text",
            text(format!("post number {index}, as long as people write them: {}", "x".repeat(120))),
        ),
    ];
    Record::new(cbor::encode(&Value::Map(fields.into_iter().collect())).unwrap())
}

static REPOSITORY: LazyLock<Repository> = LazyLock::new(|| {
    let mut records: Vec<_> = (0..RECORDS).map(|index| (key(index), post(index))).collect();
    records.sort_by(|(a, _), (b, _)| a.cmp(b));
    let mut nodes = Nodes::default();
    let mut builder = Builder::new(|at: Position<'_>, cid: &Cid, block| {
        nodes.0.insert((at.layer, at.lo.cloned()), (*cid, Bytes::from(block)));
    });
    for (key, record) in &records {
        builder.push(key, record.cid).unwrap();
    }
    let root = builder.finish();
    let (_, block) = nodes.0.values().find(|(cid, _)| *cid == root).unwrap();
    let tree = Tree::open(root, block.clone()).unwrap();
    let did = Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap();
    Repository { key: PrivateKey::generate(Curve::Secp256k1), did, tree, records, nodes }
});

/// One create from the write to the encoded frame.
fn create(repository: &Repository, tree: &Tree, index: u64, record: Record) -> (Signed, Vec<u8>) {
    let rev = Tid::new(START_US * 2 + index, 5);
    let path = Key::parse(&format!("app.bsky.feed.post/{rev}")).unwrap();
    create_at(repository, tree, &path, rev, record)
}

fn create_at(
    repository: &Repository,
    tree: &Tree,
    path: &Key,
    rev: Tid,
    record: Record,
) -> (Signed, Vec<u8>) {
    let mut draft = Draft::new(tree, &repository.nodes);
    draft.put(path, record).unwrap();
    let mut signed = draft.sign(&repository.did, rev, &repository.key).unwrap();
    let event = CommitEvent {
        seq: START_US,
        repo: repository.did.clone(),
        commit: signed.cid,
        rev,
        since: Some(rev),
        blocks: std::mem::take(&mut signed.slice).into(),
        ops: signed.ops.clone(),
        prev_data: Some(signed.prev_data),
        time: Datetime::from_unix_ms(START_US / 1000),
    };
    let frame = event.encode().into_bytes();
    (signed, frame)
}

/// Posts one after the other to a repository of 100,000 records whose paths are loaded.
#[divan::bench(sample_count = 200, sample_size = 20)]
fn create_warm(bencher: Bencher<'_, '_>) {
    let repository = &*REPOSITORY;
    let mut tree = create(repository, &repository.tree, 0, post(0)).0.tree;
    let mut index = 1;
    let prepared = (post(1), 0u64);
    bencher.bench_local(|| {
        let (signed, frame) = create(repository, &tree, index, prepared.0.clone());
        index += 1;
        tree = signed.tree;
        frame
    });
}

/// The same with nothing loaded but the root, at a place that differs each time.
#[divan::bench(sample_count = 200, sample_size = 20)]
fn create_cold(bencher: Bencher<'_, '_>) {
    let repository = &*REPOSITORY;
    let mut index: u64 = 0;
    let record = post(1);
    bencher.bench_local(|| {
        index += 1;
        let rev = Tid::new(START_US * 2 + index, 5);
        let near = key(index.wrapping_mul(7919) % RECORDS);
        let path = Key::parse(&format!("{near}x")).unwrap();
        create_at(repository, &repository.tree, &path, rev, record.clone())
    });
}

/// Only the signature, which every commit needs.
#[divan::bench(sample_count = 200, sample_size = 20)]
fn sign_commit(bencher: Bencher<'_, '_>) {
    let repository = &*REPOSITORY;
    let rev = Tid::new(START_US, 5);
    bencher.bench_local(|| {
        Commit::sign(repository.did.clone(), repository.tree.root(), rev, &repository.key)
    });
}

static CAR: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let repository = &*REPOSITORY;
    let root = repository.tree.root();
    let rev = Tid::new(START_US * 2, 5);
    let commit = Commit::sign(repository.did.clone(), root, rev, &repository.key).encode();
    let cid = Cid::of_cbor(&commit);
    let records: HashMap<Cid, &Record> =
        repository.records.iter().map(|(_, record)| (record.cid, record)).collect();
    let nodes: BlockMap = repository.nodes.0.values().cloned().collect();
    let mut out = car::header(&[cid]);
    car::put_block(&mut out, &cid, &commit);
    let mut walk = Walk::new(root);
    while let Some(step) = walk.next_step() {
        match step {
            WalkStep::Node { cid, .. } => {
                let block = nodes.get(&cid).unwrap();
                walk.enter(block).unwrap();
                car::put_block(&mut out, &cid, block);
            }
            WalkStep::Entry { value, .. } => {
                car::put_block(&mut out, &value, &records[&value].bytes);
            }
        }
    }
    out
});

/// Reads a CAR file of 100,000 records: each block hashed, the tree proven, each record checked.
#[divan::bench(sample_count = 10, sample_size = 1)]
fn verify_car(bencher: Bencher<'_, '_>) {
    let car = &*CAR;
    let public = REPOSITORY.key.public_key();
    bencher.counter(BytesCount::from(car.len())).bench_local(|| {
        let no_file = || -> std::io::Result<File> { unreachable!("it fits into memory") };
        let mut reader = ArchiveReader::new(Spool::new(1 << 30, no_file));
        for piece in car.chunks(1 << 16) {
            reader.push(piece).unwrap();
        }
        let mut archive = reader.finish().unwrap();
        archive.commit().verify(&public).unwrap();
        let mut records = 0;
        archive
            .walk(|part| {
                if let Part::Record { bytes, .. } = part {
                    cbor::check(bytes, &Limits::FOREIGN).unwrap();
                    records += 1;
                }
                Ok::<(), ArchiveError>(())
            })
            .unwrap();
        assert_eq!(records, RECORDS);
    });
}

static MILLION: LazyLock<Vec<(Key, Cid)>> = LazyLock::new(|| {
    let mut entries: Vec<_> =
        (0..1_000_000).map(|index| (key(index), Cid::of_cbor(&index.to_be_bytes()))).collect();
    entries.sort();
    entries
});

/// Builds the tree of 1,000,000 sorted records.
#[divan::bench(sample_count = 5, sample_size = 1)]
fn build_million(bencher: Bencher<'_, '_>) {
    let entries = &*MILLION;
    bencher.counter(ItemsCount::new(entries.len())).bench_local(|| {
        let mut bytes = 0;
        let mut builder =
            Builder::new(|_: Position<'_>, _: &Cid, block: Vec<u8>| bytes += block.len());
        for (key, value) in entries {
            builder.push(key, *value).unwrap();
        }
        (builder.finish(), bytes)
    });
}

/// Undoes a commit from its slice, as every follower does.
#[divan::bench(sample_count = 200, sample_size = 20)]
fn invert(bencher: Bencher<'_, '_>) {
    let repository = &*REPOSITORY;
    let mut draft = Draft::new(&repository.tree, &repository.nodes);
    draft.put(&key(4711), post(1)).unwrap();
    let signed = draft.sign(&repository.did, Tid::new(START_US * 2, 5), &repository.key).unwrap();
    bencher.bench_local(|| {
        let slice = pagurus_repo::slice::Slice::decode(&signed.slice).unwrap();
        slice.invert(&signed.ops).unwrap()
    });
    assert!(signed.tree.get(&key(4711), &NoSource).is_ok());
}
