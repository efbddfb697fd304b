//! `social.pagurus.migration.cancelMove`: cancels a move before the identity is changed.
//!
//! Lexicon: `lexicons/social/pagurus/migration/cancelMove.json`.

use lexicon::social::pagurus::migration::cancel_move::{Error, Output};

use super::refusal::shown;
use crate::caller::{Account, Full};
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Cancels the move. What is here of the account goes a moment later.
pub(super) async fn cancel_move(pds: Pds, caller: Account<Full>) -> Result<Output, Failure<Error>> {
    mover::cancel(&pds, caller.did()).await.map_err(Fault::from)?;
    Ok(Output { job: shown(&pds, caller.did()).await? })
}
