//! Apps that are let in by OAuth: what they have to show, what their users are asked, and what they
//! may do afterwards.

mod authorize;
mod clients;
mod discovery;
mod dpop;
mod logs;
mod methods;
mod pages;
mod pushed;
mod refresh;
mod remembered;
mod revoke;
mod scopes;
mod sets;
mod threats;
mod token;

use std::time::Duration;

use serde_json::{Value, json};
use server::Config;

use crate::harness::oauth::{App, Params};
use crate::harness::{Answer, Browser, Pds, Proxy, TestAccount};

/// A server, somebody who has an account there, and a place where apps have their documents.
struct World {
    pds: Pds,
    site: Proxy,
    alice: TestAccount,
}

impl World {
    async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    async fn start_with(set: impl FnOnce(&mut Config)) -> Self {
        let site = Proxy::listen().await;
        let origin = site.origin();
        let pds = Pds::start_with(|config| {
            config.private_origins = vec![origin.parse().unwrap()];
            set(config);
        })
        .await;
        let alice = pds.account("alice").await;
        Self { pds, site, alice }
    }

    fn browser(&self) -> Browser {
        Browser::new(&self.pds.public_url())
    }

    /// Pushes a request, whatever comes of it.
    async fn push(&self, app: &App, params: &Params) -> Answer {
        app.send(&self.pds, "/oauth/par", params).await
    }

    /// Has the operator take Alice's account down.
    async fn take_down(&self) {
        self.set_takedown(json!({ "applied": true, "ref": "spam" })).await;
    }

    /// Has the operator put Alice's account up again.
    async fn put_up(&self) {
        self.set_takedown(json!({ "applied": false })).await;
    }

    async fn set_takedown(&self, takedown: Value) {
        let subject = json!({ "$type": "com.atproto.admin.defs#repoRef", "did": self.alice.did });
        let ask = self.pds.post("com.atproto.admin.updateSubjectStatus").admin();
        ask.json(&json!({ "subject": subject, "takedown": takedown })).send().await.ok();
    }

    /// Pushes the usual request and returns how it is refused; nothing if it is not.
    async fn refusal(&self, app: &App) -> Option<String> {
        let answer = self.push(app, &app.asking(&self.pds)).await;
        if answer.status == 201 {
            return None;
        }
        let (status, name) = answer.refusal();
        assert_eq!(status, 400, "{}", answer.text());
        Some(name)
    }
}

/// Lets time pass for what is remembered of others, which is no matter of the server's clock.
pub(crate) async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
    // Connections that have lain idle for so long are over, which both sides get to know.
    tokio::time::sleep(Duration::from_millis(100)).await;
}

/// Returns what is said beside the name of an error.
#[track_caller]
fn description(answer: &Answer) -> String {
    answer.value()["error_description"].as_str().unwrap().to_owned()
}

/// Checks that nothing is given out, and returns how that is called.
#[track_caller]
fn refused(answer: &Answer) -> String {
    let value = answer.value();
    assert!(value.get("access_token").is_none() && value.get("refresh_token").is_none());
    let (status, name) = answer.refusal();
    assert_eq!(status, 400, "{}", answer.text());
    name
}
