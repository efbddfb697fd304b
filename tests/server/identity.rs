//! `com.atproto.identity`.

mod get_recommended_did_credentials;
mod handles;
mod refresh_identity;
mod resolve_did;
mod resolve_handle;
mod resolve_identity;
mod sign_plc_operation;
mod submit_plc_operation;
mod update_handle;
mod watch;
mod well_known;

use std::sync::Arc;
use std::time::Duration;

use identity::Origin;
use identity::dns::DnsTable;
use identity::outbound::{Client, Settings};
use identity::resolve::PlcClient;
use repo::event::Message;
use serde_json::{Value, json};
use syntax::Did;

use crate::harness::{Answer, Event, Pds, TestAccount};

/// How many events the making of an account has.
const EVENTS_OF_ACCOUNT: usize = 4;

/// Returns a client of the server's directory.
pub(crate) fn directory(pds: &Pds) -> PlcClient {
    let origin: Origin = pds.plc_url().parse().unwrap();
    let dns = Arc::new(DnsTable::new());
    let http = Client::for_upstreams(dns, vec![origin.clone()], Settings::default());
    PlcClient::new(http, origin, Duration::from_secs(10))
}

fn did(account: &TestAccount) -> Did {
    account.did.parse().unwrap()
}

/// Lets the DNS say whose a handle is.
fn point(pds: &Pds, handle: &str, did: &str) {
    pds.dns().set_txt(&format!("_atproto.{handle}"), vec![format!("did={did}")]);
}

/// Asks a query of one parameter.
async fn ask(pds: &Pds, method: &str, param: &str, value: &str) -> Answer {
    pds.get(&format!("com.atproto.identity.{method}")).param(param, value).send().await
}

/// Calls a procedure as the owner of an account.
async fn call(pds: &Pds, method: &str, account: &TestAccount, input: &Value) -> Answer {
    pds.post(&format!("com.atproto.identity.{method}")).by(account).json(input).send().await
}

async fn rename(pds: &Pds, account: &TestAccount, handle: &str) -> Answer {
    call(pds, "updateHandle", account, &json!({ "handle": handle })).await
}

/// Has a token mailed and returns it.
async fn mailed_token(pds: &Pds, account: &TestAccount) -> String {
    let request = pds.post("com.atproto.identity.requestPlcOperationSignature").by(account);
    request.send().await.ok();
    pds.mailed_code(&account.email).await
}

/// Has the server sign a change; returns what `submitPlcOperation` takes.
async fn sign(pds: &Pds, account: &TestAccount, mut change: Value) -> Value {
    change["token"] = json!(mailed_token(pds, account).await);
    call(pds, "signPlcOperation", account, &change).await.ok()
}

/// Returns the handles of events that all have to be about the identity of an account.
fn told(events: Vec<Event>, account: &TestAccount) -> Vec<Option<String>> {
    let handle = |event| match event {
        Message::Identity(event) if event.did.as_str() == account.did => {
            event.handle.map(|handle| handle.to_string())
        }
        event => panic!("another event: {event:?}"),
    };
    events.into_iter().map(handle).collect()
}
