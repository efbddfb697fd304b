//! `com.atproto.admin.updateSubjectStatus` and `getSubjectStatus`

use std::time::Duration;

use http::StatusCode;
use repo::event::Message;
use serde_json::{Value, json};
use store::AccountState;

use super::{ask, call, change_identity, repo, take_down};
use crate::harness::{Answer, Ask, Event, NOTES, Pds, TestAccount, eventually};

const SOON: Duration = Duration::from_secs(10);

fn told(event: Event) -> (bool, Option<String>) {
    match event {
        Message::Account(event) => (event.active, event.status),
        event => panic!("another event: {event:?}"),
    }
}

async fn status(pds: &Pds, params: &[(&str, &str)]) -> Value {
    let mut status = ask(pds, "getSubjectStatus", params).await.ok();
    status.as_object_mut().unwrap().remove("subject").unwrap();
    status
}

/// Asks about an account what everybody may.
fn public_asks<'a>(pds: &'a Pds, of: &TestAccount) -> [Ask<'a>; 3] {
    [
        pds.get("com.atproto.repo.describeRepo").param("repo", &of.did),
        pds.get("com.atproto.repo.listRecords").param("repo", &of.did).param("collection", NOTES),
        pds.get("com.atproto.identity.resolveHandle").param("handle", &of.handle),
    ]
}

#[tokio::test]
async fn an_account_that_is_taken_down_is_closed_to_all_until_it_is_put_up() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.note(&alice, "a", "text").await;
    for ask in public_asks(&pds, &alice) {
        ask.send().await.ok();
    }
    let none = json!({ "takedown": { "applied": false }, "deactivated": { "applied": false } });
    assert_eq!(status(&pds, &[("did", &alice.did)]).await, none);
    let mut stream = pds.subscribe(None).await;

    let answer = take_down(&pds, &repo(&alice), Some("case 7")).await.ok();
    let takedown = json!({ "applied": true, "ref": "case 7" });
    assert_eq!(answer, json!({ "subject": repo(&alice), "takedown": takedown }));
    assert_eq!(told(stream.next().await), (false, Some("takendown".to_owned())));
    assert_eq!(status(&pds, &[("did", &alice.did)]).await["takedown"], takedown);

    let input = json!({ "identifier": alice.handle, "password": alice.password });
    let sign_in = pds.post("com.atproto.server.createSession").json(&input).send().await;
    assert_eq!(sign_in.refusal(), (401, "AccountTakedown".to_owned()));
    let refresh = pds.post("com.atproto.server.refreshSession").token(&alice.refresh).send().await;
    assert_eq!(refresh.status.as_u16() / 100, 4);
    let record = json!({ "$type": NOTES });
    let input = json!({ "repo": alice.did, "collection": NOTES, "record": record });
    let write = pds.post("com.atproto.repo.createRecord").by(&alice).json(&input).send().await;
    assert_eq!(write.refusal(), (401, "AccountTakedown".to_owned()));
    let upload = pds.post("com.atproto.repo.uploadBlob").by(&alice).body("image/png", "x");
    assert_eq!(upload.send().await.refusal(), (401, "AccountTakedown".to_owned()));
    for ask in public_asks(&pds, &alice) {
        assert_eq!(ask.send().await.status, StatusCode::BAD_REQUEST);
    }
    let ask =
        |method: &str| pds.get(&format!("com.atproto.sync.{method}")).param("did", &alice.did);
    assert_eq!(ask("getRepo").send().await.refusal(), (400, "RepoTakendown".to_owned()));
    assert_eq!(ask("getRepo").admin().send().await.status, StatusCode::OK);
    let shown = ask("getRepoStatus").send().await.ok();
    assert_eq!((&shown["active"], &shown["status"]), (&json!(false), &json!("takendown")));

    take_down(&pds, &repo(&alice), None).await.ok();
    assert_eq!(told(stream.next().await), (true, None));
    assert_eq!(status(&pds, &[("did", &alice.did)]).await, none);
    // Sessions that were ended stay so.
    let refresh = pds.post("com.atproto.server.refreshSession").token(&alice.refresh).send().await;
    assert_eq!(refresh.refusal(), (400, "ExpiredToken".to_owned()));
    pds.sign_in(&alice.handle, &alice.password).await;
    pds.note(&alice, "b", "text").await;
    for ask in public_asks(&pds, &alice) {
        ask.send().await.ok();
    }
}

