//! The parts of a report, and how they are computed.

use super::*;

#[test]
fn digests_are_those_of_sorted_lines() {
    // The number at the end is what `LC_ALL=C sort | sha256sum` prints of the four lines.
    let cid = Cid::of_raw(b"");
    let keys = ["a.b.c/x", "a.b/y", "a.b-c/x", "a.b/x"];
    let counted = Leaves::of(keys.map(|path| (key(path), cid))).unwrap();
    let lines = |keys: &[&str]| Digest::of(keys.iter().map(|path| format!("{path}\t{cid}")));
    assert_eq!(counted.count, 4);
    assert_eq!(counted.digest, lines(&keys));
    assert_eq!(counted.collections["a.b"].digest, lines(&["a.b/x", "a.b/y"]));
    assert_eq!(counted.collections["a.b"].count, 2);
    assert_eq!(counted.collections.len(), 3);
    assert_eq!(
        counted.digest.to_string(),
        "d52d71fc7919284c604287ede5b73625c9d3d6a6e00b856112e27af1070c8195",
        "{cid}"
    );
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(Leaves::of([]).unwrap().digest.to_string(), empty);

    let twice = Leaves::of([(key("a.b/x"), cid), (key("a.b/x"), Cid::of_raw(b"other"))]);
    assert_eq!(twice, Err(OrderError(key("a.b/x"))));
    let mut counter = LeafCounter::default();
    counter.add(&key("a.b/x"), &cid).unwrap();
    assert!(counter.add(&key("a.b-c/x"), &cid).is_err());
    assert_eq!(counter.finish().count, 1);
}

#[test]
fn a_walk_counts_what_an_iterator_does_and_finds_blobs() {
    let picture = blob("picture");
    let reference = BlobRef { cid: picture.cid, mime_type: "image/png".into(), size: Some(7) };
    let record = Value::Map(Map::from([("image", reference.to_value())]));
    let blocks =
        [("a.b.c/odd", vec![0xff]), ("app.bsky.feed.post/a", cbor::encode(&record).unwrap())];
    let entries: Vec<(Key, Cid)> =
        blocks.iter().map(|(path, block)| (key(path), Cid::of_cbor(block))).collect();
    let mut all: Vec<Vec<u8>> = blocks.into_iter().map(|(_, block)| block).collect();
    let mut builder = Builder::new(|_, _, block| all.push(block));
    entries.iter().for_each(|(key, cid)| builder.push(key, *cid).unwrap());
    let root = builder.finish();
    let did: Did = "did:web:alice.example.com".parse().unwrap();
    let commit = commit(&did, root, 0, 3).encode();
    let mut file = car::header(&[Cid::of_cbor(&commit)]);
    all.push(commit.to_vec());
    for block in all {
        car::put_block(&mut file, &Cid::of_cbor(&block), &block);
    }
    let mut reader = ArchiveReader::new(Spool::new(1 << 20, || Ok(Cursor::new(Vec::new()))));
    reader.push(&file).unwrap();
    let mut archive = reader.finish().unwrap();
    let contents = Contents::of(&mut archive).unwrap();
    assert_eq!(contents.leaves, Leaves::of(entries).unwrap());
    let [odd] = &contents.quarantined[..] else { panic!("{:?}", contents.quarantined) };
    assert_eq!(odd.path, "a.b.c/odd");
    let found = Blobs::of([], &contents.references, &BTreeMap::new());
    assert_eq!(found.missing[0].path.as_deref(), Some("app.bsky.feed.post/a"));
}

#[test]
fn blobs_are_told_by_what_is_missing_and_what_has_two_types() {
    let known = references(&["a", "bb", "ccc"]);
    let other = Blob { mime_type: "text/plain".to_owned(), is_rehashed: false, ..blob("bb") };
    let lost = BTreeMap::from([
        (blob("ccc").cid, Loss::TooLarge),
        (blob("dddd").cid, Loss::NotFound),
        (blob("a").cid, Loss::NoAnswer),
    ]);
    let found = Blobs::of([blob("a"), other.clone(), other], &known, &lost);
    assert_eq!((found.count, found.bytes, found.rehashed), (2, 3, 1));
    let [type_] = &found.mime_differences[..] else { panic!("{found:?}") };
    assert_eq!((type_.record.as_str(), type_.host.as_str()), ("image/png", "text/plain"));
    let missing: BTreeMap<Cid, &MissingBlob> =
        found.missing.iter().map(|missing| (missing.cid, missing)).collect();
    assert_eq!(missing.len(), 2);
    let (ccc, dddd) = (missing[&blob("ccc").cid], missing[&blob("dddd").cid]);
    assert_eq!((ccc.path.as_deref(), ccc.why), (Some("app.bsky.feed.post/ccc"), Loss::TooLarge));
    assert_eq!((dddd.path.as_deref(), dddd.why), (None, Loss::NotFound));

    // Only the types differ: what is in them is the same.
    let same = blobs(&["bb", "a"], &[]);
    assert_eq!(found.content, same.content);
    assert_ne!(found.digest, same.digest);
    let lines =
        ["a", "bb"].map(|content| format!("{}\t{}\timage/png", blob(content).cid, content.len()));
    assert_eq!(same.digest, Digest::of(lines));
}

