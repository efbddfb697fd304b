//! What is refused before anything is done.

use migrate::rescue::{RescueError, SourceError};

use super::*;

#[tokio::test]
async fn what_is_damaged_or_somebody_elses_is_not_brought() {
    let loss = Loss::new().await;
    let place = loss.keep_car().await;
    let mallory = loss.old.account("mallory").await;
    loss.old.note(&mallory, "a", "a record").await;
    let (good, theirs) =
        (fs::read(loss.path("repo.car")).unwrap(), loss.old.export(&mallory, None).await);
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    let desk = loss.desk(place);
    for car in [&flipped[..], &good[..good.len() - 9], &theirs.body[..], b""] {
        fs::write(loss.path("repo.car"), car).unwrap();
        let failure = desk.run().await.unwrap_err();
        assert!(matches!(failure.error, RescueError::Source(_)), "{failure:?}");
        assert!(!failure.error.is_passing() && !failure.error.waits_for_owner());
    }
    fs::write(loss.path("repo.car"), good).unwrap();
    desk.run().await.unwrap();
}

#[tokio::test]
async fn a_repository_that_no_key_of_the_identity_has_signed_is_not_brought() {
    let loss = Loss::new().await;
    let place = loss.keep_car().await;
    let copy = loss.old.download(&loss.alice, None).await;
    let stranger = PrivateKey::generate(Curve::Secp256k1);
    let commit =
        repo::commit::Commit::sign(loss.did(), copy.commit.data, copy.commit.rev, &stranger)
            .encode();
    let cid = Cid::of_cbor(&commit);
    let mut car = repo::car::header(&[cid]);
    repo::car::put_block(&mut car, &cid, &commit);
    for cid in &copy.order {
        repo::car::put_block(&mut car, cid, &copy.blocks.0[cid]);
    }
    fs::write(loss.path("repo.car"), car).unwrap();
    let failure = loss.desk(place).run().await.unwrap_err();
    assert!(matches!(failure.error, RescueError::Source(SourceError::Unsigned)), "{failure:?}");
}

#[tokio::test]
async fn keys_have_to_be_the_owners_and_all_of_them_known() {
    let loss = Loss::new().await;
    let (_, operations) = loss.was().await;
    let mut desk = loss.desk(loss.keep_car().await);
    desk.own.clear();
    let failure = desk.run().await.unwrap_err();
    assert!(failure.error.waits_for_owner() && !failure.is_switched);
    let undecided = vec![key(&loss.own[1])];
    assert!(matches!(failure.error, RescueError::Undecided(keys) if keys == undecided));

    let second = key(&loss.own[1]);
    desk.key = OwnerKey::Rotation(PrivateKey::generate(Curve::Secp256k1));
    desk.password = "another password".to_owned();
    let failure = desk.run().await.unwrap_err();
    let RescueError::Host { error, .. } = &failure.error else { panic!("{failure:?}") };
    assert!(error.is_named("BadJwtIss"), "{error}");
    desk.key = OwnerKey::Signing(loss.own[0].clone());
    assert!(matches!(desk.run().await.unwrap_err().error, RescueError::KeyKind));
    assert_eq!(loss.operations().await, operations);

    // What the owner says of a key counts: this one was a host's.
    desk.key = OwnerKey::Rotation(loss.own[0].clone());
    desk.foreign = vec![second.clone()];
    desk.run().await.unwrap();
    let state = loss.plc.state(&loss.did()).await.unwrap();
    assert_eq!(state.rotation_keys.len(), 2);
    assert!(!state.rotation_keys.contains(&second));
}

#[tokio::test]
async fn a_newer_repository_is_replaced_only_if_somebody_says_so() {
    let loss = Loss::new().await;
    let place = loss.keep_car().await;
    let there = loss.new.moved_in(&loss.old, &loss.alice).await;
    loss.old.note(&loss.alice, "f", "written after the copy was made").await;
    let car = loss.old.export(&loss.alice, None).await.body;
    loss.new.import(&there, car).await.ok();
    let mut desk = loss.desk(place);
    desk.password = loss.alice.password.clone();
    let failure = desk.run().await.unwrap_err();
    assert!(matches!(failure.error, RescueError::Newer { records: 6, .. }), "{failure:?}");
    desk.consent.replaces_newer = true;
    let rescued = desk.run().await.unwrap();
    assert_eq!(rescued.report.report().after.leaves.count, 5);
}
