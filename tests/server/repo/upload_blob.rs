//! `com.atproto.repo.uploadBlob` and `listMissingBlobs`

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use store::AccountState;
use syntax::Cid;

use crate::harness::{Ask, NOTES, Pds};

fn upload<'a>(pds: &'a Pds, mime_type: &str, bytes: &[u8]) -> Ask<'a> {
    pds.post("com.atproto.repo.uploadBlob").body(mime_type, bytes.to_vec())
}

#[tokio::test]
async fn a_blob_is_what_it_begins_as_or_else_what_is_said() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for (said, bytes, kept) in [
        ("image/jpeg", &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], "image/png"),
        ("application/octet-stream", b"\xff\xd8\xff\xe0 picture", "image/jpeg"),
        ("video/mp4", b"\0\0\0\x20ftypqt  \0\0\x02\0", "video/quicktime"),
        ("text/plain; charset=utf-8", b"<html></html>", "text/plain"),
        ("text/vtt", b"WEBVTT", "text/vtt"),
    ] {
        let blob = upload(&pds, said, bytes).by(&alice).send().await.ok();
        let link = json!({ "$link": Cid::of_raw(bytes).to_string() });
        let size = bytes.len();
        let expected = json!({ "$type": "blob", "ref": link, "mimeType": kept, "size": size });
        assert_eq!(blob, json!({ "blob": expected }), "{said}");
    }
}

#[tokio::test]
async fn a_record_has_to_refer_to_a_blob_as_it_is() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    let blob = pds.upload(&alice, "image/png", "picture").await;
    let write = async |blob: Value| {
        let record = json!({ "$type": NOTES, "blob": blob });
        let input =
            json!({ "repo": alice.did, "collection": NOTES, "rkey": "a", "record": record });
        pds.post("com.atproto.repo.putRecord").by(&alice).json(&input).send().await
    };
    let with = |name: &str, value: Value| {
        let mut blob = blob.clone();
        blob[name] = value;
        blob
    };
    let theirs = pds.upload(&bob, "image/png", "other").await;
    for (blob, name) in [
        (with("mimeType", json!("image/gif")), "InvalidMimeType"),
        (with("size", json!(8)), "InvalidSize"),
        (with("ref", json!({ "$link": Cid::of_raw(b"nothing").to_string() })), "BlobNotFound"),
        (theirs, "BlobNotFound"),
    ] {
        assert_eq!(write(blob).await.refusal(), (400, name.to_owned()));
    }
    write(blob.clone()).await.ok();
    let again = pds.upload(&alice, "image/gif", "picture").await;
    assert_eq!(again["ref"], blob["ref"], "the same bytes are the same blob");
    assert_eq!(
        pds.get("com.atproto.sync.getBlob")
            .param("did", &alice.did)
            .param("cid", blob["ref"]["$link"].as_str().unwrap())
            .send()
            .await
            .header("content-type"),
        Some("image/png"),
        "what records refer to stays as it is"
    );
}

#[tokio::test]
async fn a_file_may_be_empty() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let empty = upload(&pds, "text/plain", b"").by(&alice).header("content-length", "0");
    assert_eq!(empty.send().await.ok()["blob"]["size"], 0);
}

#[tokio::test]
async fn there_is_a_limit_and_it_is_of_what_is_meant() {
    let pds = Pds::start_with(|config| config.limits.blob_bytes = 100_000).await;
    let alice = pds.account("alice").await;
    let gzip = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let send = async |body: &[u8], coding: &str| {
        let ask = upload(&pds, "text/x-test", body).by(&alice);
        ask.header("content-encoding", coding).send().await
    };
    let bytes = vec![b'x'; 100_000];
    let blob = send(&gzip(&bytes), "gzip").await.ok();
    assert_eq!(blob["blob"]["ref"]["$link"], json!(Cid::of_raw(&bytes).to_string()));
    assert_eq!(send(&bytes, "identity").await.status, 200);
    let more = vec![b'x'; 100_001];
    for answer in [send(&more, "identity").await, send(&gzip(&more), "gzip").await] {
        assert_eq!(answer.refusal(), (413, "PayloadTooLarge".to_owned()));
    }
    let bomb = gzip(&vec![0; 50_000_000]);
    assert_eq!(send(&bomb, "gzip").await.refusal(), (413, "PayloadTooLarge".to_owned()));
    let cut = gzip(&bytes);
    let cut = send(&cut[..cut.len() - 4], "gzip").await;
    assert_eq!(cut.refusal(), (400, "InvalidRequest".to_owned()));
    let unknown = send(&bytes, "compress").await;
    assert_eq!(unknown.refusal(), (415, "UnsupportedMediaType".to_owned()));
}

#[tokio::test]
async fn who_may_upload() {
    fn ask(pds: &Pds) -> Ask<'_> {
        upload(pds, "image/png", b"x")
    }
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    assert_eq!(ask(&pds).send().await.refusal(), (401, "AuthMissing".to_owned()));
    assert_eq!(ask(&pds).admin().send().await.refusal(), (400, "InvalidToken".to_owned()));
    let untyped = pds.post("com.atproto.repo.uploadBlob").by(&alice).send().await;
    assert_eq!(untyped.message(), "A request body is expected but none was provided");
    let gone = AccountState { deactivated_at: Some(1), ..AccountState::default() };
    pds.set_state(&alice, gone).await;
    assert_eq!(ask(&pds).by(&alice).send().await.status, 200, "who moves in uploads first");
    let bad = AccountState { takedown_ref: Some("x".to_owned()), ..AccountState::default() };
    pds.set_state(&alice, bad).await;
    let refused = ask(&pds).by(&alice).send().await;
    assert_eq!(refused.refusal(), (401, "AccountTakedown".to_owned()));
}

#[tokio::test]
async fn a_service_uploads_for_an_account_with_a_token_for_that() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let token = async |pds: &Pds, lxm: &str| {
        let ask = pds.get("com.atproto.server.getServiceAuth").by(&alice);
        let given = ask.param("aud", pds.did()).param("lxm", lxm).send().await.ok();
        given["token"].as_str().unwrap().to_owned()
    };
    let good = token(&pds, "com.atproto.repo.uploadBlob").await;
    let blob = upload(&pds, "video/x-test", b"film").token(&good).send().await.ok();
    let record = json!({ "$type": NOTES, "video": blob["blob"] });
    pds.put(&alice, NOTES, "a", record).await;
    let other = token(&pds, "com.atproto.repo.listMissingBlobs").await;
    let refused = upload(&pds, "video/x-test", b"film").token(&other).send().await;
    assert_eq!(refused.refusal(), (401, "BadJwtLexiconMethod".to_owned()));
    let bad = AccountState { takedown_ref: Some("x".to_owned()), ..AccountState::default() };
    pds.set_state(&alice, bad).await;
    let refused = upload(&pds, "video/x-test", b"more").token(&good).send().await;
    assert_eq!(refused.refusal(), (401, "AccountTakedown".to_owned()));
}

#[tokio::test]
async fn blobs_that_are_here_are_not_missing() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let missing = || pds.get("com.atproto.repo.listMissingBlobs");
    assert_eq!(missing().send().await.refusal(), (401, "AuthMissing".to_owned()));
    let blob = pds.upload(&alice, "image/png", "picture").await;
    pds.put(&alice, NOTES, "a", json!({ "$type": NOTES, "blob": blob })).await;
    assert_eq!(missing().by(&alice).send().await.ok(), json!({ "blobs": [] }));
    let malformed = missing().by(&alice).param("cursor", "x").send().await;
    assert_eq!(malformed.message(), "Malformed cursor");
}