#[tokio::test]
async fn without_a_reason_the_time_stands_for_it_and_without_an_order_the_status_is_told() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let mut stream = pds.subscribe(None).await;
    let input = json!({ "subject": repo(&alice) });
    let answer = call(&pds, "updateSubjectStatus", &input).await.ok();
    assert_eq!(answer, input);
    assert_eq!(told(stream.next().await), (true, None));
    let input = json!({ "subject": repo(&alice), "takedown": { "applied": true } });
    call(&pds, "updateSubjectStatus", &input).await.ok();
    let status = status(&pds, &[("did", &alice.did)]).await;
    assert!(status["takedown"]["ref"].as_str().unwrap().starts_with("2026-01-01T"));
}

#[tokio::test]
async fn an_account_is_deactivated_and_activated_by_its_rules() {
    let mut pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let set = async |pds: &Pds, takedown: Option<bool>, deactivated: bool| -> Answer {
        let mut input =
            json!({ "subject": repo(&alice), "deactivated": { "applied": deactivated } });
        if let Some(applied) = takedown {
            input["takedown"] = json!({ "applied": applied });
        }
        call(pds, "updateSubjectStatus", &input).await
    };
    let mut stream = pds.subscribe(None).await;
    set(&pds, None, true).await.ok();
    assert_eq!(told(stream.next().await), (false, Some("deactivated".to_owned())));
    assert_eq!(
        status(&pds, &[("did", &alice.did)]).await["deactivated"],
        json!({ "applied": true })
    );
    set(&pds, None, false).await.ok();
    assert_eq!(told(stream.next().await), (true, None));
    assert!(matches!(stream.next().await, Message::Identity(_)));
    assert!(matches!(stream.next().await, Message::Sync(_)), "with a commit that is new");

    assert_eq!(set(&pds, Some(true), false).await.refusal(), (400, "InvalidRequest".to_owned()));
    set(&pds, Some(true), true).await.ok();
    assert_eq!(told(stream.next().await), (false, Some("takendown".to_owned())));
    assert_eq!(set(&pds, None, false).await.refusal(), (400, "AccountNotFound".to_owned()));
    set(&pds, Some(false), false).await.ok();
    assert_eq!(told(stream.next().await), (false, Some("deactivated".to_owned())));
    assert_eq!(told(stream.next().await), (true, None));

    let state = AccountState { suspended_at: Some(1), deactivated_at: Some(1), ..<_>::default() };
    pds.set_state(&alice, state).await;
    assert_eq!(set(&pds, None, false).await.refusal(), (400, "AccountNotFound".to_owned()));
}

#[tokio::test]
async fn an_account_that_is_elsewhere_is_not_activated() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let input = json!({ "subject": repo(&alice), "deactivated": { "applied": true } });
    call(&pds, "updateSubjectStatus", &input).await.ok();
    let elsewhere = "https://elsewhere.example.com".parse().unwrap();
    change_identity(&pds, &alice, |state| state.set_pds(&elsewhere)).await;
    let input = json!({ "subject": repo(&alice), "deactivated": { "applied": false } });
    let refusal = call(&pds, "updateSubjectStatus", &input).await;
    assert_eq!(refusal.refusal(), (400, "InvalidRequest".to_owned()));
    assert!(refusal.message().contains("endpoint"), "{}", refusal.message());
}

