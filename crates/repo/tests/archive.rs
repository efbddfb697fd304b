//! Whole repositories from outside: good ones in any form, and bad ones with their errors.

#![expect(clippy::unwrap_used, reason = "a test that fails says where")]

use std::collections::BTreeMap;
use std::io::Cursor;

use bytes::Bytes;
use crypto::{Curve, PrivateKey};
use pagurus_repo::archive::{AnyCommit, ArchiveError, ArchiveReader, Part};
use pagurus_repo::car::{self, CarError, Spool};
use pagurus_repo::commit::{Commit, CommitError};
use pagurus_repo::data::cbor;
use pagurus_repo::data::{Map, Value};
use pagurus_repo::mst::{Builder, Key, NodeEntry, NodeError, Position, RawNode};
use syntax::{Cid, Did, Tid};

type Blocks = Vec<(Cid, Bytes)>;
type Records = Vec<(Key, Cid, Bytes)>;

fn did() -> Did {
    Did::parse("did:plc:ewvi7nxzyoun6zhxrhs64oiz").unwrap()
}

fn key(number: u32) -> Key {
    Key::parse(&format!("app.bsky.feed.post/3{number:012}")).unwrap()
}

/// Keys of a layer, as many as wanted.
fn keys_of(layer: u8, count: usize) -> Vec<Key> {
    (0..).map(key).filter(|key| key.height() == layer).take(count).collect()
}

fn block(bytes: impl Into<Bytes>) -> (Cid, Bytes) {
    let bytes = bytes.into();
    (Cid::of_cbor(&bytes), bytes)
}

fn record(number: u32) -> (Cid, Bytes) {
    block(
        [
            b"\xa2an\x1a".to_vec(),
            (number | 1 << 31).to_be_bytes().to_vec(),
            b"e$typeea.b.c".to_vec(),
        ]
        .concat(),
    )
}

/// Signs a commit for a tree and puts it before the blocks.
fn car(root: Cid, blocks: &Blocks) -> Vec<u8> {
    let commit = Commit::sign(did(), root, Tid::new(1, 1), &PrivateKey::generate(Curve::P256));
    let (cid, bytes) = block(commit.encode());
    let mut out = car::header(&[cid]);
    car::put_block(&mut out, &cid, &bytes);
    blocks.iter().for_each(|(cid, bytes)| car::put_block(&mut out, cid, bytes));
    out
}

