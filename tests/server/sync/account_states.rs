//! What can be had of accounts that are not active, and by whom

use serde_json::{Value, json};
use store::AccountState;

use crate::harness::{Answer, Ask, NOTES, Pds, TestAccount};

/// Asks each method that is about one repository.
fn asks<'a>(pds: &'a Pds, owner: &TestAccount, commit: &Value, blob: &Value) -> Vec<Ask<'a>> {
    let ask =
        |method: &str| pds.get(&format!("com.atproto.sync.{method}")).param("did", &owner.did);
    vec![
        ask("getRepo"),
        ask("getCheckout"),
        ask("getHead"),
        ask("getLatestCommit"),
        ask("listBlobs"),
        ask("getRecord").param("collection", NOTES).param("rkey", "a"),
        ask("getBlocks").param("cids", commit.as_str().unwrap()),
        ask("getBlob").param("cid", blob["ref"]["$link"].as_str().unwrap()),
    ]
}

fn states() -> [(&'static str, &'static str, AccountState); 3] {
    let none = AccountState::default();
    [
        (
            "RepoDeactivated",
            "deactivated",
            AccountState { deactivated_at: Some(1), ..none.clone() },
        ),
        ("RepoSuspended", "suspended", AccountState { suspended_at: Some(1), ..none.clone() }),
        (
            "RepoTakendown",
            "takendown",
            AccountState { takedown_ref: Some("x".to_owned()), deactivated_at: Some(1), ..none },
        ),
    ]
}

#[tokio::test]
async fn strangers_are_told_why_and_owners_and_operators_see_it() {
    let mut pds = Pds::start().await;
    let (alice, bob) = (pds.account("alice").await, pds.account("bob").await);
    let blob = pds.upload(&alice, "image/png", "picture").await;
    pds.put(&alice, NOTES, "a", json!({ "$type": NOTES, "blob": blob })).await;
    let commit = json!(pds.download(&alice, None).await.root);
    for ask in asks(&pds, &alice, &commit, &blob) {
        assert_eq!(ask.send().await.status, 200);
    }
    for (name, status, state) in states() {
        pds.set_state(&alice, state).await;
        for ask in asks(&pds, &alice, &commit, &blob) {
            assert_eq!(ask.send().await.refusal(), (400, name.to_owned()));
        }
        for ask in asks(&pds, &alice, &commit, &blob) {
            assert_eq!(ask.by(&bob).send().await.refusal(), (400, name.to_owned()));
        }
        for ask in asks(&pds, &alice, &commit, &blob) {
            let answer = ask.by(&alice).send().await;
            assert_eq!(answer.status, 200, "{name}: {}", answer.text());
        }
        for ask in asks(&pds, &alice, &commit, &blob) {
            assert_eq!(ask.admin().send().await.status, 200, "{name}");
        }
        let told = pds.get("com.atproto.sync.getRepoStatus").param("did", &alice.did);
        let expected = json!({ "did": alice.did, "active": false, "status": status });
        assert_eq!(told.send().await.ok(), expected);
    }
    pds.set_state(&alice, AccountState::default()).await;
    let told = pds.get("com.atproto.sync.getRepoStatus").param("did", &alice.did);
    let expected = json!({ "did": alice.did, "active": true, "rev": pds.rev(&alice).await });
    assert_eq!(told.send().await.ok(), expected);
}

#[tokio::test]
async fn who_was_taken_down_may_take_what_is_theirs() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let blob = pds.upload(&alice, "image/png", "picture").await;
    pds.put(&alice, NOTES, "a", json!({ "$type": NOTES, "blob": blob })).await;
    let commit = json!(pds.download(&alice, None).await.root);
    let (_, _, state) = states()[2].clone();
    pds.set_state(&alice, state).await;
    let input =
        json!({ "identifier": alice.did, "password": alice.password, "allowTakendown": true });
    let session = pds.post("com.atproto.server.createSession").json(&input).send().await.ok();
    let token = session["accessJwt"].as_str().unwrap();
    let mut answers = Vec::new();
    for ask in asks(&pds, &alice, &commit, &blob) {
        answers.push(ask.token(token).send().await);
    }
    // Their repository, and what blobs there are and what is in them; the rest takes a session that is good for it.
    for (index, answer) in answers.iter().enumerate() {
        if [0, 4, 7].contains(&index) {
            assert_eq!(answer.status, 200, "{}", answer.text());
        } else {
            assert_eq!(answer.refusal(), (400, "InvalidToken".to_owned()), "{index}");
        }
    }
}

#[tokio::test]
async fn those_that_are_not_here_are_not_found_by_anybody() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let stranger =
        TestAccount { did: "did:plc:ewvi7nxzyoun6zhxrhs64oiz".to_owned(), ..alice.clone() };
    let (commit, blob) = (
        json!("bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq"),
        json!({ "ref": { "$link": "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku" } }),
    );
    let check = |answer: Answer| {
        let (status, name) = answer.refusal();
        assert_eq!(status, 400);
        assert!(matches!(name.as_str(), "RepoNotFound" | "HeadNotFound"), "{name}");
    };
    for ask in asks(&pds, &stranger, &commit, &blob) {
        check(ask.send().await);
    }
    for ask in asks(&pds, &stranger, &commit, &blob) {
        check(ask.admin().send().await);
    }
    let told = pds.get("com.atproto.sync.getRepoStatus").param("did", &stranger.did);
    assert_eq!(told.send().await.refusal(), (400, "RepoNotFound".to_owned()));
    let wrong = pds.get("com.atproto.sync.getLatestCommit").param("did", &alice.did);
    let wrong = wrong.header("authorization", "Basic YWRtaW46d3Jvbmc=").send().await;
    assert_eq!(wrong.refusal(), (401, "AuthenticationRequired".to_owned()));
}

#[tokio::test]
async fn reads_of_records_are_of_active_accounts_only() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.note(&alice, "a", "hello").await;
    for (name, _, state) in states() {
        pds.set_state(&alice, state).await;
        let ask =
            |method: &str| pds.get(&format!("com.atproto.repo.{method}")).param("repo", &alice.did);
        let described = ask("describeRepo").send().await;
        assert_eq!(described.refusal(), (400, name.to_owned()));
        for ask in [ask("describeRepo"), ask("listRecords").param("collection", NOTES)] {
            assert_eq!(ask.by(&alice).send().await.status, 400);
        }
        let list = ask("listRecords").param("collection", NOTES).send().await;
        assert_eq!(list.message(), format!("Could not find repo: {}", alice.did));
        let get = ask("getRecord").param("collection", NOTES).param("rkey", "a").send().await;
        assert_eq!(get.refusal(), (400, "InvalidRequest".to_owned()));
    }
}
