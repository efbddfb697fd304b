//! What an identity has to say for its account to be here.

use crypto::PrivateKey;
use identity::document;
use identity::plc::{Content, DidKey, State, Update};
use migrate::host::{HostError, Owner};
use migrate::switch::{Destination, Switch};
use repo::data::json::Json;
use repo::data::{Limits, json as data_json};
use serde_json::json;
use store::Account;
use syntax::Did;

use super::trouble::Trouble;
use crate::did_plc;
use crate::pds::Pds;

/// Returns where an account goes that moves here.
pub(super) fn destination(pds: &Pds, account: &Account) -> Result<Destination, Trouble> {
    let signing_key = signing_key(pds, account)?.public_key();
    let handle = account.handle.clone();
    let handle = handle.ok_or_else(|| Trouble::decide("the account has no handle here"))?;
    Ok(Destination {
        host: pds.url.clone(),
        handle,
        signing_key,
        rotation_keys: did_plc::own_keys(pds),
    })
}

/// Opens the key that signs the account's repository here.
pub(super) fn signing_key(pds: &Pds, account: &Account) -> Result<PrivateKey, Trouble> {
    let key = pds.keys.signing_key(&account.did, &account.signing_key);
    key.map_err(|error| Trouble::decide(error.to_string()))
}

/// Returns the rotation keys that the old host calls its own. One that does not say has none.
pub(super) async fn keys_of_old_host(owner: &Owner) -> Result<Vec<DidKey>, HostError> {
    match owner.host_keys().await {
        Err(error) if error.is_passing() => Err(error),
        Err(HostError::SessionEnded) => Err(HostError::SessionEnded),
        answer => Ok(answer.unwrap_or_default()),
    }
}

/// Returns what the document of a did:web has to say, beside what else is in it.
pub(super) fn document_of(did: &Did, to: &Destination) -> Json {
    let state = State::of_account(&to.handle, &to.signing_key, &to.host);
    shown(&document::write(did, &state))
}

/// Returns the change of a did:plc as its owner would sign it.
pub(super) fn unsigned(switch: &Switch, head: &syntax::Cid) -> Json {
    let content = Content::Update(Update { state: switch.after.clone(), prev: Some(*head) });
    shown(&json!(content).to_string())
}

fn shown(text: &str) -> Json {
    let value = data_json::decode(text.as_bytes(), &Limits::RECORD);
    Json(value.expect("texts in objects are data"))
}
