//! Repositories that come damaged, or from hosts that mean no good.

use std::time::Duration;

use bytes::Bytes;
use crypto::{Curve, PrivateKey};
use futures_util::future::join_all;
use identity::plc::Content;
use migrate::report::{SignedReport, Verdict};
use repo::car;
use repo::commit::Commit;
use serde_json::{Value, json};
use syntax::{Cid, Did, Tid};
use tokio::net::TcpListener;
use tokio::time::timeout;

use super::blobs::with_blob;
use super::{is_active, own_keys, settled};
use crate::harness::{Copy, Fault, Move, Road, TestAccount, eventually};
use crate::identity::directory;

/// Returns what requests for an account's repository have in their first line.
fn repo_of(owner: &TestAccount) -> String {
    format!("getRepo?did={}", owner.did.replace(':', "%3A"))
}

/// Counts what of an account's records can be seen at the new host.
async fn indexed(moving: &Move<'_>) -> Value {
    let ask = moving.to.get("com.atproto.server.checkAccountStatus").by(&moving.here);
    ask.send().await.ok()["indexedRecords"].clone()
}

/// Writes a repository with a commit of the same tree that another key has signed.
fn forged(copy: &Copy, owner: &TestAccount, key: &PrivateKey) -> Bytes {
    let did = owner.did.parse().unwrap();
    let commit = Commit::sign(did, copy.commit.data, Tid::new(1, 1), key).encode();
    let cid = Cid::of_cbor(&commit);
    let mut forged = car::header(&[cid]);
    car::put_block(&mut forged, &cid, &commit);
    for cid in &copy.order[1..] {
        car::put_block(&mut forged, cid, copy.blocks.0.get(cid).unwrap());
    }
    forged.into()
}

#[tokio::test]
async fn what_comes_damaged_is_not_looked_at_and_is_asked_for_again() {
    let road = &Road::new().await;
    let try_with = async |(name, fault): (String, Fault)| {
        let owner = settled(&road.old, &name).await;
        road.source.once(&repo_of(&owner), fault.clone());
        let moving = road.new.begin_move(&owner).await;
        let job = moving.until("a failure", |job| job["lastError"].is_string()).await;
        assert_eq!((&job["state"], job.get("need")), (&json!("import"), None), "{fault:?}");
        assert_eq!(indexed(&moving).await, json!(0), "{fault:?}");
        (owner, moving, fault)
    };
    let try_again = async |(owner, moving, fault): (TestAccount, Move<'_>, Fault)| {
        let job = moving.until_needed("review").await;
        assert_eq!(job["progress"]["records"], json!(5), "{fault:?}");
        assert_eq!(road.source.count(&repo_of(&owner)), 2, "{fault:?}");
        let (was, is) =
            (road.old.download(&owner, None).await, road.new.export(&moving.here, None).await);
        assert_eq!(Copy::of(&is).root, was.root);
    };
    let first = settled(&road.old, "first").await;
    // All are somewhat alike in length.
    let length = road.old.export(&first, None).await.body.len() - 50;
    let mut faults = vec![Fault::Flip(length / 3), Fault::Flip(length / 2), Fault::Flip(length)];
    faults.extend((0..100).step_by(11).map(|percent| Fault::Shorten(length * percent / 100)));
    faults.extend((0..100).step_by(33).map(|percent| Fault::Cut(length * percent / 100)));
    let names = (0..).map(|index| format!("somebody{index}"));
    let failed = join_all(names.zip(faults).map(try_with)).await;
    // Only when all have failed: it is the time of all of them.
    road.advance(Duration::from_secs(2));
    join_all(failed.into_iter().map(try_again)).await;
}

