//! Blobs on their way: what a host does not give is asked for again, and missed by name.

use std::collections::BTreeMap;

use migrate::report::{Loss, SignedReport, Verdict};
use serde_json::{Value, json};

use crate::harness::{Fault, NOTES, Pds, Road, TestAccount};

const BLOB: &str = "com.atproto.sync.getBlob";

/// Writes a record with a blob, and returns the blob's CID.
pub(super) async fn with_blob(
    pds: &Pds,
    owner: &TestAccount,
    rkey: &str,
    mime_type: &str,
    bytes: impl Into<bytes::Bytes>,
) -> String {
    let blob = pds.upload(owner, mime_type, bytes).await;
    pds.put(owner, NOTES, rkey, json!({ "$type": NOTES, "blob": blob })).await;
    blob["ref"]["$link"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_does_not_come_is_exactly_what_has_to_be_agreed_to() {
    let road = Road::with(|config| config.limits.moved_blob_bytes = 4000).await;
    let alice = road.old.account("alice").await;
    let mut cids = BTreeMap::new();
    for name in ["shaky", "gone", "damaged", "busy", "broken", "good"] {
        let bytes = name.repeat(500);
        cids.insert(name, with_blob(&road.old, &alice, name, "text/plain", bytes).await);
    }
    cids.insert("large", with_blob(&road.old, &alice, "large", "text/plain", "x".repeat(4001)).await);
    let held = road.source.hold("getRepo?");
    let moving = road.new.begin_move(&alice).await;
    let asked_before = road.source.count(BLOB);
    let about = |name: &str| cids[name].clone();
    road.source.times(2, &about("shaky"), Fault::status(500));
    let gone = Fault::refusal(400, "BlobNotFound", "Blob not found");
    road.source.always(&about("gone"), gone);
    road.source.always(&about("damaged"), Fault::Replace("something else".into()));
    road.source.once(&about("busy"), Fault::busy(1));
    road.source.once(&about("broken"), Fault::Cut(1000));
    held.open();

    let job = moving.until_needed("review").await;
    let missing = job["missingBlobs"].as_array().unwrap();
    let why: BTreeMap<&str, &str> = missing
        .iter()
        .map(|blob| (blob["cid"].as_str().unwrap(), blob["why"].as_str().unwrap()))
        .collect();
    let expected = [("gone", "notFound"), ("damaged", "damaged"), ("large", "tooLarge")];
    assert_eq!(why, expected.iter().map(|(name, why)| (&*cids[name], *why)).collect(), "{job:#}");
    let paths: Vec<&str> = missing.iter().filter_map(|blob| blob["path"].as_str()).collect();
    assert!(paths.contains(&"com.example.note/gone"), "{job:#}");
    // What had come before the connection broke did not come again.
    let broken = road.source.seen(&about("broken"));
    let ranges: Vec<_> = broken.iter().map(|seen| seen.range.as_deref()).collect();
    assert_eq!(ranges[ranges.len() - 2..], [None, Some("bytes=1000-")]);
    assert_eq!(road.source.count(&about("shaky")), 1 + 3, "one look before, two failures, and one");
    assert!(road.source.count(BLOB) > asked_before);

    // Nobody agrees to what they do not name.
    let mut input = json!({ "head": job["change"]["head"] });
    for named in [vec![], vec![about("gone")], vec![about("gone"), about("large"), about("good")]] {
        input["missingBlobs"] = json!(named);
        let refusal = moving.call("approveMove", &input).await;
        assert!(refusal.message().contains(&cids["damaged"]), "{}", refusal.text());
        assert_eq!(refusal.refusal(), (400, "NotAgreed".to_owned()));
    }
    moving.finish(&road.old).await;
    let report = SignedReport::decode(moving.report().await.as_bytes()).unwrap();
    let lost = &report.report().after.blobs.missing;
    let lost: BTreeMap<String, Loss> =
        lost.iter().map(|blob| (blob.cid.to_string(), blob.why)).collect();
    let expected =
        [("gone", Loss::NotFound), ("damaged", Loss::Damaged), ("large", Loss::TooLarge)];
    assert_eq!(lost, expected.iter().map(|(name, why)| (about(name), *why)).collect());
    assert_ne!(report.report().compare().verdict(), Verdict::Same);
}
