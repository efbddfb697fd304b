//! The generated types and the schemas that they were made from take the same bodies.

use pagurus_lexicon::com::atproto::admin::update_subject_status::UpdateSubjectStatus;
use pagurus_lexicon::com::atproto::moderation::create_report::CreateReport;
use pagurus_lexicon::com::atproto::repo::apply_writes::ApplyWrites;
use pagurus_lexicon::com::atproto::repo::create_record::CreateRecord;
use pagurus_lexicon::com::atproto::repo::list_records::ListRecords;
use pagurus_lexicon::com::atproto::repo::put_record::PutRecord;
use pagurus_lexicon::com::atproto::server::create_invite_codes::CreateInviteCodes;
use pagurus_lexicon::com::atproto::server::describe_server::DescribeServer;
use pagurus_lexicon::com::atproto::sync::subscribe_repos::SubscribeRepos;
use pagurus_lexicon::{Catalog, Check, InputError, Method, decode_input};
use proptest::prelude::*;
use repo::data::{Limits, json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const CID: &str = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";
const DID: &str = "did:plc:ewvi7nxzyoun6zhxrhs64oiz";

/// Values to put in place of others. All texts are good or bad for every format alike, but that a
/// CID of an unusual kind, which only the schema takes, is not among them.
fn replacement() -> impl Strategy<Value = Value> {
    let subject = |kind: &str| json!({"$type": kind, "did": DID, "uri": "at://a.test", "cid": CID});
    prop::sample::select(vec![
        Value::Null,
        json!(true),
        json!(0),
        json!(-7),
        json!(9_007_199_254_740_991_i64),
        json!(""),
        json!("self"),
        json!("alice.test"),
        json!("a.b.c"),
        json!(CID),
        json!(DID),
        json!("2024-05-06T07:08:09Z"),
        json!("x".repeat(2001)),
        json!("🐚".repeat(600)),
        json!({}),
        json!({"$link": CID}),
        json!({"$bytes": "AQID"}),
        json!({"cid": CID, "mimeType": "image/png"}),
        subject("com.atproto.admin.defs#repoRef"),
        subject("com.atproto.repo.strongRef"),
        subject("com.example.other"),
    ])
}

/// Changes one place of a value: replaces, removes or adds there. The place is found by going on
/// from object to object as the numbers say. Links and bytes are not taken apart: in a field that
/// is ignored, only the schema's side would see that there are none any more.
fn change(value: &mut Value, way: &[usize], kind: usize, replacement: Value) {
    match value {
        Value::Object(map) if !map.keys().all(|key| key == "$link" || key == "$bytes") => {
            let Some((step, way)) = way.split_first() else { return };
            let keys: Vec<_> = map.keys().cloned().collect();
            let key = &keys[step % keys.len()];
            match kind {
                0 => drop(map.remove(key)),
                1 => drop(map.insert("novel".into(), replacement)),
                _ if way.is_empty() => drop(map.insert(key.clone(), replacement)),
                _ => change(&mut map[key], way, kind, replacement),
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let index = way.first().map_or(0, |step| step % list.len());
            change(&mut list[index], way, kind, replacement);
        }
        value if kind > 1 => *value = replacement,
        _ => {}
    }
}

fn agrees<M>(body: &Value) -> Result<(), TestCaseError>
where
    M: Method<Input: DeserializeOwned + Serialize + Check + std::fmt::Debug>,
{
    agrees_on::<M>(&body.to_string())?;
    agrees_on::<M>(&reversed(body))
}

/// Writes JSON with the keys of each object from last to first, `$type` last of all.
fn reversed(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let entries = map.iter().rev();
            let entries = entries.map(|(key, value)| format!("{}:{}", json!(key), reversed(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(","))
        }
        Value::Array(list) => {
            format!("[{}]", list.iter().map(reversed).collect::<Vec<_>>().join(","))
        }
        scalar => scalar.to_string(),
    }
}

fn agrees_on<M>(text: &str) -> Result<(), TestCaseError>
where
    M: Method<Input: DeserializeOwned + Serialize + Check + std::fmt::Debug>,
{
    let by_schema = json::decode(text.as_bytes(), &Limits::RECORD)
        .map(|value| Catalog::embedded().validate_input(M::NSID, &value));
    match (decode_input::<M>(text.as_bytes()), by_schema) {
        // What the type does not hold is dropped; what it holds is read again as it was.
        (Ok(input), Ok(Ok(()))) => {
            let again = serde_json::to_vec(&input).expect("it has a form in JSON");
            let again = decode_input::<M>(&again).expect("it is as good as before");
            prop_assert_eq!(format!("{input:?}"), format!("{again:?}"));
        }
        (Err(InputError::Invalid(_)), Ok(Err(_))) | (Err(InputError::Json(_)), Err(_)) => {}
        (by_type, by_schema) => prop_assert!(false, "{by_type:?}, {by_schema:?}: {text}"),
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn types_and_schemas_take_the_same_inputs(
        method in 0..6,
        changes in prop::collection::vec(
            (prop::collection::vec(0..8_usize, 1..5), 0..6_usize, replacement()),
            0..3,
        ),
    ) {
        let record = json!({"$type": "a.b.c", "list": [1, {"$link": CID}], "deep": {"null": null}});
        let subject = json!({"$type": "com.atproto.admin.defs#repoRef", "did": DID});
        let write = |name: &str| format!("com.atproto.repo.applyWrites#{name}");
        let mut body = match method {
            0 => json!({
                "repo": DID, "collection": "a.b.c", "rkey": "self", "validate": true,
                "record": record, "swapCommit": CID,
            }),
            1 => json!({
                "repo": "alice.test", "collection": "a.b.c", "rkey": "self", "record": record,
                "swapRecord": CID,
            }),
            2 => json!({"repo": DID, "writes": [
                {"$type": write("create"), "collection": "a.b.c", "value": record},
                {"$type": write("update"), "collection": "a.b.c", "rkey": "x", "value": {}},
                {"$type": write("delete"), "collection": "a.b.c", "rkey": "x"},
            ]}),
            3 => json!({
                "reasonType": "a.b.c#d", "reason": "too wet", "subject": subject,
                "modTool": {"name": "pagurus", "meta": {"a": 1}},
            }),
            4 => json!({"codeCount": 2, "useCount": 1, "forAccounts": [DID]}),
            _ => json!({"subject": subject, "takedown": {"applied": true, "ref": "x"}}),
        };
        for (way, kind, replacement) in changes {
            change(&mut body, &way, kind, replacement);
        }
        match method {
            0 => agrees::<CreateRecord>(&body)?,
            1 => agrees::<PutRecord>(&body)?,
            2 => agrees::<ApplyWrites>(&body)?,
            3 => agrees::<CreateReport>(&body)?,
            4 => agrees::<CreateInviteCodes>(&body)?,
            _ => agrees::<UpdateSubjectStatus>(&body)?,
        }
    }
}

/// Reads an output, writes it, and expects the same text and that it follows the schema.
fn comes_back<M>(output: &Value)
where
    M: Method<Output: DeserializeOwned + Serialize>,
{
    let typed: M::Output =
        serde_json::from_value(output.clone()).unwrap_or_else(|err| panic!("{}: {err}", M::NSID));
    assert_eq!(serde_json::to_value(&typed).expect("it has a form in JSON"), *output);
    let value = json::decode(output.to_string().as_bytes(), &Limits::RECORD).expect("it is JSON");
    assert_eq!(Catalog::embedded().validate_output(M::NSID, &value), Ok(()));
}

#[test]
fn outputs_come_back_as_they_were() {
    comes_back::<CreateRecord>(&json!({
        "uri": "at://did:plc:abc/a.b.c/self", "cid": CID, "validationStatus": "valid",
        "commit": {"cid": CID, "rev": "3kznmn7xqxl22"},
    }));
    comes_back::<PutRecord>(&json!({"uri": "at://did:plc:abc/a.b.c/self", "cid": CID}));
    comes_back::<ApplyWrites>(&json!({"results": [
        {
            "$type": "com.atproto.repo.applyWrites#createResult",
            "uri": "at://a.test/a.b.c/d", "cid": CID,
        },
        {"$type": "com.atproto.repo.applyWrites#deleteResult"},
    ]}));
    comes_back::<ListRecords>(&json!({"cursor": "x", "records": [
        {
            "uri": "at://a.test/a.b.c/d", "cid": CID,
            "value": {"$type": "a.b.c", "bytes": {"$bytes": "AQID"}},
        },
    ]}));
    comes_back::<DescribeServer>(&json!({
        "did": "did:web:a.test", "availableUserDomains": [".a.test"], "inviteCodeRequired": false,
        "links": {"privacyPolicy": "https://a.test/privacy"}, "contact": {},
    }));
}

#[test]
fn messages_keep_null_apart_from_absence() {
    let mut message: Value = json!({
        "$type": "com.atproto.sync.subscribeRepos#commit",
        "seq": 1, "rebase": false, "tooBig": false, "repo": DID, "commit": {"$link": CID},
        "rev": "3kznmn7xqxl22", "since": null, "blocks": {"$bytes": "AQID"}, "blobs": [],
        "ops": [{"action": "delete", "path": "a.b.c/d", "cid": null, "prev": {"$link": CID}}],
        "time": "2024-05-06T07:08:09Z",
    });
    type Message = <SubscribeRepos as Method>::Output;
    let typed: Message = serde_json::from_value(message.clone()).expect("it is a message");
    assert_eq!(serde_json::to_value(&typed).expect("it has a form in JSON"), message);

    message.as_object_mut().expect("it is an object").remove("since");
    assert!(serde_json::from_value::<Message>(message).is_err(), "null has to be said");
}