#[tokio::test]
async fn a_repository_that_stays_wrong_is_for_a_person_to_decide_about() {
    let road = Road::new().await;
    let (alice, bob) = (settled(&road.old, "alice").await, settled(&road.old, "bob").await);
    let stranger = PrivateKey::generate(Curve::Secp256k1);
    let copy = road.old.download(&alice, None).await;
    let forged = forged(&copy, &alice, &stranger);
    let bobs = road.old.export(&bob, None).await.body;
    let mut moving = None;
    for (body, what) in [(bobs, &*bob.did), (forged, "not signed by a key")] {
        road.source.always(&repo_of(&alice), Fault::Replace(body));
        let moving = match &mut moving {
            None => &*moving.insert(road.new.begin_move(&alice).await),
            Some(moving) => {
                moving.call("resumeMove", &json!({})).await.ok();
                &*moving
            }
        };
        // Whatever it was about, it is tried more than once before somebody has to look.
        let job = eventually(async || {
            road.advance(Duration::from_secs(2));
            let job = moving.job().await;
            let message = job["need"]["message"].as_str().unwrap_or_default();
            message.contains(what).then_some(job.clone())
        });
        assert_eq!(job.await["need"]["for"], "decide");
        assert_eq!(indexed(moving).await, json!(0));
        road.source.let_through();
    }
    let moving = moving.unwrap();
    moving.call("resumeMove", &json!({})).await.ok();
    moving.finish(&road.old).await;
}

/// Gives an account's identity another signing key, whatever the host has.
async fn change_key(road: &Road, owner: &TestAccount) -> PrivateKey {
    let key = PrivateKey::generate(Curve::Secp256k1);
    let methods = json!({ "atproto": key.public_key().to_string() });
    road.old.change_identity(owner, json!({ "verificationMethods": methods })).await;
    key
}

#[tokio::test]
async fn a_repository_that_a_former_key_has_signed_comes_and_the_report_says_so() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let did = alice.did.parse().unwrap();
    let copy = road.old.download(&alice, None).await;
    let former = directory(&road.old).state(&did).await.unwrap().signing_key().unwrap();
    let repo = road.source.hold("getRepo?");
    let moving = road.new.begin_move(&alice).await;
    change_key(&road, &alice).await;
    repo.open();
    let job = moving.finish(&road.old).await;
    assert_eq!(job["warnings"], json!([]), "{job:#}");
    let report = SignedReport::decode(moving.report().await.as_bytes()).unwrap();
    let report = report.report();
    let (before, after) = (&report.before.head, &report.after.head);
    assert_eq!(before.commit, copy.root);
    let log = directory(&road.old).audited_log(&did).await.unwrap();
    let changed = log.entries()[1].created_at.clone();
    let signed = before.signed_by.as_ref().unwrap();
    assert_eq!((signed.key, signed.until.clone()), (former, Some(changed)));
    assert_eq!(after.signed_by.as_ref().unwrap().key, report.signing_key);
    assert_eq!(report.compare().verdict(), Verdict::Same, "{:#?}", report.compare());
    let moved = road.new.download(&moving.here, None).await;
    assert_eq!(moved.records(), copy.records());
    moved.assert_signed(&road.new, &moving.here).await;
}

#[tokio::test]
async fn a_repository_that_is_signed_by_a_key_that_was_taken_back_changes_nothing() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let did: Did = alice.did.parse().unwrap();
    let [owner, _] = own_keys(&road.old, &alice).await;
    let plc = directory(&road.old);
    let good = plc.last_operation(&did).await.unwrap();
    let copy = road.old.download(&alice, None).await;
    road.source.always(&repo_of(&alice), Fault::status(500));
    let moving = road.new.begin_move(&alice).await;
    moving.until("a failure", |job| job["lastError"].is_string()).await;
    // Somebody else changes the key, and the owner takes that back.
    let key = change_key(&road, &alice).await;
    let back = Content::update(&good, good.state().unwrap()).sign(&owner).unwrap();
    plc.submit(&did, &back).await.unwrap();
    assert!(plc.audited_log(&did).await.unwrap().entries()[2].nullified);
    road.source.let_through();
    road.source.always(&repo_of(&alice), Fault::Replace(forged(&copy, &alice, &key)));
    let job = eventually(async || {
        road.advance(Duration::from_secs(2));
        let job = moving.job().await;
        job["need"].is_object().then_some(job)
    });
    let job = job.await;
    let need = &job["need"];
    assert_eq!((&job["state"], &need["for"]), (&json!("import"), &json!("decide")), "{job:#}");
    assert!(need["message"].as_str().unwrap().contains("not signed by a key"), "{need}");
    assert_eq!(indexed(&moving).await, json!(0));
    assert!(is_active(&road.old, &alice).await);
    road.source.let_through();
    moving.call("resumeMove", &json!({})).await.ok();
    moving.finish(&road.old).await;
}

