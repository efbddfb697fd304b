//! The tree against its definition: whatever the history, it is what a rebuild makes of the entries.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use pagurus_repo::mst::{
    BlockMap, Builder, Cover, Covered, Difference, Edit, Key, NoSource, NodeSource, Position,
    SourceError, Tree, TreeError, diff, iter,
};
use proptest::prelude::*;
use proptest::sample::Index;
use syntax::Cid;

type Entries = BTreeMap<Key, Cid>;
type Rows = BTreeMap<(u8, Option<Key>), (Cid, Bytes)>;

const ONE: &str = "bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454";

fn key(number: u32) -> Key {
    let collection = ["app.bsky.feed.like", "app.bsky.feed.post", "app.bsky.graph.follow"];
    let collection = collection[usize::try_from(number % 3).unwrap()];
    Key::parse(&format!("{collection}/3{number:012}")).unwrap()
}

fn value(number: u32) -> Cid {
    Cid::of_cbor(&number.to_be_bytes())
}

/// Builds a tree from its definition.
fn rebuild(entries: &Entries) -> (Cid, Rows) {
    let mut rows = Rows::new();
    let mut builder = Builder::new(|at: Position<'_>, cid: &Cid, block| {
        rows.insert((at.layer, at.lo.cloned()), (*cid, Bytes::from(block)));
    });
    for (key, value) in entries {
        builder.push(key, *value).unwrap();
    }
    (builder.finish(), rows)
}

/// Rows by place, as a store has them.
struct ByPlace<'a>(&'a Rows);

impl NodeSource for ByPlace<'_> {
    fn node(&self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
        let row = self.0.get(&(at.layer, at.lo.cloned()));
        assert_eq!(row.map(|(found, _)| found), Some(cid), "at {at:?}");
        Ok(row.map(|(_, bytes)| bytes.clone()))
    }
}

/// A tree as a store has it: rows by place, of which only the root is loaded.
fn reopen(root: Cid, rows: &Rows) -> Tree {
    let (_, bytes) = rows.values().find(|(cid, _)| *cid == root).expect("the root has a row");
    Tree::open(root, bytes.clone()).unwrap()
}

fn by_cid(rows: &Rows) -> BlockMap {
    rows.values().cloned().collect()
}

#[derive(Debug, Clone)]
enum Step {
    Put(u32, u32),
    Delete(Index),
}

fn steps(keys: u32, count: usize) -> impl Strategy<Value = Vec<Vec<Step>>> {
    let step = prop_oneof![
        3 => (0..keys, any::<u32>()).prop_map(|(key, value)| Step::Put(key, value)),
        2 => any::<Index>().prop_map(Step::Delete),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..8), 1..count)
}

fn entries(most: usize) -> impl Strategy<Value = Entries> {
    let entry = (0u32..500, 0u32..5).prop_map(|(k, v)| (key(k), value(v)));
    prop::collection::vec(entry, 0..most).prop_map(|entries| entries.into_iter().collect())
}

fn apply<S: NodeSource>(entries: &mut Entries, edit: &mut Edit<S>, step: &Step) {
    match step {
        Step::Put(k, v) => {
            let (key, value) = (key(*k), value(*v));
            assert_eq!(edit.put(&key, value).unwrap(), entries.insert(key, value));
        }
        Step::Delete(index) if !entries.is_empty() => {
            let key = entries.keys().nth(index.index(entries.len())).unwrap().clone();
            assert_eq!(edit.delete(&key).unwrap(), entries.remove(&key));
            assert_eq!(edit.delete(&key).unwrap(), None);
        }
        Step::Delete(_) => assert_eq!(edit.delete(&key(0)).unwrap(), None),
    }
}

