//! Schemas that are published from here.

use serde_json::{Value, json};

use super::{Press, SCHEMAS, notes, records};
use crate::harness::{Answer, Pds, TestAccount};

async fn publish(
    pds: &Pds,
    by: &TestAccount,
    rkey: &str,
    record: Value,
    validate: Value,
) -> Answer {
    let mut input =
        json!({ "repo": by.did, "collection": SCHEMAS, "rkey": rkey, "record": record });
    if !validate.is_null() {
        input["validate"] = validate;
    }
    pds.post("com.atproto.repo.putRecord").by(by).json(&input).send().await
}

#[tokio::test]
async fn a_schema_that_is_published_here_holds_for_records_here() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.dns().set_txt("_lexicon.example.com", vec![format!("did={}", alice.did)]);
    let nsid = "com.example.note";
    let schema = json!({ "lexicon": 1, "id": nsid, "defs": notes() });
    let published = publish(&pds, &alice, nsid, schema.clone(), Value::Null).await.ok();
    assert_eq!(published["validationStatus"], "valid");
    let written = |record: Value| {
        let input = json!({ "repo": alice.did, "collection": nsid, "record": record });
        pds.post("com.atproto.repo.createRecord").by(&alice).json(&input).send()
    };
    assert_eq!(written(json!({ "text": "hi" })).await.ok()["validationStatus"], "valid");
    assert_eq!(written(json!({})).await.refusal(), (400, "InvalidRequest".to_owned()));
    let found = pds.get("com.atproto.lexicon.resolveLexicon").param("nsid", nsid).send().await;
    assert_eq!(found.ok()["cid"], published["cid"]);
}

#[tokio::test]
async fn what_is_published_as_a_schema_is_one() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let nsid = "com.example.note";
    let schema = |id: &str, defs: Value| json!({ "lexicon": 1, "id": id, "defs": defs });
    for (rkey, record, message) in [
        (nsid, schema("com.example.other", notes()), "/id is not the record key"),
        (nsid, schema(nsid, json!({})), "/defs is empty"),
        (nsid, schema(nsid, json!({ "main": { "type": "poem" } })), "/defs/main/type"),
        (nsid, json!({ "lexicon": 2, "id": nsid, "defs": notes() }), "/lexicon is not 1"),
        (nsid, json!({ "id": nsid }), "/lexicon is missing"),
        ("self", schema(nsid, notes()), "Invalid record key"),
    ] {
        let refused = publish(&pds, &alice, rkey, record.clone(), Value::Null).await;
        assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()), "{record}");
        assert!(refused.message().contains(message), "{}", refused.message());
        publish(&pds, &alice, rkey, record, json!(false)).await.ok();
    }
}

#[tokio::test]
async fn what_is_published_changed_or_taken_back_here_counts_at_once() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    pds.dns().set_txt("_lexicon.example.com", vec![format!("did={}", alice.did)]);
    let nsid = "com.example.note";
    let status = async |record: Value| {
        let input = json!({ "repo": alice.did, "collection": nsid, "record": record });
        let ask = pds.post("com.atproto.repo.createRecord").by(&alice).json(&input);
        let answer = ask.send().await;
        answer.value()["validationStatus"].as_str().unwrap_or("refused").to_owned()
    };
    let schema = |defs: Value| json!({ "lexicon": 1, "id": nsid, "defs": defs });
    assert_eq!(status(json!({ "text": "hi" })).await, "unknown", "and that is remembered");
    publish(&pds, &alice, nsid, schema(notes()), Value::Null).await.ok();
    assert_eq!(status(json!({ "text": "hi" })).await, "valid");
    assert_eq!(status(json!({ "other": "hi" })).await, "refused");
    let changed = records(json!({ "other": { "type": "string" } }), json!(["other"]));
    publish(&pds, &alice, nsid, schema(changed), Value::Null).await.ok();
    assert_eq!(status(json!({ "text": "hi" })).await, "refused");
    assert_eq!(status(json!({ "other": "hi" })).await, "valid");
    let input = json!({ "repo": alice.did, "collection": SCHEMAS, "rkey": nsid });
    let delete = pds.post("com.atproto.repo.deleteRecord").by(&alice).json(&input);
    delete.send().await.ok();
    assert_eq!(status(json!({ "text": "hi" })).await, "unknown");
    // All at once, and by somebody else, whose word it is not.
    let writes = json!([{
        "$type": "com.atproto.repo.applyWrites#create",
        "collection": SCHEMAS, "rkey": nsid, "value": schema(notes()),
    }]);
    let input = json!({ "repo": alice.did, "writes": writes });
    pds.post("com.atproto.repo.applyWrites").by(&alice).json(&input).send().await.ok();
    assert_eq!(status(json!({ "other": "hi" })).await, "refused");
}

#[tokio::test]
async fn what_is_published_elsewhere_is_nobodys_here_to_have_forgotten() {
    let press = Press::start().await;
    let nsid = "com.example.note";
    press.publish(nsid, notes()).await;
    press.write(nsid, json!({ "text": "hi" }), None).await.ok();
    assert_eq!(press.asked(nsid), 1);
    let schema = json!({ "lexicon": 1, "id": nsid, "defs": records(json!({}), json!([])) });
    publish(&press.pds, &press.alice, nsid, schema, Value::Null).await.ok();
    let refused = press.write(nsid, json!({}), None).await;
    assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()));
    assert_eq!(press.asked(nsid), 1, "it is still remembered");
}
