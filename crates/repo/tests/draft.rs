//! Commits: what they hold, and that anybody can undo them.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::BTreeMap;

use bytes::Bytes;
use crypto::{Curve, PrivateKey};
use pagurus_repo::draft::{Draft, DraftError, OPS_MAX, Record, SLICE_BYTES_MAX, Signed};
use pagurus_repo::event::{Action, Op};
use pagurus_repo::mst::{Builder, Key, NoSource, NodeSource, Position, SourceError, Tree};
use pagurus_repo::slice::{Slice, SliceError, record_proof};
use proptest::prelude::*;
use proptest::sample::Index;
use syntax::{Cid, Did, Tid};

/// A repository as a store has it: records, and nodes by place.
struct Repository {
    did: Did,
    key: PrivateKey,
    rev: u64,
    records: BTreeMap<Key, Record>,
    nodes: Nodes,
    tree: Tree,
}

#[derive(Default)]
struct Nodes(BTreeMap<(u8, Option<Key>), Bytes>);

impl NodeSource for Nodes {
    fn node(&self, at: Position<'_>, _: &Cid) -> Result<Option<Bytes>, SourceError> {
        Ok(self.0.get(&(at.layer, at.lo.cloned())).cloned())
    }
}

impl Repository {
    fn new() -> Self {
        let tree = Tree::empty();
        let root = Builder::new(|_: Position<'_>, _: &Cid, block: Vec<u8>| drop(block)).finish();
        assert_eq!(tree.root(), root);
        Self {
            did: Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap(),
            key: PrivateKey::generate(Curve::Secp256k1),
            rev: 1_700_000_000_000_000,
            records: BTreeMap::new(),
            nodes: Nodes(BTreeMap::from([((0, None), Bytes::from_static(b"\xa2ae\x80al\xf6"))])),
            tree,
        }
    }

    fn draft(&self) -> Draft<&Nodes> {
        Draft::new(&self.tree, &self.nodes)
    }

    fn sign(&self, draft: Draft<&Nodes>) -> Result<Signed, DraftError> {
        draft.sign(&self.did, Tid::new(self.rev + 1, 0), &self.key)
    }

    /// Takes a commit in as a store does.
    fn store(&mut self, signed: &Signed) {
        self.rev += 1;
        for place in &signed.drops {
            self.nodes.0.remove(place);
        }
        for row in &signed.puts {
            self.nodes.0.insert((row.layer, row.lo.clone()), row.bytes.clone());
        }
        for op in signed.ops.iter().filter(|op| op.action == Action::Delete) {
            self.records.remove(&op.path);
        }
        self.records.extend(signed.records.iter().cloned());
        // Forgotten every other time, so that both kinds of tree are used.
        self.tree = match self.rev % 2 {
            0 => signed.tree.clone(),
            _ => signed.tree.unload_except(&[]),
        };
    }
}

fn key(number: u32) -> Key {
    let collection = ["app.bsky.feed.like", "app.bsky.feed.post", "app.bsky.graph.follow"];
    let collection = collection[usize::try_from(number % 3).unwrap()];
    Key::parse(&format!("{collection}/3{number:012}")).unwrap()
}

fn record(number: u32) -> Record {
    // {"$type": "a.b.c", "n": number}
    let mut bytes = b"\xa2an\x1a".to_vec();
    bytes.extend((number | 1 << 31).to_be_bytes());
    bytes.extend(b"e$typeea.b.c");
    Record::new(bytes)
}

/// The node of the empty tree, as its one encoding.
#[test]
fn the_empty_tree_has_its_known_node() {
    let repository = Repository::new();
    assert_eq!(repository.tree.root(), Cid::of_cbor(b"\xa2ae\x80al\xf6"));
}

#[test]
fn what_ends_as_it_was_is_no_operation() {
    let mut repository = Repository::new();
    let mut draft = repository.draft();
    draft.put(&key(1), record(1)).unwrap();
    draft.put(&key(2), record(2)).unwrap();
    let signed = repository.sign(draft).unwrap();
    repository.store(&signed);

    let mut draft = repository.draft();
    assert!(draft.is_empty());
    // The same again; there and back; gone and back; never there.
    assert_eq!(draft.put(&key(1), record(1)).unwrap(), Some(record(1).cid));
    draft.put(&key(2), record(7)).unwrap();
    assert_eq!(draft.put(&key(2), record(2)).unwrap(), Some(record(7).cid));
    draft.put(&key(3), record(3)).unwrap();
    assert_eq!(draft.get(&key(3)).unwrap(), Some(record(3).cid));
    assert_eq!(draft.delete(&key(3)).unwrap(), Some(record(3).cid));
    assert_eq!(draft.delete(&key(4)).unwrap(), None);
    assert_eq!(draft.get(&key(3)).unwrap(), None);
    assert!(draft.is_empty());
    let signed = repository.sign(draft).unwrap();
    assert_eq!((signed.ops.len(), signed.commit.data), (0, signed.prev_data));
}

#[test]
fn writes_to_one_path_join_into_one_operation() {
    let mut repository = Repository::new();
    let mut draft = repository.draft();
    draft.put(&key(1), record(1)).unwrap();
    draft.put(&key(1), record(2)).unwrap();
    let signed = repository.sign(draft).unwrap();
    assert_eq!(signed.ops, [Op::new(key(1), None, Some(record(2).cid))]);
    assert_eq!(signed.records, [(key(1), record(2))]);
    repository.store(&signed);

    let mut draft = repository.draft();
    draft.delete(&key(1)).unwrap();
    draft.put(&key(1), record(3)).unwrap();
    let signed = repository.sign(draft).unwrap();
    assert_eq!(signed.ops, [Op::new(key(1), Some(record(2).cid), Some(record(3).cid))]);
    assert_eq!(signed.ops[0].action, Action::Update);
}

#[test]
fn limits_of_a_commit_are_kept_to() {
    let repository = Repository::new();
    let mut draft = repository.draft();
    for number in 0..=u32::try_from(OPS_MAX).unwrap() {
        draft.put(&key(number), record(number)).unwrap();
    }
    assert!(matches!(repository.sign(draft), Err(DraftError::TooManyOps(201))));

    let big = |size: usize| Record::new(vec![0; size]);
    for (last, fits) in [(900_000, true), (1_001_000, false)] {
        let mut draft = repository.draft();
        draft.put(&key(1), big(999_000)).unwrap();
        draft.put(&key(2), big(last)).unwrap();
        match repository.sign(draft) {
            Ok(signed) => assert!(fits && signed.slice.len() <= SLICE_BYTES_MAX),
            Err(error) => assert!(!fits && matches!(error, DraftError::TooLarge(_)), "{error}"),
        }
    }
}

#[test]
fn a_record_that_is_there_twice_is_in_the_slice_once() {
    let repository = Repository::new();
    let mut draft = repository.draft();
    draft.put(&key(1), record(9)).unwrap();
    draft.put(&key(2), record(9)).unwrap();
    let signed = repository.sign(draft).unwrap();
    let record = record(9).bytes;
    let times = signed.slice.windows(record.len()).filter(|window| *window == record).count();
    assert_eq!((times, signed.ops.len()), (1, 2));
    assert_eq!(
        Slice::decode(&signed.slice).unwrap().invert(&signed.ops).unwrap(),
        signed.prev_data
    );
}

#[test]
fn operations_that_are_not_the_commits_are_found_out() {
    let mut repository = Repository::new();
    let mut draft = repository.draft();
    for number in 0..50 {
        draft.put(&key(number), record(number)).unwrap();
    }
    let signed = repository.sign(draft).unwrap();
    repository.store(&signed);
    let mut draft = repository.draft();
    draft.put(&key(3), record(300)).unwrap();
    draft.delete(&key(4)).unwrap();
    draft.put(&key(100), record(100)).unwrap();
    let signed = repository.sign(draft).unwrap();
    let slice = Slice::decode(&signed.slice).unwrap();
    assert_eq!(slice.invert(&signed.ops).unwrap(), signed.prev_data);

    let with = |index: usize, change: &dyn Fn(&mut Op)| {
        let mut ops = signed.ops.clone();
        change(&mut ops[index]);
        slice.invert(&ops)
    };
    let by_action = |action| signed.ops.iter().position(|op| op.action == action).unwrap();
    let (create, update, delete) =
        (by_action(Action::Create), by_action(Action::Update), by_action(Action::Delete));
    let other = Some(record(5).cid);
    let there = Some(record(100).cid);
    // An update to what it was before; a create with a record before; a delete without.
    let malformed = |outcome| matches!(outcome, Err(SliceError::Malformed(_)));
    assert!(malformed(with(update, &|op| op.prev = op.cid)));
    assert!(malformed(with(create, &|op| op.prev = other)));
    assert!(malformed(with(delete, &|op| op.prev = None)));
    assert!(matches!(with(create, &|op| op.cid = other), Err(SliceError::MissingRecord(_))));
    assert!(matches!(with(update, &|op| op.cid = there), Err(SliceError::Contradiction(_))));
    assert!(matches!(
        with(delete, &|op| op.path = key(100)),
        Err(SliceError::DuplicatePath(path)) if path == key(100)
    ));
    // Well formed and false: the tree before is another than the one that was announced.
    assert_ne!(with(update, &|op| op.prev = other).unwrap(), signed.prev_data);
    assert_ne!(slice.invert(&signed.ops[1..]).unwrap(), signed.prev_data);
}

#[test]
fn a_slice_proves_presence_and_absence_and_nothing_else() {
    let mut repository = Repository::new();
    let mut draft = repository.draft();
    for number in 0..100 {
        draft.put(&key(2 * number), record(number)).unwrap();
    }
    let signed = repository.sign(draft).unwrap();
    repository.store(&signed);
    for number in [0, 77, 150, 199] {
        let there = repository.records.get(&key(number));
        let mut tree = repository.tree.clone();
        let commit = (&signed.cid, &*signed.block);
        let with = there.map(|record| (&record.cid, &*record.bytes));
        let proof = record_proof(commit, &mut tree, &key(number), with, &repository.nodes).unwrap();
        let slice = Slice::decode(&proof).unwrap();
        let proven = slice.record(&key(number)).unwrap();
        assert_eq!(proven, there.map(|record| (record.cid, record.bytes.clone())));
        let faraway = (0..200).filter(|other| slice.record(&key(*other)).is_err()).count();
        assert!(faraway > 100, "{faraway} are not proven");
        if there.is_some() {
            let without = record_proof(commit, &mut tree, &key(number), None, &NoSource).unwrap();
            let outcome = Slice::decode(&without).unwrap().record(&key(number));
            assert!(matches!(outcome, Err(SliceError::MissingRecord(_))));
        }
    }
}

#[derive(Debug, Clone)]
enum Write {
    Put(u32, u32),
    Delete(Index),
}

/// Shuffles by the numbers that come along.
fn shuffled(ops: &[Op], by: &[u32]) -> Vec<Op> {
    let mut keyed: Vec<(u32, &Op)> = ops
        .iter()
        .enumerate()
        .map(|(index, op)| (by[index % by.len()].rotate_left(u32::try_from(index).unwrap()), op))
        .collect();
    keyed.sort_by_key(|(by, _)| *by);
    keyed.into_iter().map(|(_, op)| op.clone()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    // 48 histories of up to 40 commits of up to 30 writes.
    #[test]
    fn every_commit_inverts_from_its_slice_in_any_order(
        history in prop::collection::vec(
            prop::collection::vec(
                prop_oneof![
                    3 => (0u32..600, 0u32..9).prop_map(|(key, value)| Write::Put(key, value)),
                    2 => any::<Index>().prop_map(Write::Delete),
                ],
                1..30,
            ),
            1..40,
        ),
        orders in prop::collection::vec(any::<u32>(), 7),
    ) {
        let mut repository = Repository::new();
        for batch in history {
            let mut draft = repository.draft();
            for write in batch {
                match write {
                    Write::Put(number, value) => {
                        draft.put(&key(number), record(value)).unwrap();
                    }
                    Write::Delete(index) if !repository.records.is_empty() => {
                        let at = index.index(repository.records.len());
                        let key = repository.records.keys().nth(at).unwrap();
                        draft.delete(key).unwrap();
                    }
                    Write::Delete(_) => {}
                }
            }
            let signed = repository.sign(draft).unwrap();
            let slice = Slice::decode(&signed.slice).unwrap();
            prop_assert_eq!(slice.commit(), &signed.commit);
            slice.commit().verify(&repository.key.public_key()).unwrap();

            let mut deletes_first = signed.ops.clone();
            deletes_first.sort_by_key(|op| op.action != Action::Delete);
            let mut creates_first = signed.ops.clone();
            creates_first.sort_by_key(|op| op.action);
            let mut backwards = signed.ops.clone();
            backwards.reverse();
            let random = shuffled(&signed.ops, &orders);
            for ops in [&signed.ops, &deletes_first, &creates_first, &backwards, &random] {
                prop_assert_eq!(slice.invert(ops).unwrap(), signed.prev_data);
            }
            for op in &signed.ops {
                let proven = slice.record(&op.path).unwrap().map(|(cid, _)| cid);
                prop_assert_eq!(proven, op.cid);
            }
            repository.store(&signed);
            let mut builder = Builder::new(|_: Position<'_>, _: &Cid, _| {});
            for (key, record) in &repository.records {
                builder.push(key, record.cid).unwrap();
            }
            prop_assert_eq!(builder.finish(), signed.commit.data);
        }
    }
}
