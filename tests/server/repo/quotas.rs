//! How much an account may have

use serde_json::json;

use crate::harness::{NOTES, Pds, TestAccount};

const CREATE: &str = "com.atproto.repo.createRecord";

async fn create(pds: &Pds, owner: &TestAccount) -> crate::harness::Answer {
    let record = json!({ "$type": NOTES, "text": "one more" });
    let input = json!({ "repo": owner.did, "collection": NOTES, "record": record });
    pds.post(CREATE).by(owner).json(&input).send().await
}

#[tokio::test]
async fn an_account_has_no_more_records_than_it_may() {
    let pds = Pds::start_with(|config| config.limits.account_records = Some(3)).await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    for rkey in ["one", "two", "three"] {
        pds.note(&alice, rkey, "a note").await;
    }
    let answer = create(&pds, &alice).await;
    assert_eq!(answer.refusal(), (400, "QuotaExceeded".to_owned()));
    assert!(answer.message().contains('3'), "{}", answer.message());
    // Another account, other content, and fewer records are no matter.
    create(&pds, &bob).await.ok();
    let input = json!({
        "repo": alice.did, "collection": NOTES, "rkey": "one",
        "record": { "$type": NOTES, "text": "changed" },
    });
    pds.post("com.atproto.repo.putRecord").by(&alice).json(&input).send().await.ok();
    pds.delete_note(&alice, "two").await;
    create(&pds, &alice).await.ok();
    assert_eq!(create(&pds, &alice).await.refusal().0, 400);

    // Of writes that share a commit, those that there is room for are made.
    pds.delete_note(&alice, "three").await;
    let answers = futures_util::future::join_all((0..8).map(|_| create(&pds, &alice))).await;
    let made = answers.iter().filter(|answer| answer.status.is_success()).count();
    assert_eq!(made, 1);
    assert_eq!(pds.download(&alice, None).await.records().len(), 3);
}

#[tokio::test]
async fn a_repository_that_is_too_large_is_not_imported() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    for rkey in ["one", "two", "three"] {
        pds.note(&alice, rkey, "a note").await;
    }
    let archive = pds.get("com.atproto.sync.getRepo").param("did", &alice.did).send().await;
    pds.delete_note(&alice, "one").await;
    pds.post("com.atproto.server.deactivateAccount").by(&alice).json(&json!({})).send().await.ok();
    pds.set_limits(|limits| limits.account_records = Some(2)).await;
    let import = pds.post("com.atproto.repo.importRepo").by(&alice);
    let answer = import.body("application/vnd.ipld.car", archive.body).send().await;
    assert_eq!(answer.refusal(), (400, "QuotaExceeded".to_owned()));
    let status = pds.get("com.atproto.server.checkAccountStatus").by(&alice).send().await.ok();
    assert_eq!(status["indexedRecords"], 2);
}

#[tokio::test]
async fn an_accounts_files_have_no_more_bytes_than_they_may() {
    let pds = Pds::start_with(|config| {
        config.limits.account_blob_bytes = Some(1000);
        config.retention.sweep_seconds = 1;
    })
    .await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    let upload = async |owner: &TestAccount, byte: u8, length: usize| {
        let ask = pds.post("com.atproto.repo.uploadBlob").by(owner);
        ask.body("text/plain", vec![byte; length]).send().await
    };
    upload(&alice, b'a', 600).await.ok();
    // The same again is nothing more.
    upload(&alice, b'a', 600).await.ok();
    assert_eq!(upload(&alice, b'b', 500).await.refusal(), (400, "QuotaExceeded".to_owned()));
    upload(&alice, b'c', 400).await.ok();
    upload(&bob, b'b', 500).await.ok();
    assert_eq!(upload(&alice, b'd', 1).await.refusal().0, 400);
    // What nobody refers to goes after a time, and makes room.
    pds.advance(std::time::Duration::from_secs(7 * 60 * 60));
    let again = pds.sign_in(&alice.handle, &alice.password).await["accessJwt"].clone();
    let again = again.as_str().unwrap();
    crate::harness::eventually(async || {
        let ask = pds.post("com.atproto.repo.uploadBlob").token(again);
        let answer = ask.body("text/plain", vec![b'b'; 500]).send().await;
        answer.status.is_success().then_some(())
    })
    .await;
}
