//! `com.atproto.admin.updateAccountSigningKey`

use crypto::{Curve, PrivateKey};
use repo::event::Message;
use repo::slice::Slice;
use serde_json::json;
use syntax::Did;

use super::{call, change_identity, repo};
use crate::harness::{Answer, Pds, TestAccount};
use crate::identity::directory;

async fn reserve(pds: &Pds, did: Option<&str>) -> String {
    let ask = pds.post("com.atproto.server.reserveSigningKey");
    let answer = ask.json(&did.map_or(json!({}), |did| json!({ "did": did }))).send().await.ok();
    answer["signingKey"].as_str().unwrap().to_owned()
}

async fn set(pds: &Pds, account: &TestAccount, key: &str) -> Answer {
    let input = json!({ "did": account.did, "signingKey": key });
    call(pds, "updateAccountSigningKey", &input).await
}

/// Returns the key that the identity names.
async fn named(pds: &Pds, account: &TestAccount) -> String {
    let did: Did = account.did.parse().unwrap();
    directory(pds).state(&did).await.unwrap().signing_key().unwrap().to_string()
}

#[tokio::test]
async fn identity_and_repository_have_the_new_key_and_go_on() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.note(&alice, "a", "by the old key").await;
    let old = pds.download(&alice, None).await;
    let key = reserve(&pds, Some(&alice.did)).await;
    let mut stream = pds.subscribe(None).await;
    set(&pds, &alice, &key).await.ok();
    assert_eq!(named(&pds, &alice).await, key);
    let new = pds.download(&alice, None).await;
    new.assert_signed(&pds, &alice).await;
    assert!(new.commit.rev > old.commit.rev);
    assert_eq!(new.records(), old.records());
    let Message::Identity(told) = stream.next().await else { panic!("no identity") };
    assert_eq!(told.handle.unwrap().as_str(), alice.handle);
    let Message::Sync(told) = stream.next().await else { panic!("no commit") };
    assert_eq!(Slice::decode(&told.blocks).unwrap().root(), new.root);

    pds.note(&alice, "b", "by the new key").await;
    pds.download(&alice, None).await.assert_signed(&pds, &alice).await;
    assert!(matches!(stream.next().await, Message::Commit(_)));
    // The key is the account's now: it waits for nobody any more.
    let bob = pds.account("bobby").await;
    assert_eq!(set(&pds, &bob, &key).await.refusal(), (400, "InvalidRequest".to_owned()));
    set(&pds, &alice, &key).await.ok();
    pds.restart().await;
    pds.note(&alice, "c", "after a restart").await;
    pds.download(&alice, None).await.assert_signed(&pds, &alice).await;
}

#[tokio::test]
async fn a_key_whose_other_half_is_not_here_for_the_account_is_refused() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let before = named(&pds, &alice).await;
    let foreign = PrivateKey::generate(Curve::Secp256k1).public_key().to_string();
    for key in [
        foreign,
        reserve(&pds, Some(&bob.did)).await,
        named(&pds, &bob).await,
        "did:key:zabc".to_owned(),
        "did:web:example.com".to_owned(),
    ] {
        let refusal = set(&pds, &alice, &key).await;
        assert_eq!(refusal.refusal(), (400, "InvalidRequest".to_owned()), "{key}");
        assert!(refusal.message().contains("reserveSigningKey"), "{}", refusal.message());
    }
    assert_eq!(named(&pds, &alice).await, before);
    let nobody = TestAccount { did: "did:web:nobody.example.com".to_owned(), ..bob };
    let refusal = set(&pds, &nobody, &before).await.refusal();
    assert_eq!(refusal, (400, "NotFound".to_owned()));
}

#[tokio::test]
async fn what_was_done_at_the_directory_only_is_gone_on_with() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let key = reserve(&pds, None).await;
    let public = crypto::PublicKey::from_did_key(&key).unwrap();
    change_identity(&pds, &alice, |state| state.set_signing_key(&public)).await;
    set(&pds, &alice, &key).await.ok();
    pds.note(&alice, "a", "by the new key").await;
    pds.download(&alice, None).await.assert_signed(&pds, &alice).await;
}

#[tokio::test]
async fn an_identity_that_is_not_ours_to_change_stays_as_it_is() {
    let pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bobby").await);
    let elsewhere = "https://elsewhere.example.com".parse().unwrap();
    change_identity(&pds, &alice, |state| state.set_pds(&elsewhere)).await;
    let own = PrivateKey::generate(Curve::P256).public_key();
    change_identity(&pds, &bob, |state| state.rotation_keys = vec![(&own).into()]).await;
    for (account, word) in [(&alice, "elsewhere"), (&bob, "rotation key")] {
        let before = named(&pds, account).await;
        let key = reserve(&pds, Some(&account.did)).await;
        let refusal = set(&pds, account, &key).await;
        assert_eq!(refusal.refusal(), (400, "InvalidRequest".to_owned()));
        assert!(refusal.message().contains(word), "{}", refusal.message());
        assert_eq!(named(&pds, account).await, before);
    }
}

#[tokio::test]
async fn a_closed_account_has_the_key_when_it_opens() {
    let pds = Pds::start().await;
    for (name, subject, opened) in [("alice", "takedown", 0), ("bobby", "deactivated", 1)] {
        let account = pds.account(name).await;
        pds.note(&account, "a", "by the old key").await;
        let close = json!({ "subject": repo(&account), subject: { "applied": true } });
        call(&pds, "updateSubjectStatus", &close).await.ok();
        let key = reserve(&pds, Some(&account.did)).await;
        let mut stream = pds.subscribe(None).await;
        set(&pds, &account, &key).await.ok();
        let open = json!({ "subject": repo(&account), subject: { "applied": false } });
        call(&pds, "updateSubjectStatus", &open).await.ok();
        // Nothing was told while it was closed.
        assert!(matches!(stream.next().await, Message::Account(event) if event.active));
        pds.download(&account, None).await.assert_signed(&pds, &account).await;
        pds.note(&account, "b", "by the new key").await;
        stream.take(2 * opened).await;
        assert!(matches!(stream.next().await, Message::Commit(_)));
    }
}