#[tokio::test]
async fn a_host_that_was_down_for_long_has_as_many_attempts_as_any() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    road.source.times(4, &repo_of(&alice), Fault::status(500));
    road.source.times(2, &repo_of(&alice), Fault::Shorten(300));
    let moving = road.new.begin_move(&alice).await;
    let job = eventually(async || {
        road.advance(Duration::from_secs(2));
        let job = moving.job().await;
        job["need"].is_object().then_some(job)
    });
    assert_eq!(job.await["need"]["for"], "review");
    assert_eq!(road.source.count(&repo_of(&alice)), 7);
}

#[tokio::test]
async fn a_repository_without_an_end_ends_here() {
    let road = Road::with(|config| config.limits.import_bytes = 1 << 20).await;
    let alice = settled(&road.old, "alice").await;
    let mut block = Vec::new();
    let bytes = vec![7; 60_000];
    car::put_block(&mut block, &Cid::of_raw(&bytes), &bytes);
    road.source.once(&repo_of(&alice), Fault::Endless(block.into()));
    let moving = road.new.begin_move(&alice).await;
    let job = moving.until_needed("decide").await;
    let message = job["need"]["message"].as_str().unwrap();
    assert!(message.contains("larger than 1048576 bytes"), "{message}");
    assert!(job["progress"]["repoBytes"].as_u64().unwrap() < 4 << 20, "{job:#}");
    // Others are not kept waiting.
    let bob = settled(&road.old, "bob").await;
    road.new.begin_move(&bob).await.finish(&road.old).await;
    moving.call("resumeMove", &json!({})).await.ok();
    moving.until_needed("review").await;
}

#[tokio::test]
async fn nobody_is_led_to_addresses_that_are_not_public() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let inside = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let inside_url = format!("http://localhost:{}/secret", inside.local_addr().unwrap().port());
    let mut cids = Vec::new();
    for (rkey, to) in [
        ("a", "http://169.254.169.254/latest/meta-data/"),
        ("b", "https://10.0.0.1/"),
        ("c", &*inside_url),
        ("d", "https://[::1]/"),
    ] {
        let cid = with_blob(&road.old, &alice, rkey, "text/plain", rkey).await;
        road.source.always(&format!("cid={cid}"), Fault::redirect(to));
        cids.push(cid);
    }
    let moving = road.new.begin_move(&alice).await;
    let job = moving.until_needed("review").await;
    let missing = job["missingBlobs"].as_array().unwrap();
    assert_eq!(missing.len(), cids.len(), "{job:#}");
    for blob in missing {
        assert_eq!(blob["why"], "noAnswer");
        assert!(blob["message"].as_str().unwrap().contains("refused"), "{blob}");
    }
    let nobody = timeout(Duration::from_millis(50), inside.accept()).await;
    assert!(nobody.is_err(), "somebody came in");
    moving.call("cancelMove", &json!({})).await.ok();
    assert!(is_active(&road.old, &alice).await);
}

#[tokio::test]
async fn blobs_that_no_record_refers_to_are_not_fetched_however_many_there_are() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let cids: Vec<String> =
        (0..1000_u32).map(|index| Cid::of_raw(&index.to_le_bytes()).to_string()).collect();
    // There is always one more page.
    let page = json!({ "cids": cids, "cursor": cids[999] }).to_string();
    road.source.always("listBlobs", Fault::Replace(page.into()));
    let moving = road.new.begin_move(&alice).await;
    let job = moving.until_needed("review").await;
    assert_eq!(job["missingBlobs"], json!([]), "{job:#}");
    assert_eq!(road.source.count("listBlobs"), 100);
    assert_eq!(road.source.count("sync.getBlob"), 20 + 2, "some to see, and those that are needed");
    road.source.let_through();
    moving.finish(&road.old).await;
}
