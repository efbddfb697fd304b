//! The generated types, as a server and a client use them.

use pagurus_lexicon::app::bsky::actor::put_preferences::PutPreferences;
use pagurus_lexicon::com::atproto::moderation::create_report::{self, CreateReport};
use pagurus_lexicon::com::atproto::repo::apply_writes::{ApplyWrites, Writes};
use pagurus_lexicon::com::atproto::repo::create_record::CreateRecord;
use pagurus_lexicon::com::atproto::repo::put_record::PutRecord;
use pagurus_lexicon::com::atproto::repo::upload_blob::UploadBlob;
use pagurus_lexicon::com::atproto::server::activate_account::ActivateAccount;
use pagurus_lexicon::com::atproto::server::create_invite_codes::CreateInviteCodes;
use pagurus_lexicon::com::atproto::sync::get_repo::{self, GetRepo};
use pagurus_lexicon::com::atproto::sync::subscribe_repos::{self, SubscribeRepos};
use pagurus_lexicon::schema::MethodKind;
use pagurus_lexicon::wire::{Blob, Nullable};
use pagurus_lexicon::{Check, DeclaredError, InputError, Method, decode_input};
use repo::data::Value as Model;
use repo::data::blob::BlobRef;
use repo::data::json::Json;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use syntax::Cid;

const CID: &str = "bafyreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq";

fn decode<M>(body: &Value) -> Result<M::Input, InputError>
where
    M: Method<Input: DeserializeOwned + Check>,
{
    decode_input::<M>(body.to_string().as_bytes())
}

/// Returns the sentence that says why a body is not good.
fn refusal<M>(body: &Value) -> String
where
    M: Method<Input: DeserializeOwned + Check + std::fmt::Debug>,
{
    decode::<M>(body).expect_err("the body is not good").to_string()
}

#[test]
fn methods_say_how_they_are_called() {
    assert_eq!(
        (CreateRecord::NSID, CreateRecord::KIND),
        ("com.atproto.repo.createRecord", MethodKind::Procedure)
    );
    assert_eq!(
        (GetRepo::KIND, SubscribeRepos::KIND),
        (MethodKind::Query, MethodKind::Subscription)
    );
    assert_eq!(UploadBlob::INPUT_ENCODING, Some("*/*"));
    assert_eq!(GetRepo::OUTPUT_ENCODING, Some("application/vnd.ipld.car"));
    assert_eq!((GetRepo::INPUT_ENCODING, ActivateAccount::OUTPUT_ENCODING), (None, None));
    assert_eq!(get_repo::Error::RepoTakendown.name(), "RepoTakendown");
    assert_eq!(subscribe_repos::Error::ConsumerTooSlow.to_string(), "ConsumerTooSlow");
}

#[test]
fn inputs_are_read_with_their_records() {
    let input = decode::<CreateRecord>(&json!({
        "repo": "alice.test",
        "collection": "app.bsky.feed.post",
        "record": {"text": "hello", "picture": {"$link": CID}},
        "novel": 1.5,
    }));
    let input = input.expect("the body is good");
    assert_eq!(input.repo.as_str(), "alice.test");
    assert_eq!((input.rkey, input.validate, input.swap_commit), (None, None, None));
    let Json(Model::Map(record)) = input.record else { panic!("the record is a map") };
    assert!(matches!(record.get("picture"), Some(Model::Link(_))));
}

#[test]
fn absent_null_and_a_value_are_three_things() {
    let mut body =
        json!({"repo": "alice.test", "collection": "a.b.c", "rkey": "self", "record": {}});
    let swap = |body: &Value| decode::<PutRecord>(body).expect("the body is good").swap_record;
    assert_eq!(swap(&body), Nullable::Absent);
    body["swapRecord"] = Value::Null;
    assert_eq!(swap(&body), Nullable::Null);
    body["swapRecord"] = CID.into();
    assert_eq!(swap(&body), Nullable::Value(Cid::parse(CID).expect("it is a CID")));
    body["swapCommit"] = Value::Null;
    assert_eq!(refusal::<PutRecord>(&body), "/swapCommit is null");
}

#[test]
fn defaults_stand_in_for_what_is_absent() {
    let input = decode::<CreateInviteCodes>(&json!({"useCount": 3})).expect("the body is good");
    assert_eq!((input.code_count, input.use_count, input.for_accounts), (1, 3, None));
}

#[test]
fn a_method_without_input_looks_at_no_body() {
    assert!(decode_input::<ActivateAccount>(b"").is_ok());
}