#[tokio::test]
async fn a_record_that_is_taken_down_is_not_shown_and_stays_in_the_repository() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.note(&alice, "a", "good").await;
    let bad = pds.note(&alice, "b", "bad").await;
    let uri = bad["uri"].as_str().unwrap();
    let subject = json!({
        "$type": "com.atproto.repo.strongRef", "uri": uri, "cid": bad["cid"],
    });
    let get = async || {
        let ask = pds.get("com.atproto.repo.getRecord").param("repo", &alice.did);
        ask.param("collection", NOTES).param("rkey", "b").send().await
    };
    let listed = async || {
        let ask = pds.get("com.atproto.repo.listRecords").param("repo", &alice.did);
        let listed = ask.param("collection", NOTES).send().await.ok();
        listed["records"].as_array().unwrap().len()
    };
    let before = pds.download(&alice, None).await;
    let not_yet = json!({ "takedown": { "applied": false } });
    assert_eq!(status(&pds, &[("uri", uri)]).await, not_yet);
    let answer = take_down(&pds, &subject, Some("case 8")).await.ok();
    assert_eq!(answer["subject"], subject);
    let takedown = json!({ "takedown": { "applied": true, "ref": "case 8" } });
    assert_eq!(status(&pds, &[("uri", uri)]).await, takedown);
    let by_handle = uri.replace(&alice.did, &alice.handle);
    assert_eq!(status(&pds, &[("uri", &by_handle)]).await, takedown);
    assert_eq!(get().await.refusal(), (400, "RecordNotFound".to_owned()));
    assert_eq!(listed().await, 1);
    let after = pds.download(&alice, None).await;
    assert_eq!((after.root, after.records()), (before.root, before.records()), "nothing is new");
    let proof = pds.get("com.atproto.sync.getRecord").param("did", &alice.did);
    let proof = proof.param("collection", NOTES).param("rkey", "b").send().await;
    assert_eq!(proof.status, StatusCode::OK);

    take_down(&pds, &subject, None).await.ok();
    get().await.ok();
    assert_eq!(listed().await, 2);
    // 4 of the account, 2 of the records: a takedown of a record is nobody's business.
    let mut stream = pds.subscribe_with("cursor=0").await;
    stream.take(6).await;
    assert!(stream.next_within(Duration::from_millis(100)).await.is_none());
}

/// Returns where a blob's file is, below the folder of blobs: the first part of the way.
fn place(pds: &Pds, cid: &str) -> Option<String> {
    fn below(folder: &std::path::Path, cid: &str) -> bool {
        std::fs::read_dir(folder).unwrap().any(|entry| {
            let path = entry.unwrap().path();
            path.ends_with(cid) || path.is_dir() && below(&path, cid)
        })
    }
    let folders =
        std::fs::read_dir(pds.data().join("blobs")).unwrap().map(|folder| folder.unwrap());
    let mut found = folders.filter(|folder| below(&folder.path(), cid));
    found.next().map(|folder| folder.file_name().into_string().unwrap())
}

