//! Blobs on their way: what a host does not give is asked for again, and missed by name.

use std::collections::BTreeMap;

use migrate::report::{Loss, SignedReport, Verdict};
use serde_json::{Value, json};

use crate::harness::{Fault, NOTES, Pds, Road, TestAccount, eventually};

const BLOB: &str = "com.atproto.sync.getBlob";

/// Writes a record with a blob, and returns the blob's CID.
pub(in crate::migrate) async fn with_blob(
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
    cids.insert(
        "large",
        with_blob(&road.old, &alice, "large", "text/plain", "x".repeat(4001)).await,
    );
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
    assert_eq!(report.report().compare().verdict(), Verdict::AsAgreed);
}

/// Returns a blob as its owner gets it: the status, and what browsers go by.
async fn served(
    pds: &Pds,
    owner: &TestAccount,
    cid: &str,
) -> (u16, Vec<Option<String>>, bytes::Bytes) {
    let ask = pds.get(BLOB).param("did", &owner.did).param("cid", cid).by(owner);
    let answer = ask.send().await;
    let names = ["content-type", "content-security-policy", "x-content-type-options"];
    let headers = names.map(|name| answer.header(name).map(str::to_owned));
    (answer.status.as_u16(), headers.to_vec(), answer.body)
}

#[tokio::test]
async fn blobs_keep_the_types_that_they_have() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let mut cids = Vec::new();
    for (rkey, mime_type, text) in [
        ("vtt", "text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nhello"),
        ("svg", "image/svg+xml", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>"),
        ("srt", "application/x-subrip", "1\n00:00:01,000 --> 00:00:02,000\nhello"),
        ("json", "application/json", "{\"a\": 1}"),
        ("html", "text/html", "<script>alert(1)</script>"),
        ("heic", "image/heic", "\0\0\0\u{18}ftypheic and more"),
        ("binary", "application/octet-stream", "\u{1}\u{2}\u{3}\u{0}unknown"),
        ("any", "*/*", "nobody knows what this is"),
    ] {
        cids.push((rkey, with_blob(&road.old, &alice, rkey, mime_type, text).await));
    }
    let moving = road.new.begin_move(&alice).await;
    moving.finish(&road.old).await;
    for (rkey, cid) in &cids {
        let before = served(&road.old, &alice, cid).await;
        let after = served(&road.new, &moving.here, cid).await;
        assert_eq!(before.0, 200, "{rkey}");
        assert_eq!(after, before, "{rkey}");
        assert!(after.1[1].as_deref().is_some_and(|csp| csp.contains("sandbox")), "{rkey}");
        assert_eq!(after.1[2].as_deref(), Some("nosniff"), "{rkey}");
    }
    let report = SignedReport::decode(moving.report().await.as_bytes()).unwrap();
    assert_eq!(report.report().compare().verdict(), Verdict::Same);
}

#[tokio::test]
async fn what_was_uploaded_beforehand_is_not_asked_for_and_all_agree_on_it() {
    let road = Road::new().await;
    let alice = road.old.account("alice").await;
    let mut cids = Vec::new();
    for name in ["early", "between", "twice", "never"] {
        cids.push(with_blob(&road.old, &alice, name, "text/plain", name).await);
    }
    let repo = road.source.hold("getRepo?");
    let moving = road.new.begin_move(&alice).await;
    road.new.upload(&moving.here, "text/plain", "early").await;
    road.new.upload(&moving.here, "text/plain", "twice").await;
    let looked_at = road.source.count(&cids[1]);
    let blob = road.source.hold(&cids[1]);
    repo.open();
    eventually(async || (road.source.count(&cids[1]) > looked_at).then_some(())).await;
    road.new.upload(&moving.here, "text/plain", "between").await;
    road.new.upload(&moving.here, "text/plain", "twice").await;
    blob.open();
    let job = moving.until_needed("review").await;
    assert_eq!(job["missingBlobs"], json!([]));
    for index in [0, 2] {
        // Once, to see whether it is there.
        assert_eq!(road.source.count(&cids[index]), 1, "{job:#}");
    }
    let agree = async || {
        let status = road.new.get("com.atproto.server.checkAccountStatus").by(&moving.here);
        let status: Value = status.send().await.ok();
        assert_eq!((&status["expectedBlobs"], &status["importedBlobs"]), (&json!(4), &json!(4)));
        let missing = road.new.get("com.atproto.repo.listMissingBlobs").by(&moving.here);
        assert_eq!(missing.send().await.ok()["blobs"], json!([]));
        for cid in &cids {
            assert_eq!(served(&road.new, &moving.here, cid).await.0, 200);
        }
    };
    agree().await;
    moving.finish(&road.old).await;
    agree().await;
}
