//! What an owner goes on writing while their account moves.

use migrate::report::{SignedReport, Verdict};
use repo::car::Decoder;
use repo::commit::Commit;
use repo::event::Message;
use serde_json::{Value, json};

use super::blobs::with_blob;
use super::{is_active, settled};
use crate::harness::{NOTES, Pds, Road, TestAccount, eventually};

/// Posts, posts with a blob, deletes and changes something.
async fn write(pds: &Pds, owner: &TestAccount, name: &str, deleted: &str, changed: &str) {
    pds.note(owner, name, "something new").await;
    let rkey = format!("{name}-blob");
    with_blob(pds, owner, &rkey, "text/plain", format!("blob of {name}")).await;
    pds.delete_note(owner, deleted).await;
    pds.note(owner, changed, &format!("changed by {name}")).await;
}

/// Returns the commit in a slice.
fn commit_of(slice: &[u8]) -> Commit {
    let mut decoder = Decoder::new();
    decoder.push(slice);
    let block = decoder.next_block().unwrap().unwrap();
    Commit::decode(block.bytes).unwrap()
}

/// Checks that each commit that followers have heard of follows the one before.
async fn assert_continuous(pds: &Pds, owner: &TestAccount) {
    pds.note(owner, "last", "the last one").await;
    let mut stream = pds.subscribe(Some(0)).await;
    let mut before: Option<Commit> = None;
    loop {
        match stream.next().await {
            Message::Sync(event) => before = Some(commit_of(&event.blocks)),
            Message::Commit(event) => {
                let last = before.take().unwrap();
                let commit = commit_of(&event.blocks);
                assert!(commit.rev > last.rev);
                assert_eq!((event.since, event.prev_data), (Some(last.rev), Some(last.data)));
                if event.ops.iter().any(|op| op.path.to_string().ends_with("/last")) {
                    return;
                }
                before = Some(commit);
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn nothing_that_is_written_meanwhile_is_lost_in_silence() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    for index in 3..9 {
        road.old.note(&alice, &format!("note{index}"), "as it was").await;
    }
    // While blobs are copied.
    let first = with_blob(&road.old, &alice, "first", "text/plain", "a blob that is slow").await;
    let repo = road.source.hold("getRepo?");
    let moving = road.new.begin_move(&alice).await;
    let blob = road.source.hold(&first);
    repo.open();
    eventually(async || (road.source.count(&first) > 1).then_some(())).await;
    write(&road.old, &alice, "copying", "note0", "note1").await;
    blob.open();
    moving.approve().await;
    // Between the owner's word and the code.
    moving.until_needed("code").await;
    write(&road.old, &alice, "between", "note2", "note3").await;
    let expected = road.old.download(&alice, None).await;
    let closing = road.source.hold("deactivateAccount");
    let code = road.old.mailed_code(&alice.email).await;
    moving.call("confirmMove", &json!({ "code": code })).await.ok();
    moving.until_state("retire").await;
    eventually(async || (road.source.count("deactivateAccount") > 0).then_some(())).await;
    let moved = road.new.download(&moving.here, None).await;
    assert_eq!((moved.commit.data, moved.records()), (expected.commit.data, expected.records()));

    // After the switch, at both hosts.
    assert!(is_active(&road.old, &alice).await);
    write(&road.old, &alice, "late", "note4", "note5").await;
    road.new.note(&moving.here, "here", "written at the new host").await;
    road.new.note(&moving.here, "note6", "changed at the new host").await;
    road.new.delete_note(&moving.here, "note7").await;
    road.old.note(&alice, "note8", "changed at both").await;
    road.new.note(&moving.here, "note8", "changed at both hosts").await;
    closing.open();
    let job = moving.until_state("done").await;
    let records = road.new.download(&moving.here, None).await.records();
    for rkey in ["late", "late-blob", "here", "note4", "note5", "note6", "note8"] {
        assert!(records.contains_key(&format!("{NOTES}/{rkey}")), "{rkey} is missing: {job:#}");
    }
    assert!(!records.contains_key(&format!("{NOTES}/note7")), "it is not brought back");
    let status = road.new.get("com.atproto.server.checkAccountStatus").by(&moving.here);
    let status = status.send().await.ok();
    assert_eq!(status["expectedBlobs"], status["importedBlobs"]);
    // What cannot be replayed without taking something away is named.
    let warnings: Vec<&str> =
        job["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for rkey in ["note4", "note5", "note8"] {
        let path = format!("{NOTES}/{rkey}");
        assert!(warnings.iter().any(|warning| warning.contains(&path)), "{path}: {warnings:#?}");
    }
    assert!(!warnings.iter().any(|warning| warning.contains("note7")), "{warnings:#?}");
    assert_continuous(&road.new, &moving.here).await;
}

#[tokio::test]
async fn what_is_written_at_the_new_host_at_once_does_not_spoil_the_report() {
    let road = Road::new().await;
    let alice = settled(&road.old, "alice").await;
    let before = road.old.download(&alice, None).await;
    let moving = road.new.begin_move(&alice).await;
    let closing = road.source.hold("deactivateAccount");
    moving.approve_and_confirm(&road.old).await;
    moving.until_state("retire").await;
    eventually(async || (road.source.count("deactivateAccount") > 0).then_some(())).await;
    write(&road.new, &moving.here, "here", "note0", "note1").await;
    road.new.delete_note(&moving.here, "vtt").await;
    closing.open();
    let job = moving.until_state("done").await;
    assert_eq!(job["warnings"], json!([]));
    let report = SignedReport::decode(moving.report().await.as_bytes()).unwrap();
    let report = report.report();
    assert_eq!(report.compare().verdict(), Verdict::Same, "{:#?}", report.compare());
    assert_eq!((report.after.head.data, report.after.leaves.count), (before.commit.data, 5));
}
