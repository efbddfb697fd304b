//! A repository of ours, with nodes by place as a store has them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::Cursor;
use std::ops::Bound;

use bytes::Bytes;
use crypto::{PrivateKey, PublicKey};
use repo::archive::{Archive, ArchiveError, ArchiveReader, Part};
use repo::car::{self, Spool};
use repo::draft::{Draft, Record, Signed};
use repo::event::Action;
use repo::mst::{Builder, Key, NodeSource, Position, SourceError, Tree};
use repo::slice::record_proof;
use syntax::{Cid, Did, Tid};

/// A repository with everything in memory.
pub(crate) struct Repository {
    pub(crate) did: Did,
    pub(crate) key: PrivateKey,
    pub(crate) rev: Tid,
    pub(crate) cid: Cid,
    pub(crate) block: Bytes,
    pub(crate) records: BTreeMap<Key, Record>,
    pub(crate) tree: Tree,
    nodes: Nodes,
}

/// Nodes by the key just left of them, higher ones first: the order of a CAR file.
#[derive(Default)]
pub(crate) struct Nodes(BTreeMap<(Option<Key>, Reverse<u8>), (Cid, Bytes)>);

impl NodeSource for Nodes {
    fn node(&self, at: Position<'_>, _: &Cid) -> Result<Option<Bytes>, SourceError> {
        let row = self.0.get(&(at.lo.cloned(), Reverse(at.layer)));
        Ok(row.map(|(_, bytes)| bytes.clone()))
    }
}

/// A repository out of a CAR file that the other side made.
pub(crate) struct Imported {
    root: Cid,
    block: Bytes,
    data: Cid,
    rev: Tid,
    nodes: Nodes,
    records: BTreeMap<Key, Record>,
}

impl Repository {
    /// Takes over a repository that the other side began.
    pub(crate) fn adopt(did: Did, key: PrivateKey, car: &[u8]) -> Self {
        let Imported { root, block, data, rev, nodes, records } =
            import(car, &did, &key.public_key());
        // The first of the places is the root's.
        let (_, top) = nodes.0.values().next().unwrap();
        let tree = Tree::open(data, top.clone()).unwrap();
        Self { did, key, rev, cid: root, block, records, tree, nodes }
    }

    /// Begins a commit.
    pub(crate) fn draft(&self) -> Draft<&Nodes> {
        Draft::new(&self.tree, &self.nodes)
    }

    /// Takes a commit in as a store does.
    pub(crate) fn store(&mut self, signed: &Signed) {
        for (layer, lo) in &signed.drops {
            self.nodes.0.remove(&(lo.clone(), Reverse(*layer)));
        }
        for row in &signed.puts {
            let place = (row.lo.clone(), Reverse(row.layer));
            self.nodes.0.insert(place, (row.cid, row.bytes.clone()));
        }
        for op in signed.ops.iter().filter(|op| op.action == Action::Delete) {
            self.records.remove(&op.path);
        }
        self.records.extend(signed.records.iter().cloned());
        (self.rev, self.cid, self.block) = (signed.commit.rev, signed.cid, signed.block.clone());
        self.tree = signed.tree.clone();
    }

    /// Forgets the tree but for the ways to some keys.
    pub(crate) fn unload_except(&mut self, keys: &[Key]) {
        self.tree = self.tree.unload_except(keys);
    }

    /// Returns the proof of what is at a path.
    pub(crate) fn prove(&self, path: &Key) -> Vec<u8> {
        let record = self.records.get(path);
        record_proof(
            (&self.cid, &self.block),
            &mut self.tree.clone(),
            path,
            record.map(|record| (&record.cid, &*record.bytes)),
            &self.nodes,
        )
        .unwrap()
    }

    /// Returns the whole as a CAR file, in the order of places: before each record's right
    /// neighbour, the nodes that begin right of the record.
    pub(crate) fn export(&self) -> Vec<u8> {
        let mut out = car::header(&[self.cid]);
        car::put_block(&mut out, &self.cid, &self.block);
        self.export_nodes(&mut out, None);
        for (key, record) in &self.records {
            car::put_block(&mut out, &record.cid, &record.bytes);
            self.export_nodes(&mut out, Some(key));
        }
        out
    }

    fn export_nodes(&self, out: &mut Vec<u8>, lo: Option<&Key>) {
        let place = |layer| (lo.cloned(), Reverse(layer));
        let range = (Bound::Included(place(u8::MAX)), Bound::Included(place(0)));
        for (cid, bytes) in self.nodes.0.range(range).map(|(_, row)| row) {
            car::put_block(out, cid, bytes);
        }
    }

    /// Checks that a CAR file of the other side has just this repository in it, and that our own
    /// has each block of it once.
    pub(crate) fn check_export(&self, theirs: &[u8]) {
        let own = self.export();
        for car in [theirs, &own] {
            let imported = import(car, &self.did, &self.key.public_key());
            assert_eq!((imported.root, imported.rev), (self.cid, self.rev));
            assert_eq!(imported.data, self.tree.root());
            assert_eq!(imported.records, self.records);
            assert_eq!(imported.nodes.0, self.nodes.0);
        }
        let blocks = 1 + self.nodes.0.len() + self.records.len();
        assert_eq!(open(&own).blocks(), u64::try_from(blocks).unwrap());
        let mut builder = Builder::new(|_: Position<'_>, _: &Cid, _| {});
        self.records.iter().for_each(|(key, record)| builder.push(key, record.cid).unwrap());
        assert_eq!(builder.finish(), self.tree.root());
    }
}

type Memory = Cursor<Vec<u8>>;

fn open(car: &[u8]) -> Archive<Memory, impl FnMut() -> std::io::Result<Memory>> {
    // Small enough that the larger files go the way over the temporary file.
    let mut reader = ArchiveReader::new(Spool::new(1 << 18, || Ok(Cursor::new(Vec::new()))));
    car.chunks(60_000).for_each(|piece| reader.push(piece).unwrap());
    reader.finish().unwrap()
}

fn import(car: &[u8], did: &Did, key: &PublicKey) -> Imported {
    let mut archive = open(car);
    assert_eq!((archive.commit().did(), archive.commit().version()), (did, 3));
    archive.commit().verify(key).unwrap();
    assert_eq!(archive.strangers(), 0);
    let (root, data) = (*archive.root(), *archive.commit().data());
    let rev = archive.commit().rev().unwrap();
    let repo::archive::AnyCommit::V3(commit) = archive.commit() else { unreachable!() };
    let block = commit.encode();
    let (mut nodes, mut records) = (Nodes::default(), BTreeMap::new());
    archive
        .walk(|part| {
            match part {
                Part::Node { at, cid, bytes } => {
                    let place = (at.lo.cloned(), Reverse(at.layer));
                    nodes.0.insert(place, (*cid, bytes.clone()));
                }
                Part::Record { key, cid, bytes } => {
                    let record = Record::new(bytes.to_vec());
                    assert_eq!(record.cid, *cid);
                    records.insert(key.clone(), record);
                }
            }
            Ok::<_, ArchiveError>(())
        })
        .unwrap();
    Imported { root, block, data, rev, nodes, records }
}
