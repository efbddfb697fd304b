//! `com.atproto.identity.getRecommendedDidCredentials`: tells what an account's DID document
//! should hold to be hosted here.
//!
//! Lexicon: `lexicons/com/atproto/identity/getRecommendedDidCredentials.json`.

use identity::document::{ATPROTO_KEY, PDS_SERVICE, PDS_SERVICE_TYPE};
use lexicon::com::atproto::identity::get_recommended_did_credentials::Output;
use repo::data::json::Json;
use repo::data::{Map, Value};

use crate::caller::{Account, OrApp, Standard};
use crate::did_plc;
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with the account's own key and handle, the server's address, and, for did:plc, who
/// should be able to change the identity.
pub(super) async fn get_recommended_did_credentials(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
) -> Result<Output, Failure> {
    let account = caller.row(&pds).await?;
    let key = pds.keys.signing_key(&account.did, &account.signing_key);
    let key = key.map_err(Failure::internal)?.public_key().to_string();
    let service = Map::from([
        ("type", Value::from(PDS_SERVICE_TYPE)),
        ("endpoint", Value::from(pds.url.to_string().as_str())),
    ]);
    let rotation_keys =
        || did_plc::own_keys(&pds).iter().map(|key| key.as_str().to_owned()).collect();
    Ok(Output {
        also_known_as: account.handle.as_ref().map(|handle| vec![format!("at://{handle}")]),
        rotation_keys: (account.did.method() == "plc").then(rotation_keys),
        services: Some(Json(Value::Map(Map::from([(PDS_SERVICE, Value::Map(service))])))),
        verification_methods: Some(Json(Value::Map(Map::from([(
            ATPROTO_KEY,
            Value::from(key.as_str()),
        )])))),
    })
}
