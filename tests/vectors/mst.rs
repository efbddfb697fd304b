//! Layers and prefixes of keys, and the blocks that prove a commit.

use std::collections::BTreeMap;

use bytes::Bytes;
use repo::mst::{
    BlockMap, Builder, Cover, Covered, Edit, Key, NoSource, Position, Tree, common_prefix, height,
};
use serde::Deserialize;
use syntax::Cid;

use crate::{each_suite, json};

#[derive(Deserialize)]
struct Prefix {
    left: String,
    right: String,
    len: usize,
}

#[derive(Deserialize)]
struct Height {
    key: String,
    height: u8,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Proof {
    comment: String,
    leaf_value: Cid,
    keys: Vec<String>,
    adds: Vec<String>,
    dels: Vec<String>,
    root_before_commit: Cid,
    root_after_commit: Cid,
    blocks_in_proof: Vec<Cid>,
}

#[test]
fn keys_have_their_layers_and_prefixes() {
    each_suite("mst", "interop/mst", |root| {
        for case in json::<Vec<Prefix>>(&root.join("common_prefix.json")) {
            let found = common_prefix(case.left.as_bytes(), case.right.as_bytes());
            assert_eq!(found, case.len, "{} and {}", case.left, case.right);
        }
        for case in json::<Vec<Height>>(&root.join("key_heights.json")) {
            assert_eq!(height(case.key.as_bytes()), case.height, "{}", case.key);
        }
    });
}

#[test]
fn keys_of_a_list_are_keys_and_sort_by_bytes() {
    each_suite("mst", "interop/mst", |root| {
        let text = std::fs::read_to_string(root.join("example_keys.txt")).unwrap();
        let keys: Vec<Key> = text.lines().map(|line| Key::parse(line).unwrap()).collect();
        assert!(keys.len() > 10 && keys.is_sorted());
    });
}

fn keys(texts: &[String]) -> Vec<Key> {
    texts.iter().map(|text| Key::parse(text).unwrap()).collect()
}

/// All orders of a few things.
fn orders<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![vec![]];
    }
    let with_first = |index: usize| {
        let mut rest = items.to_vec();
        let first = rest.remove(index);
        orders(&rest).into_iter().map(move |order| [vec![first.clone()], order].concat())
    };
    (0..items.len()).flat_map(with_first).collect()
}

#[test]
fn a_proof_has_the_blocks_that_it_must_and_inverts_in_any_order() {
    each_suite("commit-proofs", "interop/firehose", |root| {
        let cases: Vec<Proof> = json(&root.join("commit-proof-fixtures.json"));
        assert!(cases.len() >= 4);
        for case in cases {
            check_proof(&case);
        }
    });
}

fn check_proof(case: &Proof) {
    let mut entries: BTreeMap<Key, Cid> =
        keys(&case.keys).into_iter().map(|key| (key, case.leaf_value)).collect();
    let mut nodes = BlockMap::default();
    let mut builder = Builder::new(|_: Position<'_>, cid: &Cid, block: Vec<u8>| {
        nodes.0.insert(*cid, Bytes::from(block));
    });
    entries.iter().for_each(|(key, value)| builder.push(key, *value).unwrap());
    let before = builder.finish();
    assert_eq!(before, case.root_before_commit, "{}", case.comment);

    let (adds, dels) = (keys(&case.adds), keys(&case.dels));
    let tree = Tree::load(before, &nodes).unwrap();
    let mut edit = Edit::new(&tree, &nodes);
    for key in &adds {
        assert_eq!(edit.put(key, case.leaf_value).unwrap(), None);
        entries.insert(key.clone(), case.leaf_value);
    }
    for key in &dels {
        assert_eq!(edit.delete(key).unwrap(), Some(case.leaf_value));
        entries.remove(key);
    }
    let mut after = edit.finish().tree;
    assert_eq!(after.root(), case.root_after_commit, "{}", case.comment);

    let mut touched = [adds.clone(), dels].concat();
    touched.sort();
    let mut proof = BlockMap::default();
    after
        .cover(&touched, Cover::Neighbours, &nodes, |part| {
            if let Covered::Node(cid, bytes) = part {
                proof.0.insert(*cid, bytes.clone());
            }
        })
        .unwrap();
    for block in &case.blocks_in_proof {
        assert!(proof.get(block).is_some(), "{}: {block} is missing", case.comment);
    }
    for order in orders(&touched) {
        let tree = Tree::load(case.root_after_commit, &proof).unwrap();
        let mut edit = Edit::new(&tree, &proof);
        for key in &order {
            if adds.contains(key) {
                edit.delete(key).unwrap();
            } else {
                edit.put(key, case.leaf_value).unwrap();
            }
        }
        assert_eq!(edit.finish().tree.root(), before, "{}: {order:?}", case.comment);
    }
    assert!(after.get(&touched[0], &NoSource).is_ok());
}
