//! All of an account, from each kind of source.

use migrate::report::{Difference, Loss as Why, Verdict};
use migrate::rescue::{Missing, RescueError};

use super::*;

#[tokio::test]
async fn a_car_file_and_a_folder_of_blobs_are_enough() {
    let mut loss = Loss::new().await;
    let place = loss.keep_car().await;
    let (data, operations) = loss.was().await;
    loss.old.stop().await;
    let desk = loss.desk(place);
    let rescued = desk.run().await.unwrap();

    let report = rescued.report.report();
    assert_eq!(report.compare().verdict(), Verdict::Same, "{:?}", report.compare());
    assert_eq!((report.after.head.data, report.after.blobs.rehashed), (data, 2));
    assert_eq!(report.signer(), loss.own[0].public_key());
    let identity = report.identity.as_ref().unwrap();
    assert_eq!((identity.operations.len(), loss.operations().await), (1, operations + 1));
    assert!(identity.operations[0].may_undo.is_empty());

    // Both keys of the owner's stay, in their order and above the host's; the old host has no say.
    let state = loss.plc.state(&loss.did()).await.unwrap();
    assert_eq!(state.rotation_keys[..2], [key(&loss.own[0]), key(&loss.own[1])]);
    assert_eq!(state.rotation_keys.len(), 3);
    assert!(!state.rotation_keys.contains(&loss.old_host));
    assert_eq!(state.pds().unwrap().endpoint, loss.new.public_url());

    let owner = desk.owner(&loss.new).await;
    loss.new.note(&owner, "z", "written at the new host").await;
    let copy = loss.new.download(&owner, None).await;
    assert_eq!(copy.records().len(), 6);
    copy.assert_signed(&loss.new, &owner).await;

    // To run it again changes nothing, and says that there is more now.
    let again = desk.run().await.unwrap();
    let faults = again.report.report().compare().faults;
    assert!(matches!(faults[0], Difference::DataRoot { .. }), "{faults:?}");
    assert_eq!(loss.operations().await, operations + 1);
}

#[tokio::test]
async fn an_old_host_that_comes_back_cannot_take_the_account() {
    let loss = Loss::new().await;
    let place = loss.keep_car().await;
    let change = json!({ "alsoKnownAs": ["at://alice.test", "at://taken.example.org"] });
    let hostile = loss.old.sign_as_host(&loss.alice, &change).await["operation"].to_string();
    let hostile = Operation::parse(hostile.as_bytes()).unwrap();
    loss.desk(place).run().await.unwrap();
    let before = loss.plc.state(&loss.did()).await.unwrap();
    loss.plc.submit(&loss.did(), &hostile).await.unwrap_err();
    assert_eq!(loss.plc.state(&loss.did()).await.unwrap(), before);
    // What it says of the account is nobody's concern any more.
    let activate = loss.old.post("com.atproto.server.activateAccount").by(&loss.alice);
    assert_eq!(activate.send().await.refusal().0, 400);
}

#[tokio::test]
async fn a_bundle_brings_preferences_along_and_gives_the_same_tree() {
    let mut loss = Loss::new().await;
    let preferences = json!([{ "$type": "app.bsky.actor.defs#adultContentPref", "enabled": true }]);
    let input = json!({ "preferences": preferences });
    loss.old.post("app.bsky.actor.putPreferences").by(&loss.alice).json(&input).send().await.ok();
    let reader: AgeKey =
        "AGE-SECRET-KEY-1LU5ZLKC26K8DHRYYR2RZNUA8AR4YHX2RSA6CXEEP8AJRZDCS2V9SZK4N5C"
            .parse()
            .unwrap();
    loss.keep_bundle(&reader).await;
    loss.old.note(&loss.alice, "later", "and more").await;
    loss.note_with("latest", "image/png", b"no picture").await;
    assert_eq!(loss.keep_bundle(&reader).await.manifest.repo.len(), 2, "there is a diff");
    let (data, _) = loss.was().await;
    loss.old.stop().await;
    let before = all(&loss.path("bundle"));

    let mut desk = loss.desk(Place::Bundle(loss.path("bundle")));
    desk.opens = vec![reader];
    let rescued = desk.run().await.unwrap();
    let report = rescued.report.report();
    assert_eq!(report.compare().verdict(), Verdict::Same, "{:?}", report.compare());
    assert_eq!((report.before.head.data, report.after.head.data), (data, data));
    let owner = desk.owner(&loss.new).await;
    let there = loss.new.get("app.bsky.actor.getPreferences").by(&owner).send().await.ok();
    assert_eq!(there["preferences"], preferences);
    assert_eq!(all(&loss.path("bundle")), before, "a bundle is only read");
}

#[tokio::test]
async fn what_is_missing_takes_consent_and_is_named() {
    let loss = Loss::new().await;
    let place = loss.keep_car().await;
    let (_, operations) = loss.was().await;
    let [gone, damaged] = loss.blobs().await[..] else { panic!("there are two") };
    fs::remove_file(loss.path("blobs").join(gone.to_string())).unwrap();
    fs::write(loss.path("blobs").join(damaged.to_string()), "something else").unwrap();
    let mut desk = loss.desk(place);
    for missing in
        [Missing::None, Missing::Count(1), Missing::Named([gone].into()), Missing::Named([].into())]
    {
        desk.consent.missing = missing.clone();
        let failure = desk.run().await.unwrap_err();
        assert!(failure.error.waits_for_owner() && !failure.is_switched);
        let RescueError::Missing(named) = failure.error else { panic!("{failure:?}") };
        assert_eq!(named.keys().copied().collect::<Vec<_>>(), {
            let mut both = vec![gone, damaged];
            both.sort();
            both
        });
        assert_eq!((named[&gone].1, named[&damaged].1), (Why::NotFound, Why::Damaged));
        assert!(named[&gone].0.as_ref().unwrap().starts_with(NOTES));
        assert_eq!(loss.operations().await, operations, "{missing:?}");
    }
    desk.consent.missing = Missing::Named([gone, damaged].into());
    let rescued = desk.run().await.unwrap();
    let report = rescued.report.report();
    assert_eq!(report.after.blobs.missing.len(), 2);
    assert_eq!(report.consents[0].blobs.len(), 2);
    assert_eq!((report.after.blobs.count, report.compare().verdict()), (0, Verdict::Same));
    assert_eq!(loss.operations().await, operations + 1);
}

#[tokio::test]
async fn a_preview_changes_nothing() {
    let loss = Loss::new().await;
    let desk = loss.desk(loss.keep_car().await);
    let (clock, journal) = (desk.clock(), Journal::new(&desk.journal));
    let watch = |_: Step<'_>| panic!("nothing is done");
    let rescue = desk.rescue(&clock, &journal, &watch);
    let preview = rescue.preview().await.unwrap();
    let migrate::rescue::Plan::Operation { keys, differences, is_whole, may_undo, .. } =
        preview.plan
    else {
        panic!("{:?}", preview.plan)
    };
    assert_eq!((keys.own.len(), keys.host, is_whole), (2, vec![loss.old_host.clone()], false));
    assert!(may_undo.is_empty() && !differences.is_empty());
    assert_eq!(preview.source.blobs.len(), 2);
    let there = loss.new.get("com.atproto.repo.describeRepo").param("repo", &loss.alice.did);
    assert_eq!(there.send().await.status, 400);
    assert!(!desk.journal.exists());
}
