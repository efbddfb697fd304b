//! `com.atproto.lexicon.resolveLexicon`

use serde_json::json;

use super::{Press, SCHEMAS, notes};
use crate::harness::{Answer, Fault};

async fn resolve(press: &Press, nsid: &str) -> Answer {
    press.pds.get("com.atproto.lexicon.resolveLexicon").param("nsid", nsid).send().await
}

#[tokio::test]
async fn a_published_schema_is_found_with_the_record_that_has_it() {
    let press = Press::start().await;
    press.publish("com.example.note", notes()).await;
    let found = resolve(&press, "com.example.note").await.ok();
    let uri = format!("at://{}/{SCHEMAS}/com.example.note", press.author.did);
    assert_eq!(found["uri"], uri);
    let record = press.press.get("com.atproto.repo.getRecord").param("repo", &press.author.did);
    let record = record.param("collection", SCHEMAS).param("rkey", "com.example.note");
    let record = record.send().await.ok();
    assert_eq!((&found["cid"], &found["schema"]), (&record["cid"], &record["value"]));
    assert_eq!(found["schema"]["$type"], SCHEMAS);
}

#[tokio::test]
async fn that_there_is_none_is_told_from_that_nobody_answers() {
    let press = Press::start().await;
    for nsid in ["com.example.none", "org.example.note"] {
        let refused = resolve(&press, nsid).await;
        assert_eq!(refused.refusal(), (400, "LexiconNotFound".to_owned()), "{nsid}");
    }
    press.publish("com.example.note", notes()).await;
    press.outside.always("getRecord", Fault::status(503));
    let refused = resolve(&press, "com.example.note").await;
    assert_eq!(refused.refusal(), (502, "UpstreamFailure".to_owned()));
    assert_eq!(resolve(&press, "nonsense").await.refusal(), (400, "InvalidRequest".to_owned()));
}

#[tokio::test]
async fn an_authority_that_the_operator_has_set_publishes_all() {
    let press = Press::start().await;
    press.publish("org.example.note", notes()).await;
    let (did, plc_url) = (press.author.did.parse().unwrap(), press.press.plc_url());
    let origin = press.outside.origin();
    let pds = crate::harness::Pds::start_with(|config| {
        config.plc_url = Some(plc_url.parse().unwrap());
        config.private_origins = vec![origin.parse().unwrap()];
        config.lexicon_authority_did = Some(did);
    })
    .await;
    let found = pds.get("com.atproto.lexicon.resolveLexicon").param("nsid", "org.example.note");
    assert_eq!(found.send().await.ok()["schema"]["id"], json!("org.example.note"));
}