/// A good repository: its root, its nodes and its records.
fn repository(count: u32) -> (Cid, Blocks, Blocks) {
    let entries: BTreeMap<Key, (Cid, Bytes)> = (0..count).map(|n| (key(n), record(n))).collect();
    let mut nodes = Vec::new();
    let mut builder =
        Builder::new(|_: Position<'_>, cid: &Cid, bytes: Vec<u8>| nodes.push((*cid, bytes.into())));
    for (key, (cid, _)) in &entries {
        builder.push(key, *cid).unwrap();
    }
    let root = builder.finish();
    (root, nodes, entries.into_values().collect())
}

fn read(car: &[u8], memory: usize) -> Result<(AnyCommit, Records), ArchiveError> {
    let mut reader = ArchiveReader::new(Spool::new(memory, || Ok(Cursor::new(Vec::new()))));
    for piece in car.chunks(1000) {
        reader.push(piece)?;
    }
    let mut archive = reader.finish()?;
    let mut records = Vec::new();
    archive.walk(|part| {
        if let Part::Record { key, cid, bytes } = part {
            records.push((key.clone(), *cid, Bytes::copy_from_slice(bytes)));
        }
        Ok::<_, ArchiveError>(())
    })?;
    Ok((archive.commit().clone(), records))
}

fn node(left: Option<Cid>, entries: Vec<(Key, Option<Cid>)>) -> (Cid, Bytes) {
    let value = record(1).0;
    let entries = entries.into_iter().map(|(key, right)| NodeEntry { key, value, right }).collect();
    block(RawNode { left, entries }.encode())
}

fn node_error(root: Cid, nodes: &Blocks) -> NodeError {
    let blocks = [nodes.clone(), vec![record(1)]].concat();
    match read(&car(root, &blocks), 1 << 20) {
        Err(ArchiveError::Node { error, .. }) => error,
        outcome => panic!("{outcome:?}"),
    }
}

#[test]
fn order_doubles_and_strangers_do_not_matter() {
    let (root, nodes, records) = repository(3000);
    let expected: Records =
        (0..3000).map(key).zip(&records).map(|(k, (c, b))| (k, *c, b.clone())).collect();
    let forwards = [nodes.clone(), records.clone()].concat();
    let mut backwards = forwards.clone();
    backwards.reverse();
    let mut by_cid = forwards.clone();
    by_cid.sort();
    let doubled = [backwards.clone(), vec![record(99_999)], forwards.clone()].concat();
    for blocks in [forwards, backwards, by_cid, doubled] {
        for memory in [1 << 30, 10_000] {
            let (commit, records) = read(&car(root, &blocks), memory).unwrap();
            assert_eq!((commit.did(), commit.data()), (&did(), &root));
            assert_eq!(records, expected);
        }
    }
}

#[test]
fn records_with_the_same_content_are_one_block() {
    let value = record(1);
    let mut nodes: Blocks = Vec::new();
    let mut builder =
        Builder::new(|_: Position<'_>, cid: &Cid, bytes: Vec<u8>| nodes.push((*cid, bytes.into())));
    (0..50).for_each(|n| builder.push(&key(n), value.0).unwrap());
    let root = builder.finish();
    nodes.push(value);
    assert_eq!(read(&car(root, &nodes), 1 << 20).unwrap().1.len(), 50);
}

#[test]
fn what_is_missing_is_named() {
    let (root, nodes, records) = repository(300);
    let all = [nodes.clone(), records.clone()].concat();
    let without = |gone: Cid| {
        let blocks = all.iter().filter(|(cid, _)| *cid != gone).cloned().collect();
        read(&car(root, &blocks), 1 << 20).unwrap_err()
    };
    let leaf = nodes[0].0;
    assert!(matches!(without(leaf), ArchiveError::MissingNode { cid, layer: 0 } if cid == leaf));
    assert!(matches!(without(root), ArchiveError::MissingNode { cid, .. } if cid == root));
    let gone = records[17].0;
    assert!(matches!(
        without(gone),
        ArchiveError::MissingRecord { key: k, cid } if cid == gone && k == key(17)
    ));
}

#[test]
fn the_commit_must_be_the_one_root() {
    let (root, nodes, _) = repository(3);
    let blocks = |roots: &[Cid], blocks: &Blocks| {
        let mut out = car::header(roots);
        blocks.iter().for_each(|(cid, bytes)| car::put_block(&mut out, cid, bytes));
        read(&out, 1 << 20).unwrap_err()
    };
    assert!(matches!(read(&[], 1).unwrap_err(), ArchiveError::Car(CarError::Empty)));
    assert!(matches!(blocks(&[], &nodes), ArchiveError::Roots(0)));
    assert!(matches!(blocks(&[root, root], &nodes), ArchiveError::Roots(2)));
    assert!(matches!(blocks(&[Cid::of_cbor(b"?")], &nodes), ArchiveError::NoCommit));
    assert!(matches!(blocks(&[root], &nodes), ArchiveError::Commit(CommitError::Encoding(_))));
}

#[test]
fn commits_of_version_2_are_read_with_or_without_their_optional_fields() {
    let (root, nodes, records) = repository(3);
    let signer = PrivateKey::generate(Curve::P256);
    let text = |text: &str| Value::String(text.into());
    for (prev, rev) in [
        (None, None),
        (Some(Value::Null), None),
        (Some(record(7).0.into()), None),
        (Some(Value::Null), Some(text("3jzfcijpj2z2a"))),
    ] {
        let mut fields = Map::from([
            ("did", text(did().as_str())),
            ("version", Value::Integer(2)),
            ("data", root.into()),
        ]);
        fields.extend(prev.map(|prev| ("prev", prev)));
        fields.extend(rev.map(|rev| ("rev", rev)));
        let signed = cbor::encode(&Value::Map(fields.clone())).unwrap();
        let sig = signer.sign(&signed).as_bytes().to_vec();
        fields.insert("sig", Value::Bytes(sig));
        let (cid, bytes) = block(cbor::encode(&Value::Map(fields)).unwrap());
        let mut out = car::header(&[cid]);
        let blocks = [vec![(cid, bytes)], nodes.clone(), records.clone()].concat();
        blocks.iter().for_each(|(cid, bytes)| car::put_block(&mut out, cid, bytes));
        let (commit, records) = read(&out, 1 << 20).unwrap();
        assert_eq!((commit.version(), commit.data(), records.len()), (2, &root, 3));
        commit.verify(&signer.public_key()).unwrap();
        let other = PrivateKey::generate(Curve::P256).public_key();
        assert!(commit.verify(&other).is_err());
    }
}

#[test]
fn a_tree_that_its_entries_do_not_make_is_refused() {
    let low = keys_of(0, 60);
    let high = keys_of(1, 4);
    let entry = |key: &Key| (key.clone(), None);
    let all = |keys: &[Key]| keys.iter().map(entry).collect::<Vec<_>>();

    let leaf = node(None, all(&low[..2]));
    let empty = node(None, vec![]);
    let keyless = node(Some(leaf.0), vec![]);
    let of_two_layers = node(None, vec![entry(&low[0]), entry(&high[0])]);
    for (root, nodes, error) in [
        // Another layer than the keys say, with the layer of the first key and of a later one.
        (of_two_layers.0, vec![of_two_layers], NodeError::Layer),
        // An empty child; layers without keys at the top; a child below the lowest layer.
        (
            node(Some(empty.0), all(&high)).0,
            vec![node(Some(empty.0), all(&high)), empty],
            NodeError::Empty,
        ),
        (keyless.0, vec![keyless, leaf.clone()], NodeError::UntrimmedRoot),
        (
            node(Some(leaf.0), all(&low[2..])).0,
            vec![node(Some(leaf.0), all(&low[2..])), leaf.clone()],
            NodeError::BelowBottom,
        ),
    ] {
        assert_eq!(node_error(root, &nodes), error);
    }
    // Children out of the bounds that their parents set, on either side.
    for (left, right) in [(Some(()), None), (None, Some(()))] {
        let below = low.iter().find(|key| **key < high[1]).unwrap();
        let above = low.iter().rev().find(|key| **key > high[0]).unwrap();
        let child = node(None, vec![entry(if left.is_some() { above } else { below })]);
        let (first, right) = match right {
            Some(()) => (high[1].clone(), Some(child.0)),
            None => (high[0].clone(), None),
        };
        let root = node(left.map(|()| child.0), vec![(first, right)]);
        assert_eq!(node_error(root.0, &vec![root, child]), NodeError::Order);
    }
    // A gap between layers: the child of a root of layer 2 must be of layer 1.
    let higher = keys_of(2, 1);
    let root = node(None, vec![(higher[0].clone(), None)]);
    assert!(read(&car(root.0, &vec![root, record(1)]), 1 << 20).is_ok());
    let below: Vec<Key> = low.iter().filter(|key| **key < higher[0]).cloned().collect();
    let leaf = node(None, all(&below));
    let root = node(Some(leaf.0), vec![(higher[0].clone(), None)]);
    assert_eq!(node_error(root.0, &vec![root, leaf]), NodeError::Layer);
}

#[test]
fn a_node_has_one_encoding() {
    let keys = keys_of(0, 3);
    let good = node(None, keys.iter().map(|key| (key.clone(), None)).collect()).1;
    let raw = RawNode::decode(&good).unwrap();
    assert_eq!(raw.encode(), good);
    let value = || Value::from(record(1).0);
    let map = |entries: Vec<(&str, Value)>| Value::Map(entries.into_iter().collect());
    let entry = |prefix: i128, suffix: &str| {
        vec![
            ("k", Value::Bytes(suffix.into())),
            ("p", Value::Integer(prefix)),
            ("t", Value::Null),
            ("v", value()),
        ]
    };
    let node = |entries: Vec<Value>| vec![("e", Value::List(entries)), ("l", Value::Null)];
    let decode = |value: Value| RawNode::decode(&cbor::encode(&value).unwrap()).unwrap_err();
    let entries = |entries: Vec<Vec<(&str, Value)>>| {
        decode(map(node(entries.into_iter().map(map).collect())))
    };
    let (first, second) = (keys[0].as_str(), keys[1].as_str());
    let common = first.bytes().zip(second.bytes()).take_while(|(a, b)| a == b).count();
    let at = |less: usize| i128::try_from(common - less).unwrap();

    assert_eq!(entries(vec![entry(1, "pp.bsky.feed.post/a")]), NodeError::Prefix);
    assert_eq!(entries(vec![entry(0, first), entry(0, second)]), NodeError::Prefix);
    assert_eq!(
        entries(vec![entry(0, first), entry(at(1), &second[common - 1..])]),
        NodeError::Prefix
    );
    assert_eq!(entries(vec![entry(0, first), entry(9999, "x")]), NodeError::Prefix);
    assert_eq!(entries(vec![entry(0, second), entry(at(0), &first[common..])]), NodeError::Order);
    let whole = i128::try_from(first.len()).unwrap();
    assert_eq!(entries(vec![entry(0, first), entry(whole, "")]), NodeError::Order);
    for bad in [entry(-1, first), entry(0, "no slash"), entry(0, "a/b/c"), entry(0, "a/\u{7f}")] {
        let error = entries(vec![bad]);
        assert!(matches!(error, NodeError::Encoding(_) | NodeError::Key(_)), "{error}");
    }
    let long = format!("a.b.c/{}", "x".repeat(2000));
    assert!(matches!(entries(vec![entry(0, &long)]), NodeError::Key(_)));

    // Fields that are missing, more, or of another kind.
    for index in 0..4 {
        let mut less = entry(0, first);
        less.remove(index);
        assert!(matches!(entries(vec![less]), NodeError::Encoding(_)));
    }
    let more = [entry(0, first), vec![("x", Value::Null)]].concat();
    assert!(matches!(entries(vec![more]), NodeError::Encoding(_)));
    let blob = Value::from(Cid::of_raw(b"blob"));
    for (name, value) in [("v", Value::Null), ("v", blob.clone()), ("t", blob), ("k", Value::Null)]
    {
        let mut other = entry(0, first);
        other.iter_mut().filter(|(field, _)| *field == name).for_each(|(_, v)| *v = value.clone());
        assert!(matches!(entries(vec![other]), NodeError::Encoding(_)), "{name}");
    }
    for fields in [vec![("e", Value::List(vec![]))], vec![("l", Value::Null)], vec![]] {
        assert!(matches!(decode(map(fields)), NodeError::Encoding(_)));
    }
    assert_eq!(RawNode::decode(&vec![0; 2_000_001]), Err(NodeError::TooLarge));
    assert!(matches!(RawNode::decode(&[&good[..], &[0xf6]].concat()), Err(NodeError::Encoding(_))));
}

#[test]
fn trees_made_to_exhaust_are_refused() {
    // A chain of 200,000 nodes without keys.
    let mut chain = vec![node(None, vec![(key(1), None)])];
    for _ in 0..200_000 {
        chain.push(node(Some(chain.last().unwrap().0), vec![]));
    }
    let root = chain.last().unwrap().0;
    assert_eq!(node_error(root, &chain), NodeError::UntrimmedRoot);
    // The same below a root with a key: there are as many layers as the key says, and no more.
    let top = keys_of(4, 1).remove(0);
    let top = node(Some(root), vec![(top, None)]);
    chain.push(top.clone());
    assert_eq!(node_error(top.0, &chain), NodeError::BelowBottom);

    // One node referred to from everywhere, six layers deep: 40^6 ways.
    let mut layer = node(None, keys_of(0, 1).into_iter().map(|key| (key, None)).collect());
    let mut bomb = vec![layer.clone()];
    for height in 1..=6 {
        let keys = if height < 6 { keys_of(height, 20) } else { keys_of(6, 2) };
        layer = node(Some(layer.0), keys.into_iter().map(|key| (key, Some(layer.0))).collect());
        bomb.push(layer.clone());
    }
    assert_eq!(node_error(layer.0, &bomb), NodeError::Order);
}
