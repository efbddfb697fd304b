//! `com.atproto.lexicon`, and records that are held to schemas which others publish.

mod publish;
mod resolve;
mod validate;

use serde_json::{Value, json};

use crate::harness::{Answer, Pds, Proxy, TestAccount};

/// A host where somebody publishes schemas of `com.example`, and another one where somebody writes
/// records of them.
pub(super) struct Press {
    /// Where the schemas are.
    pub(super) press: Pds,
    /// What stands before it.
    pub(super) outside: Proxy,
    /// Who publishes them.
    pub(super) author: TestAccount,
    /// Where the records are.
    pub(super) pds: Pds,
    /// Who writes them.
    pub(super) alice: TestAccount,
}

impl Press {
    pub(super) async fn start() -> Self {
        let outside = Proxy::listen().await;
        let origin = outside.origin();
        let press = Pds::start_with(|config| {
            config.public_url = Some(origin.parse().unwrap());
        })
        .await;
        outside.forward_to(&press.url());
        let plc_url = press.plc_url();
        let pds = Pds::start_with(|config| {
            config.plc_url = Some(plc_url.parse().unwrap());
            config.private_origins = vec![origin.parse().unwrap()];
        })
        .await;
        let (author, alice) = (press.account("author").await, pds.account("alice").await);
        let txt = vec!["v=spf1 -all".to_owned(), format!("did={}", author.did)];
        pds.dns().set_txt("_lexicon.example.com", txt);
        Self { press, outside, author, pds, alice }
    }

    /// Publishes definitions under a name, whatever they are.
    pub(super) async fn publish(&self, nsid: &str, defs: Value) {
        let schema = json!({ "lexicon": 1, "id": nsid, "defs": defs });
        self.publish_record(nsid, schema).await;
    }

    pub(super) async fn publish_record(&self, nsid: &str, record: Value) {
        let input = json!({
            "repo": self.author.did,
            "collection": SCHEMAS,
            "rkey": nsid,
            "record": record,
            "validate": false,
        });
        let ask = self.press.post("com.atproto.repo.putRecord").by(&self.author);
        ask.json(&input).send().await.ok();
    }

    /// Writes a record, with the wish to validate it, or without.
    pub(super) async fn write(&self, nsid: &str, record: Value, validate: Option<bool>) -> Answer {
        let mut input = json!({ "repo": self.alice.did, "collection": nsid, "record": record });
        if let Some(validate) = validate {
            input["validate"] = json!(validate);
        }
        self.pds.post("com.atproto.repo.createRecord").by(&self.alice).json(&input).send().await
    }

    /// Counts how often a schema was asked for.
    pub(super) fn asked(&self, nsid: &str) -> usize {
        self.outside.count(&format!("rkey={nsid}"))
    }
}

pub(super) const SCHEMAS: &str = "com.atproto.lexicon.schema";

/// Returns the definitions of records with a text.
pub(super) fn notes() -> Value {
    records(json!({ "text": { "type": "string", "maxLength": 10 } }), json!(["text"]))
}

/// Returns the definitions of records with some fields.
pub(super) fn records(properties: Value, required: Value) -> Value {
    let object = json!({ "type": "object", "properties": properties, "required": required });
    json!({ "main": { "type": "record", "key": "tid", "record": object } })
}
