//! Which handles accounts may have: at their making, and later.

use serde_json::{Value, json};

use super::{ask, point, rename};
use crate::harness::{Answer, NOTES, Pds};

async fn create(pds: &Pds, handle: &str) -> Answer {
    let email = format!("{}@example.com", handle.replace('.', "-"));
    let input = json!({ "handle": handle, "email": email, "password": "p" });
    pds.post("com.atproto.server.createAccount").json(&input).send().await
}

/// A word that insults people, so written that nobody has to read it here.
fn insult() -> String {
    "toggaf".chars().rev().collect()
}

#[tokio::test]
async fn handles_are_given_under_each_of_the_servers_domains() {
    let pds = Pds::start_with(|config| {
        let domains = [".test", ".other.test", ".shells.example"];
        config.handle_domains = Some(domains.map(str::to_owned).to_vec());
    })
    .await;
    let told = pds.get("com.atproto.server.describeServer").send().await.ok();
    let domains = json!([".test", ".other.test", ".shells.example"]);
    assert_eq!(told["availableUserDomains"], domains);
    for handle in ["alice.test", "alice.other.test"] {
        let made = create(&pds, handle).await.ok();
        let found = ask(&pds, "resolveHandle", "handle", handle).await.ok();
        assert_eq!(found["did"], made["did"], "{handle}");
        let file = pds.get("/.well-known/atproto-did").header("host", handle).send().await;
        assert_eq!(made["did"], json!(file.text()), "{handle}");
    }
    for (handle, name) in [
        ("al.other.test", "InvalidHandle"),
        ("a.alice.other.test", "InvalidHandle"),
        ("admin.other.test", "HandleNotAvailable"),
        ("alice.example", "InvalidHandle"),
        ("alice.shells.example", "InvalidHandle"),
        ("alice.example.com", "UnsupportedDomain"),
    ] {
        assert_eq!(create(&pds, handle).await.refusal(), (400, name.to_owned()), "{handle}");
    }
}

#[tokio::test]
async fn an_own_domain_is_a_handle_while_it_leads_to_the_account() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let external = "External handle did not resolve to DID";
    assert_eq!(rename(&pds, &alice, "alice.example.com").await.message(), external);
    // What was looked up in vain is looked up again.
    point(&pds, "alice.example.com", &alice.did);
    rename(&pds, &alice, "alice.example.com").await.ok();
    // A name of everybody's is fine where somebody has the domain.
    point(&pds, "admin.example.com", &alice.did);
    rename(&pds, &alice, "admin.example.com").await.ok();
    let two = vec![format!("did={}", alice.did), "did=did:web:a.test".to_owned()];
    pds.dns().set_txt("_atproto.two.example.com", two);
    assert_eq!(rename(&pds, &alice, "two.example.com").await.message(), external);
    rename(&pds, &alice, "alice.test").await.ok();
}

#[tokio::test]
async fn insults_are_neither_handles_nor_record_keys() {
    let pds = Pds::start().await;
    let alice = pds.account("alice").await;
    let refused = (400, "InvalidHandle".to_owned());
    for handle in [format!("{}.test", insult()), format!("the-{}s.test", insult())] {
        assert_eq!(create(&pds, &handle).await.refusal(), refused);
        assert_eq!(rename(&pds, &alice, &handle).await.refusal(), refused);
        let ask = pds.get("com.atproto.temp.checkHandleAvailability").param("handle", handle);
        let answer = ask.send().await.ok();
        let taken = json!("com.atproto.temp.checkHandleAvailability#resultUnavailable");
        assert_eq!(answer["result"]["$type"], taken);
    }
    let own = format!("{}.example.com", insult());
    point(&pds, &own, &alice.did);
    assert_eq!(rename(&pds, &alice, &own).await.refusal(), refused);

    for (method, record) in [("createRecord", "record"), ("putRecord", "record")] {
        let mut input = json!({ "repo": alice.did, "collection": NOTES, "rkey": insult() });
        input[record] = json!({});
        let ask = pds.post(&format!("com.atproto.repo.{method}")).by(&alice);
        let refused = ask.json(&input).send().await;
        assert_eq!(refused.refusal(), (400, "InvalidRequest".to_owned()), "{method}");
    }
    let records = pds.get("com.atproto.repo.listRecords").param("repo", &alice.did);
    let records = records.param("collection", NOTES).send().await.ok();
    assert_eq!(records["records"], Value::Array(Vec::new()));
}
