//! `com.atproto.admin`.

mod accounts;
mod invites;
mod mail;
mod moderators;
mod pdsadmin;
mod signing_key;
mod takedowns;

use crypto::{Curve, PrivateKey};
use identity::plc::{Content, State};
use serde_json::{Value, json};
use syntax::Did;

use crate::harness::{Answer, Pds, TestAccount};
use crate::identity::directory;

/// Asks a query as the operator.
async fn ask(pds: &Pds, method: &str, params: &[(&str, &str)]) -> Answer {
    let ask = pds.get(&format!("com.atproto.admin.{method}")).admin();
    params.iter().fold(ask, |ask, (name, value)| ask.param(name, value)).send().await
}

/// Calls a procedure as the operator.
async fn call(pds: &Pds, method: &str, input: &Value) -> Answer {
    pds.post(&format!("com.atproto.admin.{method}")).admin().json(input).send().await
}

/// Returns what operators are shown of an account.
async fn info(pds: &Pds, account: &TestAccount) -> Value {
    ask(pds, "getAccountInfo", &[("did", &account.did)]).await.ok()
}

/// Returns an account as a subject.
fn repo(account: &TestAccount) -> Value {
    json!({ "$type": "com.atproto.admin.defs#repoRef", "did": account.did })
}

/// Takes a subject down for a reason, or puts it up again without one.
async fn take_down(pds: &Pds, subject: &Value, reason: Option<&str>) -> Answer {
    let takedown = match reason {
        Some(reason) => json!({ "applied": true, "ref": reason }),
        None => json!({ "applied": false }),
    };
    let input = json!({ "subject": subject, "takedown": takedown });
    call(pds, "updateSubjectStatus", &input).await
}

/// Changes an identity behind the server's back, with its key.
async fn change_identity(pds: &Pds, account: &TestAccount, change: impl FnOnce(&mut State)) {
    let key = std::fs::read_to_string(pds.data().join("plc-rotation.key")).unwrap();
    let key = PrivateKey::from_hex(Curve::Secp256k1, &key).unwrap();
    let (did, plc): (Did, _) = (account.did.parse().unwrap(), directory(pds));
    let last = plc.last_operation(&did).await.unwrap();
    let mut state = last.state().unwrap();
    change(&mut state);
    plc.submit(&did, &Content::update(&last, state).sign(&key).unwrap()).await.unwrap();
}
