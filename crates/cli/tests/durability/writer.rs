//! Writers, and the book of what they were answered.

use std::collections::BTreeMap;

use serde_json::json;

use crate::client::{Account, Client};

const COLLECTION: &str = "com.example.note";

/// A write that was answered, or that was sent and never answered.
pub(crate) struct Done {
    pub(crate) did: String,
    pub(crate) rkey: String,
    /// What the record is after it; `None` if it was deleted.
    pub(crate) cid: Option<String>,
    /// The commit that was answered.
    pub(crate) commit: Option<String>,
    /// Whether it was answered. If not, it may have been made or not.
    pub(crate) is_answered: bool,
}

/// What is known of each record.
#[derive(Default)]
pub(crate) struct Book {
    records: BTreeMap<(String, String), Entry>,
    pub(crate) commits: Vec<String>,
    /// What was entered since the last check.
    fresh: Vec<(String, String)>,
}

#[derive(Default)]
struct Entry {
    cid: Option<String>,
    /// Whether the last write was not answered, so that either is right.
    is_open: bool,
}

/// Writes to an account until the server is gone: creates, replaces and deletes its own records.
pub(crate) async fn write_until_killed(
    url: String,
    account: Account,
    round: usize,
    writer: usize,
) -> Vec<Done> {
    let client = Client::new(url);
    let mut done = Vec::new();
    for number in 0.. {
        let rkey = format!("r{round}-{writer}-{}", number / 3);
        let input = |text: u32| {
            json!({
                "repo": account.did, "collection": COLLECTION, "rkey": rkey,
                "record": {"$type": COLLECTION, "text": format!("{writer} {text}")},
            })
        };
        let key = json!({"repo": account.did, "collection": COLLECTION, "rkey": rkey});
        // Of each three writes the last deletes, but for every other record.
        let (method, input) = match (number % 3, number % 2) {
            (0, _) => ("createRecord", input(number)),
            (2, 0) => ("deleteRecord", key),
            _ => ("putRecord", input(number)),
        };
        let answer = client.write(&account, method, input).await;
        let is_answered = answer.is_ok();
        let answer = answer.unwrap_or_default();
        let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
        done.push(Done {
            did: account.did.clone(),
            rkey: rkey.clone(),
            cid: text(&answer["cid"]),
            commit: text(&answer["commit"]["cid"]),
            is_answered,
        });
        if !is_answered {
            break;
        }
    }
    done
}

impl Book {
    pub(crate) fn enter(&mut self, done: Vec<Done>) {
        for done in done {
            let key = (done.did, done.rkey);
            let entry = self.records.entry(key.clone()).or_default();
            entry.is_open = !done.is_answered;
            if done.is_answered {
                entry.cid = done.cid;
                self.commits.push(done.commit.expect("each of these changes something"));
            }
            self.fresh.push(key);
        }
    }

    /// Checks that what was entered since the last time is as it was answered.
    pub(crate) async fn check(&mut self, client: &Client) {
        for key in self.fresh.drain(..) {
            let found = client.record(&key.0, COLLECTION, &key.1).await;
            let Some(entry) = self.records.get(&key) else { continue };
            if !entry.is_open {
                assert_eq!(found, entry.cid, "{key:?}");
            }
        }
    }
}
