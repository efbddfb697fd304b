//! `social.pagurus.migration.getMove`: how far the move of the caller's account is.
//!
//! Lexicon: `lexicons/social/pagurus/migration/getMove.json`.

use lexicon::social::pagurus::migration::get_move::{Error, Output};

use super::refusal::shown;
use crate::caller::{Account, Full};
use crate::failure::Failure;
use crate::pds::Pds;

/// Answers with the last move of the account.
pub(super) async fn get_move(pds: Pds, caller: Account<Full>) -> Result<Output, Failure<Error>> {
    Ok(Output { job: shown(&pds, caller.did()).await? })
}