#[test]
fn refusals_name_the_place_and_the_fault() {
    let good = json!({"repo": "alice.test", "collection": "a.b.c", "record": {}});
    let with = |key: &str, value: Value| {
        let mut body = good.clone();
        body[key] = value;
        refusal::<CreateRecord>(&body)
    };
    assert_eq!(with("record", json!("text")), "/record is not an object");
    assert_eq!(with("record", json!({"$type": "blob"})), "/record is not an object");
    assert_eq!(with("collection", json!(["a.b.c"])), "/collection is not a string");
    assert_eq!(
        with("collection", json!("a.b")),
        "/collection is not well formed: NSID has fewer than three segments"
    );
    assert_eq!(with("validate", json!("true")), "/validate is not a boolean");
    assert_eq!(
        refusal::<CreateRecord>(&json!({"repo": "a.test", "record": {}})),
        "/collection is missing"
    );
    assert_eq!(refusal::<CreateRecord>(&json!(["a.b.c", {}, "a.test"])), "value is not an object");

    let report = json!({
        "reasonType": "com.atproto.moderation.defs#reasonSpam",
        "subject": {"$type": "com.atproto.admin.defs#repoRef", "did": "did:plc:abc"},
        "reason": "x".repeat(2001),
    });
    assert_eq!(refusal::<CreateReport>(&report), "/reason has more than 2000 graphemes");
}

#[test]
fn what_is_not_json_is_told_from_what_is_not_valid() {
    for body in ["", "{", "{}x", "\u{feff}{}"] {
        let outcome = decode_input::<CreateRecord>(body.as_bytes());
        assert!(matches!(outcome, Err(InputError::Json(_))), "{body}: {outcome:?}");
    }
    let outcome = decode_input::<CreateRecord>(b"{}");
    assert!(matches!(outcome, Err(InputError::Invalid(_))), "{outcome:?}");
}

#[test]
fn unions_are_read_wherever_their_type_stands() {
    let record = json!({"$type": "a.b.c", "deep": [{"$bytes": "AQID"}]});
    let kind = "com.atproto.repo.applyWrites#create";
    let first = json!({"$type": kind, "collection": "a.b.c", "value": record});
    // A map of serde_json is in the order of its keys, where the type comes first.
    let last = format!(r#"{{"collection": "a.b.c", "value": {record}, "$type": "{kind}"}}"#);
    let body = |write: &str| format!(r#"{{"repo": "alice.test", "writes": [{write}]}}"#);
    let read = |body: String| {
        decode_input::<ApplyWrites>(body.as_bytes()).expect("the body is good").writes
    };
    let writes = read(body(&first.to_string()));
    assert!(matches!(writes.as_slice(), [Writes::Create(create)] if create.rkey.is_none()));
    assert_eq!(writes, read(body(&last)));
}

#[test]
fn closed_unions_take_no_other_types() {
    let refused =
        |write: Value| refusal::<ApplyWrites>(&json!({"repo": "alice.test", "writes": [write]}));
    let other = json!({"$type": "com.example.other", "collection": "a.b.c"});
    assert_eq!(refused(other), "/writes/0 has a $type that is not in its union");
    assert_eq!(refused(json!({"collection": "a.b.c"})), "/writes/0 has no $type");
    assert_eq!(refused(json!("create")), "/writes/0 is not an object");
    let delete = json!({"rkey": "x", "$type": "com.atproto.repo.applyWrites#delete"});
    assert_eq!(refused(delete), "/writes/0/collection is missing");
}

#[test]
fn open_unions_keep_other_types_as_they_are() {
    let subject = json!({"$type": "com.example.room", "members": [{"$link": CID}]});
    let body = json!({"reasonType": "a.b.c#d", "subject": subject});
    let input = decode::<CreateReport>(&body).expect("the body is good");
    assert!(matches!(&input.subject, create_report::Subject::Other(_)));
    assert_eq!(serde_json::to_value(&input).expect("it has a form in JSON"), body);

    let known = json!({"did": 1, "$type": "com.atproto.admin.defs#repoRef"});
    let body = json!({"reasonType": "a.b.c#d", "subject": known});
    assert_eq!(refusal::<CreateReport>(&body), "/subject/did is not a string");
}

#[test]
fn preferences_keep_the_fields_that_no_schema_knows() {
    let preferences = json!([
        {"$type": "app.bsky.actor.defs#adultContentPref", "enabled": true, "novel": {"x": null}},
        {"$type": "com.example.pref", "a": 1},
    ]);
    let body = json!({"preferences": preferences});
    let input = decode::<PutPreferences>(&body).expect("the body is good");
    assert_eq!(serde_json::to_value(&input).expect("it has a form in JSON"), body);

    let wrong =
        json!({"preferences": [{"$type": "app.bsky.actor.defs#adultContentPref", "enabled": 1}]});
    assert_eq!(refusal::<PutPreferences>(&wrong), "/preferences/0/enabled is not a boolean");
    let untyped = json!({"preferences": [{"enabled": true}]});
    assert_eq!(refusal::<PutPreferences>(&untyped), "/preferences/0 has no $type");
}

#[test]
fn blobs_and_links_have_their_json_form() {
    let blob = BlobRef { cid: Cid::of_raw(b"shell"), mime_type: "image/png".into(), size: Some(5) };
    let text = serde_json::to_value(Blob(blob.clone())).expect("it has a form in JSON");
    let expected = json!({
        "$type": "blob", "mimeType": "image/png", "size": 5, "ref": {"$link": blob.cid.to_string()},
    });
    assert_eq!(text, expected);
    assert_eq!(serde_json::from_value::<Blob>(text).expect("it is a blob"), Blob(blob));
    assert!(serde_json::from_value::<Blob>(json!({"$link": CID})).is_err());
}