#[test]
fn preferences_are_the_same_whatever_the_order_of_keys() {
    let digest = |json: &str| {
        Preferences::of(&serde_json::from_str::<Vec<serde_json::Value>>(json).unwrap()).digest
    };
    let base = r#"[{"$type":"a","n":1,"list":[1,2],"o":{"x":null,"y":"é\n"}},{"$type":"b"}]"#;
    for (json, is_same) in [
        (base, true),
        (r#"[{"o":{"y":"\u00e9\n","x":null},"list":[1,2],"n":1,"$type":"a"},{"$type":"b"}]"#, true),
        (r#"[{"$type":"b"},{"$type":"a","n":1.0,"list":[1,2e0],"o":{"x":null,"y":"é\n"}}]"#, true),
        (r#"[{"$type":"a","n":1,"list":[2,1],"o":{"x":null,"y":"é\n"}},{"$type":"b"}]"#, false),
        (r#"[{"$type":"a","n":1.5,"list":[1,2],"o":{"x":null,"y":"é\n"}},{"$type":"b"}]"#, false),
        (r#"[{"$type":"a","n":"1","list":[1,2],"o":{"x":null,"y":"é\n"}},{"$type":"b"}]"#, false),
        (r#"[{"$type":"a","n":1,"list":[1,2],"o":{"y":"é\n"}},{"$type":"b"}]"#, false),
        (r#"[{"$type":"a","n":1,"list":[1,2],"o":{"x":null,"y":"é\n"}}]"#, false),
    ] {
        assert_eq!(digest(json) == digest(base), is_same, "{json}");
    }
    assert_eq!(digest(r#"[{"n":-0.0}]"#), digest(r#"[{"n":0}]"#));
    assert_eq!(preferences().types.len(), 2);
    assert_eq!(digest("[{}]"), Digest::of(["{}".to_owned()]));
}

#[test]
fn an_operation_says_who_may_take_it_back_until_when() {
    let report = report();
    let identity = report.identity.unwrap();
    let [moved] = &identity.operations[..] else { panic!("{identity:?}") };
    assert_eq!(moved.signer, Some(did_key(2)));
    assert_eq!(moved.may_undo, [did_key(1)]);
    let states = [0, 1].map(|index: usize| log().entries()[index].operation.state().unwrap());
    let [before, after] = states;
    let switch = Switch { before, after, kept: Vec::new(), dropped: Vec::new() };
    assert_eq!(moved.may_undo, switch.may_undo(&did_key(2)), "as it was told before");
    assert_eq!(moved.undo_until.as_str(), "2026-01-04T01:00:00.000Z");
    assert_eq!(identity.rotation_keys_before, [did_key(1), did_key(2)]);
    assert_eq!(identity.rotation_keys_after, [did_key(1), did_key(4)]);
    let open = |ms| identity.may_be_undone(&Datetime::from_unix_ms(START_MS + ms)).count();
    assert_eq!((open(73 * 3_600_000), open(73 * 3_600_000 + 1)), (1, 0));
    assert_eq!(Identity::of(&log(), &Cid::of_raw(b"")), None);

    let signed = report.before.head.signed_by.unwrap();
    assert_eq!(signed.key, private(3).public_key());
    assert_eq!(signed.since, Some(Datetime::from_unix_ms(START_MS)));
    assert_eq!(signed.until, Some(moved.created_at.clone()));
    let stranger = commit(&report.did, Cid::of_cbor(b"tree"), 0, 9);
    assert_eq!(head(stranger.clone(), &log()).signed_by, None);
    let keys = [private(9).public_key()];
    let known = Head::of(Cid::of_raw(b""), &AnyCommit::V3(stranger), None, &keys).signed_by;
    assert_eq!(known, Some(SignedBy { key: keys[0], since: None, until: None }));
}