#[test]
fn known_contents_have_known_roots() {
    let one: Cid = ONE.parse().unwrap();
    let root = |keys: &[&str]| {
        let entries = keys.iter().map(|key| (Key::parse(key).unwrap(), one));
        rebuild(&entries.collect()).0.to_string()
    };
    assert_eq!(root(&[]), "bafyreie5737gdxlw5i64vzichcalba3z2v5n6icifvx5xytvske7mr3hpm");
    assert_eq!(Tree::empty().root().to_string(), root(&[]));
    assert_eq!(
        root(&["com.example.record/3jqfcqzm3fo2j"]),
        "bafyreibj4lsc3aqnrvphp5xmrnfoorvru4wynt6lwidqbm2623a6tatzdu"
    );
    assert_eq!(
        root(&["com.example.record/3jqfcqzm3fx2j"]),
        "bafyreih7wfei65pxzhauoibu3ls7jgmkju4bspy4t2ha2qdjnzqvoy33ai"
    );
    assert_eq!(
        root(&[
            "com.example.record/3jqfcqzm3fp2j",
            "com.example.record/3jqfcqzm3fr2j",
            "com.example.record/3jqfcqzm3fs2j",
            "com.example.record/3jqfcqzm3ft2j",
            "com.example.record/3jqfcqzm4fc2j",
        ]),
        "bafyreicmahysq4n6wfuxo522m6dpiy7z7qzym3dzs756t5n7nfdgccwq7m"
    );
}

#[test]
fn an_edit_with_an_error_leaves_its_tree_alone() {
    let entries: Entries = (0..200).map(|n| (key(n), value(n))).collect();
    let (root, rows) = rebuild(&entries);
    let tree = reopen(root, &rows);
    let mut edit = Edit::new(&tree, NoSource);
    let outcomes: Vec<_> = (0..200).map(|n| edit.delete(&key(n))).collect();
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(TreeError::Missing { .. }))));
    drop(edit);
    assert_eq!(tree.root(), root);
    let read: Result<Entries, _> = iter(&tree, None, ByPlace(&rows)).unwrap().collect();
    assert_eq!(read.unwrap(), entries);
}

#[test]
fn a_difference_reads_little_of_what_both_trees_have() {
    struct Counting<'a>(BlockMap, &'a Cell<usize>);
    impl NodeSource for Counting<'_> {
        fn node(&self, at: Position<'_>, cid: &Cid) -> Result<Option<Bytes>, SourceError> {
            self.1.set(self.1.get() + 1);
            self.0.node(at, cid)
        }
    }
    let mut entries: Entries = (0..20_000).map(|n| (key(n), value(n))).collect();
    let (root, rows) = rebuild(&entries);
    for n in [3, 4711, 19_999] {
        entries.remove(&key(n));
        let (new_root, new_rows) = rebuild(&entries);
        let reads = Cell::new(0);
        let old_side = Counting(by_cid(&rows), &reads);
        let new_side = Counting(by_cid(&new_rows), &reads);
        let (old, new) = (reopen(root, &rows), reopen(new_root, &new_rows));
        let mut count = 0;
        diff((&old, old_side), (&new, new_side), |_| count += 1).unwrap();
        assert_eq!(count, 20_000 - entries.len());
        assert!(reads.get() < 100, "{} reads for {count} differences", reads.get());
    }
}

