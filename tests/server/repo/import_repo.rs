//! `com.atproto.repo.importRepo`, and all of a move by hand.

mod commits;

use crypto::{Curve, PrivateKey};
use repo::car;
use repo::commit::Commit;
use repo::event::Message;
use repo::mst::{Builder, Key, Position};
use serde_json::{Value, json};
use syntax::{Cid, Did, Tid};

use crate::harness::{Copy, NOTES, Pds, TestAccount};

fn rkeys(range: std::ops::Range<u32>) -> Vec<String> {
    range.map(|number| format!("note-{number:05}")).collect()
}

/// Somebody with some notes on a server, and a second server where they have moved in.
async fn half_way(notes: u32) -> (Pds, Pds, TestAccount, TestAccount) {
    let old = Pds::start().await;
    let alice = old.account("alice").await;
    for some in rkeys(0..notes).chunks(100) {
        old.notes(&alice, some, 100).await;
    }
    let new = Pds::start_beside(&old, "new").await;
    let there = new.moved_in(&old, &alice).await;
    (old, new, alice, there)
}

#[tokio::test]
async fn an_account_moves_with_all_that_it_has() {
    let (old, new, alice, there) = half_way(300).await;
    let early = new.upload(&there, "text/vtt", "WEBVTT").await;
    let kept = old.upload(&alice, "text/vtt", "WEBVTT").await;
    assert_eq!(early["ref"], kept["ref"]);
    old.put(&alice, NOTES, "captions", json!({ "$type": NOTES, "blob": kept })).await;
    let svg = old.upload(&alice, "image/svg+xml", "<svg/>").await;
    old.put(&alice, NOTES, "drawing", json!({ "$type": NOTES, "blob": svg })).await;

    let first = old.export(&alice, None).await;
    new.import(&there, first.body.clone()).await.ok();
    let (was, is) = (Copy::of(&first), Copy::of(&new.export(&there, None).await));
    assert_eq!((is.root, is.commit.data), (was.root, was.commit.data), "it is the same commit");
    assert_eq!(is.records(), was.records());
    // One was here before the record that refers to it; the other is missing until it comes.
    let missing = new.get("com.atproto.repo.listMissingBlobs").by(&there).send().await.ok();
    assert_eq!(missing["blobs"].as_array().unwrap().len(), 1);
    assert_eq!(missing["blobs"][0]["cid"], svg["ref"]["$link"]);
    new.upload(&there, "*/*", "<svg/>").await;
    let missing = new.get("com.atproto.repo.listMissingBlobs").by(&there).send().await.ok();
    assert_eq!(missing["blobs"], json!([]));
    let ask = new.get("com.atproto.sync.getBlob").param("did", &alice.did).by(&there);
    let blob = ask.param("cid", svg["ref"]["$link"].as_str().unwrap()).send().await;
    assert_eq!(
        (blob.text().as_str(), blob.header("content-type")),
        ("<svg/>", Some("image/svg+xml"))
    );

    // What is written meanwhile comes after, and what was deleted goes.
    let since = was.commit.rev.to_string();
    old.notes(&alice, &rkeys(300..350), 100).await;
    old.delete_note(&alice, "note-00007").await;
    let later = old.export(&alice, Some(&since)).await;
    assert!(later.body.len() < first.body.len() / 2);
    new.import(&there, later.body.clone()).await.ok();
    let (was, is) = (old.download(&alice, None).await, Copy::of(&new.export(&there, None).await));
    assert_eq!((is.root, is.records()), (was.root, was.records()));
    new.import(&there, later.body).await.ok();

    new.point_here(&old, &alice, &there).await;
    // Some clients press twice, and send something along.
    let activate = || async {
        let ask = new.post("com.atproto.server.activateAccount").by(&there);
        ask.json(&json!({})).send().await.ok()
    };
    tokio::join!(activate(), activate(), activate());
    new.note(&there, "first-here", "hello").await;
    let moved = new.download(&there, None).await;
    moved.assert_signed(&new, &there).await;
    assert_eq!(moved.records().len(), was.records().len() + 1);
    // Until the account was active, nothing was heard of it.
    let events = new.events(4).await;
    let [
        Message::Account(account),
        Message::Identity(_),
        Message::Sync(sync),
        Message::Commit(commit),
    ] = events.as_slice()
    else {
        panic!("other events: {events:?}");
    };
    assert!(account.active);
    assert!(sync.rev > was.commit.rev, "followers have to take it for news");
    assert_eq!((commit.since, commit.prev_data), (Some(sync.rev), Some(was.commit.data)));
    let active = new.import(&there, first.body).await;
    assert_eq!(active.refusal(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn what_was_written_late_at_the_old_host_is_added() {
    let (old, new, alice, there) = half_way(50).await;
    new.import(&there, old.export(&alice, None).await.body).await.ok();
    new.point_here(&old, &alice, &there).await;
    new.post("com.atproto.server.activateAccount").by(&there).send().await.ok();
    let since = new.rev(&there).await;
    let before = old.download(&alice, None).await;
    old.notes(&alice, &rkeys(100..170), 100).await;
    let late = old.export(&alice, Some(&before.commit.rev.to_string())).await.body;
    new.import(&there, late.clone()).await.ok();
    let now = new.download(&there, None).await;
    assert_eq!(now.records(), old.download(&alice, None).await.records());
    now.assert_signed(&new, &there).await;
    assert!(now.commit.rev.to_string() > since);
    // A second time there is nothing to add.
    let rev = new.rev(&there).await;
    new.import(&there, late).await.ok();
    assert_eq!(new.rev(&there).await, rev);

    // What would take something from the account is refused, and nothing of it is done.
    let refused = async |what: &str| {
        let car = old.export(&alice, None).await.body;
        let message = new.import(&there, car).await.message();
        assert!(message.contains(what), "{message}");
        assert_eq!(new.rev(&there).await, rev);
    };
    old.note(&alice, "note-00003", "another text").await;
    refused("another record com.example.note/note-00003").await;
    old.delete_note(&alice, "note-00003").await;
    old.notes(&alice, &["new".to_owned()], 1).await;
    refused("1 records that are not in the repository").await;
    new.delete_note(&there, "note-00003").await;
    let rev = new.rev(&there).await;
    let blob = old.upload(&alice, "text/plain", "late").await;
    old.put(&alice, NOTES, "blob", json!({ "$type": NOTES, "blob": blob })).await;
    let car = old.export(&alice, None).await.body;
    let message = new.import(&there, car.clone()).await.message();
    assert!(message.contains("was not uploaded"), "{message}");
    assert_eq!(new.rev(&there).await, rev);
    new.upload(&there, "text/plain", "late").await;
    new.import(&there, car).await.ok();
    let records = new.download(&there, None).await.records();
    assert_eq!(records, old.download(&alice, None).await.records());
}

#[tokio::test]
async fn archives_of_what_is_newer_do_whoever_wrote_them() {
    let (old, new, alice, there) = half_way(400).await;
    let mut had = old.download(&alice, None).await;
    let car = old.export(&alice, None).await.body;
    new.import(&there, car).await.ok();
    let mut random = 12_345_u32;
    let mut next = move |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    for round in 0..25 {
        let mut writes: Vec<Value> = Vec::new();
        let mut touched = std::collections::HashSet::new();
        for _ in 0..=next(20) {
            let path = had.records().into_keys().nth(usize::try_from(next(350)).unwrap());
            let rkey = path.unwrap().split_once('/').unwrap().1.to_owned();
            let text = json!({ "$type": NOTES, "text": next(1000) });
            let write = |action: &str, rkey: &str, value: Option<&Value>| {
                json!({
                    "$type": format!("com.atproto.repo.applyWrites#{action}"),
                    "collection": NOTES, "rkey": rkey, "value": value,
                })
            };
            if touched.insert(rkey.clone()) {
                writes.push(match next(3) {
                    0 => write("delete", &rkey, None),
                    1 => write("update", &rkey, Some(&text)),
                    _ => write("create", &format!("{rkey}-{round}"), Some(&text)),
                });
            }
        }
        let input = json!({ "repo": alice.did, "writes": writes });
        old.post("com.atproto.repo.applyWrites").by(&alice).json(&input).send().await.ok();
        let now = old.download(&alice, None).await;
        new.import(&there, now.car_without(&had)).await.ok();
        let is = Copy::of(&new.export(&there, None).await);
        assert_eq!((is.root, is.records()), (now.root, now.records()), "round {round}");
        had = now;
    }
}

#[tokio::test]
async fn what_is_not_the_accounts_whole_repository_changes_nothing() {
    let (old, new, alice, there) = half_way(100).await;
    let bob = old.account("bob").await;
    old.note(&bob, "a", "bob's").await;
    let good = old.export(&alice, None).await.body;
    let copy = old.download(&alice, None).await;
    let strange_key = PrivateKey::generate(Curve::Secp256k1);
    let did: Did = alice.did.parse().unwrap();
    let strange = Commit::sign(did, copy.commit.data, Tid::new(1, 1), &strange_key).encode();
    let cid = Cid::of_cbor(&strange);
    let mut forged = car::header(&[cid]);
    car::put_block(&mut forged, &cid, &strange);
    forged.extend_from_slice(&good[good.len() / 2..]);

    let mut flipped = good.to_vec();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let mut cases = vec![
        ("nothing", Vec::new()),
        ("text", b"not a CAR file".to_vec()),
        ("another's", old.export(&bob, None).await.body.to_vec()),
        ("forged", forged),
        ("flipped", flipped),
    ];
    for percent in (1..100).step_by(7) {
        cases.push(("cut", good[..good.len() * percent / 100].to_vec()));
    }
    for (case, body) in cases {
        let answer = new.import(&there, body).await;
        assert_eq!(answer.refusal(), (400, "InvalidRequest".to_owned()), "{case}");
        let status = new.get("com.atproto.server.checkAccountStatus").by(&there).send().await;
        assert_eq!(status.ok()["indexedRecords"], json!(0), "{case}");
    }
    let bobs = old.export(&bob, None).await.body;
    let message = new.import(&there, bobs).await.message();
    assert!(message.contains(&alice.did) && message.contains(&bob.did), "{message}");
    let stranger = new.post("com.atproto.repo.importRepo").body("application/vnd.ipld.car", good);
    assert_eq!(stranger.send().await.refusal().0, 401);
}

#[tokio::test]
async fn records_that_cannot_be_read_come_along() {
    let (old, new, alice, there) = half_way(20).await;
    // The old server's key signs a repository with things that no server would write today.
    let key = PrivateKey::generate(Curve::Secp256k1);
    let signing_key = json!({ "atproto": key.public_key().to_string() });
    old.change_identity(&alice, json!({ "verificationMethods": signing_key })).await;
    let did: Did = alice.did.parse().unwrap();
    let bad = [
        ("com.example.note/cut", &b"\xa2"[..]),
        ("com.example.note/text", &b"\xa1aa\x61\xff"[..]),
        ("com.example.note/unsorted", &b"\xa2abbcd\x01aa\x02"[..]),
        ("not-an-nsid/key", &b"\xa0"[..]),
    ];
    let mut blocks = Vec::new();
    let mut builder =
        Builder::new(|_: Position<'_>, cid: &Cid, bytes: Vec<u8>| blocks.push((*cid, bytes)));
    for (path, bytes) in bad {
        builder.push(&Key::parse(path).unwrap(), Cid::of_cbor(bytes)).unwrap();
    }
    let root = builder.finish();
    let rev = Tid::new(1_767_225_600_000_000, 1);
    let commit = Commit::sign(did, root, rev, &key).encode();
    let cid = Cid::of_cbor(&commit);
    let mut car = car::header(&[cid]);
    car::put_block(&mut car, &cid, &commit);
    blocks.extend(bad.map(|(_, bytes)| (Cid::of_cbor(bytes), bytes.to_vec())));
    blocks.iter().for_each(|(cid, bytes)| car::put_block(&mut car, cid, bytes));
    new.import(&there, car).await.ok();

    let is = Copy::of(&new.export(&there, None).await);
    assert_eq!((is.root, is.commit.data), (cid, root));
    let records = is.records();
    for (path, bytes) in bad {
        assert_eq!(records[path], bytes, "{path}");
    }
}
