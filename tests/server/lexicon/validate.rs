//! Records whose schemas somebody else publishes.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Press, SCHEMAS, notes, records};
use crate::harness::{Fault, eventually};

const NOTE: &str = "com.example.note";

#[tokio::test]
async fn records_are_held_to_the_schema_that_their_authority_publishes() {
    let press = Press::start().await;
    let place = json!({ "place": { "type": "object", "required": ["name"],
        "properties": { "name": { "type": "string" } } } });
    press.publish("com.example.defs", place).await;
    let properties = json!({
        "text": { "type": "string", "maxLength": 10 },
        "place": { "type": "ref", "ref": "com.example.defs#place" },
        "link": { "type": "ref", "ref": "com.atproto.repo.strongRef" },
    });
    press.publish(NOTE, records(properties, json!(["text"]))).await;

    let good = json!({ "text": "hello", "place": { "name": "here" } });
    for validate in [None, Some(true)] {
        let written = press.write(NOTE, good.clone(), validate).await.ok();
        assert_eq!(written["validationStatus"], "valid", "{validate:?}");
    }
    for (record, message) in [
        (json!({}), "Invalid com.example.note record: /text is missing"),
        (json!({ "text": "far too long for this" }), "10"),
        (json!({ "text": "x", "place": {} }), "/place/name is missing"),
        (json!({ "text": "x", "link": {} }), "/link/"),
    ] {
        for validate in [None, Some(true)] {
            let refused = press.write(NOTE, record.clone(), validate).await;
            assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()), "{record}");
            assert!(refused.message().contains(message), "{}", refused.message());
        }
        let written = press.write(NOTE, record, Some(false)).await.ok();
        assert!(written.get("validationStatus").is_none());
    }
    for nsid in [NOTE, "com.example.defs"] {
        assert_eq!(press.asked(nsid), 1, "what was found is remembered");
    }
}

#[tokio::test]
async fn all_writes_of_a_request_are_held_to_their_schemas() {
    let press = Press::start().await;
    press.publish(NOTE, notes()).await;
    let write = |collection: &str, value| {
        json!({ "$type": "com.atproto.repo.applyWrites#create", "collection": collection,
                "value": value })
    };
    let input = |text: &str| {
        let writes = [
            write(NOTE, json!({ "text": text })),
            write("com.example.unknown", json!({})),
            write(
                "app.bsky.feed.like",
                json!({ "createdAt": "2026-01-01T00:00:00Z", "subject":
                { "uri": "at://did:web:a.test/app.bsky.feed.post/a",
                  "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a" } }),
            ),
        ];
        json!({ "repo": press.alice.did, "writes": writes })
    };
    let apply = |text: &str| {
        let ask = press.pds.post("com.atproto.repo.applyWrites").by(&press.alice);
        ask.json(&input(text)).send()
    };
    let results = apply("short").await.ok();
    let status = |index: usize| results["results"][index]["validationStatus"].as_str().unwrap();
    assert_eq!([status(0), status(1), status(2)], ["valid", "unknown", "valid"]);
    assert_eq!(apply("this is too long").await.refusal().0, 400);
}

#[tokio::test]
async fn what_cannot_be_had_or_believed_is_unknown() {
    let press = Press::start().await;
    let mallory = press.press.account("mallory").await;
    let names = ["flipped", "down", "gone", "foreign", "misnamed", "nonsense", "untrue", "silent"];
    for name in &names[..4] {
        press.publish(&format!("com.example.{name}"), notes()).await;
    }
    let other = json!({ "lexicon": 1, "id": "com.example.other", "defs": notes() });
    press.publish_record("com.example.misnamed", other).await;
    press.publish_record("com.example.nonsense", json!({ "lexicon": 1, "text": "hi" })).await;
    let cyclic = json!({ "main": { "type": "ref", "ref": "com.example.untrue" } });
    press.publish("com.example.untrue", cyclic).await;

    // What somebody else has published under the same name.
    let schema = json!({ "lexicon": 1, "id": "com.example.foreign", "defs": notes() });
    press.press.put(&mallory, SCHEMAS, "com.example.foreign", schema).await;
    let theirs = press.press.get("com.atproto.sync.getRecord").param("did", &mallory.did);
    let theirs = theirs.param("collection", SCHEMAS).param("rkey", "com.example.foreign");
    let theirs = theirs.send().await.body;

    let outside = &press.outside;
    outside.always("rkey=com.example.flipped", Fault::Flip(200));
    outside.always("rkey=com.example.down", Fault::status(500));
    let gone = Fault::refusal(400, "RecordNotFound", "no");
    outside.always("rkey=com.example.gone", gone);
    outside.always("rkey=com.example.foreign", Fault::Replace(theirs));
    for name in names {
        let nsid = format!("com.example.{name}");
        let written = press.write(&nsid, json!({}), None).await.ok();
        assert_eq!(written["validationStatus"], "unknown", "{nsid}");
        let refused = press.write(&nsid, json!({}), Some(true)).await;
        assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()), "{nsid}");
        assert_eq!(refused.message(), format!("Unknown lexicon type: {nsid}"));
        assert!(press.asked(&nsid) <= 2, "{nsid} is not asked for each time");
    }
    // Nobody says who publishes these.
    let written = press.write("org.example.note", json!({}), None).await.ok();
    assert_eq!(written["validationStatus"], "unknown");
}

#[tokio::test]
async fn a_slow_authority_delays_a_write_only_for_a_moment() {
    let press = Press::start().await;
    press.publish(NOTE, notes()).await;
    let gate = press.outside.hold("com.atproto.sync.getRecord");
    let begin = Instant::now();
    let written = press.write(NOTE, json!({}), None).await.ok();
    assert_eq!(written["validationStatus"], "unknown");
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    gate.open();
    // The look-up has gone on meanwhile.
    eventually(async || {
        let refused = press.write(NOTE, json!({}), None).await;
        (refused.status == 400).then_some(())
    })
    .await;
    assert_eq!(press.asked(NOTE), 1);
}

#[tokio::test]
async fn a_schema_makes_no_more_work_than_it_may() {
    let press = Press::start().await;
    let mut properties = json!({});
    for number in 0..100 {
        let reference = format!("com.example.part{number}");
        properties[format!("p{number}")] = json!({ "type": "ref", "ref": reference });
    }
    properties["more"] = json!({ "type": "array", "items": { "type": "ref", "ref": "#tree" } });
    let mut defs = records(properties, json!([]));
    defs["tree"] = json!({ "type": "object", "properties": {
        "trees": { "type": "array", "items": { "type": "ref", "ref": "#tree" } } } });
    press.publish(NOTE, defs).await;
    let mut tree = json!({});
    for _ in 0..10 {
        tree = json!({ "trees": [tree] });
    }
    let written = press.write(NOTE, json!({ "more": [tree] }), None).await.ok();
    assert_eq!(written["validationStatus"], "valid");
    let refused = press.write(NOTE, json!({ "more": [{ "trees": [1] }] }), None).await;
    assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
    assert!(press.outside.count("com.atproto.sync.getRecord") <= 32);
}
