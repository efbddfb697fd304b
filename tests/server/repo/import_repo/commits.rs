//! Which commits `importRepo` goes on from, and by whose signature.

use std::time::Duration;

use crypto::{Curve, PrivateKey, PublicKey};
use identity::plc::{Content, DidKey};
use repo::car;
use repo::commit::Commit;
use repo::data::{Map, Value, cbor};
use repo::event::Message;
use serde_json::json;
use syntax::{Cid, Did, Tid};

use super::half_way;
use crate::harness::{Copy, Pds, TestAccount};
use crate::identity::directory;

const MINUTE: Duration = Duration::from_secs(60);

/// Gives an account's identity another signing key, as one has that was elsewhere before.
async fn new_key(pds: &Pds, owner: &TestAccount) -> PrivateKey {
    let key = PrivateKey::generate(Curve::Secp256k1);
    let methods = json!({ "atproto": key.public_key().to_string() });
    pds.change_identity(owner, json!({ "verificationMethods": methods })).await;
    key
}

/// Writes a repository as a CAR file, with another commit in the place of its own.
fn car_with(copy: &Copy, commit: &[u8]) -> Vec<u8> {
    let root = Cid::of_cbor(commit);
    let mut car = car::header(&[root]);
    car::put_block(&mut car, &root, commit);
    for cid in copy.order.iter().filter(|cid| **cid != copy.root) {
        car::put_block(&mut car, cid, copy.blocks.get(cid).unwrap());
    }
    car
}

/// Makes a commit of a tree as it was made in 2023, at first without a revision.
fn commit_of_2023(did: &str, data: Cid, rev: Option<Tid>, key: &PrivateKey) -> Vec<u8> {
    let mut fields = Map::new();
    fields.insert("did", Value::String(did.to_owned()));
    fields.insert("version", Value::Integer(2));
    fields.insert("data", Value::from(data));
    fields.insert("prev", Value::Null);
    if let Some(rev) = rev {
        fields.insert("rev", Value::String(rev.to_string()));
    }
    let unsigned = cbor::encode(&Value::Map(fields.clone())).unwrap();
    fields.insert("sig", Value::Bytes(key.sign(&unsigned).as_bytes().to_vec()));
    cbor::encode(&Value::Map(fields)).unwrap()
}

/// Returns what an account that is not active yet is at.
async fn copy_of(pds: &Pds, account: &TestAccount) -> Copy {
    Copy::of(&pds.export(account, None).await)
}

/// Returns the key that an account has on a server, whatever its identity says.
async fn key_on(pds: &Pds, account: &TestAccount) -> PublicKey {
    let ask = pds.get("com.atproto.identity.getRecommendedDidCredentials").by(account);
    let key = ask.send().await.ok()["verificationMethods"]["atproto"].clone();
    PublicKey::from_did_key(key.as_str().unwrap()).unwrap()
}

/// Returns the first revision that others would take for one from the future.
fn too_late(pds: &Pds) -> Tid {
    Tid::new((pds.now_s() + 5 * 60) * 1_000_000, 0)
}

#[tokio::test]
async fn a_commit_of_2023_is_made_anew_in_the_present_form() {
    let (old, new, alice, there) = half_way(100).await;
    let key = new_key(&old, &alice).await;
    let was = old.download(&alice, None).await;
    let own_key = key_on(&new, &there).await;
    let mut last = Tid::new(0, 0);
    for rev in [None, Some(was.commit.rev)] {
        let commit = commit_of_2023(&alice.did, was.commit.data, rev, &key);
        new.import(&there, car_with(&was, &commit)).await.ok();
        // What is read here is of version 3, or not read.
        let is = copy_of(&new, &there).await;
        assert_eq!((is.commit.data, is.records()), (was.commit.data, was.records()), "{rev:?}");
        assert_eq!(is.commit.verify(&own_key), Ok(()), "{rev:?}");
        assert!(is.commit.rev > last && is.commit.rev < too_late(&new), "{rev:?}");
        last = is.commit.rev;
    }
    let stranger = PrivateKey::generate(Curve::Secp256k1);
    let forged = commit_of_2023(&alice.did, was.commit.data, None, &stranger);
    let message = new.import(&there, car_with(&was, &forged)).await.message();
    assert!(message.contains("not signed by a key"), "{message}");
    assert_eq!(copy_of(&new, &there).await.commit.rev, last);
}

