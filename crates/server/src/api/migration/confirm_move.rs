//! `social.pagurus.migration.confirmMove`: gives what the change of the identity needs.
//!
//! Lexicon: `lexicons/social/pagurus/migration/confirmMove.json`.

use identity::plc::Operation;
use lexicon::social::pagurus::migration::confirm_move::{Error, Input, Output};
use repo::data::json;

use super::refusal::shown;
use crate::caller::{Account, Full};
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Takes the code that the old host has mailed, or the change as the owner has signed it.
pub(super) async fn confirm_move(
    pds: Pds,
    caller: Account<Full>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let operation = match &input.operation {
        Some(operation) => {
            let parsed = Operation::parse(json::encode(&operation.0).as_bytes());
            Some(parsed.map_err(|error| Failure::invalid_request(error.to_string()))?)
        }
        None => None,
    };
    let confirmed = mover::confirm(&pds, caller.did(), input.code, operation).await;
    confirmed.map_err(Fault::from)?;
    Ok(Output { job: shown(&pds, caller.did()).await? })
}
