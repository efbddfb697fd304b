//! `com.atproto.identity.signPlcOperation`: signs a change to the caller's did:plc with the server's
//! rotation key.
//!
//! Lexicon: `lexicons/com/atproto/identity/signPlcOperation.json`.

use ::oauth::scope::{IdentityAttr, Need};
use identity::plc::{Change, DidKey};
use lexicon::com::atproto::identity::sign_plc_operation::{Input, Output};
use repo::data::Limits;
use repo::data::json::{self, Json};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use store::Purpose;

use crate::caller::{Account, Full, OrApp, OrTakenDown};
use crate::did_plc::Standing;
use crate::email;
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;

/// Answers with the operation, which nobody has sent yet. The token is spent with it, and not by an
/// attempt that fails.
pub(super) async fn sign_plc_operation(
    pds: Pds,
    caller: Account<OrApp<OrTakenDown<Full>>>,
    input: Input,
) -> Result<Output, Failure> {
    caller.check(&Need::Identity(IdentityAttr::All))?;
    let account = caller.row(&pds).await?;
    let missing = "email confirmation token required to sign PLC operations";
    let token = input.token.clone().ok_or(Refusal::invalid_request(missing))?;
    let check =
        |tx: &mut store::Tx<'_>| email::check_token(tx, &account, Purpose::PlcOperation, &token);
    pds.store.read(check).await?;

    let change = read_change(input)?;
    let standing = Standing::of(&pds, &account.did).await.map_err(Fault::from)?;
    let after = standing.state().clone().with(change);
    let operation = standing.sign(&pds, after).map_err(Fault::from)?;
    let shown = json::decode(operation.to_json().as_bytes(), &Limits::RECORD);

    email::spend_token(&pds, &account, Purpose::PlcOperation, token).await?;
    Ok(Output { operation: Json(shown.map_err(Failure::internal)?) })
}

/// Reads the parts of the state that are to be others.
fn read_change(input: Input) -> Result<Change, Refusal> {
    let keys = |keys: Vec<String>| keys.into_iter().map(DidKey::new).collect();
    Ok(Change {
        rotation_keys: input.rotation_keys.map(keys),
        verification_methods: read(input.verification_methods, "verificationMethods")?,
        also_known_as: input.also_known_as,
        services: read(input.services, "services")?,
    })
}

/// Reads a part of which all has to be understood: what is left out would be signed away.
fn read<T: DeserializeOwned + Serialize>(
    part: Option<Json>,
    name: &str,
) -> Result<Option<T>, Refusal> {
    let Some(Json(part)) = part else { return Ok(None) };
    let text = json::encode(&part);
    let parsed = serde_json::from_str::<Value>(&text).and_then(|given| {
        let parsed: T = serde_json::from_value(given.clone())?;
        Ok((serde_json::to_value(&parsed)? == given).then_some(parsed))
    });
    match parsed {
        Ok(Some(parsed)) => Ok(Some(parsed)),
        Ok(None) | Err(_) => Err(Refusal::invalid_request(format!("Invalid {name}"))),
    }
}