#[tokio::test]
async fn a_revision_from_the_future_is_not_gone_on_from() {
    let (old, new, alice, there) = half_way(20).await;
    let key = new_key(&old, &alice).await;
    let was = old.download(&alice, None).await;
    let did: Did = alice.did.parse().unwrap();
    let commit_in = |time: Duration| {
        let time_us = new.now_s() * 1_000_000 + u64::try_from(time.as_micros()).unwrap();
        Commit::sign(did.clone(), was.commit.data, Tid::new(time_us, 0), &key).encode()
    };
    let far = commit_in(10 * MINUTE);
    new.import(&there, car_with(&was, &far)).await.ok();
    let is = copy_of(&new, &there).await;
    assert_ne!(is.root, Cid::of_cbor(&far));
    assert_eq!((is.commit.data, is.records()), (was.commit.data, was.records()));
    assert_eq!(is.commit.verify(&key_on(&new, &there).await), Ok(()));
    assert!(is.commit.rev < too_late(&new));
    // Clocks differ a little, and what others take is taken as it is.
    let near = commit_in(4 * MINUTE);
    new.import(&there, car_with(&was, &near)).await.ok();
    let is = copy_of(&new, &there).await;
    assert_eq!((is.root, is.commit.data), (Cid::of_cbor(&near), was.commit.data));

    new.point_here(&old, &alice, &there).await;
    new.post("com.atproto.server.activateAccount").by(&there).send().await.ok();
    new.note(&there, "first-here", "hello").await;
    let events = new.events(4).await;
    let [Message::Account(_), Message::Identity(_), Message::Sync(sync), Message::Commit(commit)] =
        events.as_slice()
    else {
        panic!("other events: {events:?}");
    };
    assert!(is.commit.rev < sync.rev && sync.rev < commit.rev);
    assert!(commit.rev < too_late(&new), "nobody would believe it");
    assert_eq!(commit.prev_data, Some(was.commit.data));
}

#[tokio::test]
async fn former_keys_count_unless_they_were_taken_back() {
    let (old, new, alice, there) = half_way(20).await;
    let (plc, did): (_, Did) = (directory(&old), alice.did.parse().unwrap());
    let owner = PrivateKey::generate(Curve::P256);
    let mut keys = plc.state(&did).await.unwrap().rotation_keys;
    keys.insert(0, DidKey::from(&owner.public_key()));
    old.change_identity(&alice, json!({ "rotationKeys": keys })).await;
    let good = plc.last_operation(&did).await.unwrap();

    // Somebody else changes the key, and what it signs is the account's as long as that stands.
    let key = new_key(&old, &alice).await;
    let was = old.download(&alice, None).await;
    let commit = Commit::sign(did.clone(), was.commit.data, was.commit.rev, &key).encode();
    let car = car_with(&was, &commit);
    new.import(&there, car.clone()).await.ok();
    let imported = copy_of(&new, &there).await;
    assert_eq!(imported.root, Cid::of_cbor(&commit));

    // The owner takes that back.
    let back = Content::update(&good, good.state().unwrap()).sign(&owner).unwrap();
    plc.submit(&did, &back).await.unwrap();
    assert!(plc.audited_log(&did).await.unwrap().entries()[2].nullified);
    let message = new.import(&there, car).await.message();
    assert!(message.contains("not signed by a key"), "{message}");
    assert_eq!(copy_of(&new, &there).await.root, imported.root);

    // A key that the account had and gave up is another matter.
    old.note(&alice, "late", "by the key of before").await;
    new_key(&old, &alice).await;
    new.import(&there, old.export(&alice, None).await.body).await.ok();
    let root = old.download(&alice, None).await.root;
    assert_eq!(copy_of(&new, &there).await.root, root);
}
