//! What an identity has to say for its account to be here.

use identity::document::{ATPROTO_KEY, PDS_SERVICE, PDS_SERVICE_TYPE};
use identity::plc::DidKey;
use migrate::host::{HostError, Owner};
use migrate::switch::{Destination, Switch};
use repo::data::json::Json;
use repo::data::{Limits, json as data_json};
use serde_json::{Value, json};
use store::Account;
use syntax::Did;

use super::trouble::Trouble;
use crate::pds::Pds;

/// Returns where an account goes that moves here.
pub(super) fn destination(pds: &Pds, account: &Account) -> Result<Destination, Trouble> {
    let key = pds.keys.signing_key(&account.did, &account.signing_key);
    let signing_key = key.map_err(|error| Trouble::decide(error.to_string()))?.public_key();
    let handle = account.handle.clone();
    let handle = handle.ok_or_else(|| Trouble::decide("the account has no handle here"))?;
    Ok(Destination { host: pds.url.clone(), handle, signing_key, rotation_keys: own_keys(pds) })
}

/// Returns the rotation keys of this server, the highest first.
pub(super) fn own_keys(pds: &Pds) -> Vec<DidKey> {
    let recovery = pds.config.recovery_did_key.as_deref().map(DidKey::new);
    recovery.into_iter().chain([DidKey::from(&pds.keys.rotation.public_key())]).collect()
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
pub(super) fn document(did: &Did, to: &Destination) -> Json {
    let multibase = to.signing_key.to_string();
    let multibase = multibase.strip_prefix("did:key:").unwrap_or(&multibase);
    let value = json!({
        "id": did,
        "alsoKnownAs": [format!("at://{}", to.handle)],
        "verificationMethod": [{
            "id": format!("{did}#{ATPROTO_KEY}"),
            "type": "Multikey",
            "controller": did,
            "publicKeyMultibase": multibase,
        }],
        "service": [{
            "id": format!("#{PDS_SERVICE}"),
            "type": PDS_SERVICE_TYPE,
            "serviceEndpoint": to.host.to_string(),
        }],
    });
    shown(&value)
}

/// Returns the change of a did:plc as its owner would sign it.
pub(super) fn unsigned(switch: &Switch, head: &syntax::Cid) -> Json {
    let mut value = json!(switch.after);
    if let Value::Object(fields) = &mut value {
        fields.insert("type".to_owned(), json!("plc_operation"));
        fields.insert("prev".to_owned(), json!(head));
    }
    shown(&value)
}

fn shown(value: &Value) -> Json {
    let text = value.to_string();
    let value = data_json::decode(text.as_bytes(), &Limits::RECORD);
    Json(value.expect("texts in objects are data"))
}
