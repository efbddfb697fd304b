//! `com.atproto.sync.getBlob`

use http::Method;
use serde_json::{Value, json};
use syntax::{Cid, Did};

use crate::harness::{Answer, NOTES, Pds, TestAccount};

fn cid(blob: &Value) -> String {
    blob["ref"]["$link"].as_str().unwrap().to_owned()
}

/// Uploads a blob, and writes a record that refers to it.
async fn blob_in_use(pds: &Pds, owner: &TestAccount, mime_type: &str, bytes: Vec<u8>) -> String {
    let blob = pds.upload(owner, mime_type, bytes).await;
    pds.put(owner, NOTES, "blob", json!({ "$type": NOTES, "blob": blob })).await;
    cid(&blob)
}

async fn get(
    pds: &Pds,
    owner: &TestAccount,
    cid: &str,
    headers: &[(&'static str, &str)],
) -> Answer {
    let ask = pds.get("com.atproto.sync.getBlob").param("did", &owner.did).param("cid", cid);
    headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send().await
}

#[tokio::test]
async fn a_blob_comes_as_it_went_and_is_no_page_of_ours() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for size in [1, 5000, 700_000] {
        let bytes: Vec<u8> = (0..size).map(|n: u32| n.to_le_bytes()[1]).collect();
        let cid = blob_in_use(&pds, &alice, "text/html", bytes.clone()).await;
        assert_eq!(cid, Cid::of_raw(&bytes).to_string());
        let whole = get(&pds, &alice, &cid, &[("accept-encoding", "gzip")]).await;
        assert_eq!((whole.status.as_u16(), &whole.body[..]), (200, &bytes[..]));
        for (name, value) in [
            ("content-type", "text/html"),
            ("content-length", size.to_string().as_str()),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; sandbox"),
            ("content-disposition", &format!("attachment; filename=\"{cid}\"")),
            ("accept-ranges", "bytes"),
            ("etag", &format!("\"{cid}\"")),
            ("cache-control", "public, max-age=86400, immutable"),
        ] {
            assert_eq!(whole.header(name), Some(value), "{name}");
        }
        let head = pds.ask(Method::HEAD, "com.atproto.sync.getBlob").param("did", &alice.did);
        let head = head.param("cid", &cid).send().await;
        assert_eq!((head.status.as_u16(), head.body.len()), (200, 0));
        assert_eq!(head.header("content-length"), Some(size.to_string().as_str()));
    }
}

#[tokio::test]
async fn a_part_of_a_blob_is_enough_for_players() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let bytes: Vec<u8> = (0..600_000_u32).map(|n| n.to_le_bytes()[2]).collect();
    let cid = blob_in_use(&pds, &alice, "video/x-test", bytes.clone()).await;
    for (range, part) in [
        ("bytes=0-0", 0..1),
        ("bytes=100000-399999", 100_000..400_000),
        ("bytes=599999-", 599_999..600_000),
        ("bytes=-10", 599_990..600_000),
    ] {
        let answer = get(&pds, &alice, &cid, &[("range", range)]).await;
        assert_eq!(answer.status, 206, "{range}");
        let shown = format!("bytes {}-{}/600000", part.start, part.end - 1);
        assert_eq!(answer.header("content-range"), Some(shown.as_str()));
        assert_eq!(answer.body, bytes[part], "{range}");
    }
    let beyond = get(&pds, &alice, &cid, &[("range", "bytes=600000-")]).await;
    assert_eq!((beyond.status.as_u16(), beyond.body.len()), (416, 0));
    assert_eq!(beyond.header("content-range"), Some("bytes */600000"));
    let stale = [("range", "bytes=0-0"), ("if-range", "\"other\"")];
    assert_eq!(get(&pds, &alice, &cid, &stale).await.status, 200);
    let tag = format!("\"{cid}\"");
    let known = get(&pds, &alice, &cid, &[("if-none-match", &tag)]).await;
    assert_eq!((known.status.as_u16(), known.body.len()), (304, 0));
}

#[tokio::test]
async fn what_no_record_refers_to_is_not_served() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    let upload = cid(&pds.upload(&alice, "image/png", "unused").await);
    let used = blob_in_use(&pds, &alice, "image/png", b"used".to_vec()).await;
    let unknown = Cid::of_raw(b"unknown").to_string();
    for (owner, cid) in [(&alice, &upload), (&alice, &unknown), (&bob, &used)] {
        for ask in [None, Some(owner)] {
            let get = pds.get("com.atproto.sync.getBlob").param("did", &owner.did);
            let get = get.param("cid", cid);
            let answer = match ask {
                Some(owner) => get.by(owner).send().await,
                None => get.send().await,
            };
            assert_eq!(answer.refusal(), (400, "BlobNotFound".to_owned()));
        }
    }
    pds.delete_note(&alice, "blob").await;
    let gone = get(&pds, &alice, &used, &[]).await;
    assert_eq!(gone.refusal(), (400, "BlobNotFound".to_owned()));
}

#[tokio::test]
async fn one_that_was_taken_down_is_for_nobody() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let blob = blob_in_use(&pds, &alice, "image/png", b"bad".to_vec()).await;
    assert_eq!(get(&pds, &alice, &blob, &[]).await.status, 200);
    let (did, cid): (Did, Cid) = (alice.did.parse().unwrap(), blob.parse().unwrap());
    pds.change_store(move |tx| {
        let id = tx.account(&did)?.unwrap().id;
        tx.set_blob_takedown(id, &cid, Some("mod-1"))
    })
    .await;
    let ask =
        || pds.get("com.atproto.sync.getBlob").param("did", &alice.did).param("cid", blob.as_str());
    for answer in [ask().send().await, ask().by(&alice).send().await, ask().admin().send().await] {
        assert_eq!(answer.refusal(), (400, "BlobNotFound".to_owned()));
    }
    let again = pds.post("com.atproto.repo.uploadBlob").by(&alice).body("image/png", "bad");
    let again = again.send().await;
    assert_eq!(again.message(), "Blob has been takendown, cannot re-upload");
    assert_eq!(again.refusal(), (400, "InvalidRequest".to_owned()));
}
