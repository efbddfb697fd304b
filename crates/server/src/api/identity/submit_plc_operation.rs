//! `com.atproto.identity.submitPlcOperation`: sends a signed operation to the directory of did:plc
//! once it proves harmless.
//!
//! Lexicon: `lexicons/com/atproto/identity/submitPlcOperation.json`.

use ::oauth::scope::{IdentityAttr, Need};
use identity::plc::Operation;
use lexicon::com::atproto::identity::submit_plc_operation::Input;
use repo::data::json;

use crate::caller::{Account, OrApp, Standard};
use crate::did_plc;
use crate::failure::{Failure, Fault, Refusal};
use crate::pds::Pds;

/// Refuses what would cut the account off from this server, and announces what the directory took.
pub(super) async fn submit_plc_operation(
    pds: Pds,
    caller: Account<OrApp<Standard>>,
    input: Input,
) -> Result<(), Failure> {
    caller.check(&Need::Identity(IdentityAttr::All))?;
    let account = caller.row(&pds).await?;
    let operation = Operation::parse(json::encode(&input.operation.0).as_bytes())
        .map_err(|error| Refusal::invalid_request(error.to_string()))?;
    let sent = did_plc::submit_for(&pds, &account, operation).await;
    Ok(sent.map_err(Fault::from)?)
}
