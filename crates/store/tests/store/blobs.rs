//! Blobs: bytes, whose they are, and which records refer to them.

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use pagurus_store::repo::{BlobFault, BlobUse, CommitError};
use pagurus_store::{BlobError, Blobs, Error};
use syntax::Cid;

use crate::room::{Room, Writer, key, record};

const SIX_HOURS_US: u64 = 6 * 60 * 60 * 1_000_000;

async fn upload(room: &Room, writer: &Writer, bytes: &[u8]) -> Cid {
    let blobs = room.store.blobs();
    let mut upload = blobs.upload(1000).await.unwrap();
    upload.push(Bytes::copy_from_slice(bytes)).await.unwrap();
    let received = upload.finish().await.unwrap();
    let (cid, size, account) = (received.cid, received.size, writer.account);
    let lock = blobs.lock(&writer.did, &cid).await;
    blobs.keep(&writer.did, received).await.unwrap();
    let put: Result<Option<u64>, Error> =
        room.store.write(move |tx| tx.put_blob(account, &cid, "image/png", size)).await;
    put.unwrap();
    drop(lock);
    cid
}

fn usage(path: &str, cid: Cid) -> BlobUse {
    BlobUse { path: key(path), cid, mime_type: "image/png".to_owned(), size: 5 }
}

async fn expired(room: &Room) -> usize {
    room.now_us.fetch_add(SIX_HOURS_US + 1_000_000, Ordering::Relaxed);
    let expired: Result<Vec<_>, Error> = room.store.write(|tx| tx.delete_expired_blobs(10)).await;
    expired.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_stays_as_long_as_a_record_refers_to_it() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let cid = upload(&room, &writer, b"bytes").await;
    assert_eq!(cid, Cid::from_digest(syntax::Codec::Raw, sha256(b"bytes")));
    let (a, b) = (usage("a", cid), usage("b", cid));
    writer.commit(&room, &[(key("a"), Some(with_blob(cid)))], vec![a]).await.unwrap();
    writer.commit(&room, &[(key("b"), Some(with_blob(cid)))], vec![b]).await.unwrap();
    assert_eq!(expired(&room).await, 0);
    room.assert_agrees(writer.account).await;
    writer.commit(&room, &[(key("a"), None)], Vec::new()).await.unwrap();
    assert_eq!(expired(&room).await, 0);
    writer.commit(&room, &[(key("b"), Some(record("none")))], Vec::new()).await.unwrap();
    room.assert_agrees(writer.account).await;
    assert_eq!(expired(&room).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_nobody_uses_expires() {
    let room = Room::new();
    let writer = room.writer("a").await;
    let cid = upload(&room, &writer, b"bytes").await;
    assert_eq!(expired(&room).await, 1);
    room.store.blobs().remove(&writer.did, &cid).await.unwrap();
    assert!(room.store.blobs().open_blob(&writer.did, &cid).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_down_is_kept_until_it_is_put_up_or_removed() {
    let room = Room::new();
    let writer = room.writer("a").await;
    let cid = upload(&room, &writer, b"bytes").await;
    let blobs = room.store.blobs();
    let is_there = async || blobs.open_blob(&writer.did, &cid).await.unwrap().is_some();
    // Each can be done twice.
    for _ in 0..2 {
        blobs.take_down(&writer.did, &cid).await.unwrap();
        assert!(!is_there().await);
    }
    assert_eq!(blobs.empty_quarantine(Duration::ZERO).await.unwrap(), 0);
    assert_eq!(blobs.files_of(&writer.did).await.unwrap(), [cid]);
    for _ in 0..2 {
        blobs.put_up(&writer.did, &cid).await.unwrap();
        assert!(is_there().await);
    }
    blobs.take_down(&writer.did, &cid).await.unwrap();
    blobs.remove(&writer.did, &cid).await.unwrap();
    blobs.put_up(&writer.did, &cid).await.unwrap();
    assert!(!is_there().await && blobs.files_of(&writer.did).await.unwrap().is_empty());
    assert_eq!(blobs.empty_quarantine(Duration::ZERO).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_with_a_wrong_reference_is_not_written() {
    let room = Room::new();
    let mut writer = room.writer("a").await;
    let other = room.writer("b").await;
    let cid = upload(&room, &writer, b"bytes").await;
    let foreign = upload(&room, &other, b"other").await;
    let mut refused = async |usage: BlobUse| {
        let change = [(key("a"), Some(record("x")))];
        match writer.commit(&room, &change, vec![usage]).await {
            Err(CommitError::Blob { fault, .. }) => fault,
            outcome => panic!("{outcome:?}"),
        }
    };
    assert_eq!(refused(usage("a", Cid::of_cbor(b"?"))).await, BlobFault::Missing);
    assert_eq!(refused(usage("a", foreign)).await, BlobFault::Missing);
    let small = BlobUse { size: 4, ..usage("a", cid) };
    assert_eq!(refused(small).await, BlobFault::Size(5));
    let text = BlobUse { mime_type: "text/plain".to_owned(), ..usage("a", cid) };
    assert_eq!(refused(text).await, BlobFault::MimeType("image/png".to_owned()));
    assert_eq!(room.head(writer.account).await.records, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_bytes_than_allowed_are_not_taken() {
    let room = Room::new();
    let mut upload = room.store.blobs().upload(9).await.unwrap();
    upload.push(Bytes::from_static(b"12345")).await.unwrap();
    let more = upload.push(Bytes::from_static(b"67890")).await;
    assert!(matches!(more, Err(BlobError::TooLarge(9))));
    drop(upload);
    let incoming = room.directory.path().join("blobs/.incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_blob_is_found_without_the_server() {
    let room = Room::new();
    let writer = room.writer("a").await;
    let cid = upload(&room, &writer, b"bytes").await;
    let file = Blobs::file_in(room.directory.path(), &writer.did, &cid);
    assert_eq!(std::fs::read(file).unwrap(), b"bytes");
}

fn with_blob(cid: Cid) -> repo::draft::Record {
    use repo::data::{Limits, cbor, json};
    let json = format!(
        r#"{{"b": {{"$type": "blob", "ref": {{"$link": "{cid}"}}, "mimeType": "image/png", "size": 5}}}}"#
    );
    let value = json::decode(json.as_bytes(), &Limits::RECORD).unwrap();
    repo::draft::Record::new(cbor::encode(&value).unwrap())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(bytes).into()
}