#[tokio::test]
async fn a_blob_that_is_taken_down_is_for_nobody_and_comes_back_whole() {
    let pds = Pds::start_with(|config| config.retention.sweep_seconds = 1).await;
    let alice = pds.account("alice").await;
    let blob = pds.upload(&alice, "image/png", "picture").await;
    let other = pds.upload(&alice, "image/png", "another").await;
    pds.put(&alice, NOTES, "a", json!({ "$type": NOTES, "blobs": [blob, other] })).await;
    let cid = blob["ref"]["$link"].as_str().unwrap();
    let subject = json!({
        "$type": "com.atproto.admin.defs#repoBlobRef", "did": alice.did, "cid": cid,
    });
    let get =
        |cid: &str| pds.get("com.atproto.sync.getBlob").param("did", &alice.did).param("cid", cid);
    let params = [("did", alice.did.as_str()), ("blob", cid)];
    assert_eq!(status(&pds, &params).await, json!({ "takedown": { "applied": false } }));
    take_down(&pds, &subject, Some("case 9")).await.ok();
    let takedown = json!({ "takedown": { "applied": true, "ref": "case 9" } });
    assert_eq!(status(&pds, &params).await, takedown);
    for ask in [get(cid), get(cid).by(&alice), get(cid).admin()] {
        assert_eq!(ask.send().await.refusal(), (400, "BlobNotFound".to_owned()));
    }
    assert_eq!(place(&pds, cid).as_deref(), Some(".takendown"));
    assert_eq!(get(other["ref"]["$link"].as_str().unwrap()).send().await.status, StatusCode::OK);
    let again = pds.post("com.atproto.repo.uploadBlob").by(&alice).body("image/png", "picture");
    assert_eq!(again.send().await.refusal(), (400, "InvalidRequest".to_owned()));
    let input = json!({
        "repo": alice.did, "collection": NOTES, "rkey": "b", "record": { "$type": NOTES, "blob": blob },
    });
    let write = pds.post("com.atproto.repo.putRecord").by(&alice).json(&input).send().await;
    assert_eq!(write.refusal(), (400, "BlobNotFound".to_owned()));
    take_down(&pds, &subject, None).await.ok();
    assert_eq!(&get(cid).send().await.body[..], b"picture");
    assert_eq!(place(&pds, cid).map(|place| place.len()), Some(2));

    take_down(&pds, &subject, Some("case 9")).await.ok();
    call(&pds, "deleteAccount", &json!({ "did": alice.did })).await.ok();
    let gone = |cid: &str| matches!(place(&pds, cid).as_deref(), None | Some(".quarantine"));
    eventually(async || gone(cid).then_some(())).await;
}

#[tokio::test]
async fn a_blob_can_be_taken_down_before_it_comes() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let cid = syntax::Cid::of_raw(b"picture").to_string();
    let subject =
        json!({ "$type": "com.atproto.admin.defs#repoBlobRef", "did": alice.did, "cid": cid });
    take_down(&pds, &subject, Some("known")).await.ok();
    let upload = pds.post("com.atproto.repo.uploadBlob").by(&alice).body("image/png", "picture");
    assert_eq!(upload.send().await.refusal(), (400, "InvalidRequest".to_owned()));
    take_down(&pds, &subject, None).await.ok();
    pds.upload(&alice, "image/png", "picture").await;
}

#[tokio::test]
async fn what_is_no_subject_is_refused() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let nobody = "did:web:nobody.example.com";
    let cid = syntax::Cid::of_raw(b"?").to_string();
    let record =
        |uri: String| json!({ "$type": "com.atproto.repo.strongRef", "uri": uri, "cid": cid });
    for (subject, name) in [
        (json!({ "$type": "com.atproto.admin.defs#repoRef", "did": nobody }), "NotFound"),
        (
            json!({ "$type": "com.atproto.admin.defs#repoBlobRef", "did": nobody, "cid": cid }),
            "NotFound",
        ),
        (record(format!("at://{nobody}/{NOTES}/a")), "NotFound"),
        (record(format!("at://{}", alice.did)), "InvalidRequest"),
        (json!({ "$type": "com.example.thing", "did": alice.did }), "InvalidRequest"),
    ] {
        let refusal = take_down(&pds, &subject, Some("x")).await.refusal();
        assert_eq!(refusal, (400, name.to_owned()), "{subject}");
    }
    let uri = format!("at://{}/{NOTES}/a", alice.did);
    let deactivated = json!({ "subject": record(uri.clone()), "deactivated": { "applied": true } });
    let refusal = call(&pds, "updateSubjectStatus", &deactivated).await.refusal();
    assert_eq!(refusal, (400, "InvalidRequest".to_owned()));
    for (params, name) in [
        (vec![], "InvalidRequest"),
        (vec![("blob", cid.as_str())], "InvalidRequest"),
        (vec![("did", nobody)], "NotFound"),
        (vec![("did", alice.did.as_str()), ("blob", &cid)], "NotFound"),
        (vec![("uri", uri.as_str())], "NotFound"),
    ] {
        let refusal = ask(&pds, "getSubjectStatus", &params).await.refusal();
        assert_eq!(refusal, (400, name.to_owned()), "{params:?}");
    }
    let mut stream = pds.subscribe(None).await;
    assert!(stream.next_within(SOON / 100).await.is_none());
}