#[test]
fn unloading_keeps_what_leads_to_the_keys() {
    let entries: Entries = (0..5000).map(|n| (key(n), value(n))).collect();
    let (root, rows) = rebuild(&entries);
    let mut tree = reopen(root, &rows);
    let keys: Vec<Key> = entries.keys().cloned().collect();
    tree.cover(&keys, Cover::Neighbours, &ByPlace(&rows), |_| {}).unwrap();
    let whole = tree.memory_bytes();
    let kept = [key(17), key(4711)];
    let tree = tree.unload_except(&kept);
    assert_eq!(tree.root(), root);
    assert!(tree.memory_bytes() < whole / 50, "{} of {whole}", tree.memory_bytes());
    for key in &kept {
        assert_eq!(tree.get(key, &NoSource).unwrap(), entries.get(key).copied());
    }
    assert!(tree.get(&key(2500), &NoSource).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_gives_the_tree_and_the_rows_of_a_rebuild(history in steps(300, 40)) {
        let mut entries = Entries::new();
        let (root, mut rows) = rebuild(&entries);
        let mut tree = reopen(root, &rows);
        for (turn, batch) in history.iter().enumerate() {
            if turn % 3 == 0 {
                tree = reopen(tree.root(), &rows);
            }
            let mut edit = Edit::new(&tree, ByPlace(&rows));
            batch.iter().for_each(|step| apply(&mut entries, &mut edit, step));
            let change = edit.finish();
            for place in &change.drops {
                prop_assert!(rows.remove(place).is_some(), "{:?} was not there", place);
            }
            for row in change.puts {
                rows.insert((row.layer, row.lo), (row.cid, row.bytes));
            }
            tree = change.tree;
            let (root, rebuilt) = rebuild(&entries);
            prop_assert_eq!(tree.root(), root);
            prop_assert_eq!(&rows, &rebuilt);
        }
    }

    #[test]
    fn reading_from_a_key_gives_the_entries_from_there(
        entries in entries(300),
        from in 0u32..500,
    ) {
        let (root, rows) = rebuild(&entries);
        let tree = reopen(root, &rows);
        let read: Result<Vec<_>, _> = iter(&tree, Some(&key(from)), ByPlace(&rows)).unwrap().collect();
        let expected: Vec<_> = entries.range(key(from)..).map(|(k, v)| (k.clone(), *v)).collect();
        prop_assert_eq!(read.unwrap(), expected);
        let found = tree.get(&key(from), &ByPlace(&rows)).unwrap();
        prop_assert_eq!(found, entries.get(&key(from)).copied());
    }

    #[test]
    fn a_difference_is_what_the_entries_differ_in(
        old in entries(300),
        change in prop::collection::vec((0u32..500, prop::option::of(0u32..5)), 0..20),
    ) {
        let mut new = old.clone();
        for (k, v) in change {
            match v {
                Some(v) => new.insert(key(k), value(v)),
                None => new.remove(&key(k)),
            };
        }
        let keys: BTreeSet<&Key> = old.keys().chain(new.keys()).collect();
        let expected: Vec<Difference> = keys
            .into_iter()
            .map(|key| Difference {
                key: key.clone(),
                old: old.get(key).copied(),
                new: new.get(key).copied(),
            })
            .filter(|difference| difference.old != difference.new)
            .collect();
        let ((old_root, old_rows), (new_root, new_rows)) = (rebuild(&old), rebuild(&new));
        let (old_tree, new_tree) = (reopen(old_root, &old_rows), reopen(new_root, &new_rows));
        let mut found = Vec::new();
        let sources = (by_cid(&old_rows), by_cid(&new_rows));
        diff((&old_tree, &sources.0), (&new_tree, &sources.1), |difference| found.push(difference))
            .unwrap();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_node_follows_from_the_records_around_it(entries in entries(300)) {
        let (root, rows) = rebuild(&entries);
        for ((layer, lo), (cid, _)) in rows.iter().filter(|(_, (cid, _))| *cid != root) {
            let mut builder = Builder::right_of(lo.clone(), |_: Position<'_>, _: &Cid, _| {});
            let after = entries.iter().filter(|(key, _)| lo.as_ref().is_none_or(|lo| lo < key));
            for (key, value) in after.take_while(|(key, _)| key.height() <= *layer) {
                builder.push(key, *value).unwrap();
            }
            prop_assert_eq!(builder.finish_at(*layer), Some(*cid));
        }
    }

    #[test]
    fn a_proof_holds_what_was_asked_in_the_order_of_a_file(
        entries in entries(300),
        asked in prop::collection::btree_set(0u32..500, 1..6),
    ) {
        let (root, rows) = rebuild(&entries);
        let mut keys: Vec<Key> = asked.into_iter().map(key).collect();
        keys.sort();
        let mut tree = reopen(root, &rows);
        let mut proof = BlockMap::default();
        let mut nodes = Vec::new();
        let mut found = Entries::new();
        tree.cover(&keys, Cover::Paths, &ByPlace(&rows), |part| match part {
            Covered::Node(cid, bytes) => {
                proof.0.insert(*cid, bytes.clone());
                nodes.push(*cid);
            }
            Covered::Entry(key, cid) => {
                found.insert(key.clone(), *cid);
            }
        })
        .unwrap();
        let opened = Tree::load(root, &proof).unwrap();
        for key in &keys {
            prop_assert_eq!(opened.get(key, &proof).unwrap(), entries.get(key).copied());
            prop_assert_eq!(found.get(key), entries.get(key));
        }
        // In the order of places, a node comes before what is below and right of it.
        let places: BTreeMap<Cid, _> =
            rows.iter().map(|((layer, lo), (cid, _))| (*cid, (lo.clone(), 128 - layer))).collect();
        prop_assert!(nodes.iter().map(|cid| &places[cid]).is_sorted());
        prop_assert_eq!(nodes.len(), proof.0.len());
    }
}
