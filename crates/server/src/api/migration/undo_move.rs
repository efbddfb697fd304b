//! `social.pagurus.migration.undoMove`: brings an account back to its old host.
//!
//! Lexicon: `lexicons/social/pagurus/migration/undoMove.json`.

use lexicon::social::pagurus::migration::undo_move::{Error, Input, Output};

use super::refusal::shown;
use crate::caller::{Account, Full};
use crate::failure::{Failure, Fault};
use crate::mover;
use crate::pds::Pds;

/// Begins to bring the account back.
pub(super) async fn undo_move(
    pds: Pds,
    caller: Account<Full>,
    input: Input,
) -> Result<Output, Failure<Error>> {
    let factor = input.auth_factor_token.as_deref();
    let undone = mover::undo(&pds, caller.did(), &input.password, factor).await;
    undone.map_err(Fault::from)?;
    Ok(Output { job: shown(&pds, caller.did()).await? })
}
